"""Signs calls by the rules in the documents' `info.x-linksfield-guide`. Needs nothing of this package, but Cube's RSA needs
`cryptography`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SIGNED = ("access_code", "timestamp", "version", "sign")
MALL_SIGNED = ("version", "partnerCode", "tradeTime", "sign")
CUBE_SIGNED = ("timestamp", "nonce", "x-sign-uri")
#: How what is empty is written.
EMPTY = ("null", '""', "[]", "{}")

Parameters = Mapping[str, Any]


class SigningError(ValueError):
    """These parameters can't be signed, or not by this machine; nothing was sent."""


def written(value: Any) -> str:
    """Compact JSON with its keys in ascending byte order at every depth. What would arrive as something else is refused."""
    try:
        _check(value)
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)
        text.encode()
    except UnicodeEncodeError:
        raise SigningError("a text has half a character in it, which can't be written") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise SigningError(f"the parameters can't be written as JSON: {error}") from error
    return text


def _check(value: Any) -> None:
    """Refuses what `json` writes otherwise than it was meant: keys that are no texts, and numbers that were rounded."""
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("a key is no text")
        for field in value.values():
            _check(field)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check(item)
    elif isinstance(value, float) and value.is_integer() and abs(value) >= 2**53:
        raise ValueError("a number was rounded: pass an int or a text")


def content(parameters: Parameters) -> str:
    """The text that is signed: what is not written as an empty value, as JSON."""
    return written({name: value for name, value in parameters.items() if written(value) not in EMPTY})


def _leave_free(parameters: Parameters, names: tuple[str, ...]) -> None:
    for name in names:
        if name in parameters:
            raise SigningError(f"the parameter {name} is set by the signing")


class Signer:
    """Signs calls of the CSSS API."""

    def __init__(self, access_code: str, secret: str) -> None:
        self._access_code = access_code
        self._secret = secret.encode()

    def sign(self, parameters: Parameters, timestamp: str | None = None) -> dict[str, Any]:
        """`parameters` with the signed ones added: the body of a request."""
        _leave_free(parameters, SIGNED)
        timestamp = timestamp or str(int(time.time()))
        body = {**parameters, "access_code": self._access_code, "timestamp": timestamp, "version": "2.0"}
        digest = hmac.digest(self._secret, content(body).encode(), "sha1")
        return {**body, "sign": base64.b64encode(digest).decode()}


class MallSigner:
    """Signs calls of the Mall API, whose signature has no secret in it."""

    def __init__(self, partner_code: str) -> None:
        self._partner_code = partner_code

    def sign(self, parameters: Parameters, trade_time: str | None = None) -> dict[str, Any]:
        """All parameters of a call, those of the path included, with the signed ones added; `tradeTime` if it is given."""
        _leave_free(parameters, MALL_SIGNED)
        whole = {**parameters, "version": "3.0", "partnerCode": self._partner_code}
        if trade_time:
            whole["tradeTime"] = trade_time
        return {**whole, "sign": hashlib.md5(content(whole).encode(), usedforsecurity=False).hexdigest()}


class CubeSigner:
    """Signs calls of the Cube API, signature version 2."""

    def __init__(self, key_id: str, private_key: str) -> None:
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        key = load_pem_private_key(private_key.encode(errors="replace"), None)
        if not isinstance(key, RSAPrivateKey):
            raise SigningError("the private key is none of RSA")
        self._key_id = key_id
        self._key = key

    def headers(
        self, url: str, body: Parameters | None = None, timestamp: str | None = None, nonce: str | None = None
    ) -> dict[str, str]:
        """The headers that sign a request with this URL and these fields of its body."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA1

        timestamp = timestamp or str(time.time_ns() // 1_000_000)
        nonce = nonce or str(1 + secrets.randbelow(2**31 - 1))
        text = content(cube_parameters(url, body, timestamp, nonce))
        try:
            sign = self._key.sign(text.encode(), PKCS1v15(), SHA1())
        except UnsupportedAlgorithm as error:
            raise SigningError(
                "this system's policy forbids SHA-1 with RSA, which Cube requires: a policy of this process alone, named by "
                "OPENSSL_CONF, can allow it; signers that do without the system's OpenSSL, as Go's and the Rust crate's, are "
                "not affected"
            ) from error
        return {
            "Authorization": f"LF {self._key_id}/{base64.b64encode(sign).decode()}",
            "timestamp": timestamp,
            "nonce": nonce,
            "X-LF-Signature-Type": "2.0",
        }


def cube_parameters(url: str, body: Parameters | None, timestamp: str, nonce: str) -> dict[str, Any]:
    """All that is signed of a request: what is in its URL and headers as texts, and the fields of its body."""
    parts = urlsplit(url)
    parameters = dict(body or {})
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name in parameters:
            raise SigningError(f"the parameter {name} is there twice")
        parameters[name] = value
    _leave_free(parameters, CUBE_SIGNED)
    return {**parameters, "timestamp": timestamp, "nonce": nonce, "x-sign-uri": parts.path}

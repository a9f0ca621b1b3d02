"""Signs calls of the Cube API (signature version 2), by the rule in `info.x-linksfield-guide` of `cube.yaml`."""

import base64
import json
import secrets
import time
from urllib.parse import parse_qsl, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from linksfield_signing import content


def signed(url, body, timestamp, nonce):
    """All that is signed of a request: what is in its URL and headers as texts, and the fields of its body."""
    parts = urlsplit(url)
    parameters = dict(body or {})
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name in parameters:
            raise ValueError(f"the parameter {name} is there twice")
        parameters[name] = value
    for name in ("timestamp", "nonce", "x-sign-uri"):
        if name in parameters:
            raise ValueError(f"the parameter {name} is set by the signing")
    return {**parameters, "timestamp": timestamp, "nonce": nonce, "x-sign-uri": parts.path}


class CubeSigner:
    def __init__(self, key_id, private_key):
        self._key_id = key_id
        self._key = load_pem_private_key(private_key.encode(), None)

    def headers(self, url, body=None, timestamp=None, nonce=None):
        """The headers that sign a request with this URL and these fields of its body."""
        timestamp = timestamp or str(time.time_ns() // 1_000_000)
        nonce = nonce or str(1 + secrets.randbelow(2**31 - 1))
        text = content(signed(url, body, timestamp, nonce))
        try:
            sign = self._key.sign(text.encode(), PKCS1v15(), SHA1())
        except UnsupportedAlgorithm as error:
            raise RuntimeError(
                "this system's policy forbids SHA-1 with RSA, which Cube requires: see OPENSSL_CONF for a policy of this "
                "process alone"
            ) from error
        return {
            "Authorization": f"LF {self._key_id}/{base64.b64encode(sign).decode()}",
            "timestamp": timestamp,
            "nonce": nonce,
            "X-LF-Signature-Type": "2.0",
        }

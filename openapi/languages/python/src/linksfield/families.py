"""The APIs: how each signs a call and reads an answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .client import Client, Options
from .envelope import Accepted, Refused, Unreadable, as_object, has_any, in_words, is_server_failure, judge, number, parse, scalar, truth
from .operation import Operation, Outgoing, place
from .settings import credential, in_header
from .signing import CubeSigner, MallSigner, Signer, cube_parameters

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Csss(Client):
    """A client of the CSSS API."""

    def __init__(self, access_code: str, secret: str, base_url: str, **options: Unpack[Options]) -> None:
        super().__init__(base_url, **options)
        self._signer = Signer(credential("access_code", access_code), credential("secret", secret))

    def _sign(self, operation: Operation, parameters: Mapping[str, Any]) -> Outgoing:
        return place(operation, self._base_url, self._signer.sign(parameters))

    def _read(self, operation: Operation, status: int, text: str) -> Accepted | Refused:
        return _enveloped(text, "0000")

    def _is_server_failure(self, code: str) -> bool:
        return is_server_failure(code)


class EsimQr(Client):
    """A client of the eSIM QR Mall API."""

    def __init__(self, access_token: str, base_url: str, **options: Unpack[Options]) -> None:
        super().__init__(base_url, **options)
        self._token = {"x-access-token": in_header("access_token", access_token)}

    def _sign(self, operation: Operation, parameters: Mapping[str, Any]) -> Outgoing:
        return replace(place(operation, self._base_url, parameters), headers=self._token)

    def _read(self, operation: Operation, status: int, text: str) -> Accepted | Refused:
        return _enveloped(text, "0")

    def _is_server_failure(self, code: str) -> bool:
        return is_server_failure(code)


def _enveloped(text: str, success_code: str) -> Accepted | Refused:
    envelope = as_object(parse(text))
    said = judge(envelope, envelope.get("data"), success_code)
    if said is None:
        raise Unreadable("expected `code`, which says whether the call succeeded")
    return said


class Cube(Client):
    """A client of the Cube API. `private_key` is a PEM text; needs `linksfield[cube]`."""

    def __init__(self, key_id: str, private_key: str, base_url: str, **options: Unpack[Options]) -> None:
        super().__init__(base_url, **options)
        self._signer = CubeSigner(in_header("key_id", key_id), private_key)

    def _sign(self, operation: Operation, parameters: Mapping[str, Any]) -> Outgoing:
        cube_parameters("", parameters, "", "")  # none of a caller's may be one of the signature's
        placed = place(operation, self._base_url, parameters)
        headers = self._signer.headers(placed.url, placed.fields)
        return replace(placed, headers={"Accept-Language": "en-US", **headers})

    def _read(self, operation: Operation, status: int, text: str) -> Accepted | Refused:
        answer = as_object(parse(text))
        said = judge(as_object(answer.get("status")), answer.get("data"), "CB-00-0000")
        if said is None:
            raise Unreadable("expected `status.code`, which says whether the call succeeded")
        if isinstance(said, Accepted) and not 200 <= status < 300:
            raise Unreadable(f"it contradicts itself: its code says success, but HTTP {status}")
        return said

    def _is_server_failure(self, code: str) -> bool:
        return code in ("CB-99-9500", "CB-99-9999")


class Mall(Client):
    """A client of one of the three services of the Mall API."""

    def __init__(self, partner_code: str, base_url: str, **options: Unpack[Options]) -> None:
        super().__init__(base_url, **options)
        self._signer = MallSigner(credential("partner_code", partner_code))

    def _sign(self, operation: Operation, parameters: Mapping[str, Any]) -> Outgoing:
        trade_time = str(time.time_ns() // 1_000_000) if "tradeTime" in operation.added else None
        return place(operation, self._base_url, self._signer.sign(parameters, trade_time))

    def _read(self, operation: Operation, status: int, text: str) -> Accepted | Refused:
        whole = parse(text)
        fields = whole if isinstance(whole, dict) else {}
        says_success = fields.get("success") is not None
        code = fields["operateCode"] if "operateCode" in fields else fields.get("code") if says_success else None
        said = judge({**fields, "code": code}, whole, "S")
        if isinstance(said, Accepted):
            return Accepted(fields.get("data"), said.message)
        if said is not None:
            return said
        if truth(fields.get("success")) is False:
            return Refused("", in_words(fields.get("message")) or "", whole)
        if _is_data(fields, whole, operation.telling) and 200 <= status < 300:
            return Accepted(whole)
        raise Unreadable("expected `operateCode`, which says whether the call succeeded")

    def _is_server_failure(self, code: str) -> bool:
        return is_server_failure(code)


def _is_data(fields: dict[str, Any], whole: Any, documented: tuple[str, ...]) -> bool:
    """Whether an answer without an envelope is what was asked for."""
    if "operateCode" in fields and scalar(fields["operateCode"]) is None:
        return False
    return has_any(whole, documented) if documented else not _looks_like_an_error(fields)


def _looks_like_an_error(fields: dict[str, Any]) -> bool:
    status = number(scalar(fields.get("status")) or "")
    words = sum(fields.get(name) is not None for name in ("code", "message", "success"))
    return "operateCode" in fields or (status is not None and status >= 400) or words >= 2

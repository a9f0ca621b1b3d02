"""Sends a call once, and says what became of it. Nothing is ever sent again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import urllib3
from pydantic import ValidationError

from .connection import limit_reads, pool
from .envelope import Accepted, Refused, Unreadable, decode, has_any, may_name_any, names_any, parse
from .errors import Error, Kind, kind_of_status
from .model import Model, read, renamed
from .operation import Operation, Outgoing
from .settings import checked_language, checked_timeout, checked_url
from .signing import SigningError

if TYPE_CHECKING:
    from typing_extensions import Unpack

M = TypeVar("M", bound=Model)
#: What fails before a byte of the request has left.
UNSENT = (
    urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.LocationValueError,
)  # fmt: skip


class Options(TypedDict, total=False):
    """What can be set of any client."""

    #: Seconds that a call may take; 30 if not set.
    timeout: float
    #: `Accept-Language` of the calls.
    language: str | None
    #: Calls a server elsewhere without TLS.
    allow_plaintext: bool
    #: A pool of your own, for example a `urllib3.ProxyManager`.
    http: urllib3.PoolManager | None


@dataclass(frozen=True)
class Answer:
    """An accepted answer."""

    data: Any
    message: str | None
    status: int
    #: Names are found in any case.
    headers: Mapping[str, str]
    body: bytes


class Client:
    """The client of any of the APIs."""

    def __init__(self, base_url: str, **options: Unpack[Options]) -> None:
        if unknown := options.keys() - Options.__annotations__.keys():
            raise TypeError(f"there is no option {', '.join(sorted(unknown))}")
        self._base_url = checked_url(base_url, options.get("allow_plaintext", False))
        self._timeout = checked_timeout(options.get("timeout", 30.0))
        self._language = checked_language(options.get("language"))
        self._http = options.get("http") or pool()

    #: The other names that fields have in some answers.
    also_named: Mapping[str, str] = {}

    def _sign(self, operation: Operation, parameters: Mapping[str, Any]) -> Outgoing:
        raise NotImplementedError

    def _read(self, operation: Operation, status: int, text: str) -> Accepted | Refused:
        raise NotImplementedError

    def _is_server_failure(self, code: str) -> bool:
        raise NotImplementedError

    def call(self, operation: Operation, parameters: Mapping[str, Any]) -> Answer:
        """Calls an operation with its own parameters as they go on the wire, and returns the whole answer."""
        try:
            outgoing = self._sign(operation, parameters)
        except SigningError as error:
            raise Error("invalid_request", operation.id, f"{error}; nothing was sent", outcome_unknown=False) from error
        response, body = self._send(operation, outgoing)
        return self._judge(operation, response.status, response.headers, body)

    def _ask_one(self, operation: Operation, request: Model, output: type[M]) -> M:
        data = self._ask(operation, request).data
        return self._typed(operation, {} if data in (None, "", [], {}) else data, output)

    def _ask_list(self, operation: Operation, request: Model, output: type[M]) -> list[M]:
        data = self._ask(operation, request).data
        data = [] if data in (None, "", [], {}) else data
        if not isinstance(data, list):
            raise self._odd(operation)
        return [self._typed(operation, item, output) for item in data]

    def _ask(self, operation: Operation, request: Model) -> Answer:
        return self.call(operation, request.model_dump(mode="json", by_alias=True, exclude_unset=True))

    def _typed(self, operation: Operation, data: Any, output: type[M]) -> M:
        try:
            return read(output, renamed(data, self.also_named))
        except ValidationError as error:
            raise self._odd(operation) from error

    def _odd(self, operation: Operation) -> Error:
        reason = "accepted, but its data is not of the documented shape: use `call`, which returns it as it is"
        return Error("unreadable", operation.id, reason, outcome_unknown=not operation.safe_to_retry)

    def _send(self, operation: Operation, outgoing: Outgoing) -> tuple[urllib3.BaseHTTPResponse, bytes]:
        headers = {"Accept": "application/json", "Content-Type": "application/json", **outgoing.headers, **self._language}
        until = time.monotonic() + self._timeout
        try:
            response = self._http.request(
                operation.method, outgoing.url, body=outgoing.body, headers=headers, timeout=urllib3.Timeout(self._timeout),
                retries=False, redirect=False, preload_content=False,
            )  # fmt: skip
            return response, _whole(response, until)
        except urllib3.exceptions.HTTPError as error:
            sent = not isinstance(error, UNSENT)
            timed_out = isinstance(error, urllib3.exceptions.TimeoutError) and not isinstance(error, UNSENT[0])
            reason = "no answer in time" if timed_out else "the connection broke" if sent else "no connection; nothing was sent"
            unknown = sent and not operation.safe_to_retry
            kind: Kind = "timeout" if timed_out else "transport"
            raise Error(kind, operation.id, reason, outcome_unknown=unknown) from error

    def _judge(self, operation: Operation, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        unsafe = not operation.safe_to_retry
        try:
            text = decode(body, headers.get("content-type", ""))
            said = self._read(operation, status, text)
            data, whole = said.data, parse(text)
            if data in (None, "", [], {}) and has_any(whole, operation.fields):
                data = whole  # some put the fields beside the envelope instead of into it
            if isinstance(said, Accepted):
                if operation.must_name_order and not _names_its_order(data, operation):
                    raise Unreadable(f"it says success, but names no {' or '.join(operation.own_order_ids)}")
                return Answer(data, said.message, status, headers, body)
            named = may_name_any(data, operation.order_ids) or names_any(whole, operation.certain_order_ids)
            done = named or self._is_server_failure(said.code) or status >= 500
        except Unreadable as reason:
            told = f"unreadable answer (HTTP {status}): {reason}"
            kind = kind_of_status(status)
            raise Error(kind, operation.id, told, outcome_unknown=unsafe, status=status, headers=headers, body=body) from None
        raise Error(
            "refused", operation.id, f"refused with code {said.code} (HTTP {status}){said.message and f': {said.message}'}",
            outcome_unknown=unsafe and done, code=said.code, message=said.message, data=said.data, status=status, headers=headers,
        )  # fmt: skip


def _names_its_order(data: Any, operation: Operation) -> bool:
    """Whether accepted data has the id of its order. Of a batch each line is an answer, also one without an order."""
    own = operation.own_order_ids
    is_batch = not set(own) & set(operation.fields)
    return has_any(data, operation.fields) and may_name_any(data, own) if is_batch else has_any(data, own)


def _whole(response: urllib3.BaseHTTPResponse, until: float) -> bytes:
    """The body of an answer that comes in time, also if each part of it does."""
    with response:
        parts: list[bytes] = []
        # Once it is closed, its connection may be that of another call.
        while not response.closed:
            left = until - time.monotonic()
            if left <= 0:
                raise urllib3.exceptions.TimeoutError("the answer was not whole in time")
            limit_reads(response, left)
            # An encoding was not asked for; nothing is unpacked.
            part = response.read1(1 << 16, decode_content=False)
            if not part:
                break
            parts.append(part)
        return b"".join(parts)

"""Sends a call once, and says what became of it. Nothing is ever sent again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import urllib3
from pydantic import ValidationError

from .envelope import Accepted, Refused, Unreadable, decode, has_any, names_any, parse
from .errors import Error, kind_of_status
from .model import Model, read, renamed
from .operation import Operation, Outgoing
from .signing import SigningError

M = TypeVar("M", bound=Model)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: What fails before a byte of the request has left.
UNSENT = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)


@dataclass(frozen=True)
class Answer:
    """An accepted answer."""

    data: Any
    message: str | None
    status: int
    headers: Mapping[str, str]
    body: bytes


class Client:
    """The client of any of the APIs."""

    def __init__(
        self,
        base_url: str,
        *,
        timeout: float = 30.0,
        language: str | None = None,
        allow_plaintext: bool = False,
        http: urllib3.PoolManager | None = None,
    ) -> None:
        """`http` is for a pool of your own, for example a `urllib3.ProxyManager`."""
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("base_url must be the URL of a server, without a query")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK and not allow_plaintext:
            raise ValueError("base_url must be https: a server elsewhere is called in plaintext only with allow_plaintext=True")
        self._base_url = base_url.rstrip("/")
        self._timeout = timeout
        self._language = {"Accept-Language": language} if language else {}
        self._http = http or urllib3.PoolManager()

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
        answer = self._send(operation, outgoing)
        return self._judge(operation, answer)

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

    def _send(self, operation: Operation, outgoing: Outgoing) -> urllib3.BaseHTTPResponse:
        headers = {"Accept": "application/json", "Content-Type": "application/json", **outgoing.headers, **self._language}
        try:
            return self._http.request(
                operation.method, outgoing.url, body=outgoing.body, headers=headers, timeout=self._timeout, retries=False,
                redirect=False,
            )  # fmt: skip
        except urllib3.exceptions.HTTPError as error:
            sent = not isinstance(error, UNSENT)
            timed_out = isinstance(error, urllib3.exceptions.TimeoutError) and not isinstance(error, UNSENT[0])
            reason = "no answer in time" if timed_out else "the connection broke" if sent else "no connection; nothing was sent"
            unknown = sent and not operation.safe_to_retry
            kind = "timeout" if timed_out else "transport"
            raise Error(kind, operation.id, reason, outcome_unknown=unknown) from error

    def _judge(self, operation: Operation, response: urllib3.BaseHTTPResponse) -> Answer:
        status, body = response.status, response.data
        headers = dict(response.headers)
        unsafe = not operation.safe_to_retry
        try:
            text = decode(body)
            said = self._read(operation, status, text)
            if isinstance(said, Accepted):
                data = said.data
                if data is None and has_any(whole := parse(text), operation.fields):
                    data = whole  # some put the fields beside the envelope instead of into it
                if operation.places_orders and not names_any(data, operation.own_order_ids):
                    raise Unreadable("it says success, but names no order")
                return Answer(data, said.message, status, headers, body)
            done = self._is_server_failure(said.code) or names_any(parse(text), operation.order_ids) or status >= 500
        except Unreadable as reason:
            told = f"unreadable answer (HTTP {status}): {reason}"
            kind = kind_of_status(status)
            unknown = unsafe
            raise Error(kind, operation.id, told, outcome_unknown=unknown, status=status, headers=headers, body=body) from None
        raise Error(
            "refused", operation.id, f"refused with code {said.code} (HTTP {status}): {said.message}",
            outcome_unknown=unsafe and done, code=said.code, message=said.message, data=said.data, status=status, headers=headers,
        )  # fmt: skip

"""What a call that failed says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Kind = Literal[
    "transport", "timeout", "refused", "unreadable", "rate_limited", "unauthorised", "not_found", "redirect", "server",
    "invalid_request",
]  # fmt: skip


class Error(Exception):
    """A call that failed.

    `outcome_unknown` says whether it may have taken effect all the same: an order may or may not have been placed. Find
    out, for example with a query, before you call again; calling again could order twice.
    """

    def __init__(
        self,
        kind: Kind,
        operation: str,
        reason: str,
        *,
        outcome_unknown: bool,
        code: str | None = None,
        message: str | None = None,
        data: Any = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> None:
        self.kind: Kind = kind
        self.operation = operation
        self.reason = reason
        self.outcome_unknown = outcome_unknown
        #: The code of a refused call. Apart from the one for success, Linksfield documents few.
        self.code = code
        #: The message of a refused call.
        self.message = message
        #: The `data` of a refused call.
        self.data = data
        #: The HTTP status, if an answer came. A refused call usually has 200.
        self.status = status
        #: The headers of the answer, whose names are found in any case; none if no answer came.
        self.headers: Mapping[str, str] = {} if headers is None else headers
        #: The bytes of an answer that can't be read.
        self.body = body
        next_step = ": it may or may not have taken effect, find out before you call again" if outcome_unknown else ""
        super().__init__(f"{operation}: {reason}{next_step}")

    def __reduce__(self) -> tuple[Any, ...]:
        """It is copied, and crosses from process to process, with all that it knows."""
        return _again, (type(self), self.args), vars(self)


def _again(kind: type[Error], args: tuple[str, ...]) -> Error:
    return kind.__new__(kind, *args)


def kind_of_status(status: int) -> Kind:
    """What kind of failure an answer is that no envelope speaks in."""
    kinds: dict[int, Kind] = {401: "unauthorised", 403: "unauthorised", 404: "not_found", 429: "rate_limited", 304: "unreadable"}
    if status in kinds:
        return kinds[status]
    return "redirect" if 300 <= status < 400 else "server" if 500 <= status < 600 else "unreadable"

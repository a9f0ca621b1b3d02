"""What the documents say of an operation, and where the parameters of a call go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote, unquote, urlencode

from .signing import SigningError, written

#: Segments, none of which is empty.
PATH = re.compile(r"(/[^/?#\\\s]+)+")


@dataclass(frozen=True)
class Operation:
    """One operation, by its document; or another that you know of, which is then taken for one that changes something."""

    id: str
    method: str
    path: str
    safe_to_retry: bool = False
    #: The signed parameters that the API wants of this operation.
    added: tuple[str, ...] = ()
    #: The parameters in the query, each with what is between the items of its list.
    query: Mapping[str, str | None] = field(default_factory=dict)
    #: What the other parameters make of the body.
    body: Literal["fields", "none", "whole"] = "fields"
    fields: tuple[str, ...] = ()
    #: The fields of its data that are the id of an order, those of any data of the API, and those that are so wherever they stand.
    own_order_ids: tuple[str, ...] = ()
    order_ids: tuple[str, ...] = ()
    certain_order_ids: tuple[str, ...] = ()
    #: Whether a success that names no order is none.
    must_name_order: bool = False

    @property
    def telling(self) -> tuple[str, ...]:
        """The fields by which an answer without an envelope is told from anything else."""
        return self.own_order_ids if self.own_order_ids and not self.safe_to_retry else self.fields


@dataclass(frozen=True)
class Outgoing:
    url: str
    body: bytes | None
    #: The fields of the body.
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def place(operation: Operation, base_url: str, parameters: Mapping[str, Any]) -> Outgoing:
    """The parameters that the path names in it, those of the query and all others of a `GET` in the query, the rest in the body."""
    if not PATH.fullmatch(operation.path) or not operation.method.isalpha():
        raise SigningError("the operation must have a method, and a path that begins with / and has no query")
    left = dict(parameters)
    url = base_url + "/".join(_segment(segment, left) for segment in operation.path.split("/"))
    is_get = operation.method.upper() == "GET"
    in_query = [name for name in left if is_get or name in operation.query]
    pairs = [pair for name in in_query for pair in _pairs(name, left.pop(name), operation.query.get(name))]
    if pairs:
        url += "?" + urlencode(pairs, quote_via=quote)
    if operation.body == "whole":
        body = left.get("body")
        return Outgoing(url, None if body is None else written(body).encode(), body or {})
    has_body = not is_get and (left or operation.body == "fields")
    return Outgoing(url, written(left).encode() if has_body else None, left)


def _segment(segment: str, left: dict[str, Any]) -> str:
    if not segment.startswith("{"):
        return segment
    name = segment.strip("{}")
    value = _plain(left.pop(name, None))
    decoded = unquote(value or "").strip()
    if value is None or decoded in ("", ".", "..") or not value.isprintable():
        what = "which is part of the path, must be a text or a whole number, not empty and no dots"
        raise SigningError(f"the parameter {name}, {what}")
    return quote(value, safe="")


def _pairs(name: str, value: Any, separator: str | None) -> list[tuple[str, str]]:
    items = [_plain(item) for item in (value if isinstance(value, (list, tuple)) else [value]) if item is not None]
    texts = [item for item in items if item is not None]
    if len(texts) < len(items) or _plain(name) is None:
        raise SigningError(f"the parameter {name}, which is part of the query, must be a text, a whole number or a list of them")
    if separator is None or not isinstance(value, (list, tuple)):
        return [(name, text) for text in texts]
    if any(separator in text for text in texts):
        raise SigningError(f"an item of the parameter {name} has {separator!r} in it and would arrive as two")
    return [(name, separator.join(texts))] if texts else []


def _plain(value: Any) -> str | None:
    """The text that stands in a URL; none of a `float`, whose digits may be others than those that were meant."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str.__str__(value) if isinstance(value, str) else int.__repr__(value) if isinstance(value, int) else None
    return None if text is None or re.search("[\ud800-\udfff]", text) else text

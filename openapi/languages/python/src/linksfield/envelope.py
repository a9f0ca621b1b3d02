"""What an answer says: its envelope, whether it is believed, and whether it names an order. Pure."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

MARK = b"\xef\xbb\xbf"
#: What the web means by these names of Python's, apart from UTF-8: that was tried.
MEANT = {"ascii": "cp1252", "iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "utf-16": "utf-16-le", "utf-8": ""}
#: Beyond this depth anything may be named.
DEPTH = 64


class Unreadable(Exception):
    """An answer that does not say whether the call succeeded, in words that do not quote it."""


@dataclass(frozen=True)
class Accepted:
    data: Any
    message: str | None = None


@dataclass(frozen=True)
class Refused:
    code: str
    message: str
    data: Any = None


def decode(body: bytes, content_type: str = "") -> str:
    """UTF-8, with or without its mark; else by the charset that the type names, or as GB18030 if it can be that."""
    body = body.removeprefix(MARK).rstrip(b"\0 \t\r\n\f")
    for name, errors in (("utf-8", "strict"), (_charset(content_type), "replace"), ("gb18030", "strict")):
        try:
            return body.decode(name, errors)
        except (LookupError, UnicodeError):
            pass
    return body.decode("utf-8", "replace")


def _charset(content_type: str) -> str:
    """The encoding that a type names, other than UTF-8; to Python some names mean others than to the web."""
    named = re.search(r";\s*charset\s*=\s*\"?([^\s;\"]+)", content_type, re.IGNORECASE)
    try:
        name = codecs.lookup(named[1]).name if named else ""
    except LookupError:
        return ""
    return MEANT.get(name, name)


#: What matters in a JSON text: its marks, pairs of halves, other escapes, and what may not stand there.
PIECE = re.compile(
    r'"|\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[\da-fA-F]{4}|\\["\\/bfnrt]|[\\\x00-\x1f]', re.ASCII
)
HALF = re.compile(r"\\u[dD][89a-fA-F]..")


def repaired(text: str) -> str:
    """JSON with each escape that stands for no character replaced, and each control character in a text escaped."""
    in_text = False

    def mended(found: re.Match[str]) -> str:
        nonlocal in_text
        piece = found[0]
        if piece == '"':
            in_text = not in_text
        elif in_text and HALF.fullmatch(piece):
            return "\\ufffd"
        elif in_text and len(piece) == 1:
            return "\\\\" if piece == "\\" else f"\\u{ord(piece):04x}"
        return piece

    return PIECE.sub(mended, text)


def parse(text: str) -> Any:
    """JSON without a key that is there twice; numbers keep their digits."""
    try:
        return json.loads(repaired(text), parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        place = f" at line {error.lineno} column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise Unreadable(f"it is no JSON{place}") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise Unreadable("a key is there twice")
    return fields


def as_object(answer: Any) -> dict[str, Any]:
    if isinstance(answer, dict):
        return answer
    raise Unreadable("expected a JSON object")


def judge(envelope: dict[str, Any], data: Any, success_code: str) -> Accepted | Refused | None:
    """What an envelope with a `code` says; nothing if it has none. It is believed only if nothing contradicts it."""
    code = scalar(envelope.get("code"))
    if not code:
        return None
    success = truth(envelope.get("success"))
    if code == success_code:
        if success is False:
            raise Unreadable("it contradicts itself: its code says success, but `success` is false")
        return Accepted(data, in_words(envelope.get("message")))
    if success is True:
        raise Unreadable("it contradicts itself: `success` is true, but its code is not that of success")
    if _means_success(code, success_code):
        raise Unreadable("it contradicts itself: its code means success, but not as it is documented")
    return Refused(code, in_words(envelope.get("message")) or "", data)


def _means_success(code: str, success_code: str) -> bool:
    code = code.strip().lower()
    return code in ("true", "success", "ok", "200", success_code.lower()) or number(code) == 0


def is_server_failure(code: str) -> bool:
    """Whether a code says what HTTP 5xx says: the server failed, and may have done it all the same."""
    value = number(code.strip())
    return value is not None and 500 <= value < 600


def number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def scalar(value: Any) -> str | None:
    """The text of a scalar."""
    if value is None or isinstance(value, (dict, list)):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def truth(value: Any) -> bool | None:
    """A truth value in any of its spellings."""
    word = (scalar(value) or "").strip().lower()
    return True if word in ("true", "1", "1.0", "yes", "y") else False if word in ("false", "0", "0.0", "no", "n") else None


def in_words(message: Any) -> str | None:
    text = scalar(message)
    return text if text is not None or message is None else json.dumps(message, ensure_ascii=False, default=str)


def says_something(value: Any) -> bool:
    """Whether a value is more than a spelling of "none"."""
    if value is None or value is False or value in ([], {}):
        return False
    return not isinstance(value, str) or value.strip() not in ("", "null")


def has_any(value: Any, names: Collection[str]) -> bool:
    return isinstance(value, dict) and any(name in names and says_something(field) for name, field in value.items())


def names_any(value: Any, names: Collection[str]) -> bool:
    """Whether one of these fields has a value at any depth, or may: so may a text that begins as JSON, is none, and has such
    a word."""
    return _is_named(value, names, DEPTH, or_lists=False)


def may_name_any(value: Any, names: Collection[str]) -> bool:
    """The same, where also an object in a list may stand for what was done."""
    return _is_named(value, names, DEPTH, or_lists=True)


def _is_named(value: Any, names: Collection[str], depth: int, or_lists: bool) -> bool:
    def is_inside(inner: Any) -> bool:
        return _is_named(inner, names, depth - 1, or_lists)

    if not names:
        return False
    if depth == 0:
        return isinstance(value, (dict, list))
    if isinstance(value, dict):
        fields: Iterable[tuple[str, Any]] = value.items()
        return any((name in names and says_something(field)) or is_inside(field) for name, field in fields)
    if isinstance(value, list):
        return any((or_lists and isinstance(item, dict)) or is_inside(item) for item in value)
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            return is_inside(parse(value.strip()))
        except Unreadable:
            # `[order_id] must not be empty` is a message.
            is_data = or_lists or "{" in value or '"' in value
            return is_data and any(name in value for name in names)
    return False

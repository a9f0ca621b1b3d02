"""What a client is made of, checked before anything is sent. What is wrong with a credential is said without quoting it."""

from __future__ import annotations

from urllib3.util import Url, parse_url

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
#: A day, in seconds.
LONGEST = 86_400.0


def checked_url(base_url: str, allow_plaintext: bool) -> str:
    parts = _parts(base_url)
    if parts is None:
        raise ValueError("base_url is not the URL of a server")
    if parts.auth is not None:
        raise ValueError("base_url has a user or a password in it, which this API does not have: remove it")
    if parts.scheme not in ("http", "https") or not parts.host or parts.query is not None or parts.fragment is not None:
        raise ValueError("base_url must be the URL of a server, without a query")
    if parts.scheme == "http" and parts.host not in LOOPBACK and not allow_plaintext:
        raise ValueError("base_url must be https: a server elsewhere is called in plaintext only with allow_plaintext=True")
    return parts.url.rstrip("/")


def _parts(url: str) -> Url | None:
    try:
        parts = parse_url(url)
        (parts.host or "").encode("idna")  # no part of a name is too long
    except ValueError:  # which has the URL in it
        return None
    return parts


def checked_timeout(timeout: float) -> float:
    if not 0 < timeout <= LONGEST:
        raise ValueError("timeout must be a number of seconds, above 0 and at most a day")
    return timeout


def checked_language(language: str | None) -> dict[str, str]:
    """The header that says so."""
    return {"Accept-Language": in_header("language", language)} if language else {}


def credential(name: str, value: str) -> str:
    """A credential as Linksfield gave it: white space around it, as files have it, is no part of it."""
    given = value.strip()
    if not given:
        raise ValueError(f"{name} is empty: set it to what Linksfield gave you")
    if not given.isprintable():
        raise ValueError(f"{name} has a line break, or another character in it that does not show: remove it")
    return given


def in_header(name: str, value: str) -> str:
    given = credential(name, value)
    if not given.isascii():
        raise ValueError(f"{name} can't stand in a header: it has characters outside ASCII")
    return given

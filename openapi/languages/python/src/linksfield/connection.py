"""Connections that tell whether they stood, as what fails before that was not sent; and how long a read may take."""

from __future__ import annotations

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError


class _Connection(HTTPConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        set_timeout = self.sock.settimeout  # the socket is the answer's from then on
        response = super().getresponse()
        setattr(response, "set_timeout", set_timeout)
        return response


class _TlsConnection(_Connection, HTTPSConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "TLS was not agreed on in time") from error
        except OSError as error:  # those of TLS are some of them
            raise NewConnectionError(self, f"TLS was not agreed on: {error}") from error


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def pool() -> PoolManager:
    manager = PoolManager()
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
    return manager


def limit_reads(response: BaseHTTPResponse, seconds: float) -> None:
    """Lets each read of an answer take so long at most; those of a caller's own pool take what they took."""
    set_timeout = getattr(response, "set_timeout", None)
    if set_timeout is not None:
        set_timeout(seconds)

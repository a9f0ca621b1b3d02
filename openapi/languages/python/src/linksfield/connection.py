"""Connections that tell whether they stood: what fails before that was not sent."""

from __future__ import annotations

from urllib3 import HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError


class _Connection(HTTPSConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "TLS was not agreed on in time") from error
        except OSError as error:  # those of TLS are some of them
            raise NewConnectionError(self, f"TLS was not agreed on: {error}") from error


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


def pool() -> PoolManager:
    manager = PoolManager()
    manager.pool_classes_by_scheme = {**manager.pool_classes_by_scheme, "https": _Pool}
    return manager

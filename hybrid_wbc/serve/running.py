"""Runs the application until it is told to end: the address, slow senders, the warning."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from hybrid_wbc.errors import InputError
from hybrid_wbc.serve.app import make_app
from hybrid_wbc.serve.limits import Limits
from hybrid_wbc.studies.model import Model

# Connections at a time, and seconds for the first lines of a request.
_CONNECTIONS = 256
_HEADER_SECONDS = 15.0
_NO_PASSWORD = (
    "warning: whoever reaches {host} reaches this page: there is no password and no encryption. "
    "Serve it only in a network that you trust, or behind a proxy that has both"
)


class Patient(H11Protocol):
    """A connection that is closed when the first lines of a request do not come in time."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take in a piece, and wait for the rest where a request has not begun yet."""
        super().data_received(data)
        begun: Any = self.cycle  # None until the first request
        if begun is not None and not begun.response_complete:
            self._forget()
        elif self._deadline is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._forget()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(_HEADER_SECONDS, self.transport.close)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def serve(
    model: Model,
    host: str,
    port: int,
    say: Callable[[str], None],
    limits: Limits | None = None,
) -> None:
    """Serve a model until the program is interrupted.

    Parameters
    ----------
    model : Model
    host : str
    port : int
        0 takes any that is free.
    say : callable
        Given the lines for whoever started it.
    limits : Limits, optional

    Raises
    ------
    InputError
        If the address cannot be taken.
    """
    server, taken = ready(model, host, port, say, limits)
    server.run(sockets=[taken])


def ready(
    model: Model,
    host: str,
    port: int,
    say: Callable[[str], None],
    limits: Limits | None = None,
) -> tuple[uvicorn.Server, socket.socket]:
    """Take the address, say it, and make the server; see `serve`."""
    taken = _take(host, port)
    address, port = taken.getsockname()[:2]
    alone = ipaddress.ip_address(address).is_loopback
    shown = f"[{address}]" if ":" in address else address
    if not alone:
        say(_NO_PASSWORD.format(host=f"{shown}:{port}"))
    say(f"http://{shown}:{port} shows the page, /docs describes it for programs; Ctrl+C ends it")
    hosts = {"127.0.0.1", "[::1]", "localhost", shown, host} if alone else None
    config = uvicorn.Config(
        make_app(model, limits, hosts),
        http=Patient,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config), taken


def _take(host: str, port: int) -> socket.socket:
    """Bind an address, before anything is said of it."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise InputError(f"--host: '{host}' is no address of this machine ({error})") from error
    family, kind, protocol, _, address = found[0]
    taken = socket.socket(family, kind, protocol)
    if os.name == "posix":
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind(address)
        taken.listen(_CONNECTIONS)
    except OSError as error:
        taken.close()
        raise InputError(
            f"{host}:{port} cannot be taken ({error.strerror}); --port 0 finds one that is free"
        ) from error
    return taken

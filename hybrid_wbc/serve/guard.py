"""Stands before every request and behind every answer: who may ask, and what a browser may do."""

from __future__ import annotations

import json
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
# What a browser says of a request that another site's page makes it send.
_ELSEWHERE = {"cross-site", "same-site"}


class Guard:
    """An application that answers for named hosts alone, and to no other site's pages.

    Parameters
    ----------
    app : ASGIApp
    hosts : collection of str or None
        Names by which it may be asked; None takes any. A page elsewhere could else be given a name
        that leads here, and read the answers.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] | None) -> None:
        self.app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refused = self._refused(scope)
        if refused:
            body = json.dumps({"error": refused}).encode()
            kind = [(b"content-type", b"application/json")]
            await with_headers({"type": "http.response.start", "status": 403, "headers": kind})
            await send({"type": "http.response.body", "body": body})
            return
        await self.app(scope, receive, with_headers)

    def _refused(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        name = host[: host.rindex("]") + 1] if "]" in host else host.partition(":")[0]
        if self._hosts is not None and name not in self._hosts:
            return f"this server is not called '{name[:100]}'; ask it as {min(self._hosts)}"
        if scope["method"] == "POST" and headers.get("sec-fetch-site") in _ELSEWHERE:
            return "another site's page may not ask this server"
        return ""

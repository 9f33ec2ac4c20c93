"""What every request must be, and what every answer carries."""

import asyncio
import ipaddress
import os
import re
import time
from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.server.hosts import answers_to, is_origin_known

__all__ = ["FRAMES", "Guard", "frame_ancestors"]

FRAMES = "UNROLLED_FRAME_ANCESTORS"
"""the variable that says which sites may show the page in a frame"""
_SOURCE = re.compile(r"(https?://)?(\*\.)?[A-Za-z0-9.\-]+(:([0-9]+|\*))?|https?:")
_INTROSPECTION = ("/_stcore/metrics", "/_stcore/script-health-check")
_PATIENCE = 20.0  # seconds for the next part of a request's body
_BYTES_PER_SECOND = 2_000  # at least, over a whole body; a slow telephone brings ten times as much
_POLICY = b"content-security-policy"
_HEADER = Sequence[tuple[bytes, bytes]]


def frame_ancestors(written: str | None) -> bytes:
    """The policy on frames.

    Args:
        written: What the variable holds: nothing or "none" for no site, "self" for this one, or
            sites as a Content-Security-Policy names them, with spaces between:
            "https://school.example https://*.example.org".

    Raises:
        ValueError: A word of it is no site.
    """
    words = [word.strip("'\"").lower() for word in (written or "none").split()] or ["none"]
    if words == ["none"]:
        return b"frame-ancestors 'none'"
    for word in words:
        if word != "self" and (word == "none" or not _SOURCE.fullmatch(word)):
            raise ValueError(
                f"{FRAMES} (={written!r}) must be none, self, or sites like https://school.example."
            )
    sources = ("'self'" if word == "self" else word for word in words)
    return b"frame-ancestors " + " ".join(sources).encode()


class Guard:
    """Refuses requests under a stranger's name, and marks every answer.

    Args:
        app: The application around which it is.
        frames: What `frame_ancestors` gives; None for what the environment says.
        patience: Seconds for the next part of a request's body.
    """

    def __init__(
        self, app: ASGIApp, frames: bytes | None = None, patience: float = _PATIENCE
    ) -> None:
        self._app = app
        self._frames = frame_ancestors(os.environ.get(FRAMES)) if frames is None else frames
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        marked = _Marked(send, self._frames)
        if sentence := _refusal(scope):
            await _refuse(scope, receive, marked, sentence)
        elif scope["type"] == "websocket":
            await self._app(scope, receive, marked)
        else:
            await self._with_body(scope, receive, marked)

    async def _with_body(self, scope: Scope, receive: Receive, send: "_Marked") -> None:
        body = _Body(receive, self._patience)
        try:
            await self._app(scope, body, send)
        except TimeoutError:
            if not body.late:
                raise
        if body.late and not send.started:
            await _answer(send, 408, "The request took too long to arrive.")


class _Body:
    """A request's body, which may not dribble in."""

    def __init__(self, receive: Receive, patience: float) -> None:
        self._receive = receive
        self._patience = patience
        self._start = time.monotonic()
        self._size = 0
        self._whole = False
        self.late = False

    async def __call__(self) -> Message:
        """The next part; afterwards only the end of the connection, for which there is time."""
        if self._whole:
            return await self._receive()
        allowed = self._start + self._patience + self._size / _BYTES_PER_SECOND
        try:
            async with asyncio.timeout(min(self._patience, max(allowed - time.monotonic(), 0))):
                message = await self._receive()
        except TimeoutError:
            self.late = True
            raise
        self._size += len(message.get("body", b""))
        self._whole = message["type"] != "http.request" or not message.get("more_body", False)
        return message


class _Marked:
    """Puts the marks on every answer."""

    def __init__(self, send: Send, frames: bytes) -> None:
        self._send = send
        self._frames = frames
        self.started = False

    async def __call__(self, message: Message) -> None:
        """One message of the answer."""
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            self.started = True
            message = {**message, "headers": self._with_marks(message.get("headers", ()))}
        await self._send(message)

    def _with_marks(self, headers: _HEADER) -> list[tuple[bytes, bytes]]:
        own = {b"x-content-type-options", b"x-frame-options", _POLICY, b"server"}
        policies = [value for name, value in headers if name.lower() == _POLICY]
        kept = [each for each in headers if each[0].lower() not in own]
        kept += [
            (b"x-content-type-options", b"nosniff"),
            (_POLICY, b"; ".join([*policies, self._frames])),
        ]
        # For browsers that know no frame-ancestors; it cannot name sites.
        if self._frames.endswith(b" 'none'"):
            kept.append((b"x-frame-options", b"DENY"))
        elif self._frames.endswith(b"frame-ancestors 'self'"):
            kept.append((b"x-frame-options", b"SAMEORIGIN"))
        return kept


def _refusal(scope: Scope) -> str:
    """Why a request is not answered, or ""."""
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get(b"host")
    if host is not None and not answers_to(host):
        return (
            f"This server does not answer to the name {_shown(host)}. Open it by the address that "
            "it prints at its start, or start it with --server.allowedHosts and that name."
        )
    origin = headers.get(b"origin")
    if scope["type"] == "websocket" and origin and not is_origin_known(origin, host or ""):
        return f"A page of {_shown(origin)} may not open a session on this server."
    path = scope["path"].rstrip("/")
    if path.endswith(_INTROSPECTION) and not _is_local(scope, headers):
        return "Only a program running on the server itself may read this."
    return ""


def _is_local(scope: Scope, headers: dict[bytes, str]) -> bool:
    """Whether a request comes from this machine, and not from elsewhere through a proxy on it."""
    if headers.keys() & {b"forwarded", b"x-forwarded-for", b"x-real-ip"}:
        return False
    try:
        client = ipaddress.ip_address(scope["client"][0])
    except (TypeError, ValueError, KeyError):
        return False
    return (getattr(client, "ipv4_mapped", None) or client).is_loopback


def _shown(words: str) -> str:
    short = "".join(sign for sign in words if sign.isascii() and sign.isprintable())[:100]
    return f"“{short}”"


async def _refuse(scope: Scope, receive: Receive, send: "_Marked", sentence: str) -> None:
    if scope["type"] == "http":
        await _answer(send, 403, sentence)
    elif "websocket.http.response" in scope.get("extensions", {}):
        await receive()
        await _answer(send, 403, sentence, "websocket.http.response")
    else:
        await receive()
        await send({"type": "websocket.close", "code": 1008})


async def _answer(send: Send, status: int, sentence: str, kind: str = "http.response") -> None:
    body = f"{sentence}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": f"{kind}.start", "status": status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})

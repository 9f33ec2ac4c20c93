"""Streamlit's own scripts, styles and fonts from memory, and compressed for browsers elsewhere.

A first visit asks for a hundred files. Streamlit reads each from disk, in threads, and never
compresses them, because doing so anew for every visitor costs more than it saves. They never change
while the server runs: here each is read once, and compressed once.
"""

import asyncio
import mimetypes
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["FilesFromMemory"]

ADDRESS = "/static/"
YEAR = b"public, immutable, max-age=31536000"  # the names hold a digest, as Streamlit says itself
PACKABLE = (b"javascript", b"css", b"json", b"svg")  # fonts and pictures are compressed already
GZIP = 31  # zlib's number for the gzip container with the largest window
GZIP_TAKEN = re.compile(rb"gzip(;q=(1|0\.\d*[1-9])\d*\.?0*)?")  # not "q=0", which refuses it
HERE = {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


@dataclass
class _File:
    raw: bytes
    kind: bytes
    packing: asyncio.Task[bytes] | None = None


class FilesFromMemory:
    """Answers GET /static/… itself and leaves everything else to the application.

    Args:
        app: the application around which it stands.
        folder: what lies under /static/.
    """

    def __init__(self, app: ASGIApp, folder: Path) -> None:
        self._app = app
        # Only what is in the list is ever looked for on disk, whatever a request may name.
        self._paths = {
            path.relative_to(folder).as_posix(): path
            for path in folder.rglob("*")
            if path.is_file()
        }
        self._kept: dict[str, _File] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        file = self._asked_for(scope)
        if file is None:
            await self._app(scope, receive, send)
            return
        headers = [(b"content-type", file.kind), (b"cache-control", YEAR)]
        body = file.raw
        if any(kind in file.kind for kind in PACKABLE):
            headers.append((b"vary", b"accept-encoding"))
            if _wants_packed(scope):
                headers.append((b"content-encoding", b"gzip"))
                body = await _packed(file)
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _asked_for(self, scope: Scope) -> _File | None:
        """The file, if the request is one that can be answered from memory."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return None
        address: str = scope["path"]
        if not address.startswith(ADDRESS) or _header(scope, b"range"):
            return None
        name = address.removeprefix(ADDRESS)
        if name not in self._kept and name in self._paths:
            self._kept[name] = _read(self._paths[name])
        return self._kept.get(name)


def _read(path: Path) -> _File:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if path.suffix == ".js":
        kind = "text/javascript"  # some systems are set to call it text/plain
    return _File(path.read_bytes(), kind.encode())


async def _packed(file: _File) -> bytes:
    """The file compressed: once, however many ask for it at the same time."""
    if file.packing is None:
        file.packing = asyncio.create_task(asyncio.to_thread(_compress, file.raw))
    return await asyncio.shield(file.packing)  # one visitor who leaves does not stop it for all


def _compress(raw: bytes) -> bytes:
    packer = zlib.compressobj(6, wbits=GZIP)
    return packer.compress(raw) + packer.flush()


def _wants_packed(scope: Scope) -> bool:
    """Whether the browser takes gzip, and sits where fewer bytes are worth unpacking them."""
    client = scope.get("client")
    if client is None or client[0] in HERE:
        return False
    taken = _header(scope, b"accept-encoding").replace(b" ", b"").split(b",")
    return any(GZIP_TAKEN.fullmatch(each) for each in taken)


def _header(scope: Scope, name: bytes) -> bytes:
    return next((value for key, value in scope["headers"] if key == name), b"")

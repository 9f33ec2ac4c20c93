"""Streamlit's own scripts, styles and fonts from memory, and compressed for browsers elsewhere.

A first visit asks for a hundred files. Streamlit reads each from disk, in threads, and never
compresses them, because doing so anew for every visitor costs more than it saves. They never change
while the server runs: here each is read once, and compressed once.
"""

import asyncio
import mimetypes
import zlib
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["FilesFromMemory"]

ADDRESS = "/static/"
YEAR = b"public, immutable, max-age=31536000"  # the names hold a digest, as Streamlit says itself
PACKABLE = (b"javascript", b"css", b"json", b"svg")  # fonts and pictures are compressed already
GZIP = 31  # zlib's number for the gzip container with the largest window
HERE = {"127.0.0.1", "::1"}


@dataclass
class _File:
    raw: bytes
    kind: bytes
    packed: bytes | None = None


class FilesFromMemory:
    """Answers GET /static/… itself and leaves everything else to the application.

    Args:
        app: the application around which it stands.
        folder: what lies under /static/.
    """

    def __init__(self, app: ASGIApp, folder: Path) -> None:
        self._app = app
        self._folder = folder.resolve()
        self._kept: dict[str, _File] = {}
        self._packing: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        file = self._asked_for(scope)
        if file is None:
            await self._app(scope, receive, send)
            return
        headers = [(b"content-type", file.kind), (b"cache-control", YEAR)]
        body = file.raw
        if file.packed is not None:
            headers.append((b"vary", b"accept-encoding"))
            if _wants_packed(scope):
                headers.append((b"content-encoding", b"gzip"))
                body = file.packed
        elif _wants_packed(scope) and len(body) > 1000:
            self._pack(file)  # for the next visitor: this one need not wait
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _asked_for(self, scope: Scope) -> _File | None:
        """The file, if the request is one that can be answered from memory."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return None
        path: str = scope["path"]
        if not path.startswith(ADDRESS) or _header(scope, b"range"):
            return None
        name = path.removeprefix(ADDRESS)
        if name not in self._kept:
            if (file := self._read(name)) is None:
                return None
            self._kept[name] = file
        return self._kept[name]

    def _read(self, name: str) -> _File | None:
        try:
            path = (self._folder / name).resolve()
            inside = path.is_relative_to(self._folder) and path.is_file()
        except (OSError, ValueError):  # a name that no file system takes
            return None
        if not inside:
            return None
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        if path.suffix == ".js":
            kind = "text/javascript"  # some systems are set to call it text/plain
        return _File(path.read_bytes(), kind.encode())

    def _pack(self, file: _File) -> None:
        if not any(kind in file.kind for kind in PACKABLE):
            return
        task = asyncio.create_task(_compress(file))
        self._packing.add(task)  # a task that nobody holds may vanish
        task.add_done_callback(self._packing.discard)


async def _compress(file: _File) -> None:
    packer = zlib.compressobj(6, wbits=GZIP)
    file.packed = await asyncio.to_thread(lambda: packer.compress(file.raw) + packer.flush())


def _wants_packed(scope: Scope) -> bool:
    """Whether the browser takes gzip, and sits where fewer bytes are worth unpacking them."""
    client = scope.get("client")
    away = client is not None and client[0] not in HERE
    return away and b"gzip" in _header(scope, b"accept-encoding")


def _header(scope: Scope, name: bytes) -> bytes:
    return next((value for key, value in scope["headers"] if key == name), b"")

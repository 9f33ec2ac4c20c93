"""The page that a browser gets first says at once what it will need, and what it may do.

Streamlit's page loads the scripts of a widget when the first such widget arrives, and theirs in
turn, one after the other; React then holds the widget back for another 300 ms. Named in the page,
they come together with the rest.

Nothing is loaded from any other host and no request goes there: the page says so to the browser (a
Content-Security-Policy), which then refuses both, whoever asks.
"""

import json
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["OpeningPage", "preloads"]

WIDGETS = ("BidiComponent", "Selectbox", "ButtonGroup", "NumberInput", "Slider", "Html")
"""what stands on every page, by the names that Streamlit's build gives to the scripts"""
FONTS = ("SourceCodeVF-Upright",)
"""that of the text strip: after it had come, everything was measured and drawn once more"""


def preloads(folder: Path) -> bytes:
    """The links for the page's head; empty if Streamlit's build is not as expected.

    Args:
        folder: where Streamlit keeps index.html and manifest.json, the list of its build.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        scripts = _scripts(manifest)
        fonts = [
            name for name in manifest["index.html"]["assets"] if any(each in name for each in FONTS)
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return b""
    links = [f'<link rel="modulepreload" crossorigin href="./{name}">' for name in scripts]
    links += [
        f'<link rel="preload" as="font" type="font/woff2" crossorigin href="./{name}">'
        for name in fonts
    ]
    return "\n".join(links).encode()


def _scripts(manifest: dict) -> list[str]:
    """The scripts of the widgets and all that they import, without those of the page itself."""
    there = set(_imported(manifest, "index.html"))
    entries = [
        key for key, entry in manifest.items() if entry.get("name") in WIDGETS and "src" in entry
    ]
    found: dict[str, None] = {}
    for key in entries:
        found |= dict.fromkeys(_imported(manifest, key))
    return [manifest[key]["file"] for key in found if key not in there]


def _imported(manifest: dict, entry: str) -> list[str]:
    """An entry of the build and all that it imports, each once."""
    found: dict[str, None] = {}
    waiting = [entry]
    while waiting:
        key = waiting.pop()
        if key not in found:
            found[key] = None
            waiting += manifest[key].get("imports", ())
    return list(found)


class OpeningPage:
    """Puts links and policy into every HTML page that the application answers with.

    Args:
        app: the application around which it stands.
        links: what `preloads` gives.
    """

    def __init__(self, app: ASGIApp, links: bytes) -> None:
        self._app = app
        self._links = links

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http" and scope["method"] == "GET":
            await self._app(_anew(scope), receive, _Page(send, self._links))
        else:
            await self._app(scope, receive, send)


# Scripts may stand in the page and be made from strings: Streamlit's page has one, components come
# as text and are run from blobs, and tools that drive a browser bring their own.
POLICY = b"; ".join([
    b"default-src 'self'",
    b"script-src 'self' blob: 'unsafe-inline' 'unsafe-eval'",
    b"style-src 'self' 'unsafe-inline'",
    b"img-src 'self' data: blob:",
    b"font-src 'self' data:",
    b"worker-src 'self' blob:",
    b"object-src 'none'",
    b"base-uri 'self'",
    b"form-action 'self'",
])  # fmt: skip


def _anew(scope: Scope) -> Scope:
    """The request without its marks of an older page: that one would lack links and policy."""
    if any(part in scope["path"] for part in ("/static/", "/media/", "/_stcore/")):
        return scope
    marks = {b"if-none-match", b"if-modified-since"}
    return {**scope, "headers": [each for each in scope["headers"] if each[0] not in marks]}


class _Page:
    """Holds an HTML page back until it is whole, and lets all else pass."""

    def __init__(self, send: Send, links: bytes) -> None:
        self._send = send
        self._links = links
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        """One message of the answer."""
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        links = self._links and self._links + b"\n"
        body = self._body.replace(b"</head>", links + b"</head>", 1)
        # The file's own marks are not this page's: with them a browser might keep an older one.
        changed = {b"content-length", b"etag", b"last-modified"}
        headers = [each for each in start["headers"] if each[0].lower() not in changed]
        headers += [
            (b"content-length", str(len(body)).encode()),
            (b"content-security-policy", POLICY),
            (b"referrer-policy", b"same-origin"),
        ]
        await self._send({**start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _is_page(message: Message) -> bool:
    headers = {key.lower(): value for key, value in message["headers"]}
    # A file to be saved is the user's, a handout for instance: it stays as it is.
    ours = not headers.keys() & {b"content-encoding", b"content-disposition"}
    return message["status"] == 200 and ours and b"text/html" in headers.get(b"content-type", b"")

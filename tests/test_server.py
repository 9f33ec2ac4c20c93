"""What stands around Streamlit's server: files from memory, the opening page, sockets, the end."""

import asyncio
import gzip
import re
import signal
import socket
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import streamlit

from app.server.files import FilesFromMemory
from app.server.nodelay import send_at_once
from app.server.opening import OpeningPage, preloads
from tests.serving import shown, start
from tests.waiting import until

FRONTEND = Path(streamlit.__file__).parent / "static"
SCRIPT = max((FRONTEND / "static" / "js").glob("index.*.js"), key=lambda at: at.stat().st_size).name
AWAY, HERE = ("192.0.2.7", 4000), ("127.0.0.1", 4000)


async def the_application(scope, receive, send):
    """Stands for Streamlit: a page in two pieces, or what is no page."""
    page = scope["path"] in ("/page", "/media/handout.html")
    kind = b"text/html; charset=utf-8" if page else b"text/plain"
    headers = [(b"content-type", kind), (b"etag", b"x"), (b"x-other", b"kept")]
    if scope["path"].startswith("/media/"):
        headers.append((b"content-disposition", b"attachment"))
    if any(name == b"if-none-match" for name, _ in scope["headers"]):
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"<head></he", "more_body": True})
    await send({"type": "http.response.body", "body": b"ad><p>one</p></head>"})


def ask(application, path, client=HERE, method="GET", headers=(), accepted=True):
    """Status, headers and body of one answer."""
    return alone(_ask(application, path, client, method, headers, accepted))


def alone(coroutine):
    """Run it in a thread of its own: the browser's driver has an event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


async def _ask(application, path, client, method, headers, accepted=True):
    sent = []

    async def send(message):
        sent.append(message)

    usual = [(b"accept-encoding", b"gzip, br")] if accepted else []
    scope = {"type": "http", "method": method, "path": path, "client": client,
             "headers": [*usual, *headers]}  # fmt: skip
    await application(scope, None, send)
    body = b"".join(each.get("body", b"") for each in sent[1:])
    return sent[0]["status"], dict(sent[0]["headers"]), body


@pytest.fixture
def files():
    return FilesFromMemory(the_application, FRONTEND / "static")


def test_a_file_comes_from_memory_as_it_is_on_disk(files):
    for path in sorted((FRONTEND / "static").rglob("*"))[::7]:
        if not path.is_file():
            continue
        address = f"/static/{path.relative_to(FRONTEND / 'static').as_posix()}"
        for _ in range(2):
            status, headers, body = ask(files, address)
            assert (status, body) == (200, path.read_bytes())
            assert int(headers[b"content-length"]) == len(body)
            assert b"content-encoding" not in headers
            assert b"immutable" in headers[b"cache-control"]
            if path.suffix == ".js":
                assert headers[b"content-type"] == b"text/javascript"


def test_browsers_elsewhere_get_it_compressed(files):
    script = FRONTEND / "static" / "js" / SCRIPT
    address = f"/static/js/{script.name}"
    for _ in range(2):
        _, headers, body = ask(files, address, AWAY)
        assert headers[b"content-encoding"] == b"gzip"
        assert headers[b"vary"] == b"accept-encoding"
        assert int(headers[b"content-length"]) == len(body) < script.stat().st_size / 2
        assert gzip.decompress(body) == script.read_bytes()
        files = FilesFromMemory(the_application, FRONTEND / "static")  # each test loop has its own
    weighted = [(b"accept-encoding", b"br;q=1.0, gzip; q=0.5")]
    answered = ask(files, address, AWAY, headers=weighted, accepted=False)[1]
    assert answered[b"content-encoding"] == b"gzip"
    for client, accepted in ((HERE, b"gzip"), (AWAY, b"br"), (AWAY, b"gzip;q=0.0"), (AWAY, b"")):
        headers = [(b"accept-encoding", accepted)]
        _, answered, body = ask(files, address, client, headers=headers, accepted=False)
        assert b"content-encoding" not in answered
        assert body == script.read_bytes()


def test_a_file_is_compressed_once_for_all_who_ask_at_once(files, monkeypatch):
    script = max(
        (FRONTEND / "static" / "js").glob("index.*.js"), key=lambda path: path.stat().st_size
    )
    made = []

    def counted(raw):
        made.append(len(raw))
        return gzip.compress(raw, 1)

    monkeypatch.setattr("app.server.files._compress", counted)

    async def class_comes():
        address = f"/static/js/{script.name}"
        return await asyncio.gather(*(_ask(files, address, AWAY, "GET", ()) for _ in range(30)))

    answers = alone(class_comes())
    assert made == [script.stat().st_size]
    assert {gzip.decompress(body) for _, _, body in answers} == {script.read_bytes()}


def test_fonts_are_not_compressed_again(files):
    font = next((FRONTEND / "static" / "media").glob("*.woff2"))
    for _ in range(2):
        _, headers, body = ask(files, f"/static/media/{font.name}", AWAY)
        assert b"content-encoding" not in headers
        assert body == font.read_bytes()


@pytest.mark.parametrize(
    "path",
    ["/static/js//" + SCRIPT, "/static/./js/" + SCRIPT, "/static/js/../js/" + SCRIPT,
     "/static/../index.html", "/static/../../__init__.py", "/static//etc/passwd", "/static/",
     "/static/js", "/static/none.js", "/static/a\0b", "/static/" + "x" * 5000, "/other", "/"],
)  # fmt: skip
def test_what_is_no_file_of_streamlits_is_left_to_the_application(files, path):
    assert ask(files, path)[1][b"x-other"] == b"kept"


RANGE = ((b"range", b"bytes=0-9"),)


@pytest.mark.parametrize(("method", "headers"), [("HEAD", ()), ("POST", ()), ("GET", RANGE)])
def test_other_requests_for_a_file_are_left_to_the_application(files, method, headers):
    script = next((FRONTEND / "static" / "js").glob("index.*.js"))
    answer = ask(files, f"/static/js/{script.name}", method=method, headers=headers)
    assert answer[1][b"x-other"] == b"kept"


def test_the_links_name_files_that_are_there_and_that_the_page_does_not_name_yet():
    links = preloads(FRONTEND).decode()
    named = re.findall(r'href="\./([^"]+)"', links)
    page = (FRONTEND / "index.html").read_text(encoding="utf-8")
    assert any("BidiComponent" in name for name in named)
    assert len(named) == len(set(named)) > 20
    for name in named:
        assert (FRONTEND / name).is_file(), name
        assert name not in page
    assert not any("Plotly" in name for name in named)  # 4.7 MB that Explore does without


@pytest.mark.parametrize("manifest", [None, "[]", "{}", "no json", '{"index.html": {"file": "x"}}'])
def test_of_an_unknown_build_nothing_is_said(tmp_path, manifest):
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest, encoding="utf-8")
    assert preloads(tmp_path) == b""


def test_the_links_stand_in_the_head_of_pages_and_in_nothing_else():
    application = OpeningPage(the_application, b"<link>")
    _, headers, body = ask(application, "/page")
    assert body == b"<head><link>\n</head><p>one</p></head>"
    assert int(headers[b"content-length"]) == len(body)
    assert b"etag" not in headers
    assert headers[b"x-other"] == b"kept"
    assert ask(application, "/plain") == ask(the_application, "/plain")
    assert ask(application, "/page", method="HEAD") == ask(the_application, "/page", method="HEAD")
    assert ask(OpeningPage(the_application, b""), "/page")[2] == ask(the_application, "/page")[2]
    saved = "/media/handout.html"  # a file of the user's
    assert ask(application, saved) == ask(the_application, saved)


def test_a_browser_that_knows_an_older_page_gets_this_one():
    marks = [(b"if-none-match", b"x"), (b"if-modified-since", b"Fri, 27 Nov 2026 10:00:00 GMT")]
    application = OpeningPage(the_application, b"<link>")
    status, headers, body = ask(application, "/page", headers=marks)
    assert status == 200
    assert b"<link>" in body
    assert b"content-security-policy" in headers
    assert ask(application, "/_stcore/health", headers=marks)[0] == 304


@pytest.mark.browser
def test_the_browser_refuses_what_would_leave_the_machine(app_address, browser):
    """Not through `visit`: the refusal is an error on the console, as it should be."""
    page = browser.new_page()
    page.goto(app_address)
    page.locator('[data-testid="explorer"][data-painted]').wait_for()
    asked = """async () => {
      const refused = [];
      document.addEventListener("securitypolicyviolation", (e) => refused.push(e.blockedURI));
      for (const go of [
        () => fetch("https://example.org/a"),
        () => import("https://example.org/b.js"),
        () => new Promise((_, no) => Object.assign(new Image(), { onerror: no }).src =
          "https://example.org/c.png"),
      ]) await Promise.resolve().then(go).catch(() => {});
      window.refused = refused;
    }"""
    page.evaluate(asked)
    refused = until(lambda: page.evaluate("window.refused"), lambda found: len(found) >= 3)
    page.wait_for_function("document.title === 'Unrolled'")  # tools that drive a page may do so
    page.close()
    assert [address.split("/")[-1] for address in refused] == ["a", "b.js", "c.png"]


def test_connections_of_a_listening_socket_send_at_once():
    """Bound as Streamlit does, without naming TCP, which leaves Nagle's algorithm on."""
    with socket.socket(family=socket.AF_INET) as listening, socket.socket() as waiting:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        assert send_at_once() >= 1
        with socket.create_connection(listening.getsockname()):
            accepted, _ = listening.accept()
            with accepted:
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert not waiting.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_the_running_app_answers_with_both(app_address):
    with urllib.request.urlopen(f"{app_address}/gradients") as answer:
        page = answer.read().decode()
    named = re.findall(r'href="\./(static/[^"]+)"', page)
    assert any("BidiComponent" in name for name in named)
    for name in named:
        with urllib.request.urlopen(f"{app_address}/{name}") as answer:
            assert answer.read() == (FRONTEND / name).read_bytes()


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [(signal.SIGTERM, 0.3), (signal.SIGINT, 4.0)],
    ids=["killed while it imports", "Ctrl-C when idle"],
)
def test_the_server_ends_when_it_is_told_to(tmp_path, sent, seconds):
    log = tmp_path / "log"
    server, _ = start("app/main.py", log)
    try:
        time.sleep(seconds)  # what it does then depends on the machine: it must end in any case
        assert server.poll() is None
        server.send_signal(sent)
        # A signal that was handled is raised again at the end, so that the caller can see it.
        assert server.wait(60) in (0, 1, -sent)
    finally:
        server.kill()
        server.wait()
    said = shown(log)
    assert "Traceback" not in said, said
    assert "terminate called" not in said, said

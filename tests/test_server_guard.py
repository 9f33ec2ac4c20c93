"""Against a started server: whose name it answers to, what every answer carries, who must hurry."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.server import hosts
from app.server.guard import FRAMES, Guard, frame_ancestors
from tests.test_server import _ask, alone, the_application

ROOT = Path(__file__).resolve().parent.parent
# As `streamlit run`, with less patience than a class has.
IMPATIENT = """
import sys
sys.path.insert(0, sys.argv[1])
from app.server import guard, patience
guard.Guard.__init__.__defaults__ = (None, 2.0)
patience.REQUEST_SECONDS = 2.0
patience.CLOSING_SECONDS = 0.5
from streamlit.web import cli
sys.argv = ["streamlit", "run", "app/main.py", *sys.argv[2:]]
cli.main()
"""


@contextmanager
def started(log: Path, *options: str, **environment: str):
    """A server as the README starts it, and its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", IMPATIENT, str(ROOT), "--server.port", str(port), *options]
    with log.open("w") as written:
        server = subprocess.Popen(
            command, cwd=ROOT, stdout=written, stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
        )  # fmt: skip
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        else:
            pytest.fail(f"The app did not start: {log.read_text()}")
        yield port
    finally:
        server.terminate()
        server.wait(30)
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """Of a server for a class."""
    log = tmp_path_factory.mktemp("guard") / "log"
    options = ("--server.address", "0.0.0.0", "--server.websocketPingInterval", "1")
    with started(log, *options) as found:
        yield found


UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


def ask(port: int, path: str, host: str = "localhost", method: str = "GET", **headers: str):
    """Status, headers and body of one answer."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers={"Host": host, **sent})
        answer = connection.getresponse()
        body = b"" if answer.status == 101 else answer.read()
        return answer.status, dict((k.lower(), v) for k, v in answer.getheaders()), body


PATHS = ("/", "/gradients", "/_stcore/health", "/_stcore/host-config", "/media/none", "/none.js")
OWN = ("localhost", "LOCALHOST:8501", "127.0.0.1", "192.168.7.9:8501", "[::1]:8501", "localhost.",
       "[fe80::1]", socket.gethostname(), f"{socket.gethostname()}:80")  # fmt: skip
STRANGE = ("evil.example", "evil.example:8501", "127.0.0.1.evil.example", "localhost.evil.example",
           "user@localhost", "localhost:x", "xlocalhost", "[::1].evil.example", "0x7f000001x",
           "localhost/evil.example", "evil.example.")  # fmt: skip


@pytest.mark.parametrize("host", OWN)
def test_own_names_and_addresses_are_answered(port, host):
    assert ask(port, "/", host)[0] == 200
    status = ask(port, "/_stcore/stream", host, **UPGRADE, Origin=f"http://{host}")[0]
    assert status == 101


@pytest.mark.parametrize("host", STRANGE)
def test_strange_names_are_not(port, host):
    for path in PATHS:
        status, headers, body = ask(port, path, host)
        assert status in (400, 403)
        assert headers["content-type"].startswith("text/plain")
        assert status == 400 or b"does not answer to the name" in body
    status, _, body = ask(port, "/_stcore/stream", host, **UPGRADE)
    assert status in (400, 403)
    assert ask(port, "/_stcore/upload_file/a/b", host, "PUT")[0] in (400, 403)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://203.0.113.5", "http://localhost.evil"]
)
def test_pages_of_strangers_open_no_session(port, origin):
    status, _, body = ask(port, "/_stcore/stream", **UPGRADE, Origin=origin)
    assert status == 403
    assert b"may not open a session" in body


def test_every_answer_is_marked(port):
    page = ask(port, "/")[2].decode()
    script = page.partition('src="./static/')[2].partition('"')[0]
    for path in (
        *PATHS,
        f"/static/{script}",
        "/static/none.js",
        "/component/x",
        "/_stcore/metrics",
    ):
        for method in ("GET", "HEAD", "OPTIONS", "POST", "BREW"):
            _, headers, _ = ask(port, path, method=method)
            assert headers["x-content-type-options"] == "nosniff", (method, path)
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["x-frame-options"] == "DENY"
            assert "server" not in headers
    assert "default-src 'self'" in ask(port, "/")[1]["content-security-policy"]


def test_metrics_are_for_this_machine(port):
    assert ask(port, "/_stcore/metrics")[0] == 200
    assert ask(port, "/_stcore/metrics", X_Forwarded_For="192.0.2.7")[0] == 403
    for client in (("192.0.2.7", 1), ("::ffff:192.0.2.7", 1), None, ("", 0)):
        for path in ("/_stcore/metrics", "/_stcore/metrics/", "/base/_stcore/script-health-check"):
            status, _, body = alone(_ask(Guard(the_application), path, client, "GET", ()))
            assert status == 403
            assert b"server itself" in body
    for client in (("127.0.0.1", 1), ("::1", 1), ("::ffff:127.0.0.1", 1)):
        assert alone(_ask(Guard(the_application), "/_stcore/metrics", client, "GET", ()))[0] == 200


def test_allowed_hosts_and_frames_are_settings(tmp_path):
    options = ("--server.allowedHosts", "class.example", "--server.allowedHosts", "127.0.0.1")
    with started(tmp_path / "log", *options, **{FRAMES: "self https://school.example"}) as port:
        for host, expected in (("class.example", 200), ("evil.example", 403), ("localhost", 403)):
            assert ask(port, "/", host)[0] == expected
        headers = ask(port, "/", "class.example")[1]
        policy = headers["content-security-policy"]
        assert policy.endswith("frame-ancestors 'self' https://school.example")
        assert "x-frame-options" not in headers


@pytest.mark.parametrize(
    ("written", "policy"),
    [(None, "'none'"), ("", "'none'"), ("none", "'none'"), ("'self'", "'self'"),
     ("self https://*.example.org:80", "'self' https://*.example.org:80"), ("https:", "https:")],
)  # fmt: skip
def test_frames(written, policy):
    assert frame_ancestors(written).decode() == f"frame-ancestors {policy}"


@pytest.mark.parametrize("written", ["none self", "a;b", "x\0y", "a, b", "https://a/b", "*"])
def test_frames_that_are_no_sites(written):
    with pytest.raises(ValueError, match=FRAMES):
        frame_ancestors(written)


@given(st.text(max_size=30))
def test_no_name_but_its_own_is_answered(host):
    if hosts.answers_to(host):
        name = hosts._name_in(host)
        assert name
        assert name in hosts._OWN or name.endswith(".localhost") or hosts._is_address(name)


def closed_within(connection: socket.socket, seconds: float, dribble: bytes = b"") -> bytes:
    """What was answered until the server closed the connection, while bytes dribble in."""
    connection.settimeout(0.3)
    answer, end = b"", time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if dribble:
                connection.sendall(dribble)
            part = connection.recv(4096)
            if not part:
                return answer
            answer += part
        except TimeoutError:
            continue
        except OSError:
            return answer
    raise AssertionError("still open")


HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
PUT = (
    b"PUT /_stcore/upload_file/a/b HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000\r\n\r\n--x\r\n"
)
STREAM = b"GET /_stcore/stream HTTP/1.1\r\nHost: localhost\r\n" + b"".join(
    f"{name}: {value}\r\n".encode() for name, value in UPGRADE.items()
)


@pytest.mark.parametrize(
    ("begun", "dribble"),
    [
        (b"", b""),
        (b"G", b""),
        (HEAD, b""),
        (HEAD, b"X-A: b\r\n"),
        (HEAD + b"X-A: ", b"b"),
        (HEAD + b"\r\n", b""),  # idle after an answer
        (HEAD + b"\r\n", b"G"),  # or with the next request dribbling in
        (PUT, b""),
        (PUT, b"a"),
        (HEAD + b"Content-Length: 1000000\r\n\r\n", b"a"),  # a body that nobody reads
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
        (STREAM, b""),
        (STREAM, b"X-A: b\r\n"),
        (STREAM + b"\r\n", b""),  # a session that answers no ping
    ],
)
def test_what_never_ends_is_closed(port, begun, dribble):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(begun)
        closed_within(connection, 40, dribble)


def test_a_slow_but_honest_request_is_answered(port):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for part in (HEAD[:20], HEAD[20:], b"\r\n"):
            connection.sendall(part)
            time.sleep(0.2)
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        for _ in range(6):  # longer together than the patience with one
            connection.request("GET", "/_stcore/host-config", headers={"Host": "localhost"})
            assert json.loads(connection.getresponse().read())
            time.sleep(0.5)

"""The Time Machine by request: whole and in time, or one sentence and nothing left behind."""

import gzip
import hashlib
import logging
import socket
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pooch
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.errors import CoreError, DownloadError, TextError
from core.text.download import time_machine
from tests.text_server import FILE, Handler, Server

ROOT = Path(__file__).resolve().parent.parent
TIME_MACHINE = ROOT / "../shared/data/timemachine.txt"
BODY = b"The Time Traveller (for so it will be convenient to speak of him)\n" * 300
SHA1 = hashlib.sha1(BODY).hexdigest()
ADVICE = "; check the connection, or upload the file instead."


@pytest.fixture
def serve():
    """Start a server that answers in some way; all are stopped in the end."""
    servers = []

    def start(answer) -> Server:
        server = Server(answer)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        servers.append((server, thread))
        return server

    yield start
    for server, thread in servers:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def nothing_shows(capfd, monkeypatch):
    """Nothing is printed or logged, whatever happens, and no thread goes on for long."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    logger, logged = pooch.get_logger(), []
    listener = logging.Handler()
    listener.emit = logged.append
    logger.addHandler(listener)
    yield logged
    logger.removeHandler(listener)
    assert logger.filters == []
    assert [record.getMessage() for record in logged if record.msg != "from elsewhere"] == []
    assert capfd.readouterr() == ("", "")
    assert no_thread_left()


def no_thread_left() -> bool:
    for _ in range(500):
        if not any(thread.name == "time-machine" for thread in threading.enumerate()):
            return True
        time.sleep(0.01)
    return False


def fetch(folder: Path, address: str, seconds: float = 10) -> str:
    return time_machine(folder, address=address, seconds=seconds, checksum=SHA1).text


def refusal(folder: Path, address: str, seconds: float = 10) -> str:
    """The sentence of a download that must fail; nothing may be left in its folder."""
    with pytest.raises(DownloadError) as caught:
        fetch(folder, address, seconds)
    assert isinstance(caught.value, TextError)
    assert not folder.is_dir() or list(folder.iterdir()) == []
    return str(caught.value)


def test_the_text_is_fetched_once_and_kept(serve, tmp_path):
    server = serve(lambda handler: handler.give(BODY))
    decoded = time_machine(tmp_path / "new", address=server.address, checksum=SHA1.upper())
    assert (decoded.text.encode(), decoded.encoding, decoded.note) == (BODY, "UTF-8", "")
    assert [path.name for path in (tmp_path / "new").iterdir()] == [FILE]
    assert fetch(tmp_path / "new", server.address) == decoded.text
    assert server.requests == 1


def test_a_kept_text_needs_no_network(tmp_path):
    (tmp_path / FILE).write_bytes(BODY)
    assert fetch(tmp_path, "http://127.0.0.1:9/", 0.5).encode() == BODY


def test_a_damaged_copy_is_fetched_anew(serve, tmp_path):
    server = serve(lambda handler: handler.give(BODY))
    (tmp_path / FILE).write_bytes(BODY[:-1])
    assert fetch(tmp_path, server.address).encode() == BODY
    assert (tmp_path / FILE).read_bytes() == BODY
    assert server.requests == 1


def test_a_copy_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    (tmp_path / "half").write_bytes(BODY[:9000])
    monkeypatch.setattr(pooch, "retrieve", lambda *_, **__: str(tmp_path / "half"))
    with pytest.raises(DownloadError, match=r"\(of 9,000 bytes\) is not the text expected"):
        fetch(tmp_path, "http://127.0.0.1:9/")


def test_an_answer_may_be_compressed(serve, tmp_path):
    packed = gzip.compress(BODY)
    server = serve(lambda handler: handler.give(packed, **{"Content-Encoding": "gzip"}))
    assert fetch(tmp_path, server.address).encode() == BODY


def test_without_a_folder_it_is_the_users_cache(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / name)
    fetch(None, serve(lambda handler: handler.give(BODY)).address)
    assert (tmp_path / "unrolled" / FILE).read_bytes() == BODY


def test_the_checksum_is_that_of_the_chapters_file(serve, tmp_path):
    if not TIME_MACHINE.exists():
        pytest.skip(
            "The default checksum needs ../shared/data/timemachine.txt beside the repository: "
            "The Time Machine as Dive into Deep Learning reads it."
        )
    server = serve(lambda handler: handler.give(TIME_MACHINE.read_bytes()))
    decoded = time_machine(tmp_path, address=server.address)
    assert len(decoded.text) == 178_979
    assert decoded.text.startswith("The Time Machine, by H. G. Wells [1898]")
    assert (decoded.encoding, decoded.note) == ("UTF-8", "")


def test_a_redirection_is_followed(serve, tmp_path):
    end = serve(lambda handler: handler.give(BODY))
    start = serve(lambda handler: handler.give(b"", 302, Location=end.address))
    assert fetch(tmp_path, start.address).encode() == BODY


def reset(handler: Handler) -> None:
    handler.give(BODY[:100], length=len(BODY))
    # Closing with a linger of no seconds, before the handler does, sends no orderly end.
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.close(handler.connection.detach())


def chunked(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"ff\r\n" + BODY[:30])


CUT = "the connection was cut before the whole text had come"
ENDLESS = b"x" * 2_100_000
UNEXPECTED = "is not the text expected, perhaps a network's page for signing in"


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (lambda handler: handler.give(b"", 404), "the server answered 404 (Not Found)"),
        (lambda handler: handler.give(b"?", 503), "the server answered 503 (Service Unavailable)"),
        (lambda handler: handler.give(BODY, 500), "answered 500 (Internal Server Error)"),
        (lambda handler: handler.give(b"", 520), "the server answered 520"),
        (lambda handler: handler.give(BODY, 206), "the server answered 206 (Partial Content)"),
        (lambda handler: handler.give(BODY + b"\n"), f"what came (of 19,801 bytes) {UNEXPECTED}"),
        (lambda handler: handler.give(b""), f"what came (of 0 bytes) {UNEXPECTED}"),
        (lambda handler: handler.give(BODY[:-1], length=len(BODY)), CUT),
        (lambda handler: handler.give(b"", length=len(BODY)), CUT),
        (reset, CUT),
        (chunked, CUT),
        (lambda handler: None, CUT),
        (lambda handler: handler.give(ENDLESS), "more than 2,000,000 bytes came"),
        (
            lambda handler: handler.give(gzip.compress(ENDLESS), **{"Content-Encoding": "gzip"}),
            "more than 2,000,000 bytes came",
        ),
        (lambda handler: handler.wfile.write(b"SSH-2.0-x\r\n"), "what answered is no web server"),
        (
            lambda handler: handler.give(b"", 301, Location="/again"),
            "it led from one address to the next without end",
        ),
        (
            lambda handler: handler.give(b"", 301, Location="file:///etc/hosts"),
            "it is no web address, or leads to what is none",
        ),
    ],
)
def test_a_wrong_answer_is_told_in_plain_words(serve, tmp_path, answer, found):
    server = serve(answer)
    sentence = refusal(tmp_path, server.address)
    assert sentence.startswith(f"`address` (={server.address!r}) gave no text: ")
    assert sentence.endswith(f" {found}{ADVICE}")


def drip_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nServer: ")
    handler.drip(BODY, 0.02)


@pytest.mark.parametrize(
    "answer",
    [
        lambda handler: handler.server.over.wait(20),
        lambda handler: handler.give(b"", length=len(BODY)) or handler.server.over.wait(20),
        lambda handler: handler.give(b"", length=len(BODY)) or handler.drip(BODY, 0.02),
        lambda handler: handler.give(b"", length=len(BODY)) or handler.drip(BODY, 0.3),
        lambda handler: handler.give(b"", length=len(BODY)) or handler.drip(BODY, 0.7),
        drip_headers,
    ],
    ids=["silent", "silent after headers", "fast drip", "drip", "slow drip", "dripping headers"],
)
def test_a_slow_answer_ends_at_the_deadline(serve, tmp_path, answer):
    server = serve(answer)
    start = time.monotonic()
    sentence = refusal(tmp_path, server.address, 0.5)
    assert 0.5 <= time.monotonic() - start < 1.5
    assert f"gave no text: it took longer than 0.5 s{ADVICE}" in sentence
    assert no_thread_left()


def test_a_server_that_takes_no_connection_in_ends_at_the_deadline(tmp_path):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        start = time.monotonic()
        assert "it took longer than 0.3 s" in refusal(tmp_path, address, 0.3)
        assert time.monotonic() - start < 1.3


def test_the_look_up_of_a_name_counts(tmp_path, monkeypatch):
    over = threading.Event()

    def slow(*_, **__):
        over.wait(20)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    start = time.monotonic()
    assert "it took longer than 0.3 s" in refusal(tmp_path, "http://nowhere.example/", 0.3)
    assert time.monotonic() - start < 1.3
    over.set()


def test_a_connection_made_after_the_deadline_is_cut(serve, tmp_path, monkeypatch):
    server = serve(drip_headers)
    found, over = socket.getaddrinfo("127.0.0.1", server.server_port), threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(20) and found[:1])
    assert "it took longer than 0.2 s" in refusal(tmp_path, server.address, 0.2)
    over.set()
    assert no_thread_left()


def test_a_name_that_is_not_known_is_told(tmp_path, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert refusal(tmp_path, "http://nowhere.example/") == (
        f"`address` (='http://nowhere.example/') gave no text: its server was not found{ADVICE}"
    )


def test_a_network_that_is_down_is_told(tmp_path, monkeypatch):
    def down(*_, **__):
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", down)
    assert f"no connection could be made{ADVICE}" in refusal(tmp_path, "http://127.0.0.1:9/")


def test_a_refused_connection_is_told(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert f"text: the connection was refused{ADVICE}" in refusal(
        tmp_path, f"http://127.0.0.1:{port}/"
    )


def test_a_server_that_speaks_no_tls_is_told(serve, tmp_path):
    server = serve(lambda handler: handler.give(BODY))
    sentence = refusal(tmp_path, server.address.replace("http:", "https:"))
    assert f"no secure connection could be made{ADVICE}" in sentence


def test_a_proxy_that_is_not_there_is_told(serve, tmp_path, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free.getsockname()[1]}")
    sentence = refusal(tmp_path, "http://nowhere.example/")
    assert f"the proxy could not be used{ADVICE}" in sentence


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["", "http:", "http://", "https://", "ftp://"]), st.text(max_size=20))
@example("", "")
@example("http://", "a..b")
@example("http://", "[::1")
@example("http://", "a:99999")
@example("http://", "x" * 70)
@example("ftp://", ";::")
def test_any_address_gives_one_sentence(tmp_path, scheme, rest):
    def unknown(host, *_, **__):
        str(host).encode("idna")  # as the real one does first
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", unknown)
        sentence = refusal(tmp_path, scheme + rest)
    assert sentence.startswith(f"`address` (={scheme + rest!r}) gave no text: i")
    assert sentence.endswith(ADVICE)


@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_folder_that_cannot_be_one_is_told(serve, tmp_path, below):
    (tmp_path / "file").write_bytes(b"mine")
    folder = tmp_path / "file" / below
    sentence = refusal(folder, serve(lambda handler: handler.give(BODY)).address)
    assert sentence.startswith(f"`folder` (='{folder}') cannot keep the text: ")
    assert sentence.endswith("; choose another folder, or upload the file instead.")
    assert (tmp_path / "file").read_bytes() == b"mine"


def test_a_folder_without_permission_is_told(serve, tmp_path, monkeypatch):
    def forbidden(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", forbidden)  # root may write anywhere
    assert refusal(tmp_path, serve(lambda handler: handler.give(BODY)).address) == (
        f"`folder` (='{tmp_path}') cannot keep the text: Permission denied; choose another folder, "
        "or upload the file instead."
    )


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 3601, "15", None])
def test_a_deadline_that_is_none_is_refused(tmp_path, seconds):
    with pytest.raises(CoreError) as caught:
        time_machine(tmp_path, seconds=seconds)
    assert str(caught.value) == f"`seconds` (={seconds!r}) must be above 0 and at most 3,600."


def test_many_threads_at_once_make_one_request(serve, tmp_path):
    server = serve(lambda handler: handler.server.over.wait(0.2) or handler.give(BODY))
    with ThreadPoolExecutor(12) as pool:
        texts = list(pool.map(lambda _: fetch(tmp_path, server.address), range(12)))
    assert {text.encode() for text in texts} == {BODY}
    assert server.requests == 1


def test_waiting_for_another_download_counts(serve, tmp_path):
    asked = threading.Event()
    server = serve(lambda handler: asked.set() or handler.server.over.wait(20))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(fetch, tmp_path, server.address, 3)
        asked.wait(10)
        start = time.monotonic()
        with pytest.raises(DownloadError, match=r"it took longer than 0\.2 s"):
            fetch(tmp_path, server.address, 0.2)
        assert time.monotonic() - start < 1.2
        server.over.set()
        assert CUT in str(first.exception())
    assert list(tmp_path.iterdir()) == []
    assert server.requests == 1


def test_what_other_threads_log_is_not_held_back(serve, tmp_path, nothing_shows):
    def answer(handler: Handler) -> None:
        pooch.get_logger().info("from elsewhere")
        handler.give(BODY)

    fetch(tmp_path, serve(answer).address)
    assert [record.msg for record in nothing_shows] == ["from elsewhere"]


def test_another_process_never_reads_half_a_file(serve, tmp_path):
    parts = [BODY[start : start + 1000] for start in range(0, len(BODY), 1000)]

    def answer(handler: Handler) -> None:
        handler.give(b"", length=len(BODY))
        for part in parts:
            handler.wfile.write(part)
            handler.server.over.wait(0.01)

    program = (
        "import sys; from pathlib import Path; from core.text.download import time_machine\n"
        "read = time_machine(Path(sys.argv[1]), address=sys.argv[2], checksum=sys.argv[3])\n"
        "assert len(read.text) == 19_800; print(read.digest)"
    )
    (tmp_path / FILE).write_bytes(b"of another time")
    command = [sys.executable, "-W", "error", "-c", program, str(tmp_path), serve(answer).address]
    processes = [
        subprocess.Popen([*command, SHA1], cwd=ROOT, stdout=subprocess.PIPE) for _ in range(2)
    ]
    seen = set()
    while any(process.poll() is None for process in processes):
        seen.add((tmp_path / FILE).read_bytes())
        time.sleep(0.002)
    for process in processes:
        assert process.communicate()[0].decode().split() == [hashlib.sha256(BODY).hexdigest()]
        assert process.returncode == 0
    assert seen <= {b"of another time", BODY}
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_who_does_not_download_waits_for_no_import():
    program = (
        "import sys, core.text.download\n"
        "assert not {'pooch', 'requests', 'urllib3'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)

"""The Time Machine, fetched when a user asks for it and kept on disk afterwards."""

import contextlib
import hashlib
import http.client
import logging
import queue
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import CoreError, DownloadError
from core.text.reading import MAX_BYTES, DecodedText, decode_text

# Together pooch and requests take a tenth of a second to import: only who downloads waits for it.
if TYPE_CHECKING:
    import requests

ADDRESS = "http://d2l-data.s3-accelerate.amazonaws.com/timemachine.txt"
SHA1 = "090b5e7e70c295757f55df93cb0a180b9691891a"
FILE = "timemachine.txt"
MAX_SECONDS = 3600

# Callers come in one by one, so that all but the first find the file. The lock holds no data: what
# a call gives depends on its arguments, the folder and the network alone.
_TURN = threading.Lock()


def time_machine(
    folder: Path | None = None,
    *,
    address: str = ADDRESS,
    seconds: float = 15,
    checksum: str = SHA1,
) -> DecodedText:
    """Fetches The Time Machine by H. G. Wells, or reads the copy kept from the last time.

    A copy whose checksum is wrong is fetched anew. A failure leaves no file behind, and what
    another thread or process has written only half is never read.

    Args:
        folder: Where the copy is kept, as timemachine.txt; by default the user's cache folder.
        address: Where the text is fetched from, an http or https address.
        seconds: The longest the call may take, above 0 and at most 3,600, however slowly the
            server answers; waiting for another thread's download counts.
        checksum: The SHA-1 of the file, in hexadecimal.

    Returns:
        The text, 178,979 characters of ASCII unless `checksum` asks for another one.

    Raises:
        DownloadError: The text did not come whole, right and in time, or the folder cannot be
            written to.
        CoreError: `seconds` is out of its range.

    Source: The file that Dive into Deep Learning, section 9.2, reads.
    """
    import pooch  # noqa: PLC0415 - see above

    if not isinstance(seconds, int | float) or not 0 < seconds <= MAX_SECONDS:
        raise CoreError(f"`seconds` (={seconds!r}) must be above 0 and at most {MAX_SECONDS:,}.")
    deadline = time.monotonic() + seconds
    folder = pooch.os_cache("unrolled") if folder is None else folder
    if not _TURN.acquire(timeout=seconds):
        raise _failure(address, _late(seconds))
    try:
        return decode_text(_kept(folder, address, deadline, seconds, checksum))
    finally:
        _TURN.release()


def _kept(folder: Path, address: str, deadline: float, seconds: float, checksum: str) -> bytes:
    """The bytes of the copy in the folder, put there first if need be."""
    import pooch  # noqa: PLC0415 - see above

    def download(url: str, output_file: str, _: object) -> None:
        data = _received(url, deadline, seconds)
        _require_checksum(data, checksum, url)
        Path(output_file).write_bytes(data)

    try:
        # pooch gives `download` a file of its own and renames it when all is well.
        with _without_messages(pooch.get_logger()):
            path = pooch.retrieve(
                address,
                f"sha1:{checksum}",
                FILE,
                folder,
                # pooch's type for it has other names than pooch's calls.
                downloader=download,  # pyright: ignore[reportArgumentType]
            )
        data = Path(path).read_bytes()
    except OSError as error:
        reasons = (cause.strerror for cause in _causes(error) if isinstance(cause, OSError))
        reason = next(filter(None, reasons), "it is not a folder that can be written to")
        raise DownloadError(
            f"`folder` (='{folder}') cannot keep the text: {reason}; choose another folder, or "
            "upload the file instead."
        ) from error
    # Another process may have replaced the file since pooch looked at it.
    _require_checksum(data, checksum, address)
    return data


def _received(address: str, deadline: float, seconds: float) -> bytes:
    """What the address gives, or a failure at the deadline at the latest.

    Time limits of sockets start again with each byte and do not cover the look-up of names. So a
    thread of its own reads, and this one looks at the clock.
    """
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 - see above

    line = _Line()
    answers: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()

    def answer() -> None:
        try:
            answers.put(_read(line, address, seconds))
        except Exception as error:
            answers.put(error)

    threading.Thread(target=answer, name="time-machine", daemon=True).start()
    try:
        answered = answers.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        raise _failure(address, _late(seconds)) from None
    finally:
        line.cut()
    if isinstance(answered, bytes):
        return answered
    # All errors of requests are OSErrors; of some addresses Python's own parser makes a ValueError.
    if isinstance(answered, OSError | HTTPError | ValueError) and not isinstance(
        answered, DownloadError
    ):
        raise _failure(address, _in_words(answered, seconds)) from answered
    raise answered


class _Line:
    """The sockets of one download, all of which can be ended from another thread."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self._is_cut = False

    def session(self) -> "requests.Session":
        """A session whose connections are on this line."""
        import requests  # noqa: PLC0415 - see above
        from requests.adapters import HTTPAdapter  # noqa: PLC0415

        line = self

        class Adapter(HTTPAdapter):
            def get_connection_with_tls_context(self, *arguments, **options):
                pool = super().get_connection_with_tls_context(*arguments, **options)

                # The class for http or for https, which is known only now.
                class Connection(pool.ConnectionCls):  # pyright: ignore[reportGeneralTypeIssues]
                    def connect(self) -> None:
                        super().connect()
                        line.join(self.sock)

                pool.ConnectionCls = Connection
                return pool

        session = requests.Session()
        session.mount("http://", Adapter())
        session.mount("https://", Adapter())
        return session

    def join(self, connected: socket.socket) -> None:
        self._sockets.append(connected)
        # The list before the mark here, the mark before the list in `cut`: no socket is missed.
        if self._is_cut:
            self.cut()

    def cut(self) -> None:
        self._is_cut = True
        for connected in tuple(self._sockets):
            with contextlib.suppress(OSError):  # it may be closed already
                connected.shutdown(socket.SHUT_RDWR)


def _read(line: _Line, address: str, seconds: float) -> bytes:
    """Requests the address and reads the answer, up to the limit of every text."""
    data = bytearray()
    with (
        line.session() as session,
        session.get(address, stream=True, timeout=seconds) as response,
    ):
        if response.status_code != http.HTTPStatus.OK:
            raise _failure(address, f"the server answered {_status(response.status_code)}")
        for chunk in response.iter_content(2**16):
            data += chunk
            if len(data) > MAX_BYTES:
                raise _failure(address, f"more than {MAX_BYTES:,} bytes came")
    return bytes(data)


def _require_checksum(data: bytes, checksum: str, address: str) -> None:
    if hashlib.sha1(data, usedforsecurity=False).hexdigest() != checksum.lower():
        raise _failure(
            address,
            f"what came (of {len(data):,} bytes) is not the text expected, perhaps a network's "
            "page for signing in",
        )


def _failure(address: str, what: str) -> DownloadError:
    return DownloadError(
        f"`address` (={address!r}) gave no text: {what}; check the connection, or upload the file "
        "instead."
    )


def _late(seconds: float) -> str:
    return f"it took longer than {seconds:g} s"


def _status(code: int) -> str:
    try:
        return f"{code} ({http.HTTPStatus(code).phrase})"
    except ValueError:
        return str(code)


def _in_words(error: Exception, seconds: float) -> str:
    """What went wrong, by the first cause that says it."""
    from requests import exceptions as seen  # noqa: PLC0415 - see above
    from urllib3 import exceptions as below  # noqa: PLC0415

    cut = "the connection was cut before the whole text had come"
    words = (
        (seen.TooManyRedirects, "it led from one address to the next without end"),
        ((seen.ProxyError, seen.InvalidProxyURL), "the proxy could not be used"),
        (seen.SSLError, "no secure connection could be made"),
        (socket.gaierror, "its server was not found"),
        (ConnectionRefusedError, "the connection was refused"),
        (TimeoutError, _late(seconds)),
        (below.NewConnectionError, "no connection could be made"),
        ((http.client.RemoteDisconnected, http.client.IncompleteRead), cut),
        (http.client.HTTPException, "what answered is no web server"),
        (below.ProtocolError, cut),
    )
    causes = _causes(error)
    for kind, what in words:
        if any(isinstance(cause, kind) for cause in causes):
            return what
    if isinstance(error, ValueError):
        return "it is no web address, or leads to what is none"
    return "the connection failed"


def _causes(error: BaseException | None) -> list[BaseException]:
    """The error, what caused it, and so on down."""
    found = []
    while error is not None:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


@contextlib.contextmanager
def _without_messages(logger: logging.Logger) -> Iterator[None]:
    """Keeps back what this thread logs, and nothing of what other threads do."""
    thread = threading.get_ident()

    def from_elsewhere(record: logging.LogRecord) -> bool:
        return record.thread != thread

    logger.addFilter(from_elsewhere)
    try:
        yield
    finally:
        logger.removeFilter(from_elsewhere)

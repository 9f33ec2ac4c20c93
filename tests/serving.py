"""A real server for the tests: `streamlit run`, whatever else the machine has and does."""

import contextlib
import os
import site
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 300.0
"""Seconds that a start may take: far more than a loaded machine needs."""
TRIES = 5
"""Between choosing a free port and listening on it somebody else may take it."""


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def own_environment(home: Path) -> dict[str, str]:
    """The environment without what would set Streamlit up in another way.

    Args:
        home: A folder that stands for the user's, which may hold settings of Streamlit's.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
    kept["PYTHONUSERBASE"] = site.getuserbase()  # what the user installed stays
    return kept | {"HOME": str(home), "USERPROFILE": str(home)}


def start(script: Path | str, log: Path) -> tuple[subprocess.Popen, str]:
    """Start Streamlit from the project's folder; returns once it listens.

    Args:
        script: The page, relative to the project's folder or absolute.
        log: The file for all that it prints.

    Returns:
        The process and its address.
    """
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port"]
    for _ in range(TRIES):
        port = free_port()
        with log.open("w", encoding="utf-8") as written:
            server = subprocess.Popen(
                [*command, str(port)], cwd=ROOT, env=own_environment(log.parent), stdout=written,
                stderr=subprocess.STDOUT,
            )  # fmt: skip
        end = time.monotonic() + PATIENCE
        while server.poll() is None and time.monotonic() < end:
            if "URL" in shown(log):
                return server, f"http://localhost:{port}"
            time.sleep(0.05)
        server.kill()
        server.wait()
        if "already in use" not in shown(log):
            break
    raise AssertionError(f"The app did not start: {shown(log)}")


def shown(log: Path) -> str:
    """What a server has printed."""
    return log.read_text(encoding="utf-8", errors="replace")


@contextlib.contextmanager
def running(script: Path | str, log: Path) -> Iterator[str]:
    """The address of a running page; afterwards its log may hold no exception."""
    with served(script, log) as (_, address):
        yield address


@contextlib.contextmanager
def served(script: Path | str, log: Path) -> Iterator[tuple[subprocess.Popen, str]]:
    """The process of a running page and its address; afterwards its log may hold no exception."""
    server, address = start(script, log)
    try:
        end = time.monotonic() + PATIENCE
        while not _healthy(address):
            assert time.monotonic() < end, f"The app does not answer: {shown(log)}"
            time.sleep(0.05)
        yield server, address
    finally:
        server.terminate()
        try:
            server.wait(60)
        finally:
            server.kill()
    assert "Traceback" not in shown(log), shown(log)


def _healthy(address: str) -> bool:
    try:
        urllib.request.urlopen(f"{address}/_stcore/health", timeout=10).close()
    except OSError:
        return False
    return True

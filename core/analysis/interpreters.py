"""Fresh interpreters that compute beside the caller: lower priority, a memory limit, no orphans.

They know only `core`, are joined to the caller by pipes, and are not children of
`multiprocessing`: those would run the caller's script again, which in a Streamlit server is the
page, and would outlive a caller that was killed. A process, unlike a thread, can be ended in the
middle of a matrix product.
"""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from core.errors import CoreError

NICENESS = 10
"""added to the priority number of a child on POSIX: pages go first where cores are scarce"""
OUT_OF_MEMORY = 77
"""exit status of a child that was above its limit where the system has no limit of its own"""
_LOOK_SECONDS = 0.1  # between two looks at the memory, where the system has no limit
_ALLOCATION_WORDS = ("can't allocate memory", "not enough memory", "bad_alloc")


def start_interpreter(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Starts an interpreter with pipes to its standard input and output.

    Args:
        command: The interpreter and its arguments, as (sys.executable, "-P", "-m", "core.x").

    Returns:
        The process. It computes on one thread and finds `core` where the caller does.

    Raises:
        CoreError: The system starts no process.
    """
    root = str(Path(__file__).resolve().parents[2])  # the folder of `core`
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    alone = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | alone | {"PYTHONPATH": os.pathsep.join(paths)},
            # Ctrl-C is for the caller: it decides what to keep. A group of its own and not a
            # session: to Linux a session is one party in the sharing of the cores, whatever the
            # priorities inside it.
            process_group=0 if os.name == "posix" else None,
            creationflags=_WINDOWS_FLAGS,
        )
    except OSError as error:
        raise CoreError(f"No further process can be started: {error}.") from error


_WINDOWS_FLAGS = (
    subprocess.BELOW_NORMAL_PRIORITY_CLASS | subprocess.CREATE_NEW_PROCESS_GROUP
    if sys.platform == "win32"
    else 0
)


def give_way() -> None:
    """In a child: lets the caller's process go first from now on."""
    if os.name == "posix":
        os.nice(NICENESS)
    with suppress(OSError):
        # If the system runs out of memory, this process ends and not the server.
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def limit_memory(additional: int) -> None:
    """In a child: limits what it allocates from now on.

    On Linux the system refuses the allocation that would exceed the limit, which PyTorch reports.
    On other POSIX systems the process ends with the status `OUT_OF_MEMORY` soon after it exceeds
    it. Windows has no such limit for a process: there it has none.

    Args:
        additional: Bytes beyond what the process has now.
    """
    if sys.platform == "linux":
        import resource  # noqa: PLC0415 - not on every system

        status = Path("/proc/self/status").read_text(encoding="ascii")
        (now,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmData:"))
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (1024 * int(now) + additional, hard))
    elif os.name == "posix":
        end_above(peak_memory() + additional)


def end_above(limit: int) -> threading.Thread:
    """In a child: ends the process when its peak memory exceeds a number of bytes."""

    def watch() -> None:
        while peak_memory() <= limit:
            time.sleep(_LOOK_SECONDS)
        os._exit(OUT_OF_MEMORY)

    watching = threading.Thread(target=watch, name="memory", daemon=True)
    watching.start()
    return watching


def peak_memory() -> int:
    """The most memory in bytes that this process has had so far (POSIX)."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux counts the process that started this one in `ru_maxrss`
        found = re.search(
            r"VmHWM:\s*(\d+) kB", status.read_text(encoding="ascii", errors="replace")
        )
        if found:
            return 1024 * int(found[1])
    import resource  # noqa: PLC0415 - not on every system

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def lacks_memory(error: BaseException) -> bool:
    """Whether an exception says that an allocation was refused."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(
        words in str(error) for words in _ALLOCATION_WORDS
    )

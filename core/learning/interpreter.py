"""The interpreter that a training runs in: it is asked one question at a time, and may be ended."""

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from torch import Tensor

from core.analysis.interpreters import OUT_OF_MEMORY, start_interpreter
from core.errors import CoreError
from core.learning.frames import Frame, read_frame, write_frame

LOOK_SECONDS = 0.05
"""between two looks at whether the training is to end"""
GRACE_SECONDS = 0.5
"""for the step that is being computed when the training is to end; then the process is killed"""
_COMMAND = (sys.executable, "-P", "-m", "core.learning.worker")


class Interpreter:
    """One process, or none; `bury` may be called from any thread.

    Args:
        memory: Bytes that the training may take, for the sentence that says it took more.
    """

    def __init__(self, memory: int | None) -> None:
        self._memory = memory
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()

    @property
    def identifier(self) -> int | None:
        """The system's number of the process; None while there is none."""
        process = self._process
        return None if process is None else process.pid

    @property
    def there(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

    def start(self) -> None:
        """Starts a process."""
        self._answers = queue.SimpleQueue()
        process = start_interpreter(_COMMAND)
        with self._lock:
            self._process = process
        threading.Thread(
            target=_listen, args=(process, self._answers), name="training answers", daemon=True
        ).start()

    def ask(
        self,
        question: dict[str, Any],
        ending: Callable[[], bool] = lambda: False,
        tensors: dict[str, Tensor] | None = None,
    ) -> Frame | None:
        """The answer to a question; None if the training is to end and no answer came in time."""
        process = self._process
        assert process is not None and process.stdin is not None
        try:
            write_frame(process.stdin, question, tensors)
        except (OSError, ValueError):
            pass  # the process is gone: the end of its answers says so
        deadline: float | None = None
        while deadline is None or time.monotonic() < deadline:
            try:
                answer = self._answers.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                if deadline is None and ending():
                    deadline = time.monotonic() + GRACE_SECONDS
                continue
            if answer is None:
                raise _death(self.bury(GRACE_SECONDS), self._memory)
            return self._understood(answer)
        return None

    def _understood(self, answer: Frame) -> Frame:
        message, _ = answer
        if "refused" in message:
            raise CoreError(message["refused"])
        if "failed" in message:
            raise RuntimeError(f"The training failed in its process:\n{message['failed']}")
        if "memory" in message:
            raise _death(OUT_OF_MEMORY, self._memory)
        return answer

    def bury(self, seconds: float = 0.0) -> int | None:
        """Ends the process, which may take some seconds to end itself, and gives its status."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return None
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        assert process.stdin is not None
        try:
            process.stdin.close()
        except OSError:
            pass
        return status


def _listen(process: "subprocess.Popen[bytes]", answers: "queue.SimpleQueue[Frame | None]") -> None:
    assert process.stdout is not None
    with process.stdout as stream:
        while (frame := read_frame(stream)) is not None:
            answers.put(frame)
    answers.put(None)


def _death(status: int | None, memory: int | None) -> CoreError:
    """Why a process ended that was not asked to."""
    if status == OUT_OF_MEMORY:
        most = "there is" if memory is None else f"the {memory / 1e6:,.0f} MB that it may take"
        return CoreError(
            f"The training needed more memory than {most}, and was ended. Make the batch "
            "smaller, the windows shorter, or the network smaller."
        )
    return CoreError(
        f"The process of the training was ended by the system (status {status}; a lack of memory "
        "is the usual cause). Make the batch smaller, the windows shorter, or the network smaller."
    )

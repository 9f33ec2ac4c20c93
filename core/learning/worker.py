"""A process that trains: `python -m core.learning.worker`, started by `TrainingProcess`.

It takes frames from its standard input and answers each with one on its standard output. When the
input ends, because the process that started it closed it or was killed, it ends at once, also in
the middle of a step.
"""

import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import asdict
from typing import IO, Any

import torch
from torch import Tensor

from core.analysis.interpreters import give_way, lacks_memory, limit_memory
from core.errors import CoreError
from core.learning.decoding import DecodingSpec, decode
from core.learning.frames import Frame, grouped, read_frame, record_to_dict, write_frame
from core.learning.run import TrainingRun
from core.learning.state import RunState

SHARE = 0.1
"""share of the time that may go into sending weights, and as much again into samples"""


def main() -> None:
    """Answers until the input ends."""
    torch.set_num_threads(1)
    # What a library prints must not come between the frames.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        asked: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        threading.Thread(target=_listen, args=(sys.stdin.buffer, asked), daemon=True).start()
        try:
            serve(asked, answers)
        except BrokenPipeError:
            os._exit(0)  # the caller is gone


def serve(asked: "queue.SimpleQueue[Frame]", answers: IO[bytes]) -> None:
    """Trains as it is asked to.

    Args:
        asked: Frames: a run to begin, then "learn" and "weights" in any order.
        answers: Takes one frame for each.
    """
    try:
        given, tensors = asked.get()
        give_way()
        if given["memory"] is not None:
            limit_memory(given["memory"])
        training = _Training(given, tensors)
        write_frame(answers, {"total_steps": training.run.total_steps}, training.weights())
        while True:
            message, sent = training.answer(asked.get()[0])
            started = time.monotonic()
            write_frame(answers, message, sent)
            training.weights_sent(started)
    except BrokenPipeError:
        raise
    except CoreError as error:
        write_frame(answers, {"refused": str(error)})
    except Exception as error:
        told = {"memory": True} if lacks_memory(error) else {"failed": traceback.format_exc()}
        write_frame(answers, told)


class _Training:
    """The run, and when weights and samples are due."""

    def __init__(self, given: Mapping[str, Any], tensors: dict[str, Tensor]) -> None:
        state = RunState(given["state"], tensors)
        if given["resumed"]:
            self.run = TrainingRun.from_state(state)
        else:
            self.run = TrainingRun(
                state.model_spec, state.training_spec, state.text, dtype=state.dtype
            )
        self._sample = given["sample"]
        self._weights_due = self._sample_due = 0.0
        self._kept = len(self.run.snapshots)

    def weights(self) -> dict[str, Tensor]:
        """The network as it is now, as a frame holds it."""
        return grouped(self.run.model.state_dict(), "weights")

    def weights_sent(self, started: float) -> None:
        """Leaves time before the next weights: sending has to stay a small part of it."""
        now = time.monotonic()
        self._weights_due = max(self._weights_due, now + (now - started) / SHARE)

    def answer(self, question: Mapping[str, Any]) -> Frame:
        """Does what a frame asks for."""
        if question["do"] == "state":
            state = self.run.state_dict()
            return {"state": state.header}, state.tensors
        if question["do"] == "weights":
            return {}, self.weights()
        return self._learn(question["seconds"])

    def _learn(self, seconds: float) -> Frame:
        """Takes records for so long, at least one."""
        run, records = self.run, []
        begun, computed = time.monotonic(), 0.0
        while not run.finished:
            started = time.perf_counter()
            record = next(run, None)
            computed += time.perf_counter() - started
            if record is not None:
                records.append(record_to_dict(record))
            if time.monotonic() - begun >= seconds:
                break
        return self._told(records, computed)

    def _told(self, records: list[dict[str, Any]], computed: float) -> Frame:
        run, tensors = self.run, {}
        told: dict[str, Any] = {"records": records, "seconds": computed, "finished": run.finished}
        told["stopped"] = None if run.stopped is None else asdict(run.stopped)
        snapshots = run.snapshots[self._kept :]
        told["snapshots"] = [[kept.step, kept.validation_perplexity] for kept in snapshots]
        for place, kept in enumerate(snapshots):
            tensors |= grouped(kept.weights, f"snapshot.{place}")
        self._kept = len(run.snapshots)
        if run.finished or time.monotonic() >= self._weights_due:
            tensors |= self.weights()
        if self._sample is not None and (run.finished or time.monotonic() >= self._sample_due):
            told["sample"] = self._written()
        return told, tensors

    def _written(self) -> list[int] | None:
        """Lets the network write: always from the same beginning and with the same seed."""
        begun, given = time.monotonic(), self._sample
        prefix = self.run.text.validation[:1].tolist()
        rule = DecodingSpec(temperature=given["temperature"])
        try:
            choices = decode(self.run.model, prefix, given["tokens"], rule, seed=given["seed"])
            written = [*prefix, *(choice.index for choice in choices)]
        except CoreError:
            return None  # its states overflow: the run itself will say so
        took = time.monotonic() - begun
        self._sample_due = begun + max(given["seconds"], took / SHARE)
        return written


def _listen(questions: IO[bytes], asked: "queue.SimpleQueue[Frame]") -> None:
    while (frame := read_frame(questions)) is not None:
        asked.put(frame)
    os._exit(0)  # nobody needs what is still computed


if __name__ == "__main__":
    main()

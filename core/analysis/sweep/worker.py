"""A process that measures points: `python -m core.analysis.sweep.worker`, not for people.

It reads lines of JSON, first the spec, then points, and answers each point with one line: the row,
or what was refused or went wrong. When its input ends, because the process that started it closed
it or was killed, it ends too.
"""

import json
import os
import sys
import traceback
from typing import IO, Any

import torch

from core.analysis.interpreters import give_way, lacks_memory, limit_memory
from core.analysis.sweep.row import measure
from core.analysis.sweep.spec import SweepPoint, SweepSpec
from core.errors import CoreError


def main() -> None:
    """Answers until the input ends."""
    torch.set_num_threads(1)
    give_way()
    # What a library prints by the way must not come between the answers.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        try:
            serve(sys.stdin, answers)
        except BrokenPipeError:
            os._exit(0)  # nobody listens any more: without a second complaint while closing


def serve(questions: IO[str], answers: IO[str]) -> None:
    """Measures the points that come.

    Args:
        questions: Lines: a spec, then points.
        answers: Takes one line for each point.
    """
    given = json.loads(questions.readline())
    memory = given.pop("memory", None)
    if memory is not None:
        limit_memory(memory)
    spec = SweepSpec.from_dict(given)
    for line in questions:
        answers.write(json.dumps(_answer(spec, SweepPoint(*json.loads(line)))) + "\n")
        answers.flush()


def _answer(spec: SweepSpec, point: SweepPoint) -> dict[str, Any]:
    try:
        return {"row": measure(spec, point).to_dict()}
    except CoreError as error:
        return {"refused": str(error)}
    except Exception as error:
        if lacks_memory(error):
            return {"memory": True}
        return {"failed": traceback.format_exc()}


if __name__ == "__main__":
    main()

"""A training on disk: one file that is whole at every moment, whenever its writer is killed."""

import json
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save

from core.errors import CoreError
from core.learning.run import TrainingRun
from core.learning.state import FORMAT, RunState
from core.models.checkpoints import replace_file

_HEADER = "unrolled-training"


def save_run(path: Path, run: TrainingRun) -> None:
    """Writes a run so that `load_run` can take it up.

    At `path` there is always the old file or the new one, whole: see `replace_file`.

    Args:
        path: The file; its folder must exist.
        run: Between two records.

    Raises:
        CoreError: The file cannot be written.
    """
    state = run.state_dict()
    data = save(state.tensors, metadata={_HEADER: json.dumps(state.header)})
    replace_file(path, data)


def load_run(path: Path) -> TrainingRun:
    """Reads what `save_run` wrote.

    Args:
        path: The file.

    Returns:
        The run; its next record is the one that would have come.

    Raises:
        CoreError: There is no such file, or it is not one of `save_run`.
    """
    if not path.is_file():
        raise CoreError(f"`path` (={str(path)!r}) must be the file of a training run.")
    try:
        # Read once, whole: `safe_open` opens it twice, and between may come the next state.
        data = path.read_bytes()
        tensors = load_tensors(data)
        length = int.from_bytes(data[:8], "little")
        metadata = json.loads(data[8 : 8 + length]).get("__metadata__") or {}
        header = json.loads(metadata.get(_HEADER, "null"))
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise CoreError(
            f"`path` (={str(path)!r}) must be the file of a training run, but cannot be read "
            f"as one: {error}"
        ) from error
    version = header.get("format") if isinstance(header, dict) else None
    if version != FORMAT:
        raise CoreError(
            f"`path` (={str(path)!r}) must be the file of a training run of format {FORMAT}; "
            + ("it has no header of one." if version is None else f"its format is {version}.")
        )
    try:
        return TrainingRun.from_state(RunState(header, tensors))
    except (KeyError, TypeError, IndexError, RuntimeError) as error:
        raise CoreError(
            f"`path` (={str(path)!r}) holds a training run that is damaged: {error!r}"
        ) from error
    except ValueError as error:
        raise CoreError(
            f"`path` (={str(path)!r}) holds a training run that is damaged: {error}"
        ) from error

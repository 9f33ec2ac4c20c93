"""A file that is whole at every moment, whenever its writer is killed."""

import os
import tempfile
from pathlib import Path

from core.errors import CheckpointError


def replace_file(path: Path, data: bytes) -> None:
    """Puts bytes in place of a file, all or nothing, also if the machine fails meanwhile.

    They are written beside it, brought to the disk and renamed: at `path` there is always the old
    file or the new one, whole. A writer that is killed may leave its part beside, as
    ".name.*.part"; it can be deleted.

    Args:
        path: The file; its folder must exist.
        data: What it shall hold.

    Raises:
        CheckpointError: The file cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        beside = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.chmod(_usual_mode(path))
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        _bring_to_disk(path.parent)
    except OSError as error:
        raise CheckpointError(
            f"`path` (={str(path)!r}) cannot be written: {error.strerror}. Choose a folder that "
            "exists and has room."
        ) from error


def _usual_mode(path: Path) -> int:
    """The mode of the file that is replaced; a temporary one is closed to everybody else."""
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        return 0o644


def _bring_to_disk(folder: Path) -> None:
    """Makes the renaming itself last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

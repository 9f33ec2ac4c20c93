"""A file that is whole at every moment, whenever its writer is killed."""

import errno
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from core.errors import CheckpointError

_SUFFIX = ".part"
_LEFT_OVER_SECONDS = 3600.0


def replace_file(path: Path, data: bytes) -> None:
    """Puts bytes in place of a file, all or nothing, also if the machine fails meanwhile.

    They are written beside it, brought to the disk and renamed: at `path` there is always the old
    file or the new one, whole. A writer that is killed may leave its part beside, as
    ".name.*.part"; a later writer of the same file removes it once it is an hour old.

    Args:
        path: The file; its folder must exist.
        data: What it shall hold.

    Raises:
        CheckpointError: The file cannot be written.
    """
    _sweep(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_SUFFIX, dir=path.parent)
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
    """Makes the renaming itself last, where the system can.

    Windows opens no folder, and some file systems synchronise none: the file is in place anyway.
    """
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno in (errno.EIO, errno.ENOSPC):
            raise
    finally:
        os.close(handle)


def _sweep(path: Path) -> None:
    """Removes what killed writers of this file left behind, as far as it can, once it is old.

    Younger parts may belong to a writer that is at work.
    """
    with suppress(OSError):  # another writer was quicker, or it is somebody else's
        for beside in path.parent.iterdir():
            if _is_part(beside.name, path.name) and _age(beside) > _LEFT_OVER_SECONDS:
                beside.unlink()


def _is_part(name: str, whole: str) -> bool:
    """Whether a file is a part of the file `whole`, and not of a file `whole`.something."""
    before, after = f".{whole}.", _SUFFIX
    between = name.removeprefix(before).removesuffix(after)
    return name == before + between + after and "." not in between


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime

"""A sweep on disk: one line for the spec and one for each row, kept as soon as it is known.

A writer that is killed leaves at most its last line unfinished. That line is dropped and its point
measured again; any other damage is refused, because nobody knows what else it changed.
"""

import json
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import torch

from core.analysis.sweep.row import SweepRow
from core.analysis.sweep.spec import SweepSpec
from core.errors import CoreError
from core.models.checkpoints import replace_file

FORMAT = 1
_KIND = "unrolled-sweep"
_SYNC_SECONDS = 1.0  # a failing machine loses no more than this; a killed process loses nothing


class SweepStore:
    """The file of one sweep, to which rows are added inside a `with`; by one sweep at a time.

    Args:
        path: The file. If there is none, or it is empty, it is begun.
        spec: The sweep.

    Attributes:
        rows: What the file held at first, in the order of measuring.

    Raises:
        CoreError: The file belongs to another sweep or another version of PyTorch, is no sweep, is
            damaged other than by an unfinished last line, or cannot be read or written.
    """

    def __init__(self, path: Path, spec: SweepSpec) -> None:
        self.rows: tuple[SweepRow, ...] = ()
        self._path = Path(path)
        try:
            if not self._path.exists() or not self._path.stat().st_size:
                replace_file(self._path, _line(_header(spec)))
            data = self._path.read_bytes()
        except OSError as error:
            raise _unusable(self._path, error) from error
        whole = _whole_lines(data)
        self.rows = _rows_for(self._path, whole, spec)
        self._length, self._torn = len(whole), len(whole) < len(data)

    def add(self, row: SweepRow) -> None:
        """Keeps a row.

        Raises:
            CoreError: The file cannot be written.
        """
        line = _line(row.to_dict())
        try:
            if os.write(self._file, line) < len(line):
                raise OSError(0, "the disk is full")
            if time.monotonic() - self._synced > _SYNC_SECONDS:
                os.fsync(self._file)
                self._synced = time.monotonic()
        except OSError as error:
            raise _unusable(self._path, error) from error

    def __enter__(self) -> "SweepStore":
        try:
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
            if self._torn:
                os.ftruncate(self._file, self._length)
        except OSError as error:
            raise _unusable(self._path, error) from error
        self._synced = time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.fsync(self._file)
        os.close(self._file)


def load_sweep(path: Path) -> tuple[SweepSpec, tuple[SweepRow, ...]]:
    """Reads the file of a sweep, finished or not, without changing it.

    Args:
        path: What `run_sweep(store=…)` wrote.

    Returns:
        The sweep, and its rows in the order of measuring.

    Raises:
        CoreError: The file cannot be read, is no sweep, or is damaged other than by an
            unfinished last line.
    """
    path = Path(path)
    try:
        data = _whole_lines(path.read_bytes())
    except OSError as error:
        raise _unusable(path, error) from error
    header, *lines = _parsed(path, data)
    try:
        spec = SweepSpec.from_dict(header.get("values", {}))
    except CoreError as error:
        raise _damaged(path, 1) from error
    if spec.digest != header.get("spec"):
        raise _damaged(path, 1)
    return spec, _rows(path, lines, spec)


def _header(spec: SweepSpec) -> dict[str, Any]:
    return {
        "kind": _KIND,
        "format": FORMAT,
        "spec": spec.digest,
        "torch": torch.__version__,
        "values": spec.to_dict(),
    }


def _rows_for(path: Path, data: bytes, spec: SweepSpec) -> tuple[SweepRow, ...]:
    header, *lines = _parsed(path, data)
    shown = f"`store` (={str(path)!r})"
    if header.get("spec") != spec.digest:
        raise CoreError(
            f"{shown} holds another sweep: its cells, lengths, radii, seeds, network or text "
            "differ. Give a new file, or what that sweep was given."
        )
    if header.get("torch") != torch.__version__:
        raise CoreError(
            f"{shown} was begun with PyTorch {header.get('torch')}, here is {torch.__version__}: "
            "rows of two versions may differ in the last digits. Give a new file."
        )
    return _rows(path, lines, spec)


def _rows(path: Path, lines: list[dict[str, Any]], spec: SweepSpec) -> tuple[SweepRow, ...]:
    points, found = frozenset(spec.points), {}
    for number, values in enumerate(lines, start=2):
        try:
            row = SweepRow.from_dict(values)
        except CoreError as error:
            raise _damaged(path, number) from error
        if row.point not in points or found.setdefault(row.point, row) != row:
            raise _damaged(path, number)
    return tuple(found.values())


def _whole_lines(data: bytes) -> bytes:
    """All but an unfinished last line."""
    return data[: data.rfind(b"\n") + 1]


def _parsed(path: Path, data: bytes) -> list[dict[str, Any]]:
    parsed = []
    for number, line in enumerate(data.split(b"\n")[:-1], start=1):
        try:
            values = json.loads(line)
        except ValueError:
            values = None
        if number == 1 and (not isinstance(values, dict) or values.get("kind") != _KIND):
            break
        if not isinstance(values, dict):
            raise _damaged(path, number)
        parsed.append(values)
    if not parsed:
        raise CoreError(f"`store` (={str(path)!r}) must be the file of a sweep, or a new one.")
    if parsed[0].get("format") != FORMAT:
        raise CoreError(
            f"`store` (={str(path)!r}) must be the file of a sweep of format {FORMAT}; its format "
            f"is {parsed[0].get('format')}."
        )
    return parsed


def _damaged(path: Path, number: int) -> CoreError:
    return CoreError(
        f"`store` (={str(path)!r}) is damaged in line {number}: restore it or give a new file."
    )


def _unusable(path: Path, error: OSError) -> CoreError:
    return CoreError(
        f"`store` (={str(path)!r}) cannot be read or written: {error.strerror}. Choose a file in a "
        "folder that exists and has room."
    )


def _line(values: dict[str, Any]) -> bytes:
    return (json.dumps(values, allow_nan=False) + "\n").encode()

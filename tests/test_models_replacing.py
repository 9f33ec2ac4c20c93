"""What killed writers left beside a file goes with a later one, and nothing else does."""

import errno
import os
import stat

import pytest

from core.errors import CheckpointError
from core.models.checkpoints import replace_file


@pytest.mark.parametrize("name", ["run", "a[1].safetensors", "*", "?.part"])
def test_old_parts_of_this_file_are_swept_away_and_nothing_else(tmp_path, name):
    path = tmp_path / name
    old, young = (path.with_name(f".{name}.{part}.part") for part in ("k4_old", "young"))
    others = [
        path.with_name(each)
        for each in (".other.abc.part", f".{name}.b.abc.part", f"{name}.abc.part", f".{name}.part")
    ]
    for each in (old, young, *others):
        each.write_bytes(b"half")
    for each in (old, *others):
        os.utime(each, (0, 0))
    replace_file(path, b"whole")
    assert sorted(tmp_path.iterdir()) == sorted([path, young, *others])
    assert path.read_bytes() == b"whole"


def test_a_part_that_cannot_be_swept_away_does_not_keep_the_file_from_being_written(tmp_path):
    path, folder = tmp_path / "run", tmp_path / ".run.abc.part"
    folder.mkdir()
    os.utime(folder, (0, 0))
    replace_file(path, b"whole")
    assert path.read_bytes() == b"whole"
    assert folder.exists()


def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"`path` .*none.* cannot be written: No such file"):
        replace_file(tmp_path / "none" / "run", b"whole")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("open", PermissionError(errno.EACCES, "Permission denied")),  # Windows
        ("open", OSError(errno.EISDIR, "Is a directory")),
        ("fsync", OSError(errno.EINVAL, "Invalid argument")),  # some file systems
        ("fsync", OSError(errno.ENOTSUP, "Not supported")),
    ],
)
def test_a_system_that_synchronises_no_folder_saves_all_the_same(
    tmp_path, monkeypatch, call, error
):
    path, real = tmp_path / "run", getattr(os, call)

    def refuses(place, *rest):
        folder = place == tmp_path if call == "open" else stat.S_ISDIR(os.fstat(place).st_mode)
        if folder:
            raise error
        return real(place, *rest)

    monkeypatch.setattr(os, call, refuses)
    for data in (b"first", b"second"):
        replace_file(path, data)
        assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_fails_is_reported(tmp_path, monkeypatch):
    def fails(handle):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(CheckpointError, match="Input/output error"):
        replace_file(tmp_path / "run", b"whole")

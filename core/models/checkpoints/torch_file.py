"""Tensors in a file of torch.save: of today, a zip archive, or from before PyTorch 1.6."""

import io
import re
import shutil
import zipfile
from collections.abc import Mapping
from functools import partial

import torch

from core.errors import CheckpointError
from core.models.checkpoints.contents import Contents, of_mapping
from core.models.checkpoints.formats import zip_of_another_kind
from core.models.checkpoints.pickle_rehearsal import Rehearsal
from core.models.checkpoints.tensor_file import MAX_TENSORS
from core.models.checkpoints.wording import shown

_ZIP = b"PK\x03\x04"
_ZIP_ENTRY = b"PK\x01\x02"
_MAX_EXTRA_BYTES = 300_000
# The pickle of a number that only torch.save wrote, before PyTorch 1.6.
_OLD = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
# Of the magic number, the version, the machine, the objects, the keys of the numbers.
_OLD_PICKLES = 5
# The list names the tensors, and perhaps 50,000 tokens both ways: of a large file it may be longer.
_MAX_PICKLE_BYTES = 400_000
_MAX_PICKLE_SHARE = 8

_PIECE = 1_000_000  # bytes that are copied at once
_KEPT = re.compile(r"data\.pkl|version|byteorder|data/[0-9]+")

# The one way in: without `weights_only` a file could run any program.
_load = partial(torch.load, map_location="cpu", weights_only=True)


def looks_like_torch_file(data: bytes) -> bool:
    """Whether the bytes begin as a file of torch.save does."""
    return data.startswith((_ZIP, _OLD))


def read_torch_file(data: bytes) -> Contents:
    """Reads a state dict, alone or inside other dicts, and the vocabulary beside it.

    Args:
        data: The file, whole.

    Returns:
        Its tensors by name, and what else is of use.

    Raises:
        CheckpointError: It is damaged, larger than it says, holds more than weights, or no dict.
    """
    stream = _checked_zip(data) if data.startswith(_ZIP) else _checked_old(data)
    try:
        content = _load(stream)
    except Exception as error:  # whatever a broken file runs into, it is broken
        raise CheckpointError(
            "`data` looks like a file of torch.save and cannot be read as one "
            f"({shown(str(error))}): save or download it again."
        ) from error
    if not isinstance(content, Mapping):
        raise CheckpointError(
            f"`data` holds a {type(content).__name__}, and a dict of tensors is needed: save it "
            "with torch.save(model.state_dict(), path)."
        )
    return of_mapping(content)


def _checked_old(data: bytes) -> io.BytesIO:
    """The file as it is, once its pickles are known to fill all their numbers from the file."""
    played = Rehearsal()
    pickles = io.BytesIO(data[: _most_pickled(len(data))])
    for _ in range(_OLD_PICKLES):
        played.play(pickles)
    keys, sizes = played.result, played.storages
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise _damaged("its list of numbers is none")
    if sorted(keys) != sorted(sizes) or sum(sizes.values()) > len(data):
        raise _damaged("its numbers are not those that its tensors need")
    return io.BytesIO(data)


def _checked_zip(data: bytes) -> io.BytesIO:
    """The archive written anew, with nothing in it but what was checked.

    Two readers may see two different archives in one file: torch.load gets one without a second.
    """
    # Every entry costs some hundred bytes as soon as the archive is opened.
    if data.count(_ZIP_ENTRY) > MAX_TENSORS:
        raise _damaged(f"the archive has more than {MAX_TENSORS:,} entries")
    # Reading an entry's extra fields takes quadratic time; torch.save writes next to none. Numbers
    # may look like an entry by chance, but not five times.
    found = (match.end() for match in re.finditer(_ZIP_ENTRY, data))
    if sum(int.from_bytes(data[at + 26 : at + 28], "little") for at in found) > _MAX_EXTRA_BYTES:
        raise _damaged(f"its entries have more than {_MAX_EXTRA_BYTES:,} bytes of extra fields")
    anew = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(anew, "w") as copy:
            kept = _kept_entries(archive, len(data))
            played = Rehearsal()
            played.play(io.BytesIO(archive.read(kept["data.pkl"])))
            absent = [key for key in played.storages if f"data/{key}" not in kept]
            if absent:
                raise _damaged(f"the numbers {shown(absent[0])} are not in the archive")
            for name, entry in kept.items():
                with archive.open(entry) as source, copy.open(f"archive/{name}", "w") as target:
                    shutil.copyfileobj(source, target, _PIECE)
    except CheckpointError:
        raise
    except Exception as error:  # zipfile raises a dozen kinds for archives that are broken
        raise _damaged(f"the archive cannot be opened, {shown(str(error))}") from error
    anew.seek(0)
    return anew


def _kept_entries(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """The entries that torch.load reads, by their name without the folder around them."""
    entries = archive.infolist()
    inner: dict[str, zipfile.ZipInfo] = {}
    kind = zip_of_another_kind(frozenset(entry.filename for entry in entries))
    if kind is not None:
        raise CheckpointError(f"`data` {kind}.")
    # Lies about sizes, compression that unfolds to gigabytes, entries that share their bytes.
    if any(
        e.compress_type != zipfile.ZIP_STORED or e.file_size != e.compress_size for e in entries
    ):
        raise CheckpointError(
            "`data` is a zip archive with compressed entries, which torch.save never writes: give "
            "the file that torch.save wrote, itself."
        )
    if sum(entry.file_size for entry in entries) > size:
        raise _damaged("the entries of the archive take more bytes than the file has")
    for entry in entries:
        _, _, name = entry.filename.partition("/")
        if name in inner:
            raise _damaged(f"the archive holds {shown(name)} twice")
        inner[name] = entry
    if "data.pkl" not in inner:
        raise CheckpointError(
            "`data` is a zip archive that torch.save did not write: it has no data.pkl. Give the "
            "file that torch.save(model.state_dict(), path) wrote."
        )
    if inner["data.pkl"].file_size > _most_pickled(size):
        raise _damaged(f"its list of tensors takes more than {_most_pickled(size):,} bytes")
    return {name: entry for name, entry in inner.items() if _KEPT.fullmatch(name)}


def _most_pickled(size: int) -> int:
    """Bytes that the list of tensors of a file of this size may take."""
    return max(_MAX_PICKLE_BYTES, min(10 * _MAX_PICKLE_BYTES, size // _MAX_PICKLE_SHARE))


def _damaged(found: str) -> CheckpointError:
    return CheckpointError(
        f"`data` looks like a file of torch.save, but {found}: save or download it again."
    )

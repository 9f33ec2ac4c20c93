"""Tensors in a file of torch.save: of today, a zip archive, or from before PyTorch 1.6."""

import io
import re
import zipfile
from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from core.errors import CheckpointError
from core.models.checkpoints.pickle_rehearsal import Rehearsal
from core.models.checkpoints.tensor_file import MAX_NAME, MAX_TENSORS
from core.models.checkpoints.wording import shown

_ZIP = b"PK\x03\x04"
_ZIP_ENTRY = b"PK\x01\x02"
_MAX_EXTRA_BYTES = 300_000
# The pickle of a number that only torch.save wrote, before PyTorch 1.6.
_OLD = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
# Of the magic number, the version, the machine, the objects, the keys of the numbers.
_OLD_PICKLES = 5
_MAX_PICKLE_BYTES = 400_000  # it names the tensors, and perhaps 20,000 tokens
_MAX_DEPTH = 6
_FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)

_KEPT = re.compile(r"data\.pkl|version|byteorder|data/[0-9]+")

# The one way in: without `weights_only` a file could run any program.
_load = partial(torch.load, map_location="cpu", weights_only=True)


def looks_like_torch_file(data: bytes) -> bool:
    """Whether the bytes begin as a file of torch.save does."""
    return data.startswith((_ZIP, _OLD))


def read_torch_file(data: bytes) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Reads a state dict, alone or inside other dicts.

    Args:
        data: The file, whole.

    Returns:
        The tensors of floats by name, where a dict inside another puts its own key and a dot
        before the names ("state_dict.rnn.weight_ih_l0"); and the names of the other tensors.

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
    return _flat(content)


def _checked_old(data: bytes) -> io.BytesIO:
    """The file as it is, once its pickles are known to fill all their numbers from the file."""
    played = Rehearsal()
    pickles = io.BytesIO(data[:_MAX_PICKLE_BYTES])
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
                copy.writestr(f"archive/{name}", archive.read(entry))
    except CheckpointError:
        raise
    except Exception as error:  # zipfile raises a dozen kinds for archives that are broken
        raise _damaged(f"the archive cannot be opened, {shown(str(error))}") from error
    anew.seek(0)
    return anew


def _kept_entries(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """The entries that torch.load reads, by their name without the folder around them."""
    entries = archive.infolist()
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
    inner: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        _, _, name = entry.filename.partition("/")
        if name == "constants.pkl" or name.startswith("code/"):
            raise CheckpointError(
                "`data` is a TorchScript archive, which holds a program: save the weights alone, "
                "with torch.save(model.state_dict(), path)."
            )
        if name in inner:
            raise _damaged(f"the archive holds {shown(name)} twice")
        inner[name] = entry
    if "data.pkl" not in inner:
        raise CheckpointError(
            "`data` is a zip archive that torch.save did not write: it has no data.pkl. Give the "
            "file that torch.save(model.state_dict(), path) wrote."
        )
    if inner["data.pkl"].file_size > _MAX_PICKLE_BYTES:
        raise _damaged(f"its list of tensors takes more than {_MAX_PICKLE_BYTES:,} bytes")
    return {name: entry for name, entry in inner.items() if _KEPT.fullmatch(name)}


def _flat(content: Mapping[Any, Any]) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """The tensors in dicts inside dicts; each dict is visited once, for it may hold itself."""
    tensors: dict[str, Tensor] = {}
    unread: list[str] = []
    visited: set[int] = set()
    waiting: list[tuple[str, Mapping[Any, Any], int]] = [("", content, 0)]
    while waiting:
        prefix, mapping, depth = waiting.pop()
        if id(mapping) in visited or depth > _MAX_DEPTH:
            continue
        visited.add(id(mapping))
        for key, value in mapping.items():
            # Before the name is put together: one long key may stand in many dicts.
            if isinstance(key, str) and len(key) > MAX_NAME:
                continue
            name = f"{prefix}{key}"
            if len(name) > MAX_NAME:
                continue
            if isinstance(value, Mapping):
                waiting.append((f"{name}.", value, depth + 1))
            elif isinstance(value, Tensor) and value.dtype in _FLOATS and value.numel():
                tensors[name] = value.detach()
            elif isinstance(value, Tensor):
                unread.append(name)
    return tensors, tuple(unread)


def _damaged(found: str) -> CheckpointError:
    return CheckpointError(
        f"`data` looks like a file of torch.save, but {found}: save or download it again."
    )

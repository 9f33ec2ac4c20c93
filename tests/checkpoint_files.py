"""Files for the tests of checkpoints: valid ones of every kind, and the tools to spoil them."""

import io
import json
import zipfile

import pytest
import safetensors.torch
import torch
from torch import nn

from core.errors import CheckpointError
from core.models import (
    Checkpoint,
    ModelSpec,
    SequenceModel,
    Snapshot,
    dump_checkpoint,
    load_checkpoint,
)
from core.text import Vocabulary

SPEC = ModelSpec(cell="rnn_tanh", vocabulary_size=3, hidden_size=2)
STATE = SequenceModel(SPEC).state_dict()
STRANGER = nn.ModuleDict({"rnn": nn.GRU(3, 2), "fc": nn.Linear(2, 3)}).state_dict()


def saved(content, *, zipped: bool = True) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream, _use_new_zipfile_serialization=zipped)
    return stream.getvalue()


OURS = dump_checkpoint(
    Checkpoint(
        spec=SPEC,
        weights=STATE,
        vocabulary=Vocabulary.from_tokens("ab"),
        scheme="graphemes",
        snapshots=(Snapshot(5, STATE, 2.5),),
        training={"curve": [[1, 0.5, None]]},
    )
)
BARE = safetensors.torch.save(STRANGER)
ZIP, OLD = saved(STRANGER), saved(STRANGER, zipped=False)
VALID = {"ours": OURS, "bare": BARE, "zip": ZIP, "old": OLD}


def refused(data: bytes, sentence: str = "`data`") -> str:
    with pytest.raises(CheckpointError, match=sentence) as error:
        load_checkpoint(data)
    text = str(error.value)
    assert len(text) < 700
    assert text.isascii()
    assert text.isprintable()
    assert text.startswith("`data`")
    assert text.count("`data`") == 1
    return text


def split(data: bytes) -> tuple[dict, bytes]:
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def joined(header: object, body: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def with_record(**changes) -> bytes:
    """Our file with other values in its record."""
    header, body = split(OURS)
    record = json.loads(header["__metadata__"]["unrolled"])
    header["__metadata__"]["unrolled"] = json.dumps({**record, **changes})
    return joined(header, body)


def with_entry(name: str, **changes) -> bytes:
    """Our file with another description of one tensor."""
    header, body = split(OURS)
    header[name] = {**header[name], **changes}
    return joined(header, body)


def entries(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(content: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return stream.getvalue()


def with_pickle(pickled: bytes, numbers: int = 4) -> bytes:
    """A file of torch.save with this list of tensors, and one storage, "0"."""
    return zipped({"a/data.pkl": pickled, "a/data/0": bytes(4 * numbers), "a/version": b"3\n"})


TENSOR = b"ctorch._utils\n_rebuild_tensor_v2\n"
STORAGE = b"(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\x000X\3\0\0\0cpuK\4tQ"
HOOKS = b"ccollections\nOrderedDict\n)R"


def one_tensor(offset=b"K\0", shape=b"K\2K\2\x86", strides=b"K\2K\1\x86", storage=STORAGE) -> bytes:
    made = TENSOR + b"(" + storage + offset + shape + strides + b"\x89" + HOOKS + b"tR"
    return b"\x80\x02}X\1\0\0\0w" + made + b"s."

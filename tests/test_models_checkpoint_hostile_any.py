"""Any bytes whatever: a network, or a sentence, and never much memory."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import CheckpointError
from core.models import MAX_CHECKPOINT_BYTES, ForeignCheckpoint, load_checkpoint
from tests.checkpoint_files import (
    HOOKS,
    OLD,
    OURS,
    STORAGE,
    STRANGER,
    TENSOR,
    VALID,
    ZIP,
    entries,
    joined,
    saved,
    split,
    with_pickle,
    zipped,
)

ROOT = Path(__file__).resolve().parent.parent


def large_bombs() -> dict[str, bytes]:
    view = b"(h\1K\0K\2K\2\x86K\2K\1\x86\x89h\2t"
    tensors = TENSOR + b"q\0" + STORAGE + b"q\1" + HOOKS + b"q\2" + (b"h\0" + view + b"R") * 18_000
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("a/data.pkl", b"\x80\x02}.")
        with archive.open("a/data/0", "w") as entry:
            for _ in range(300):
                entry.write(bytes(1_000_000))
    return {
        "empty objects": joined(b'{"a":[' + b"{}," * 199_000 + b"1]}", b""),
        "objects": joined(b'{"a":[' + b'{"":0},' * 199_000 + b"1]}", b""),
        "numbers": joined(b'{"a":[' + b"1e1," * 499_000 + b"1]}", bytes(15_000_000)),
        "unfolding archive": stream.getvalue(),
        "archive of many": b"PK\3\4" + b"PK\1\2" * 4_900_000,
        "dicts": with_pickle(b"\x80\x02" + b"}" * 399_000),
        "nested tuples": with_pickle(b"\x80\x02K\1" + b"\x85" * 399_000 + b"."),
        "tensors": with_pickle(b"\x80\x02(" + tensors + b"t."),
        "old dicts": OLD[:15] + b"\x80\x02(" + b"}" * 19_000_000,
    }


METER = """
import sys
from pathlib import Path
import torch
from core.errors import CheckpointError
from core.models import load_checkpoint

def peak():  # of this program alone: getrusage begins at what its parent took
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024

load_checkpoint(Path(sys.argv[1]).read_bytes())  # imports what is imported late
Path("/proc/self/clear_refs").write_text("5")  # forget the peak of the imports
before = peak()
for path in sys.argv[2:]:
    try:
        load_checkpoint(Path(path).read_bytes())
    except CheckpointError:
        print(round(peak() - before), path)
    else:
        raise SystemExit(f"not refused: {path}")
assert peak() - before < 200
torch.ones(75_000_000)
assert peak() - before > 200  # it can be seen
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is read from /proc")
def test_no_file_takes_more_memory_than_ten_times_its_size(tmp_path):
    bombs = {"valid": saved({"w": torch.ones(1_000_000), **STRANGER}), **large_bombs()}
    for name, data in bombs.items():
        assert len(data) <= MAX_CHECKPOINT_BYTES
        (tmp_path / name).write_bytes(data)
    command = [sys.executable, "-c", METER, *(str(tmp_path / name) for name in bombs)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def opened(data: bytes) -> None:
    """Either there is a network that reads, or a sentence; nothing else comes of any bytes."""
    try:
        found = load_checkpoint(data)
        if isinstance(found, ForeignCheckpoint):
            found = found.adopt()
        logits, _ = found.model()(torch.zeros(2, 1, dtype=torch.int64))
        assert not logits.isnan().any()
    except CheckpointError as error:
        assert str(error).isprintable()


PLACES = st.integers(0, 100_000)


@settings(max_examples=150)
@given(
    st.sampled_from(sorted(VALID)),
    st.lists(st.tuples(PLACES, st.integers(0, 255)), min_size=1, max_size=4),
)
def test_changed_bytes(kind, changes):
    data = bytearray(VALID[kind])
    for place, value in changes:
        data[place % len(data)] = value
    opened(bytes(data))


@settings(max_examples=150)
@given(st.sampled_from(sorted(VALID)), st.sampled_from(sorted(VALID)), PLACES, PLACES, PLACES)
def test_cut_and_spliced_files(one, other, first, second, third):
    head, tail = VALID[one], VALID[other]
    start = second % (len(tail) + 1)
    opened(head[: first % (len(head) + 1)] + tail[start : start + third])


@settings(max_examples=60)
@given(st.binary(max_size=300), st.sampled_from((b"", b"PK\x03\x04", OLD[:15], OLD[:40])))
def test_random_bytes(data, before):
    opened(before + data)
    opened(joined(b"{" + data, b""))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def paths_in(value, path=()) -> list[tuple]:
    inside = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(found for key, part in inside for found in paths_in(part, (*path, key)))]


def changed(value, path, new):
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


@settings(max_examples=200)
@given(st.data(), JSON, st.booleans())
def test_other_values_in_the_header(data, new, inner):
    header, body = split(OURS)
    record = json.loads(header["__metadata__"]["unrolled"])
    if inner:
        path = data.draw(st.sampled_from(paths_in(record)[1:]))
        header["__metadata__"]["unrolled"] = json.dumps(changed(record, path, new))
    else:
        header = changed(header, data.draw(st.sampled_from(paths_in(header)[1:])), new)
    opened(joined(header, body))


PICKLE = entries(ZIP)["archive/data.pkl"]


@settings(max_examples=250)
@given(
    st.lists(
        st.tuples(st.integers(0, len(PICKLE) - 1), st.integers(0, 3), st.binary(max_size=3)),
        min_size=1,
        max_size=3,
    )
)
def test_changed_instructions_in_an_archive_that_is_whole(changes):
    pickled = bytearray(PICKLE)
    for place, length, new in changes:
        pickled[place : place + length] = new
    opened(zipped({**entries(ZIP), "archive/data.pkl": bytes(pickled)}))
    old = bytearray(OLD)
    for place, length, new in changes:
        old[100 + place : 100 + place + length] = new
    opened(bytes(old))

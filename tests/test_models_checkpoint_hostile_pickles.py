"""Files of torch.save from strangers: never run, never unpacked beyond their size."""

import io
import itertools
import pickle
import pickletools
import zipfile
from pathlib import Path

import pytest
from torch import nn

from tests.checkpoint_files import (
    HOOKS,
    OLD,
    STORAGE,
    STRANGER,
    TENSOR,
    ZIP,
    entries,
    one_tensor,
    refused,
    saved,
    with_pickle,
    zipped,
)
from tests.hostile_inputs import archive


class Runs:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_pickle_that_runs_a_program_does_not(tmp_path):
    trap = tmp_path / "ran"
    bombs = {
        "plain": pickle.dumps(Runs(trap), 2),
        "new protocol": pickle.dumps(Runs(trap), 5),
        "zip": saved({**STRANGER, "x": Runs(trap)}),
        "old": saved({**STRANGER, "x": Runs(trap)}, zipped=False),
        "first of the old": OLD[:15] + pickle.dumps(Runs(trap), 2),
        "whole module": saved(nn.GRU(3, 2)),
    }
    for data in bombs.values():
        refused(data)
    assert not trap.exists()
    pickle.loads(bombs["plain"])
    assert trap.exists()  # the bomb is one
    assert "__builtin__.getattr" in refused(bombs["zip"])
    assert "torch.nn.modules.rnn.GRU" in refused(bombs["whole module"])


def test_archives_that_are_none_of_torch_are_refused():
    refused(zipped({"mimetype": b"application/epub+zip"}), "has no data.pkl")
    refused(zipped({"word/document.xml": b"<x/>"}), "has no data.pkl")
    refused(zipped({**entries(ZIP), "archive/code/x.py": b""}), "TorchScript")
    refused(zipped({**entries(ZIP), "archive/constants.pkl": b""}), "TorchScript")
    refused(zipped({**entries(ZIP), "other/data.pkl": b"."}), "'data.pkl' twice")
    refused(zipped(entries(ZIP), zipfile.ZIP_DEFLATED), "compressed entries")
    refused(zipped({"a/data.pkl": bytes(400_001)}), "more than 400,000 bytes")
    refused(ZIP[: len(ZIP) // 2], "cannot be opened")
    refused(ZIP.replace(b"PK\x01\x02", b"PK\x01\x03"), "cannot be opened")
    refused(ZIP + b"PK\x01\x02" * 5_001, "5,000 entries")
    without = {name: data for name, data in entries(ZIP).items() if not name.endswith("data/0")}
    refused(zipped(without), "'0' are not in the archive")
    short = {n: (d[:-4] if n.endswith("data/0") else d) for n, d in entries(ZIP).items()}
    refused(zipped(short), "cannot be read")


def test_an_archive_whose_entries_share_their_bytes_is_refused():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a/data/0", bytes(50_000))
        first = archive.infolist()[0]
        for number in range(1, 200):
            copy = zipfile.ZipInfo(f"a/data/{number}")
            copy.header_offset, copy.CRC = first.header_offset, first.CRC
            copy.file_size = copy.compress_size = first.file_size
            archive.filelist.append(copy)
        archive.writestr("a/data.pkl", b"\x80\x02}.")
    refused(stream.getvalue(), "more bytes than the file has")


def test_the_pickles_below_are_what_torch_writes():
    pickletools.dis(one_tensor(), io.StringIO())
    refused(with_pickle(one_tensor()), r"1 tensors of floats \(w \(2, 2\)\) and no recurrent layer")


@pytest.mark.parametrize(
    ("pickled", "sentence"),
    [
        (one_tensor(offset=b"K\1"), "in only 4 numbers"),
        (one_tensor(shape=b"M\xff\xffM\xff\xff\x86", strides=b"K\0K\0\x86"), "in only 4 numbers"),
        (one_tensor(shape=b"M\xff\xffM\xff\xff\x86"), "in only 4 numbers"),
        (one_tensor(strides=b"K\2\x85"), "not made of numbers"),
        (one_tensor(shape=b"J\xff\xff\xff\xffK\2\x86"), "not made of numbers"),
        (one_tensor(offset=b"J\xff\xff\xff\xff"), "not made of numbers"),
        (one_tensor(offset=b"\x88"), "not made of numbers"),
        (one_tensor(storage=STORAGE.replace(b"K\4", b"J\0\0\0\x7f")), "cannot be read"),
        (
            one_tensor(storage=STORAGE.replace(b"X\1\0\0\x000", b"X\5\0\0\x00../..")),
            "names its numbers '../..'",
        ),
        (one_tensor(storage=STORAGE.replace(b"Float", b"Untyped")), "UntypedStorage"),
        (one_tensor(storage=b"N"), "never does"),
        (b"\x80\x02" + STORAGE + STORAGE.replace(b"K\4", b"K\2") + b"\x86.", "two sizes"),
        (b"\x80\x02ctorch._utils\n_rebuild_parameter\nN\x88" + HOOKS + b"\x87R.", "is no tensor"),
        (b"\x80\x02ccollections\nOrderedDict\nq\0" + b"h\0)R" * 20_001, "more than 5,000 tensors"),
        (b"\x80\x02ctorch\nFloatStorage\nJ\0\0\0\x7f\x85R.", "never does"),
        (b"\x80\x02c__builtin__\nbytearray\nJ\0\0\0\x7f\x85R.", "__builtin__.bytearray"),
        (b"\x80\x02ctorch\nFloatTensor\nJ\0\0\0\x7f\x85R.", "torch.FloatTensor"),
        (b"\x80\x02cos\nsystem\nX\2\0\0\0ls\x85R.", "os.system"),
        (b"\x80\x02ctorch\n_utils._rebuild_tensor_v2\n.", "torch._utils"),
        (b"\x80\x02]q\0" + b"h\0" * 99 + b"ccollections\nOrderedDict\nh\0\x85R.", "never does"),
        (b"\x80\x02" + HOOKS + b"}q\0b0h\0h\0b.", "POP"),
        (b"\x80\x02" + HOOKS + b"}q\0b(" + HOOKS + b"h\0bt.", "sets attributes"),
        (b"\x80\x02]q\0h\0a.", "a list, and a dict of tensors is needed"),
        (b"\x80\x02}" + b"K\1K\2s" + b"N" + b"Ns.", "keys that are neither"),
        (b"\x80\x02}\x8a\x05\1\1\1\1\1Ns.", "keys that are neither"),
        (b"\x80\x02}K\1a.", "not a list"),
        (b"\x80\x02]K\1K\1s.", "not a dict"),
        (b"\x80\x04}.", "in the pickle protocol 4, not in 2"),
        (b"\x80\x02}", "damaged"),
        (b"\x80\x02.", "damaged"),
        (b"", "damaged"),
        (b"\x80\x02h\7.", "damaged"),
        (b"\x80\x02X\xff\xff\xff\xff.", "damaged"),
        (b"\x80\x02}X\3\0\0\0\xed\xa0\x80Ns.", "damaged"),
        (b"\x80\x02I" + b"9" * 9_999 + b"\n.", "damaged|INT"),
    ],
)
def test_a_list_of_tensors_that_torch_would_not_write_is_refused(pickled, sentence):
    refused(with_pickle(pickled), sentence)


def test_many_views_of_one_storage_are_refused():
    size = b"J" + (4_000_000).to_bytes(4, "little")
    storage = STORAGE.replace(b"K\4", size)
    one = one_tensor(storage=storage, shape=size + b"K\1\x86", strides=b"K\1K\1\x86")
    refused(with_pickle(one, numbers=4_000_000), "1 tensors of floats")
    made = one[one.index(TENSOR) : -2]
    many = b"\x80\x02]" + b"(" + made * 6 + b"e."
    refused(with_pickle(many, numbers=4_000_000), "more than 20,000,000 numbers together")


def test_a_dict_that_holds_itself_ends():
    # Several times: else the length of a name alone would end it.
    itself = (
        b"\x80\x02}q\0" + b"".join(b"X\1\0\0\0" + k + b"h\0s" for k in (b"a", b"b", b"c")) + b"."
    )
    refused(with_pickle(itself), "0 tensors")


def pickles_of_old() -> list[bytes]:
    stream, ends = io.BytesIO(OLD), [0]
    for _ in range(5):
        list(pickletools.genops(stream))
        ends.append(stream.tell())
    return [*(OLD[a:b] for a, b in itertools.pairwise(ends)), OLD[ends[-1] :]]


def test_an_old_file_fills_all_its_numbers_itself():
    magic, version, machine, objects, keys, numbers = pickles_of_old()
    start = magic + version + machine
    assert start + objects + keys + numbers == OLD
    # Without its key a storage would show what the memory of the process happened to hold.
    refused(start + objects + pickle.dumps([], 2) + numbers, "not those that its tensors need")
    refused(start + objects + pickle.dumps(["1"], 2) + numbers, "not those")
    refused(start + objects + pickle.dumps("1", 2) + numbers, "list of numbers is none")
    refused(start + objects + keys + numbers[:-1], "cannot be read")
    huge = STORAGE.replace(b"K\4t", b"J\0\0\0\x7fNt")
    one = one_tensor(storage=huge, shape=b"K\1K\1\x86")
    refused(start + one + pickle.dumps(["0"], 2) + bytes(99), "not those")
    refused(OLD[:15], "damaged")


def test_extra_fields_are_bounded():
    """Python's zipfile takes quadratic time to read them."""
    data = archive([f"a/data/{n}" for n in range(8)], b"\xfe\xca\0\0" * 12_000)
    refused(data, "more than 300,000 bytes of extra fields")

"""Tensor files from strangers: refused in a sentence before anything in them is believed."""

import pytest
import safetensors.torch
import torch

from core.models import Checkpoint, ForeignCheckpoint, dump_checkpoint, load_checkpoint
from tests.checkpoint_files import (
    BARE,
    OLD,
    OURS,
    SPEC,
    STRANGER,
    ZIP,
    joined,
    refused,
    saved,
    split,
    with_entry,
    with_record,
)


def test_the_valid_files_are_valid():
    assert isinstance(load_checkpoint(OURS), Checkpoint)
    for data in (BARE, ZIP, OLD):
        assert isinstance(load_checkpoint(data), ForeignCheckpoint)
    assert joined(*split(OURS)) != OURS  # other spaces
    assert dump_checkpoint(load_checkpoint(joined(*split(OURS)))) == OURS


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"\0", "1 bytes of another kind"),
        (bytes(range(256)) * 9, "bytes of another kind"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "another kind"),
        (OURS[:7], "another kind"),
        (OURS[:50], "declares a header of"),
        (OURS[:-1], "tensors take"),
        (OURS + b"\0", "tensors take"),
        (b"\xff" * 8 + b"{}", "declares a header of 18,446,744,073,709,551,615 bytes"),
        ((2_000_001).to_bytes(8, "little") + b"{" * 2_000_001, "at most 2,000,000"),
        (joined(b"{" * 1_000_000, b""), "nests deeper than 24"),
        (joined(b'{"a":' + b"[" * 900_000, b""), "nests deeper than 24"),
        (joined(b'{"a":[' + b"[]," * 600_000 + b"1]}", b""), "more than 200,000"),
        (joined(b'{"a":1,"a":2}', b""), "'a' twice"),
        (joined(b'{"a":NaN}', b""), "NaN, which is no number"),
        (joined(b'{"a":-Infinity}', b""), "-Infinity"),
        (joined(b'{"a":1e999}', b""), "not finite"),
        (joined(b'{"a":' + b"9" * 99_999 + b"}", b""), "99,999 digits"),
        (joined(b'{"a":"\\ud800"}', b""), "surrogate"),
        (joined(b'{"\xff":1}', b""), "not UTF-8"),
        (joined(b'{"a":1', b""), "JSON is broken"),
        (joined(b'{"a', b""), "JSON is broken"),
        (joined(b"{}", b""), "0 tensors of floats .nothing. and no recurrent layer"),
        (joined({"__metadata__": []}, b""), "__metadata__"),
        (joined({"__metadata__": {"a": 1}}, b""), "__metadata__"),
        (joined({"a": []}, b""), "'a' must have `dtype`"),
        (joined({"": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}}, b""), "0 characters"),
        (joined({"x" * 999: {}}, b""), "999 characters"),
        (joined({str(i): 0 for i in range(5_001)}, b""), "5,001 tensors"),
    ],
)  # fmt: skip
def test_what_is_no_tensor_file_is_refused(data, sentence):
    refused(data, sentence)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"dtype": "F128"}, "the type 'F128'"),
        ({"dtype": 1}, "the type 1"),
        ({"dtype": ["F32"]}, "the type"),
        ({"dtype": "F64"}, "bytes, which are not F64"),
        ({"dtype": "I32"}, "'head.bias'|head.bias must be numbers of float32"),
        ({"dtype": "BF16", "shape": [6]}, "torch.bfloat16"),
        ({"shape": [-3]}, r"the shape \[-3\]"),
        ({"shape": [3.0]}, "the shape"),
        ({"shape": [True, 3]}, "the shape"),
        ({"shape": "3"}, "the shape"),
        ({"shape": [1] * 9}, "the shape"),
        ({"shape": [2**64, 2**64]}, "digits|are not F32"),
        ({"shape": [4_000_000_000, 4_000_000_000]}, "are not F32"),
        ({"shape": [3, 1]}, r"head.bias of shape \(3, 1\), which must be \(3,\)"),
        ({"data_offsets": [12, 0]}, "-12 bytes"),
        ({"data_offsets": [-12, 0]}, "the offsets"),
        ({"data_offsets": [0]}, "the offsets"),
        ({"data_offsets": [10**15, 10**15 + 12]}, "begins at byte|take"),
        ({"more": 1}, "nothing else"),
    ],
)
def test_a_tensor_is_believed_only_when_everything_fits(changes, sentence):
    refused(with_entry("head.bias", **changes), sentence)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": "other"}, "unrolled checkpoint"),
        ({"version": 2}, "version 2; this version of Unrolled reads version 1"),
        ({"version": "1"}, "version '1'"),
        ({"version": True}, "version True"),
        ({"extra": 1}, "holds extra besides"),
        ({"spec": []}, "must be a mapping"),
        ({"spec": {"cell": "gru"}}, "must hold `vocabulary_size`"),
        ({"spec": {**SPEC.to_dict(), "hidden_size": 10**18}}, "`hidden_size` .=10000000000"),
        ({"spec": {**SPEC.to_dict(), "hidden_size": -1}}, "`hidden_size` .=-1."),
        ({"spec": {**SPEC.to_dict(), "hidden_size": 3}}, "of shape"),
        ({"spec": {**SPEC.to_dict(), "cell": ["gru"]}}, "`cell`"),
        ({"spec": {**SPEC.to_dict(), "cell": "rnn_relu"}}, "not those that were saved"),
        ({"spec": {**SPEC.to_dict(), "num_layers": 2}}, "lacks rnn.weight_ih_l1"),
        ({"spec": {**SPEC.to_dict(), "evil": 1}}, "unknown attributes"),
        ({"vocabulary": ["a", "b"]}, "hold <unk>"),
        ({"vocabulary": ["<unk>", "a", "a"]}, "without repeats"),
        ({"vocabulary": ["b", "a", "<unk>"]}, "must be sorted"),
        ({"vocabulary": ["<unk>", "a", "c"]}, "vocabulary is not the one"),
        ({"vocabulary": ["<unk>", "a", 7]}, "list of texts"),
        ({"vocabulary": {"a": 1}}, "list of texts"),
        ({"vocabulary": "abc"}, "list of texts"),
        ({"vocabulary_digest": 5}, "vocabulary is not the one"),
        ({"scheme": "bytes"}, "`scheme`"),
        ({"scheme": []}, "`scheme`"),
        ({"snapshots": None}, "`snapshots` must be a list"),
        ({"snapshots": []}, "of no snapshot in the record"),
        ({"snapshots": [{"step": 5}]}, "`validation_perplexity`"),
        ({"snapshots": [{"step": "5", "validation_perplexity": 1}]}, "step '5'"),
        ({"snapshots": [{"step": -5, "validation_perplexity": 1}]}, "of no snapshot"),
        ({"snapshots": [{"step": 5, "validation_perplexity": "low"}]}, "'low'"),
        ({"snapshots": [{"step": 5, "validation_perplexity": -1}]}, "above 0"),
        ({"snapshots": [{"step": s, "validation_perplexity": 1} for s in (5, 6)]}, "step 6 must"),
        ({"snapshots": [{"step": 5, "validation_perplexity": 1}] * 2}, "there twice"),
        ({"training": 3}, "`training`"),
        ({"text_digest": "x"}, "`text_digest`"),
        ({"text_digest": None}, "`text_digest`"),
        ({"title": 3}, "`title`"),
        ({"title": "x" * 10_000}, "`title`"),
        ({"notes": "note"}, "`notes`"),
        ({"notes": [None]}, "`notes`"),
        ({"notes": ["x"] * 21}, "`notes`"),
        ({"weights_digest": "0" * 64}, "weights are not those that were saved"),
        ({"weights_digest": None}, "weights are not those that were saved"),
    ],
)  # fmt: skip
def test_the_record_is_believed_only_when_everything_fits(changes, sentence):
    refused(with_record(**changes), sentence)


def test_a_record_that_is_none_is_refused():
    header, body = split(OURS)
    for record in ("", "[]", "null", "1", "{}", "{" * 5_000, '"\ud800"', '{"a":1,"a":1}'):
        header["__metadata__"]["unrolled"] = record
        refused(joined(header, body))


def test_an_overlap_and_a_gap_are_refused():
    header, body = split(OURS)
    first, second = sorted((n for n in header if n != "__metadata__"),
                           key=lambda n: header[n]["data_offsets"])[:2]  # fmt: skip
    assert header[first]["data_offsets"][1] == header[second]["data_offsets"][0]
    for shift in (-4, 4):
        begin, end = header[second]["data_offsets"]
        changed = {
            **header,
            second: {**header[second], "data_offsets": [begin + shift, end + shift]},
        }
        refused(joined(changed, body), "begins at byte|take")
    refused(joined(header, body[:-4]), "take")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_not_finite_are_refused(value):
    data = bytearray(OURS)
    data[-4:] = torch.tensor([value]).numpy().tobytes()
    refused(bytes(data), "1 are NaN or infinite")
    for name in ("rnn.weight_hh_l0", "fc.bias"):
        weights = {key: tensor.clone() for key, tensor in STRANGER.items()}
        weights[name].view(-1)[0] = value
        for made in (safetensors.torch.save(weights), saved(weights), saved(weights, zipped=False)):
            refused(made, f"'{name}'.* 1 are NaN or infinite")


def test_one_flipped_bit_of_a_weight_is_noticed():
    _, body = split(OURS)
    for place in range(len(OURS) - len(body), len(OURS)):
        data = bytearray(OURS)
        data[place] ^= 1
        refused(bytes(data), "not those that were saved|NaN or infinite")

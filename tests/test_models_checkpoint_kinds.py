"""Files that are no plain language model: each says what it is, and what of it can be seen."""

import io
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn
from torch.testing import assert_close

from core.analysis import read, tracing
from core.errors import CheckpointError
from core.models import ForeignCheckpoint, load_checkpoint
from core.models.checkpoints import parse_vocabulary
from tests.checkpoint_files import refused, saved, zipped

ROOT = Path(__file__).resolve().parent.parent


def opened(**parts) -> ForeignCheckpoint:
    found = load_checkpoint(saved(nn.ModuleDict(parts).state_dict()))
    assert isinstance(found, ForeignCheckpoint)
    return found


NO_LANGUAGE_MODELS = {
    "forecaster": (lambda: {"lstm": nn.LSTM(7, 9), "linear": nn.Linear(9, 3)},
                   "reads 7 numbers at each step and gives 3", 7),
    "of one series": (lambda: {"lstm": nn.LSTM(1, 9), "linear": nn.Linear(9, 1)},
                      "gives one number", 101),
    "classifier": (lambda: {"emb": nn.Embedding(30, 4), "rnn": nn.GRU(4, 9), "fc": nn.Linear(9, 5)},
                   "reads 30 tokens .emb. and gives 5 numbers .fc., as a classifier", 30),
    "sentiment": (lambda: {"emb": nn.Embedding(30, 4), "rnn": nn.LSTM(4, 9), "fc": nn.Linear(9, 1)},
                  "gives one number .fc.", 30),
    "encoder": (lambda: {"emb": nn.Embedding(30, 4), "rnn": nn.LSTM(4, 9)},
                "reads tokens .emb. at each step and has no output layer", 30),
    "layer": (lambda: {"rnn": nn.GRU(4, 9)}, "reads 4 numbers at each step and has no output", 4),
    "two hidden layers": (lambda: {"emb": nn.Embedding(30, 4), "rnn": nn.LSTM(4, 9),
                                   "fc1": nn.Linear(9, 8), "fc2": nn.Linear(8, 30)},
                          "not a language model", 30),
}  # fmt: skip


@pytest.mark.parametrize("kind", NO_LANGUAGE_MODELS)
def test_what_is_no_language_model_says_what_it_is_and_shows_its_layers(kind):
    made, sentence, tokens = NO_LANGUAGE_MODELS[kind]
    parts = made()
    found = opened(**parts)
    with pytest.raises(CheckpointError, match=sentence):
        found.adopt()
    with pytest.raises(CheckpointError, match="looked at"):
        found.adopt()
    alone = found.adopt_layers()
    assert alone.training["layers_alone"]
    assert "drawn at random" in alone.notes[0]
    assert alone.spec.vocabulary_size == tokens + 1
    model = alone.model(torch.float64)
    indices = torch.arange(tokens)[:, None]
    table = parts.get("emb")
    if table is not None:
        given = table.double()(indices)
    elif tokens == 101:
        given = torch.linspace(-1, 1, 101, dtype=torch.float64)[:, None, None]
    else:
        given = nn.functional.one_hot(indices, tokens).double()
    layers = next(part for part in parts.values() if isinstance(part, nn.RNNBase)).double()
    # What is drawn and made here is float32, as the file is.
    assert_close(model.states(indices)[0], layers(given)[0], atol=1e-6, rtol=1e-6)
    reading = read(model, indices[:-1, 0], indices[1:, 0])
    assert np.isfinite(reading.layers[0].gradient).all()


def test_one_hot_input_that_nothing_tells_is_called_an_assumption():
    notes = opened(lstm=nn.LSTM(7, 50), linear=nn.Linear(50, 7)).adopt().notes
    assert any("assumed" in note and "one-hot" in note for note in notes)


@pytest.mark.parametrize("hidden", [16, 12, 31])
@pytest.mark.parametrize("asked", ["a.rnn", "b.rnn", "b.rnn."])
def test_two_networks_keep_their_own_ends(hidden, asked):
    def network(inputs, outputs):
        return nn.ModuleDict({"rnn": nn.LSTM(inputs, hidden), "out": nn.Linear(hidden, outputs)})

    nets = {"a": network(40, 12), "b": network(12, 31)}
    adopted = opened(**nets).adopt(group=asked)
    own = nets[asked[0]]
    assert adopted.spec.vocabulary_size == own["out"].out_features + 1
    rows = torch.tensor([3, 5, 1])
    given = nn.functional.one_hot(rows, own["rnn"].input_size).float()[:, None]
    theirs = own["out"](own["rnn"](given)[0])
    assert_close(adopted.model()(rows[:, None])[0][..., :-1], theirs)
    assert any("assumed" in note for note in adopted.notes)


LETTERS = tuple("abcdefgh")
NUMBERED = {letter: index for index, letter in enumerate(LETTERS)}
FORMS = {
    "tokens": LETTERS,
    "chars": list(LETTERS),
    "vocab": NUMBERED,
    "stoi": NUMBERED,
    "itos": dict(enumerate(LETTERS)),
    "int2char": dict(enumerate(LETTERS)),
    "char2int": NUMBERED,
    "word2idx": NUMBERED,
    "idx_to_token": dict(enumerate(LETTERS)),
    "alphabet": "abcdefgh",
    "hparams": {"vocab": {"stoi": NUMBERED, "itos": list(LETTERS)}},
}


def net(tokens=8) -> nn.Module:
    return nn.ModuleDict({"lstm": nn.LSTM(tokens, 6), "fc": nn.Linear(6, tokens)})


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("container", ["torch", "safetensors"])
def test_a_vocabulary_beside_the_weights_names_the_tokens(name, container):
    state, form = net().state_dict(), FORMS[name]
    if container == "torch":
        data = saved({"state_dict": state, name: form, "epoch": 3})
    else:
        import json  # noqa: PLC0415

        text = form if isinstance(form, str) else json.dumps(form)
        data = safetensors.torch.save(state, {name: text, "format": "pt"})
    adopted = load_checkpoint(data).adopt()
    assert set(adopted.vocabulary.tokens) == {*LETTERS, "<unk>"}
    assert adopted.scheme == "graphemes"
    assert any(name in note for note in adopted.notes)
    row = adopted.vocabulary.encode(["c"])[0]
    assert torch.equal(adopted.weights["head.weight"][row], state["fc.weight"][2])
    assert not any("assumed" in note for note in adopted.notes)


@pytest.mark.parametrize(
    "form",
    [
        ["a", "b"], ["a"] * 8, [1] * 8, {"a": 0, "b": 5}, {"a": [1]}, {"a": True}, {}, [],
        {letter: index + 3 for letter, index in NUMBERED.items()},
        {letter: 2**31 - 1 - index for letter, index in NUMBERED.items()},
    ],
)  # fmt: skip
def test_a_list_that_does_not_fit_is_not_used(form):
    adopted = load_checkpoint(saved({"state_dict": net().state_dict(), "vocab": form})).adopt()
    assert adopted.vocabulary.tokens[0] == "#0"


def test_what_a_vocabulary_may_leave_out_or_call_otherwise():
    state = net().state_dict()
    shifted = {letter: index + 1 for letter, index in list(NUMBERED.items())[:7]}
    adopted = load_checkpoint(saved({"model": state, "word_index": shifted})).adopt()
    assert set(adopted.vocabulary.tokens) == {"<pad>", "<unk>", *"abcdefg"}
    named = ["[UNK]", *"bcdefgh"]
    adopted = load_checkpoint(saved({"model": state, "itos": named})).adopt()
    assert set(adopted.vocabulary.tokens) == {"<unk>", *"bcdefgh"}
    two = {"src_vocab": list(LETTERS), "tgt_vocab": list("stuvwxyz")}
    adopted = load_checkpoint(saved({"model": state, **two})).adopt()
    assert adopted.vocabulary.tokens[0] == "#0"
    assert any("several vocabularies" in note for note in adopted.notes)
    adopted = load_checkpoint(saved({"model": state, "chars": ["a", "b", "c"]})).adopt()
    assert any("chars of 3 are not used" in note for note in adopted.notes)


def archive(**arrays) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def scripted() -> bytes:
    return zipped({"m/constants.pkl": b".", "m/code/__torch__.py": b"", "m/data.pkl": b"."})


def deflated() -> bytes:
    return zipped({"x.npy": bytes(200), "y.npy": bytes(300)}, zipfile.ZIP_DEFLATED)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (saved(nn.LSTM(3, 2)), r"whole pickled model.*torch.load\(path, weights_only=False\)"),
        (saved(nn.LSTM(3, 2), zipped=False), r"whole pickled model.*state_dict"),
        (scripted(), r"TorchScript.*torch.jit.load\(path\).state_dict"),
        (archive(w=np.ones(3)), "npz"),
        (deflated(), "npz"),
        (b"\x93NUMPY\x01\0v\0{'descr'", "npy"),
        (b"\x89HDF\r\n\x1a\n" + bytes(90), "HDF5"),
        (zipped({"config.json": b"{}", "model.weights.h5": b"\x89HDF"}), "Keras"),
        (b"\x08\x07\x12\x07pytorch\x1a\x052.1.0" + bytes(99), "ONNX"),
        (b"\x08\x08:\xb8\x02" + bytes(99), "ONNX"),
        (b"\x08\x01\x12\xa2\x11" + bytes(99), "TensorFlow SavedModel"),
        (b"\x1c\0\0\0TFL3" + bytes(99), "TensorFlow Lite"),
        (b"GGUF\3\0\0\0" + bytes(99), "GGUF"),
        (pickle.dumps({"a": [1.0]}, 4), "pickle"),
        (b"\x80\x04\x95\x10\0cjoblib.numpy_pickle", "joblib"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
        (b"<!DOCTYPE html><html>", "page of the web"),
        (b"\x1f\x8b\x08" + bytes(99), "gzip"),
        (b'{"metadata": {}, "weight_map": {}}', "index of several"),
    ],
)
def test_other_formats_are_named_with_the_way_out(data, sentence):
    refused(data, sentence)


def test_a_class_beside_the_weights_is_named():
    data = saved({"state_dict": net().state_dict(), "args": pickle.Pickler})
    assert "state_dict alone" in refused(data, "pickle.Pickler")


METER = """
import sys
from pathlib import Path
import torch
from core.models import load_checkpoint

def status(name):
    text = Path("/proc/self/status").read_text()
    return int(text.partition(name + ":")[2].split()[0]) * 1024

load_checkpoint(Path(sys.argv[1]).read_bytes()).adopt()  # imports what is imported late
for path in sys.argv[2:]:
    data = Path(path).read_bytes()
    Path("/proc/self/clear_refs").write_text("5")
    before = status("VmRSS")
    load_checkpoint(data).adopt()
    taken = status("VmHWM") - before
    assert len(data) / 2 < taken < 5 * len(data), (path, taken / len(data))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is read from /proc")
def test_memory_is_a_small_multiple_of_the_file(tmp_path):
    large = nn.ModuleDict(
        {"emb": nn.Embedding(9_000, 300), "rnn": nn.LSTM(300, 300, 2), "fc": nn.Linear(300, 9_000)}
    ).state_dict()
    files = {"small": saved(net().state_dict()), "zip": saved(large),
             "old": saved(large, zipped=False), "st": safetensors.torch.save(large)}  # fmt: skip
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    for name in ("zip", "old", "st"):  # each in a process of its own: memory given back is reused
        command = [sys.executable, "-c", METER, str(tmp_path / "small"), str(tmp_path / name)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("at", ["last", "mean", 4])
def test_logits_in_parts_give_the_same_reading(monkeypatch, at):
    found = opened(emb=nn.Embedding(23, 4), rnn=nn.LSTM(4, 9), fc=nn.Linear(9, 23))
    model = found.adopt().model(torch.float64)
    read_tokens, next_tokens = torch.randint(23, (12,)), torch.randint(23, (12,))
    whole = read(model, read_tokens, next_tokens, at)
    monkeypatch.setattr(tracing, "MOST_LOGITS", 60)
    parts = read(model, read_tokens, next_tokens, at)
    assert parts.loss == pytest.approx(whole.loss, rel=1e-13)
    for name in ("top", "top_probability", "truth_probability", "surprise", "truth_rank",
                 "head_forward", "head_gradient"):  # fmt: skip
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-12)
    np.testing.assert_allclose(parts.layers[0].gradient, whole.layers[0].gradient, rtol=1e-12)


def test_a_repeated_token_far_down_a_list_is_found_at_once():
    lines = [str(number) for number in range(99_998)]
    with pytest.raises(CheckpointError, match="99997"):
        parse_vocabulary("\n".join([*lines, lines[-1]]))

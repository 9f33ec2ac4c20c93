"""Checkpoints of ours: the same network, the same bytes, and a file that is whole at any moment."""

import ast
import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import safetensors
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

import core.models
from core.errors import CheckpointError, CoreError, SpecError
from core.models import (
    Checkpoint,
    ModelSpec,
    SequenceModel,
    Snapshot,
    dump_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from core.models.checkpoints import replacing, store
from core.models.checkpoints.shapes import parameter_shapes
from core.models.checkpoints.tensor_file import read_tensor_file
from core.text import Vocabulary

ROOT = Path(__file__).resolve().parent.parent
TOKENS = Vocabulary.from_tokens(["a", "é", "\n", '"', "\\", "👩‍🚀", "\x7f", "zz"])
SPECS = (
    ModelSpec(cell="rnn_relu", vocabulary_size=len(TOKENS), hidden_size=3, seed=7),
    ModelSpec(cell="gru", vocabulary_size=len(TOKENS), hidden_size=5, bidirectional=True),
    ModelSpec(
        cell="lstm",
        vocabulary_size=len(TOKENS),
        hidden_size=4,
        num_layers=2,
        input="embedding",
        embedding_size=6,
        initialisation="orthogonal",
        spectral_radius=0.9,
    ),
)


def checkpoint_of(spec: ModelSpec = SPECS[0], dtype=torch.float32, **changes) -> Checkpoint:
    """A checkpoint with everything in it; the snapshots are other networks of the same spec."""
    snapshots = tuple(
        Snapshot(step, SequenceModel(dataclasses.replace(spec, seed=step), dtype).state_dict(), v)
        for step, v in ((0, 28.0), (100, None), (1_234_567, 3.25))
    )
    given = {
        "spec": spec,
        "weights": SequenceModel(spec, dtype).state_dict(),
        "vocabulary": TOKENS,
        "scheme": "graphemes",
        "snapshots": snapshots,
        "training": {"rate": 0.1, "curve": [(1, 2.5, None), (2, 1 / 3, 9.0)], "by": {"who": "é"}},
        "text_digest": "0123456789abcdef" * 4,
        "title": "A story — «learnt»",
        "notes": ("One.", "Two."),
    }
    return Checkpoint(**{**given, **changes})


def same_bits(first: torch.Tensor, second: torch.Tensor) -> bool:
    return first.dtype == second.dtype and first.numpy().tobytes() == second.numpy().tobytes()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.cell)
def test_a_file_holds_the_checkpoint_bit_for_bit(spec, dtype):
    before = checkpoint_of(spec, dtype)
    after = load_checkpoint(dump_checkpoint(before))
    assert isinstance(after, Checkpoint)
    for name in ("spec", "vocabulary", "scheme", "training", "text_digest", "title", "notes"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.digest == before.digest
    assert [s.step for s in after.snapshots] == [0, 100, 1_234_567]
    assert [s.validation_perplexity for s in after.snapshots] == [28.0, None, 3.25]
    for one, other in [(before, after), *zip(before.snapshots, after.snapshots, strict=True)]:
        assert one.weights.keys() == other.weights.keys() == parameter_shapes(spec).keys()
        assert all(same_bits(one.weights[name], other.weights[name]) for name in one.weights)


def test_numbers_at_the_edges_survive():
    spec = ModelSpec(cell="gru", vocabulary_size=3, hidden_size=1)
    weights = SequenceModel(spec, torch.float64).state_dict()
    weights["head.bias"] = torch.tensor([-0.0, 5e-324, 3.4e38], dtype=torch.float64)
    before = Checkpoint(spec=spec, weights=weights, training={"loss": 5e-324, "big": 2**63})
    after = load_checkpoint(dump_checkpoint(before))
    assert same_bits(after.weights["head.bias"], before.weights["head.bias"])
    assert after.training == {"loss": 5e-324, "big": 2**63}


def test_the_same_checkpoint_gives_the_same_bytes():
    data = dump_checkpoint(checkpoint_of())
    assert dump_checkpoint(checkpoint_of()) == data
    assert dump_checkpoint(load_checkpoint(data)) == data
    # Neither the order in which a dict was filled counts, nor lists for tuples.
    turned = checkpoint_of(training={"by": {"who": "é"}, "curve": [[1, 2.5, None], [2, 1 / 3, 9.0]],
                                     "rate": 0.1})  # fmt: skip
    weights = dict(reversed(turned.weights.items()))
    assert dump_checkpoint(dataclasses.replace(turned, weights=weights)) == data


def test_another_checkpoint_gives_other_bytes_and_another_digest():
    whole = checkpoint_of()
    fewer = dataclasses.replace(whole, snapshots=whole.snapshots[1:])
    weights = {name: tensor.clone() for name, tensor in whole.weights.items()}
    weights["head.bias"][0] = 1
    other = dataclasses.replace(whole, weights=weights)
    assert len({dump_checkpoint(each) for each in (whole, fewer, other)}) == 3
    assert len({each.digest for each in (whole, fewer, other)}) == 3


def test_every_program_that_reads_safetensors_reads_it(tmp_path):
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, checkpoint_of())
    with safetensors.safe_open(path, framework="pt") as file:
        record = json.loads(file.metadata()["unrolled"])
        names = set(file.keys())
    assert record["format"] == "unrolled checkpoint"
    assert record["spec"] == SPECS[0].to_dict()
    assert {"rnn.weight_ih_l0", "snapshot.000100/rnn.weight_ih_l0"} < names
    assert "snapshot.1234567/head.bias" in names
    theirs = safetensors.torch.load_file(path)
    ours = read_tensor_file(path.read_bytes()).tensors
    assert theirs.keys() == ours.keys()
    assert all(same_bits(theirs[name], ours[name]) for name in ours)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.cell)
def test_the_network_is_the_same_after_the_file(spec):
    indices = torch.randint(spec.vocabulary_size, (7, 3))
    after = load_checkpoint(dump_checkpoint(checkpoint_of(spec, torch.float64)))
    before = SequenceModel(spec, torch.float64)
    model = after.model(torch.float64)
    assert_close(model(indices)[0], before(indices)[0], rtol=0, atol=0)
    assert model.spec == spec
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())
    snapshot = SequenceModel(dataclasses.replace(spec, seed=100), torch.float64)
    assert_close(after.model(torch.float64, step=100)(indices)[0], snapshot(indices)[0],
                 rtol=0, atol=0)  # fmt: skip
    single = after.model()(indices)[0]
    assert single.dtype == torch.float32
    assert_close(single.double(), before(indices)[0].detach(), rtol=1e-4, atol=1e-5)


def test_building_draws_nothing_from_the_global_state_and_cannot_fail_for_the_start():
    plain = ModelSpec(cell="rnn_tanh", vocabulary_size=3, hidden_size=1, seed=3)
    weights = SequenceModel(plain).state_dict()
    spec = dataclasses.replace(plain, initialisation="normal", sigma=5e-324, spectral_radius=1.0)
    with pytest.raises(SpecError, match="`spectral_radius`"):
        SequenceModel(spec)
    before = torch.get_rng_state()
    assert Checkpoint(spec=spec, weights=weights).model().spec == spec
    assert torch.equal(before, torch.get_rng_state())


def test_a_checkpoint_is_not_changed_from_outside():
    model = SequenceModel(SPECS[0])
    curve = [1.0]
    kept = checkpoint_of(weights=model.state_dict(), training={"curve": curve})
    digest = dump_checkpoint(kept)
    with torch.no_grad():
        model.head.bias += 1
        kept.model().head.bias += 1
    curve.append(2.0)
    assert dump_checkpoint(kept) == digest
    with pytest.raises(TypeError):
        kept.weights["head.bias"] = torch.zeros(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        kept.title = "other"


@settings(max_examples=40)
@given(
    st.sampled_from(("rnn_tanh", "rnn_relu", "gru", "lstm")),
    st.integers(1, 4),
    st.booleans(),
    st.sampled_from(("one_hot", "embedding")),
)
def test_the_shapes_are_those_of_the_network(cell, layers, bidirectional, source):
    spec = ModelSpec(
        cell=cell,
        vocabulary_size=7,
        hidden_size=3,
        num_layers=layers,
        bidirectional=bidirectional,
        input=source,
        embedding_size=5,
    )
    built = SequenceModel(spec).state_dict()
    expected = {name: tuple(tensor.shape) for name, tensor in built.items()}
    assert parameter_shapes(spec) == expected
    assert list(parameter_shapes(spec)) == list(expected)


WEIGHTS = SequenceModel(SPECS[0]).state_dict()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format_version": 2}, "`format_version` .=2. must be 1.*newer"),
        ({"format_version": True}, "`format_version`"),
        ({"weights": [1]}, "`weights` .* must be a mapping"),
        ({"weights": {**WEIGHTS, "head.bias": [0.0]}}, "'head.bias' of type list"),
        ({"weights": {**WEIGHTS, "other": torch.zeros(1)}}, "lacks nothing and holds other bes"),
        ({"weights": {}}, "lacks rnn.weight_ih_l0.* and 2 more"),
        ({"weights": {**WEIGHTS, "head.bias": torch.zeros(3)}}, r"head.bias of shape \(3,\)"),
        ({"weights": {**WEIGHTS, "head.bias": WEIGHTS["head.bias"].half()}}, "torch.float16"),
        ({"weights": {**WEIGHTS, "head.bias": WEIGHTS["head.bias"] / 0}}, "9 are NaN or infinite"),
        ({"vocabulary": Vocabulary.from_tokens("ab")}, "`vocabulary` .of 3 tokens."),
        ({"vocabulary": ["a"]}, "must be a Vocabulary"),
        ({"scheme": "bytes"}, "`scheme` .='bytes'. must be one of"),
        ({"scheme": 3}, "`scheme` .=3."),
        ({"snapshots": [1]}, "`snapshots` .of type list."),
        ({"snapshots": (Snapshot(2, WEIGHTS), Snapshot(2, WEIGHTS))}, "steps 2, 2.*ascending"),
        ({"snapshots": (Snapshot(2, {}),)}, "`weights` of step 2 must hold"),
        ({"title": "x" * 201}, "`title`.*at most 200"),
        ({"title": "\ud800"}, "`title`.*surrogate"),
        ({"text_digest": "12"}, "`text_digest` .='12'. must be 64"),
        ({"notes": "One."}, "`notes`"),
        ({"notes": (1,)}, "`notes`"),
        ({"training": [1]}, "`training`"),
        ({"training": {"loss": float("nan")}}, "`training` must hold only what JSON can"),
        ({"training": {"loss": torch.zeros(1)}}, "`training` must hold only what JSON can"),
        ({"training": {"long": 10**40}}, "a number of 41 digits"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence(changes, sentence):
    with pytest.raises(CoreError, match=sentence):
        checkpoint_of(**changes)


def test_a_spec_is_a_spec():
    with pytest.raises(CheckpointError, match=r"`spec` .* must be a ModelSpec"):
        Checkpoint(spec=SPECS[0].to_dict(), weights=WEIGHTS)


def test_what_is_written_can_be_read_again():
    deep = [1.0]
    for _ in range(21):
        deep = [deep]
    fitting = checkpoint_of(training={"deep": deep})
    assert load_checkpoint(dump_checkpoint(fitting)).training == {"deep": deep}
    with pytest.raises(CheckpointError, match=r"`checkpoint` cannot be written: .*deeper than 24"):
        dump_checkpoint(checkpoint_of(training={"deep": [deep]}))
    with pytest.raises(CheckpointError, match=r"`training` cannot be kept: .*deeper than 24"):
        checkpoint_of(training={"deep": [[[deep]]]})


@pytest.mark.parametrize("step", [-1, 1.0, True, 10**9, "1"])
def test_a_snapshot_has_a_step(step):
    with pytest.raises(CheckpointError, match=r"`step`"):
        Snapshot(step, WEIGHTS)


@pytest.mark.parametrize("perplexity", [0, -1.0, float("nan"), float("inf"), True, "2"])
def test_a_snapshot_has_a_perplexity_or_none(perplexity):
    with pytest.raises(CheckpointError, match=r"`validation_perplexity`"):
        Snapshot(1, WEIGHTS, perplexity)


def test_a_network_is_asked_for_as_it_was_saved():
    with pytest.raises(CheckpointError, match=r"`step` .=7. must .* \(0, 100, 1234567\)"):
        checkpoint_of().model(step=7)
    with pytest.raises(SpecError, match=r"torch.float16"):
        checkpoint_of().model(torch.float16)


def test_what_would_be_too_large_is_not_written(monkeypatch):
    large = ModelSpec(cell="lstm", vocabulary_size=2_000, hidden_size=512)
    state = SequenceModel(large).state_dict()
    kept = tuple(Snapshot(step, state) for step in range(4))
    with pytest.raises(CheckpointError, match=r"takes 12[0-9],.*keep fewer snapshots"):
        dump_checkpoint(Checkpoint(spec=large, weights=state, snapshots=kept))
    long = checkpoint_of(training={"curve": [0.12345] * 249_900})
    dump_checkpoint(dataclasses.replace(long, training={"curve": [0.12345] * 200_000}))
    with pytest.raises(CheckpointError, match=r"more than 2,000,000.*[Tt]hin the curve"):
        dump_checkpoint(long)
    monkeypatch.setattr(store, "MAX_CHECKPOINT_BYTES", 100)
    with pytest.raises(CheckpointError, match=r"`data` .* at most 100"):
        load_checkpoint(b"x" * 101)


def test_a_failed_writer_leaves_the_old_file_and_nothing_beside(tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, checkpoint_of(title="old"))
    for name in ("fsync", "fdopen"):
        with monkeypatch.context() as broken:
            broken.setattr(replacing.os, name, fail)
            with pytest.raises(CheckpointError, match=r"`path` .* No space left"):
                save_checkpoint(path, checkpoint_of(title="new"))
        assert load_checkpoint(path.read_bytes()).title == "old"
        assert list(tmp_path.iterdir()) == [path]
    save_checkpoint(path, checkpoint_of(title="new"))
    assert load_checkpoint(path.read_bytes()).title == "new"
    with pytest.raises(CheckpointError, match=r"`path` .* cannot be written: No such file"):
        save_checkpoint(tmp_path / "none" / "a.safetensors", checkpoint_of())


def fail(*_, **__):
    raise OSError(28, "No space left on device")


def test_the_bytes_are_on_the_disk_before_the_name_is(tmp_path, monkeypatch):
    done = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: done.append("fsync") or fsync(handle))
    monkeypatch.setattr(Path, "replace", lambda *a: done.append("replace") or replace(*a))
    save_checkpoint(tmp_path / "a", checkpoint_of())
    assert done == ["fsync", "replace", "fsync"]


WRITER = """
import sys
from pathlib import Path
from core.models import Checkpoint, ModelSpec, SequenceModel, save_checkpoint
spec = ModelSpec(cell="gru", vocabulary_size=99, hidden_size=150)
kept = [Checkpoint(spec=spec, weights=SequenceModel(spec).state_dict(), title=t) for t in "ab"]
while True:
    for each in kept:
        save_checkpoint(Path(sys.argv[1]), each)
"""


def test_a_killed_writer_leaves_a_whole_file(tmp_path):
    path = tmp_path / "a.safetensors"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], cwd=ROOT)
    try:
        for _ in range(6_000):  # two minutes: it imports PyTorch first, on a busy machine
            if path.exists():
                break
            time.sleep(0.02)
        seen = set()
        for _ in range(40):
            seen.add(load_checkpoint(path.read_bytes()).title)
            time.sleep(random.uniform(0, 0.01))
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    assert seen <= {"a", "b"}
    assert load_checkpoint(path.read_bytes()).title in {"a", "b"}


def test_importing_the_models_does_not_wait_for_the_texts():
    program = (
        "import sys, core.models; assert 'core.text' not in sys.modules\n"
        "core.models.Checkpoint; assert 'core.text' in sys.modules\n"
        "from core.models import *; assert load_checkpoint"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=ROOT, check=True)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = core.models.Nothing


def test_nothing_in_the_library_loads_a_pickle_but_as_weights_only():
    uses = 0
    for path in (ROOT / "core").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        safe = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and any(is_weights_only(k) for k in node.keywords):
                safe |= {id(part) for part in (node.func, *node.args)}
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert not any(a.name in {"pickle", "dill", "joblib"} for a in node.names), path
                assert getattr(node, "module", None) not in {"pickle", "torch.serialization"}, path
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "torch.load":
                uses += 1
                assert id(node) in safe, f"{path}:{node.lineno}"
    assert uses == 1


def is_weights_only(keyword: ast.keyword) -> bool:
    value = keyword.value
    return keyword.arg == "weights_only" and isinstance(value, ast.Constant) and value.value is True

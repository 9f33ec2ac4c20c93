"""What the server keeps: as arrays without object graphs, computed once, and costed in advance."""

import gc
import itertools
import threading
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from time import thread_time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from streamlit import config
from streamlit.testing.v1 import AppTest

from app.compute import (
    costs,
    counts,
    details,
    gradients,
    readings,
    reference_models,
    sweeps,
    texts,
    written,
)
from app.compute.bounded import Bounded
from app.compute.networks import Network
from app.compute.packed import bytes_of, packed, unpacked
from app.compute.results import Part, Results
from app.compute.waiting import duration
from core.analysis import (
    jacobian_norms,
    lyapunov_exponents,
    random_truncation,
    reach,
    read,
    segment_curve,
    trace_text,
    weight_gradient_by_lag,
)
from core.models import ModelSpec, SequenceModel

MAIN = str(Path(__file__).resolve().parent.parent / "app" / "main.py")


class Kind(Enum):
    ONE = 1
    TWO = 2


@dataclass(frozen=True)
class Leaf:
    number: float
    kind: Kind


@dataclass(frozen=True, eq=False, slots=True)
class Tree:
    leaves: tuple[Leaf, ...]
    named: dict[str, list[int | None]]
    array: np.ndarray
    tensor: torch.Tensor


leaves = some.builds(Leaf, some.floats(allow_nan=False), some.sampled_from(Kind))
trees = some.builds(
    Tree,
    some.lists(leaves, max_size=3).map(tuple),
    some.dictionaries(some.text(), some.lists(some.none() | some.integers())),
    some.integers(0, 4).map(np.arange),
    some.integers(0, 4).map(lambda size: torch.arange(size, dtype=torch.float64)),
)


@given(trees)
def test_what_was_packed_comes_back(tree):
    back = unpacked(packed(tree))
    assert (back.leaves, back.named) == (tree.leaves, tree.named)
    assert back.array is tree.array
    assert torch.equal(back.tensor, tree.tensor)
    assert type(back) is Tree
    assert bytes_of(tree) >= tree.array.nbytes + 8 * len(tree.tensor)


def settle_all() -> None:
    """Let the garbage collector see everything, as often as tuples are nested."""
    gc.unfreeze()  # what is frozen it would leave as it is
    collect_levels()


def collect_levels() -> None:
    """As many rounds of the garbage collector as tuples are nested: each frees one level."""
    for _ in range(15):
        gc.collect()


def walked(value) -> set[int]:
    """All objects below a value, classes and modules apart."""
    found, waiting = {}, [value]
    while waiting:
        one = waiting.pop()
        if id(one) in found or isinstance(one, type | type(gc)) or callable(one):
            continue
        found[id(one)] = one
        waiting += gc.get_referents(one)
        if isinstance(one, np.ndarray):  # whose base no garbage collector is told of
            waiting.append(one.base)
    return found


@settings(max_examples=20, deadline=None)
@given(trees)
def no_value_is_tracked_once_packed(tree):
    entry = packed(tree)
    gc.collect()  # one round is enough: there is one level
    assert not [one for one in walked(entry).values() if gc.is_tracked(one)]


def test_packed_values_are_nothing_to_a_garbage_collector():
    gc.collect()
    gc.freeze()  # what is older than the values need not be gone through 300 times
    try:
        no_value_is_tracked_once_packed()
    finally:
        gc.unfreeze()


CACHES = {
    "readings": readings._readings,
    "gradients": gradients.RESULTS.kept,
    "details": details._results.kept,
    "written": written._texts,
    "sweeps": sweeps._tables,
    "references": reference_models._references,
    "counts": counts._counts,
    "ranks": counts._ranks,
}


def page(path: str, **query: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=120)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    if path:
        app.switch_page(f"screens/{path}.py").run()
    return app


def test_no_cache_holds_a_tensor_or_a_graph_of_objects():
    small = {"steps": "20", "units": "5", "weights": "untrained", "cell": "lstm"}
    for cache in CACHES.values():
        cache.clear()
    page("", **small, detail="equations", strip="reach")
    for lab in ("decay", "reach", "truncation", "clipping", "gates"):
        app = page("gradients", **small)
        app.segmented_control(key="lab").set_value(lab).run()
        assert not app.exception
    page("generate", **small)
    assert all(CACHES[name].held for name in ("readings", "gradients", "details", "written"))
    settle_all()
    for name, cache in CACHES.items():
        for entry in list(cache._kept.values()):
            inside = walked(entry).values()
            assert not [one for one in inside if isinstance(one, torch.Tensor)], name
            assert not [one for one in inside if gc.is_tracked(one)], name


@given(trees)
def test_no_array_that_was_packed_belongs_to_a_tensor(tree):
    view = torch.arange(6.0).numpy()[1:]
    view.flags.writeable = False
    entry = packed((view, tree, "x" * 200))
    array, leaf, _ = unpacked(entry)
    assert np.array_equal(array, view)
    assert not array.flags.writeable
    assert torch.equal(leaf.tensor, tree.tensor)
    assert not [one for one in walked(entry).values() if isinstance(one, torch.Tensor)]


def test_a_session_does_not_age():
    """Further runs leave no more for the garbage collector to walk, but what a cache says."""
    app = page("", steps="20", units="5", weights="untrained", cell="lstm", layers="2")
    seeds = itertools.count(1000)

    def tracked_after(runs: int) -> int:
        for _ in range(runs):
            next(one for one in app.number_input if one.label == "Seed").set_value(next(seeds))
            app.run()
            assert not app.exception
        settle_all()
        return len(gc.get_objects())

    tracked_after(4)
    before = tracked_after(4)
    assert tracked_after(12) - before < 12


def test_streamlit_does_not_look_for_garbage_after_every_run():
    assert config.get_option("runner.postScriptGC") is False


def test_sessions_that_ask_together_compute_once():
    results, runs, gate, values = Results("test", 10_000), [], threading.Event(), []

    def make() -> tuple[int, ...]:
        runs.append(1)
        gate.wait(20)
        return (1, 2, 3)

    def ask() -> None:
        values.append(results.of(Part("key", make, 0.1)))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(20)
    assert values == [(1, 2, 3)] * 4
    assert len(runs) == 1


def test_a_job_that_needs_another_result_computes_it_itself():
    results = Results("nested", 10_000)
    inner = Part("inner", lambda: (2,), 100.0)
    outer = Part("outer", lambda: (1, *results.of(inner)), 100.0)
    assert results.of(outer) == (1, 2)
    assert "inner" in results.kept


def test_short_texts_do_not_fill_the_memory_by_their_number():
    for cache, least in ((texts._tokens, texts.LEAST), (counts._indexed, counts.LEAST_BYTES)):
        assert cache.most / least < 1000
    kept: Bounded[str] = Bounded(3, lambda _: 1)
    for key in range(9):
        kept.put(key, "x")
    assert (kept.held, 8 in kept, 0 in kept) == (3, True, False)


STEPS = 60
SPECS = {
    f"{cell} {units}x{layers}": ModelSpec(
        cell=cell, vocabulary_size=30, hidden_size=units, num_layers=layers
    )
    for cell, units, layers in (
        ("rnn_tanh", 16, 1),
        ("gru", 64, 2),
        ("lstm", 128, 1),
        ("lstm", 192, 2),
        ("gru", 256, 1),
    )
}


def measured(spec: ModelSpec) -> dict[str, float]:
    """Seconds of processor time of each analysis."""
    model = SequenceModel(spec, torch.float64)
    text = torch.arange(STEPS) % 30, (torch.arange(STEPS) * 7 + 1) % 30
    last, mean = (trace_text(model, *text, at).layers[-1] for at in ("last", "mean"))
    assert mean.grad_hidden.isfinite().all()

    def fastest(run) -> float:
        taken = []
        for _ in range(4):
            begun = thread_time()
            run()
            taken.append(thread_time() - begun)
        return min(taken)

    def decay() -> None:
        SequenceModel(spec, torch.float64)
        gradients._decay(Network(spec), *(tuple(part.tolist()) for part in text))

    return {
        "read": fastest(lambda: read(SequenceModel(spec, torch.float64), *text)),
        "decay": fastest(decay),
        "reach": fastest(lambda: reach(model, *text)),
        "truncated": fastest(
            lambda: (weight_gradient_by_lag(mean), segment_curve(mean, range(1, 31)))
        ),
        "randomised": fastest(lambda: random_truncation(last, 0.9)),
        "exponent": fastest(lambda: (lyapunov_exponents(last, 1), jacobian_norms(last))),
    }


def test_estimates_put_analyses_in_the_order_that_they_take():
    """By rank and ratio, over all sizes and kinds together: machines differ, orders do not."""
    pairs = []
    for spec in SPECS.values():
        found = measured(spec)
        pairs += [
            (costs.read(spec, STEPS), found["read"]),
            (costs.decay(spec, STEPS), found["decay"]),
            (costs.reach(spec, STEPS), found["reach"]),
            (costs.truncated(spec, STEPS, "mean", 30), found["truncated"]),
            (costs.randomised(spec, STEPS), found["randomised"]),
        ]
    estimate, truth = np.log(np.array(pairs)).T
    ranks = [np.argsort(np.argsort(each)) for each in (estimate, truth)]
    assert np.corrcoef(*ranks)[0, 1] > 0.8
    off = estimate - truth
    # Up to one factor for the machine, every estimate is right to a factor of 5.
    assert np.abs(off - np.median(off)).max() < np.log(5)


GROWING = {
    "hidden_size": (16, 1024), "num_layers": (1, 8), "vocabulary_size": (30, 50_000),
}  # fmt: skip


@pytest.mark.parametrize("attribute", GROWING)
@pytest.mark.parametrize("cell", ["rnn_tanh", "gru", "lstm"])
def test_estimates_grow_with_the_network_and_the_text_and_stay_finite(attribute, cell):
    """Up to the largest network that may be explored, which `ModelSpec` itself may refuse."""
    sizes = [Size(cell, **{attribute: value}) for value in GROWING[attribute]]
    for kind in (
        costs.read, costs.decay, costs.reach, costs.forward, costs.check_decay, costs.check_reach,
        costs.check_cuts, lambda s, t: costs.truncated(s, t, "mean", 60), costs.trace,
        lambda s, t: costs.writing(s, 9, t, 3), lambda s, t: costs.bet(s, t, "truncation"),
    ):  # fmt: skip
        small, large = (kind(size, 100) for size in sizes)
        assert 0 < small < large < 1e7
        assert kind(sizes[0], 500) > small


@dataclass
class Size:
    """What costs read of a spec, without its limits."""

    cell: str
    vocabulary_size: int = 100
    hidden_size: int = 64
    num_layers: int = 1
    bidirectional: bool = False
    input: str = "one_hot"
    embedding_size: int = 32
    initialisation: str = "pytorch"
    spectral_radius: float | None = None

    @property
    def num_directions(self) -> int:
        return 2 if self.bidirectional else 1


def test_times_are_told_as_people_do():
    told = [duration(seconds) for seconds in (0.2, 7.4, 41, 89, 100, 3000, 9000)]
    assert told == ["1 s", "8 s", "45 s", "90 s", "2 min", "50 min", "3 h"]


def test_what_computes_is_told_in_words():
    spec = ModelSpec(cell="lstm", vocabulary_size=30, hidden_size=512, num_layers=4)
    assert costs.about(spec, 500) == "an LSTM of 4 layers with 512 units over 500 steps"
    one = ModelSpec(cell="rnn_tanh", vocabulary_size=30, hidden_size=1, bidirectional=True)
    assert costs.about(one, 20) == "an RNN with 1 unit in both directions over 20 steps"

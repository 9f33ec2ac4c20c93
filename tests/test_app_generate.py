"""The Generate page without a browser: every rule and network, and what is shown of their texts."""

import json
import math
from pathlib import Path

import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from app.components.writing.pack import pack
from app.compute import texts, trained, written
from app.compute.networks import Network, in_its_tokens
from app.compute.written import Rule
from app.sidebar.source import Source, read_by
from app.views.writing import text_written, what_happened, writing_view
from core.errors import CoreError
from core.learning.decoding import kept_distribution
from core.models import ModelSpec, SequenceModel
from core.models.checkpoints import load_checkpoint
from core.text import Stretch

MAIN = str(Path(__file__).resolve().parent.parent / "app" / "main.py")
RULES = ("greedy", "sample", "topk", "topp", "alpha", "beam")


def source_of(name: str = "story", scheme: str = "graphemes") -> Source:
    text = texts.shipped(name)
    tokens = texts.tokens_of(text.digest, scheme, text.text)
    return Source(text, name, False, scheme, tokens, Stretch.of(tokens.tokens, 0, 110))


def network_of(name: str = "lstm-story") -> Network:
    checkpoint = trained.shipped(name)
    return Network(checkpoint.spec, checkpoint, None, "Skerrow Time")


def page(**query: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run().switch_page("screens/generate.py").run()


@pytest.mark.parametrize("rule", RULES)
def test_the_page_writes_by_every_rule(rule):
    app = page(rule=rule, length="12", searched="6")
    assert not app.exception
    assert not app.error
    said = [caption.value for caption in app.caption]
    count = 6 if rule == "beam" else 12
    assert any(f"Of {count} characters" in text for text in said), said


def test_a_network_of_both_directions_is_told_that_it_cannot_write():
    app = page(weights="untrained", both="true", units="4")
    assert not app.exception
    assert not app.error
    assert ["cannot write" in info.value for info in app.info] == [True]


@pytest.mark.parametrize("other", ["", "漢"])
def test_a_typed_prefix_is_read_and_new_tokens_are_counted_and_marked(monkeypatch, other):
    drawn = []
    monkeypatch.setattr("app.components.writing.pack", lambda view: drawn.append(view) or b"{}")
    app = page(length="5")
    app.text_input(key="prefix").set_value(f"The 時計{other}時").run()
    assert not app.exception
    unread = 3 + len(other)
    told = f"{unread} of the {4 + unread} tokens of the prefix are new to this network"
    assert [caption.value.startswith(told) for caption in app.caption].count(True) == 1
    for view in drawn[-2:]:
        assert view.prefix == tuple(f"The 時計{other}時")
        assert view.unread == tuple(range(4, 4 + unread))
        assert json.loads(pack(view))["unread"] == list(view.unread)


def test_a_prefix_of_known_tokens_is_told_and_marked_nowhere(monkeypatch):
    drawn = []
    monkeypatch.setattr("app.components.writing.pack", lambda view: drawn.append(view) or b"{}")
    app = page(length="5")
    assert drawn[-1].unread == ()
    assert not any("of the prefix" in caption.value for caption in app.caption)


def test_a_prefix_of_which_nothing_is_left_is_told():
    app = page(weights="untrained", tokens="letters", length="5", units="4")
    app.text_input(key="prefix").set_value("時計").run()
    assert not app.exception
    assert any("nothing is left" in caption.value for caption in app.caption)


def test_a_stop_that_the_network_does_not_know_is_told():
    app = page(weights="untrained", tokens="letters", stop="stop", length="5", units="4")
    assert any("no such token" in caption.value for caption in app.caption)


@settings(max_examples=25, deadline=None)
@given(
    rule=st.builds(
        Rule,
        name=st.sampled_from(RULES),
        length=st.integers(1, 14),
        seed=st.integers(0, 99),
        temperature=st.floats(0.05, 3),
        top_k=st.integers(1, 100),
        top_p=st.floats(0.05, 1),
        alpha=st.floats(0.2, 10),
        width=st.integers(1, 4),
        length_power=st.floats(0, 2),
        stop=st.none() | st.integers(0, 74),
    ),
    prefix=st.lists(st.integers(0, 74), min_size=1, max_size=5).map(tuple),
)
def test_what_is_shown_is_what_the_network_gives(rule, prefix):
    source, network = read_by(network_of(), source_of()), network_of()
    text = written.written(network, prefix, rule)
    view = writing_view(source, text, rule)
    model = network.model()
    read = torch.tensor([*prefix, *text.indices]).unsqueeze(1)
    log_p = model(read)[0].detach()[:, 0].log_softmax(-1)[len(prefix) - 1 :]
    names = source.tokens.vocabulary.tokens
    assert 1 <= len(view.choices) <= rule.length
    for place, choice in enumerate(view.choices):
        row, index = log_p[place], text.indices[place]
        assert choice.token == names[index]
        assert choice.probability == pytest.approx(row[index].exp().item(), rel=1e-9)
        assert choice.rank == 1 + int((row > row[index]).sum())
        assert sum(token == choice.token for token, _, _ in choice.among) == 1
        for token, model_p, ruled in choice.among:
            assert model_p == pytest.approx(row[names.index(token)].exp().item(), rel=1e-9)
            if rule.name == "beam":
                assert ruled is None
            else:
                kept = dict(zip(*_kept(row, rule), strict=True))
                assert ruled == pytest.approx(kept.get(names.index(token), 0.0), rel=1e-7)
    if rule.name == "beam":
        best = [view.tree.nodes[place].token for place in view.tree.best]
        assert best == [choice.token for choice in view.choices]
        found = sum(math.log(choice.probability) for choice in view.choices)
        assert view.tree.hypotheses[0][1] == pytest.approx(found, rel=1e-6)


def _kept(row: torch.Tensor, rule: Rule) -> list[list]:
    return [each.tolist() for each in kept_distribution(row, rule.decoding)]


def test_the_same_rule_writes_the_same_and_another_seed_another():
    network, prefix = network_of(), (20, 30)
    first = written.written(network, prefix, Rule("sample", 30, seed=1)).indices
    written._texts.clear()
    assert written.written(network, prefix, Rule("sample", 30, seed=1)).indices == first
    assert written.written(network, prefix, Rule("sample", 30, seed=2)).indices != first


def test_the_explorer_reads_all_that_was_read_and_written():
    source, network = read_by(network_of(), source_of()), network_of()
    text = written.written(network, (20, 30, 31), Rule("greedy", 40))
    whole = text_written(source, text)
    assert whole.tokens.vocabulary.encode(whole.tokens.tokens) == [20, 30, 31, *text.indices]
    assert len(whole.stretch) == 42


def test_greedy_is_seen_to_loop():
    source, network = read_by(network_of(), source_of()), network_of()
    text = written.written(
        network, tuple(source.tokens.vocabulary.encode("The ")), Rule("greedy", 200)
    )
    start, period = text.loop
    indices = text.indices
    assert all(indices[at] == indices[at + period] for at in range(start, 200 - period))
    assert f"loop of {period} character" in what_happened(text, "character")


def test_an_untrained_network_writes_too():
    source = source_of("lighthouse")
    spec = ModelSpec(cell="gru", vocabulary_size=len(source.tokens.vocabulary), hidden_size=4)
    text = written.written(Network(spec), (1,), Rule("sample", 20))
    assert len(text.choices) == 20
    assert SequenceModel(spec).spec == spec


def test_a_network_whose_tokens_are_numbers_reads_a_text_as_numbers():
    network = network_of()
    size = network.spec.vocabulary_size
    generic = in_its_tokens(source_of().tokens, _numbered(network, size))
    assert set(generic.tokens) <= set(generic.vocabulary.tokens)
    own = [token for token in source_of().tokens.vocabulary.tokens if token != "<unk>"]
    shown = dict(zip(source_of().tokens.tokens, generic.tokens, strict=True))
    assert [shown[token] for token in own if token in shown] == sorted(
        shown[token] for token in own if token in shown
    )
    assert generic.unknown == max(0, len(own) - (size - 1))


def _numbered(network: Network, size: int) -> Network:
    bare = safetensors.torch.save(
        {k: v.contiguous() for k, v in network.checkpoint.weights.items()}
    )
    adopted = load_checkpoint(bare).adopt()
    made = Network(adopted.spec, adopted)
    assert made.numbered
    assert not network.numbered
    return made


def test_a_rule_without_numbers_is_told():
    spec = ModelSpec(cell="rnn_relu", vocabulary_size=5, hidden_size=4, initialisation="normal",
                     sigma=10.0, spectral_radius=3.0)  # fmt: skip
    with pytest.raises(CoreError, match="not finite"):
        written.written(Network(spec), (1,), Rule("greedy", 2000))

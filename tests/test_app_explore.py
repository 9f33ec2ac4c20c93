"""The Explore page without a browser: every cell, bad addresses, bad texts, and what is drawn."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from app.components.explorer.pack import pack
from app.compute import readings, reference_models, texts, trained
from app.compute.networks import Network
from app.sidebar.source import Source, read_by
from app.state import Looking
from app.theme import verdict_text
from app.views.explorer import Choices, explorer_view, lane_keys, title
from core.analysis import similarity_order
from core.learning.box import BOX
from core.models import ModelSpec
from core.text import MAX_STEPS, Split, Stretch
from tests.ngram_oracle import probability

MAIN = str(Path(__file__).resolve().parent.parent / "app" / "main.py")
CELLS = {"rnn_tanh": "RNN", "rnn_relu": "ReLU", "gru": "GRU", "lstm": "LSTM"}


def page(**query: str) -> AppTest:
    """The page as a link with this query opens it."""
    app = AppTest.from_file(MAIN, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def messages(app: AppTest) -> list[str]:
    return [error.value for error in app.error]


def assert_whole(app: AppTest) -> None:
    """Nothing crashed, and explorer and comparison are both on the page."""
    assert not app.exception
    shown = {element.key for element in app.get("bidi_component")}
    assert {"presenter", "explorer", "lanes"} <= shown


@pytest.mark.parametrize(("name", "label"), CELLS.items())
def test_every_cell_by_name_and_by_label(name, label):
    for written in (name, label):
        app = page(cell=written, steps="30")
        assert_whole(app)
        assert not messages(app)
        assert app.segmented_control(key="cell").value == name


@pytest.mark.parametrize(
    "query",
    [
        {"cell": "transformer", "units": "-5", "layers": "99", "both": "perhaps"},
        {"units": "1e9", "steps": "abc", "from": "-1", "seed": "-3"},
        {"steps": "100000", "from": "999999999", "seed": "99999999999999999999"},
        {"scaled": "true", "radius": "nan", "start": "normal", "sigma": "inf"},
        {"text": "../../etc/passwd", "tokens": "bytes", "loss": "<script>"},
        {"t": "-1", "layer": "<b>", "lane": "x" * 5000, "order": "", "strip": "0", "edges": "no"},
        {"t": "99999999999999999999999", "unknown": "1"},
        {"t": "٣", "text": "paste", "input": "one_hot"},
        dict.fromkeys(("cell", "loss", "input", "tokens", "start", "text"), ""),
        dict.fromkeys(("units", "layers", "steps", "from", "seed", "both", "t", "layer"), ""),
    ],
)
def test_a_bad_address_opens_the_page_all_the_same(query):
    app = page(**query)
    assert_whole(app)
    assert not messages(app)


@settings(max_examples=15, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ("text", "tokens", "steps", "from", "cell", "units", "layers", "both", "loss", "start",
             "scaled", "radius", "input", "seed", "t", "layer", "lane", "order", "strip", "edges")
        ),
        st.text(max_size=12) | st.integers().map(str) | st.floats().map(str),
        max_size=6,
    )
)  # fmt: skip
def test_no_address_breaks_the_page(query):
    query.setdefault("units", "8")
    assert_whole(page(**query))


def test_a_pasted_text_is_read_and_kept_out_of_the_address():
    app = page(text="paste", steps="40")
    assert "Until then: Skerrow Time." in [caption.value for caption in app.caption]
    app.text_area(key="pasted").set_value("Only mine: 秘密の文章. " * 9).run()
    assert_whole(app)
    assert not messages(app)
    assert not any("秘" in str(value) for value in app.query_params.values())
    assert any("your text stays on this page" in caption.value for caption in app.caption)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("   \n ", "empty|only white space"),
        ("x", "at least 2 tokens"),
        ("y" * 2_000_001, "2,000,000"),
    ],
)
def test_a_text_that_cannot_be_read_gets_one_sentence_and_the_page_stays(text, words):
    app = page(text="paste", steps="40")
    app.text_area(key="pasted").set_value("A good text before. " * 5).run()
    app.text_area(key="pasted").set_value(text).run()
    assert not app.exception
    (message,) = messages(app)
    assert any(word in message for word in words.split("|")), message
    assert_whole(app)


def test_tokens_that_leave_nothing_fall_back_to_characters():
    app = page(text="paste", steps="10")
    app.text_area(key="pasted").set_value("東京は今日も雨です。").run()
    app.segmented_control(key="tokens").set_value("letters").run()
    (message,) = messages(app)
    assert "it is read as characters until" in message
    assert_whole(app)


def choices_of(cell="lstm", text="lighthouse", steps=23, start=5, **more) -> Choices:
    decoded = texts.shipped(text)
    tokens = texts.tokens_of(decoded.digest, "graphemes", decoded.text)
    spec = ModelSpec(
        cell=cell, vocabulary_size=len(tokens.vocabulary), hidden_size=6, seed=3, **more
    )
    stretch = Stretch.of(tokens.tokens, start, steps, MAX_STEPS)
    source = Source(decoded, text, False, "graphemes", tokens, stretch)
    return Choices(source, Network(spec), "last")


def indices_of(choices: Choices):
    encode = choices.source.tokens.vocabulary.encode
    stretch = choices.source.stretch
    return tuple(encode(stretch.inputs)), tuple(encode(stretch.targets))


def reading_of(choices: Choices):
    return readings.reading(choices.network, *indices_of(choices), choices.at)


@pytest.mark.parametrize("cell", CELLS)
def test_the_explorer_draws_the_readings_own_numbers(cell):
    choices = choices_of(cell, num_layers=2, bidirectional=True)
    reading = reading_of(choices)
    chosen = reading.layers[2]
    looking = Looking(4, chosen.name, "h", "index", "surprise", "forward")
    view = explorer_view(choices, reading, looking, similarity_order(chosen.hidden), "id")
    assert view.inputs == choices.source.stretch.inputs
    assert tuple(layer["name"] for layer in view.layers) == (
        "rnn.l0",
        "rnn.l0_reverse",
        "rnn.l1",
        "rnn.l1_reverse",
    )
    for drawn, layer in zip(view.hidden, reading.layers, strict=True):
        np.testing.assert_array_equal(drawn, layer.hidden)
    np.testing.assert_array_equal(view.gradient, [layer.gradient for layer in reading.layers])
    np.testing.assert_array_equal(view.gradient_flags, [layer.status for layer in reading.layers])
    assert tuple(lane.key for lane in view.lanes) == lane_keys(cell)
    np.testing.assert_array_equal(view.lanes[0].values, chosen.hidden)
    named = {"c": chosen.cell_state, **chosen.gates, **chosen.terms}
    for lane in view.lanes[1:]:
        values = named[lane.key]
        np.testing.assert_array_equal(lane.values, values)
        if lane.scale == "unit":
            assert 0 <= lane.values.min() <= lane.values.max() <= 1
    np.testing.assert_allclose(view.truth_probability, reading.truth_probability, rtol=1e-6)
    assert view.loss["perplexity"] == pytest.approx(math.exp(reading.loss))
    if chosen.verdict.straight:
        line = view.fit["intercept"] + view.fit["slope"] * np.arange(
            view.fit["start"], view.fit["stop"]
        )
        drawn = chosen.gradient[view.fit["start"] : view.fit["stop"]]
        assert np.sqrt(np.mean((line - drawn) ** 2)) < 0.1 * max(1, np.ptp(drawn))
    assert verdict_text(chosen.verdict) == view.verdict["text"]


def test_a_token_of_ten_thousand_accents_is_cut_for_the_screen():
    app = page(text="paste", steps="10")
    app.text_area(key="pasted").set_value("e" + "\u0301" * 10_000 + " and on").run()
    assert_whole(app)
    assert not messages(app)


def test_an_overflowing_network_shows_its_finite_numbers_as_they_are():
    choices = choices_of("rnn_relu", steps=400, start=0, spectral_radius=3.0, input="one_hot")
    reading = reading_of(choices)
    layer = reading.layers[0]
    assert np.isfinite(layer.hidden).all()
    assert layer.hidden.max() > 1e100
    assert np.isfinite(layer.edges_forward).all()
    assert np.isfinite(reading.head_forward).all()
    assert np.isfinite(reading.surprise).all()
    assert reading.surprise.max() > 1e80
    looking = Looking(4, layer.name, "h", "index", "surprise", "forward")
    view = explorer_view(choices, reading, looking, similarity_order(layer.hidden), "id")
    assert view.hidden.max() == layer.hidden.max()
    packed = pack(view)
    assert b'"hidden": {"dtype": "float64"' in packed[:200_000]
    assert view.loss["perplexity"] == math.inf


def test_readings_are_kept_by_the_memory_they_take():
    readings._readings.clear()
    choices = choices_of(steps=40)
    first = reading_of(choices)
    assert reading_of(choices).layers[0].hidden is first.layers[0].hidden
    assert readings._readings.held == readings._bytes_of(first) == 40 * 6 * 6 * 4
    assert readings._readings.most == readings.MOST_BYTES


def test_cached_arrays_cannot_be_changed():
    layer = reading_of(choices_of()).layers[0]
    with pytest.raises(ValueError, match="read-only"):
        layer.hidden[0, 0] = 1.0


def test_a_vocabulary_that_is_too_large_keeps_its_frequent_tokens():
    rare = "".join(chr(0x4E00 + k) for k in range(3000))
    text = rare + rare[:500] * 2
    tokens = texts.tokens_of("many", "graphemes", text)
    assert len(tokens.vocabulary) == texts.MOST_TOKENS
    assert tokens.unknown == 3000 - (texts.MOST_TOKENS - 1)
    assert set(rare[:500]) <= set(tokens.vocabulary.tokens)


def test_the_references_have_not_seen_the_stretch():
    choices = choices_of(steps=60, start=100)
    source = choices.source
    found = reference_models.references(source.tokens, source.stretch)
    assert [each.key for each in found] == ["unigram", "bigram", "trigram"]
    tokens, size = source.tokens.tokens, len(source.tokens.vocabulary)
    pieces = [tokens[:100], tokens[161:]]
    read = tokens[100:161]
    for order, reference in enumerate(found, 1):
        for t in (0, 1, 2, 17, 59):
            context = read[max(0, t + 2 - order) : t + 1]
            p = probability(
                pieces, context, read[t + 1], size, (1.0,) * (len(context) + 1), "unigram"
            )
            assert reference.surprise[t] == pytest.approx(-math.log(p), rel=1e-12)
        assert reference.perplexity == pytest.approx(math.exp(reference.surprise.mean()))
    reading = reading_of(choices)
    looking = Looking(4, "rnn.l0", "h", "index", "surprise", "forward")
    similarity = similarity_order(reading.layers[0].hidden)
    view = explorer_view(choices, reading, looking, similarity, "id", found)
    for drawn, reference in zip(view.references, found, strict=True):
        assert drawn.surprise is reference.surprise


def test_a_stretch_that_is_the_whole_text_has_no_reference():
    source = choices_of(steps=500, start=0, text="greetings").source
    tokens = replace(source.tokens, tokens=source.stretch.inputs[:40], digest="only these")
    assert reference_models.references(tokens, Stretch.of(tokens.tokens, 0, 39)) == ()


def test_the_trained_networks_in_the_box_are_what_their_list_says():
    models = trained.shipped_models()
    assert [model.name for model in models] == [boxed.name for boxed in BOX]
    files = [trained.MODELS / f"{model.name}.safetensors" for model in models]
    assert sum(file.stat().st_size for file in files) < 8_000_000
    for model, boxed in zip(models, BOX, strict=True):
        checkpoint = trained.shipped(model.name)
        assert checkpoint.spec.cell == boxed.cell
        assert checkpoint.text_digest == texts.shipped(model.text).digest
        assert len(checkpoint.snapshots) == 12
        assert checkpoint.snapshots[0].validation_perplexity == pytest.approx(
            checkpoint.spec.vocabulary_size, rel=0.05
        )
        losses = checkpoint.training["validation"]["loss"]
        assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize("step", [None, 0])
def test_a_trained_network_predicts_as_its_checkpoint_says(step):
    checkpoint = trained.shipped("lstm-story")
    source = choices_of(text="story").source
    indices = checkpoint.vocabulary.encode(source.tokens.tokens)
    split = Split.at_end(len(indices))
    low = split.validation[0]
    part = indices[low : low + 400]
    network = Network(checkpoint.spec, checkpoint, step, "Skerrow Time")
    reading = readings.reading(network, tuple(part[:-1]), tuple(part[1:]), "mean")
    found = math.exp(reading.loss)
    last = checkpoint.snapshots[0 if step == 0 else -1].validation_perplexity
    # 400 of 6,829 tokens: near the whole text's, and far from the other's.
    assert found == pytest.approx(last, rel=0.2)
    assert network.learnt == (3000 if step is None else 0)


def test_the_headline_says_whether_the_network_has_met_the_text():
    checkpoint = trained.shipped("gru-story")
    network = Network(checkpoint.spec, checkpoint, None, "Skerrow Time")
    source = choices_of(text="story", steps=20, start=0).source
    choices = Choices(read_by(network, source), network, "last")
    said = title(choices, reading_of(choices))
    who = "A GRU of 80 units, trained for 3,000 steps on Skerrow Time,"
    assert f"{who} reads 20 characters it has learnt from." in said
    late = choices_of(text="story", steps=20, start=68_000).source
    choices = Choices(read_by(network, late), network, "last")
    assert "20 characters held back from it." in title(choices, reading_of(choices))
    other = choices_of(text="lighthouse", steps=20).source
    choices = Choices(read_by(network, other), network, "last")
    assert "reads 20 characters. From" in title(choices, reading_of(choices))

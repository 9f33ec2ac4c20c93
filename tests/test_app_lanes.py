"""From readings of several networks to their lanes: each number is the reading's own."""

import math
from dataclasses import replace

import numpy as np
import pytest

from app.components.lanes.pack import pack
from app.compute import comparisons, readings, texts, trained
from app.compute.networks import Network
from app.sidebar.source import Source, read_by
from app.theme import CELL_COLOURS, verdict_text
from app.views.explorer import Choices
from app.views.lanes import Named, decades, highest_layer, lanes_view, quantity_keys
from core.analysis import similarity_order
from core.models import ModelSpec
from core.text import MAX_STEPS, Stretch


def choices_of(cell="lstm", steps=23, shipped=None, **more) -> Choices:
    boxed = {each.name: each for each in trained.shipped_models()}
    text = boxed[shipped].text if shipped else "lighthouse"
    decoded = texts.shipped(text)
    tokens = texts.tokens_of(decoded.digest, "graphemes", decoded.text)
    spec = ModelSpec(
        cell=cell,
        vocabulary_size=len(tokens.vocabulary),
        **({"hidden_size": 6, "seed": 3} | more),
    )
    network = Network(spec)
    if shipped:
        checkpoint = trained.shipped(shipped)
        network = Network(checkpoint.spec, checkpoint)
    stretch = Stretch.of(tokens.tokens, 5, steps, MAX_STEPS)
    source = Source(decoded, text, False, "graphemes", tokens, stretch)
    return Choices(read_by(network, source), network, "last")


def named_of(choices: Choices, networks=None) -> list[Named]:
    encode = choices.source.tokens.vocabulary.encode
    stretch = choices.source.stretch
    indices = tuple(encode(stretch.inputs)), tuple(encode(stretch.targets))
    return [
        (name, network, readings.reading(network, *indices, choices.at))
        for name, network in networks or comparisons.cells(choices.network)
    ]


def test_three_cells_numbers_are_the_readings_own():
    choices = choices_of(num_layers=2, bidirectional=True)
    named = named_of(choices)
    view = lanes_view(choices, named, 4, link="explore")
    assert [network.name for network in view.networks] == [name for name, _, _ in named]
    assert (view.inputs, view.targets) == (
        choices.source.stretch.inputs,
        choices.source.stretch.targets,
    )
    assert (view.quantity, view.quantities) == ("h", (("h", "hidden state h"),))
    assert (view.cursor, view.link, view.start) == (4, "explore", 5)
    for drawn, (_, network, reading) in zip(view.networks, named, strict=True):
        layer = reading.layers[2]
        assert layer is highest_layer(reading)
        np.testing.assert_array_equal(drawn.values, layer.hidden)
        np.testing.assert_array_equal(drawn.gradient, layer.gradient)
        np.testing.assert_array_equal(drawn.flags, layer.status)
        np.testing.assert_array_equal(drawn.surprise, reading.surprise)
        assert drawn.perplexity == pytest.approx(math.exp(reading.surprise.mean()), rel=1e-12)
        assert drawn.word == layer.verdict.word
        assert drawn.verdict == verdict_text(layer.verdict)
        assert drawn.colour == CELL_COLOURS[network.spec.cell]
        vocabulary = choices.source.tokens.vocabulary
        assert vocabulary.encode(drawn.guesses) == reading.top[:, 0].tolist()
        np.testing.assert_array_equal(drawn.guess_probability, reading.top_probability[:, 0])
        finite = drawn.gradient[np.isfinite(drawn.gradient)]
        assert view.decades[0] <= finite.min()
        assert finite.max() <= view.decades[1]


@pytest.mark.parametrize(
    ("cells", "keys"),
    [
        (("rnn_tanh", "gru", "lstm"), ("h",)),
        (("rnn_tanh", "rnn_relu"), ("h", "from_input", "from_state")),
        (("lstm", "lstm"), ("h", "c", "input", "forget", "cell", "output")),
        (("gru", "lstm"), ("h", "carry")),
        (("lstm", "gru", "lstm"), ("h", "carry")),
    ],
)
def test_what_all_networks_have_can_be_chosen_and_each_is_its_own(cells, keys):
    assert quantity_keys(cells) == keys
    choices = choices_of(cells[0])
    networks = [
        (str(at), Network(replace(choices.spec, cell=cell, seed=at)))
        for at, cell in enumerate(cells)
    ]
    named = named_of(choices, networks)
    for key in keys:
        view = lanes_view(choices, named, 4, quantity=key)
        assert view.quantity == key
        assert tuple(known for known, _ in view.quantities) == keys
        for drawn, (_, network, reading) in zip(view.networks, named, strict=True):
            layer = reading.layers[0]
            own = {"h": layer.hidden, "c": layer.cell_state, **layer.gates, **layer.terms}
            own["carry"] = layer.gates.get("forget", layer.gates.get("update"))
            np.testing.assert_array_equal(drawn.values, own[key])
            bounded = network.spec.cell != "rnn_relu" if key == "h" else key == "cell"
            unit = key in ("input", "forget", "output", "carry")
            expected = "unit" if unit else "signed_unit" if bounded else "signed_own"
            assert drawn.scale == expected


def test_choices_that_do_not_fit_are_replaced():
    choices = choices_of()
    named = named_of(choices)
    view = lanes_view(choices, named, 4, "nonsense", "forget", ("n0", "n7"))
    assert (view.quantity, view.order, view.pair) == ("h", "index", ())
    assert lanes_view(choices, named, 4, pair=("n1", "n1")).pair == ()
    orders = [similarity_order(reading.layers[0].hidden) for _, _, reading in named]
    view = lanes_view(choices, named, 4, "similarity", "h", ("n2", "n0"), orders)
    assert (view.order, view.pair) == ("similarity", ("n2", "n0"))
    for network, rows in zip(view.networks, orders, strict=True):
        np.testing.assert_array_equal(network.similarity, rows)


def test_the_identity_follows_the_content_and_nothing_else():
    choices = choices_of("rnn_tanh")
    networks = comparisons.networks("activation", choices.network, 1.0)
    named = named_of(choices, networks)
    view = lanes_view(choices, named, 4)
    same = lanes_view(choices, named, 9, "similarity", pair=("n1", "n0"))
    assert same.identity == view.identity
    mean = replace(choices, at="mean")
    others = [
        lanes_view(choices, named, 4, quantity="from_state"),
        lanes_view(choices, named[::-1], 4),
        lanes_view(mean, named_of(mean, networks), 4),
    ]
    assert len({view.identity, *(each.identity for each in others)}) == 4


def test_trained_networks_of_one_text_stand_side_by_side():
    choices = choices_of(steps=40, shipped="lstm-story")
    named = named_of(choices)
    assert len(named) == 3
    view = lanes_view(choices, named, 4)
    assert all(network.perplexity < 12 for network in view.networks)  # of 60 tokens or so
    assert len(pack(view)) < 60_000


def test_a_network_that_overflows_shows_its_finite_numbers():
    choices = choices_of("rnn_relu", steps=400, spectral_radius=3.0, input="one_hot")
    named = named_of(choices, comparisons.networks("cells", choices.network, 1.0))
    view = lanes_view(choices, named, 4)
    assert view.networks[0].values.max() > 1e100
    assert view.networks[0].perplexity == math.inf
    assert [network.scale for network in view.networks] == ["signed_own", *["signed_unit"] * 2]
    assert b"NaN" not in pack(view).replace(b'"NaN"', b"")


def test_the_axis_spans_whole_decades_at_least_two():
    nothing = np.full(3, np.nan)
    assert decades([np.array([-3.2, np.nan]), np.array([1.5, 0.0])]) == (-4.0, 2.0)
    assert decades([np.array([-3.2]), nothing]) == (-5.0, -3.0)
    assert decades([nothing, nothing]) == (-2.0, 0.0)

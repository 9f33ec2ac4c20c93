"""The Text page without a browser: every view, odd texts, and the numbers that are drawn."""

import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from app.compute import counts, texts
from app.figures.next_tokens import next_tokens
from app.figures.perplexity_by_order import perplexity_by_order
from app.figures.vocabulary_size import vocabulary_size
from app.sidebar.counting import WindowChoices
from app.sidebar.labels import BACKOFFS, ORDERS, SCORED, SPLITS, VIEWS, WINDOWS
from app.sidebar.source import Source
from app.views.text import offsets_of, stages_view, surprise_view, windows_view, zipf_view
from app.wording import by_order
from core.errors import TextError
from core.text import (
    MAX_ORDER,
    NgramCounts,
    NgramModel,
    Split,
    Stretch,
    Vocabulary,
    check_text,
    fit_zipf,
    perplexity,
)

MAIN = str(Path(__file__).resolve().parent.parent / "app" / "main.py")
SCHEMES = ("graphemes", "letters", "words")


def page(view: str, **chosen: object) -> AppTest:
    """The Text page with this view, reached through the navigation."""
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["units"] = "4"
    app.query_params["steps"] = "30"
    app.run()
    app.switch_page("screens/text.py").run()
    app.segmented_control(key="view").set_value(view).run()
    for key, value in chosen.items():
        found = [each for each in (*app.segmented_control, *app.number_input, *app.toggle,
                                   *app.select_slider, *app.text_input, *app.selectbox)
                 if each.key == key]  # fmt: skip
        assert len(found) == 1, key
        found[0].set_value(value)
        app.run()
    return app


def assert_whole(app: AppTest, messages: int = 0) -> None:
    """Nothing crashed, the component is there, and so many messages are shown."""
    assert not app.exception
    assert len(app.get("bidi_component")) == 2  # with the presenter’s buttons
    assert len(app.error) == messages, [each.value for each in app.error]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_view_under_every_scheme(view, scheme):
    assert_whole(page(view, tokens=scheme))


@pytest.mark.parametrize(
    ("view", "key", "options"),
    [
        ("ngrams", "n", ORDERS),
        ("ngrams", "backoff", BACKOFFS),
        ("ngrams", "split", SPLITS),
        ("ngrams", "scored", SCORED),
        ("windows", "windows", WINDOWS),
    ],
)
def test_every_option(view, key, options):
    app = page(view)
    for option in options:
        app.segmented_control(key=key).set_value(option).run()
        assert_whole(app)


def test_whoever_reads_characters_is_told_where_words_are_chosen():
    (how,) = (each.value for each in page("ranks").caption if "How to read" in each.value)
    assert how.endswith("Zipf’s law is about words: choose them in the sidebar.")
    assert "sidebar" not in page("ranks", tokens="words").caption[0].value


def test_the_limits_of_smoothing_and_of_the_vocabulary():
    app = page("ngrams", min_freq=1000)
    assert_whole(app)
    app.number_input(key="min_freq").set_value(0).run()
    app.toggle(key="own_epsilons").set_value(True).run()
    for order, epsilon in ((1, "0"), (3, "∞"), (2, "0"), (5, "1000")):
        app.select_slider(key=f"epsilon{order}").set_value(epsilon).run()
        assert_whole(app)
    app.segmented_control(key="scored").set_value("own").run()
    app.text_input(key="sentence").set_value("東京 🙂 <b>").run()
    assert_whole(app)
    app.text_input(key="sentence").set_value("").run()
    assert not app.exception
    assert [each.value for each in app.info] == [
        "Type a sentence above: each of its tokens is then scored."
    ]


def test_a_text_too_short_for_a_model_says_so_and_other_views_stay():
    app = page("ngrams")
    app.selectbox(key="text").set_value("paste").run()
    app.text_area(key="pasted").set_value("abc").run()
    assert not app.exception
    (message,) = [each.value for each in app.error]
    assert "at least 4" in message
    app.segmented_control(key="view").set_value("windows").run()
    assert_whole(app)
    app.number_input(key="window").set_value(2).run()
    app.segmented_control(key="windows").set_value("consecutive").run()
    assert not app.exception
    assert "in each of 3 streams" in app.error[0].value


def test_the_chapters_split_of_a_short_text_says_what_is_used_instead():
    app = page("ngrams", text="lighthouse", split="chapter")
    assert_whole(app, messages=1)
    assert "15,032 tokens" in app.error[0].value


@settings(max_examples=12, deadline=None)
@given(
    st.text(min_size=4, max_size=200),
    st.sampled_from(sorted(VIEWS)),
    st.sampled_from(SCHEMES),
)
def test_no_text_breaks_the_page(text, view, scheme):
    app = page(view, tokens=scheme)
    app.selectbox(key="text").set_value("paste").run()
    app.text_area(key="pasted").set_value(text).run()
    assert not app.exception


def source_of(name="lighthouse", scheme="graphemes", start=5, steps=40) -> Source:
    text = texts.shipped(name)
    tokens = texts.tokens_of(text.digest, scheme, text.text)
    return Source(text, name, False, scheme, tokens, Stretch.of(tokens.tokens, start, steps))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("min_freq", [0, 3])
def test_the_stages_are_those_of_the_library(scheme, min_freq):
    source = source_of(scheme=scheme)
    text = counts.indexed(source.tokens, min_freq)
    view = stages_view(source, text)
    assert view.tokens == source.stretch.inputs
    vocabulary = Vocabulary.from_tokens(source.tokens.tokens, min_freq)
    assert view.indices == tuple(vocabulary.encode(source.stretch.inputs))
    assert view.total == len(source.tokens.tokens) == sum(view.counts)
    assert "".join(piece.text for piece in view.raw) in source.text.text


def test_the_drawn_ranks_and_lines_are_the_counts():
    source = source_of("story", "words")
    ranks = counts.ranks(source.tokens, " ")
    view = zipf_view(source, ranks, 10, 200)
    vocabulary = Vocabulary.from_tokens(source.tokens.tokens)
    whole = NgramCounts.of(vocabulary.encode(source.tokens.tokens), len(vocabulary), 3)
    for order, curve in enumerate(view.curves, 1):
        _, frequencies = whole.frequencies(order)
        assert curve.distinct == len(frequencies)
        np.testing.assert_array_equal(curve.counts, frequencies[curve.ranks - 1])
        assert curve.ranks[0] == 1
        assert curve.ranks[-1] == len(frequencies)
        joined = " ".join(source.tokens.tokens)
        for phrase in curve.examples[:20]:
            assert f" {phrase} " in f" {joined} "
        for fit in curve.fits:
            wanted = fit_zipf(frequencies, 10, 200, fit.estimator)
            assert (fit.exponent, fit.log_intercept) == (wanted.exponent, wanted.log_intercept)


def test_the_strip_shows_the_models_own_numbers():
    source = source_of()
    text = counts.indexed(source.tokens, 0)
    learnt = counts.ngrams(source.tokens, 0, (0, 900))
    model = NgramModel(learnt, (1.0, 0.1, 0.0))
    shown = [*source.stretch.inputs, "東"]
    view = surprise_view(source, model, text, shown, "trigram", 99)
    assert view.cursor == 40
    indices = text.vocabulary.encode(shown)
    np.testing.assert_array_equal(view.surprise, model.surprise(indices))
    assert view.bits_per_character is None  # one token is not named
    assert view.perplexity == perplexity(model.probabilities(indices))
    assert view.read[-1] == "<unk>"
    for t, guesses in enumerate(view.guesses):
        chances = model.distribution(indices[:t])
        assert [chance for _, chance in guesses] == sorted(chances, reverse=True)[:5]
        for token, chance in guesses:
            assert chances[text.vocabulary.encode([token])[0]] == chance


def test_bits_per_character_of_words_count_their_letters_and_spaces():
    source = source_of(scheme="words")
    text = counts.indexed(source.tokens, 0)
    model = NgramModel(counts.ngrams(source.tokens, 0, (0, 200)), (1.0, 1.0))
    view = surprise_view(source, model, text, ["the", "keeper"], "bigram", 0)
    bits = -np.log2(model.probabilities(text.vocabulary.encode(["the", "keeper"]))).sum()
    assert view.bits_per_character == pytest.approx(bits / len("the keeper"))


def test_perplexities_fall_with_the_order_on_the_counted_text():
    source = source_of("story")
    split = Split.at_end(len(source.tokens.tokens))
    assert split.shared == 0
    found = counts.perplexities(source.tokens, 0, split, (0.0,) * MAX_ORDER, "unigram")
    assert all(after <= before for before, after in itertools.pairwise(found.train))
    smoothed = counts.perplexities(source.tokens, 0, split, (1.0,) * MAX_ORDER, "unigram")
    text = counts.indexed(source.tokens, 0)
    train = NgramCounts.of(text.indices[: split.train[1]], len(text.vocabulary), 3, first=4)
    rest = text.indices[split.validation[0] :]
    wanted = perplexity(NgramModel(train, (1.0,) * 3).probabilities(rest)[4:])
    assert smoothed.validation[2] == pytest.approx(wanted, rel=1e-12)
    assert smoothed.tokens_validation == len(rest) - 4
    # Overfitting: the highest order forecasts worse than a lower one.
    assert min(smoothed.validation) < smoothed.validation[-1]
    figure = perplexity_by_order(smoothed.train, smoothed.validation, 74, 3)
    assert figure.data[0].y == smoothed.train
    assert figure.data[1].y == smoothed.validation
    assert set(figure.data[2].y) == {74}
    gap = perplexity_by_order((3.0, math.inf), (2.0, 1.0), 9, 1)
    assert gap.data[0].y == (3.0, None)
    assert "∞" in gap.data[0].name


def test_the_vocabulary_shrinks_by_what_becomes_unknown():
    source = source_of("lighthouse", "words")
    for least in (0, 2, 6, 50):
        table = counts.vocabulary_sizes(source.tokens, least)
        for value, size in zip(table.least, table.sizes, strict=True):
            assert size == len(Vocabulary.from_tokens(source.tokens.tokens, value))
        text = counts.indexed(source.tokens, least)
        unknown = text.occurs[text.vocabulary.unknown] / len(text.indices)
        assert table.share_unknown == pytest.approx(unknown)
        assert len(text.vocabulary) + table.unknown == table.different + 1
        assert not set(table.examples) & set(text.vocabulary.tokens)
        figure = vocabulary_size(table.least, table.sizes, least)
        assert figure.data[0].y == table.sizes
        assert figure.data[1].y == (len(text.vocabulary),)


def test_a_text_that_holds_the_unknown_token_itself():
    tokens = texts.tokens_of("unk", "graphemes", "ab" * 9)
    tokens = texts.TokenText(("<unk>", "a", "a"), tokens.vocabulary, 0, "with unk")
    table = counts.vocabulary_sizes(tokens, 2)
    assert table.sizes[0] == len(Vocabulary.from_tokens(tokens.tokens)) == 2
    assert table.sizes[table.least.index(2)] == len(Vocabulary.from_tokens(tokens.tokens, 2))


def test_likely_tokens_are_drawn_as_they_are_and_never_as_tags():
    figure = next_tokens(["<b>", "e"], [0.5, 0.25], [3, 0])
    assert figure.data[0].x == (0.5, 0.25)
    assert figure.data[0].text == ("0.5000  (3×)", "0.2500  (0×)")
    assert figure.layout.yaxis.ticktext == ("&lt;b>", "e")
    assert next_tokens(["e"], [1e-9], [0]).data[0].text == ("1.0e-09  (0×)",)


def perplexities(train, validation, tokens=5000):
    return counts.Perplexities(tuple(train), tuple(validation), 9000, tokens)


@pytest.mark.parametrize(
    ("found", "said", "unsaid"),
    [
        (perplexities((9, 5, 3, 2, 1), (9, 6, 4, 5, 7)),
         ("falls as the order grows", "order 3 forecasts best (4)", "by heart"), ("blind",)),
        (perplexities((9, 5, 3, 2, 1), (9, 6, 5, 4, 3)),
         ("falls as the order grows", "order 5 forecasts best (3)."), ("heart", "blind")),
        (perplexities((9, 10, 11, 12, 13), (9, 11, 12, 13, 14)),
         ("rises as the order grows", "order 1 forecasts best"), ("heart",)),
        (perplexities((28,) * 5, (28,) * 5),
         ("is the same at every order. On", "it is the same at every order."), ("best",)),
        (perplexities((9, 5, 6, 7, 8), (60, 50, 60, 70, 80)),
         ("is lowest at order 2", "no better than a blind guess"), ("heart",)),
        (perplexities((9, 5, 3, 2, 1), (math.inf,) * 5),
         ("infinite at every order",), ("best",)),
        (perplexities((9, 5, 3, 2, 1), (9, 8, 7, 6, 5), tokens=199),
         ("Only 199 tokens could be judged by",), ("best",)),
    ],
)  # fmt: skip
def test_the_sentence_under_the_chart_says_what_its_numbers_say(found, said, unsaid):
    text = by_order(found, 28)
    for part in said:
        assert part in text
    for part in unsaid:
        assert part not in text


def test_no_parameter_of_the_address_means_two_things():
    seen = {}
    for path in sorted((Path(MAIN).parent / "sidebar").glob("*.py")):
        for key in re.findall(
            r'key="(\w+)"|^\s+"(\w+)",\n\s+[A-Z_]+,', path.read_text(encoding="utf-8"), re.M
        ):
            seen.setdefault("".join(key), set()).add(path.name)
    assert all(len(files) == 1 for files in seen.values()), seen
    assert not set(seen) & {"t", "s", "w", "ranks", "layer", "lane", "order", "strip", "edges"}


@pytest.mark.parametrize("steps", [1, 3, 5, 40])
def test_disjoint_rows_begin_at_their_offsets(steps):
    source = source_of()
    choices = WindowChoices("disjoint", steps, 3, 7)
    view = windows_view(source, choices, (0, 0))
    offsets = offsets_of(choices)
    assert offsets[0] == 0
    assert len(offsets) == min(steps, 5) == len(set(offsets))
    for row, offset in zip(view.rows, offsets, strict=True):
        assert row.windows[0] == (offset, offset + steps)
        assert all(b == c for (_, b), (c, _) in itertools.pairwise(row.windows))
        if offset:
            assert row.dropped[0] == (0, offset)
    drawn = [row for row in view.rows if row.note]
    assert len(drawn) <= 1
    for row in view.rows:
        if steps < 60:
            assert row.windows[-1][1] < len(view.tokens)  # its last target is shown too


def test_parallel_streams_show_their_own_tokens():
    source = source_of()
    view = windows_view(source, WindowChoices("consecutive", 7, 3, 7), (1, 1))
    for row in view.rows:
        assert row.tokens == source.tokens.tokens[row.first : row.first + len(row.tokens)]
        assert row.windows[0][0] == row.first
        assert all(b == c for (_, b), (c, _) in itertools.pairwise(row.windows))
    assert view.chosen == (1, 1)


def test_overlapping_rows_are_a_staircase():
    view = windows_view(source_of(), WindowChoices("overlapping", 6, 3, 7), (0, 0))
    assert [row.windows for row in view.rows] == [((n, n + 6),) for n in range(12)]


def test_windows_longer_than_the_text_are_refused():
    text = check_text("abc")
    tokens = texts.tokens_of(text.digest, "graphemes", "abc")
    source = Source(text, "", True, "graphemes", tokens, Stretch.of(tokens.tokens, 0, 2))
    for scheme in WINDOWS:
        with pytest.raises(TextError):
            windows_view(source, WindowChoices(scheme, 3, 1, 7), (0, 0))

"""The whole way from bytes to perplexity: on hostile bytes, and on the chapter's own numbers."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import CoreError
from core.text import (
    NgramCounts,
    NgramModel,
    Split,
    Stages,
    Vocabulary,
    Windows,
    bits_per_character,
    decode_text,
    entropy,
    fit_zipf,
    perplexity,
    share_seen_once,
    tokenize,
)

BOOK = Path(__file__).parents[1] / "../shared/data/timemachine.txt"
words_in_bytes = st.text(max_size=300).map(lambda text: text.encode("utf_8", "replace"))
utf_16 = st.text(max_size=150).map(lambda text: text.encode("utf_16", "surrogatepass"))


@settings(max_examples=1000)
@given(
    st.binary(max_size=300) | words_in_bytes | utf_16,
    st.sampled_from(["graphemes", "letters", "words"]),
    st.integers(0, 3),
    st.integers(1, 5),
    st.integers(1, 20),
)
def test_hostile_bytes_give_an_answer_or_one_sentence(data, scheme, min_freq, order, steps):
    try:
        text = decode_text(data).text
        tokens = tokenize(text, scheme)
        vocabulary = Vocabulary.from_tokens(tokens, min_freq)
        indices = np.array(vocabulary.encode(tokens))
        split = Split.at_end(len(tokens))
        counts = NgramCounts.of(indices[slice(*split.train)], len(vocabulary), order)
        model = NgramModel(counts, (1.0,) * order)
        validation = indices[slice(*split.validation)]
        found = perplexity(model.probabilities(validation))
        inputs, targets = Windows.disjoint(len(indices), steps).cut(indices)
        fit_zipf(counts.frequencies(order)[1], 1, 1000, "maximum likelihood")
    except CoreError as refused:
        assert str(refused).endswith(".")
        assert "`" in str(refused)
        return
    assert 1 <= found < math.inf
    assert bits_per_character(model.surprise(validation), len(validation)) >= 0
    assert inputs.shape == targets.shape
    assert Stages.of(text, scheme).tokens == tuple(tokens[:500])


@pytest.fixture(scope="module")
def book() -> str:
    if not BOOK.exists():
        pytest.skip(
            "The chapter's numbers need ../shared/data/timemachine.txt beside the repository: "
            "The Time Machine as Dive into Deep Learning reads it."
        )
    return decode_text(BOOK.read_bytes()).text


def indices_of(book: str, scheme) -> tuple[Vocabulary, np.ndarray]:
    tokens = tokenize(book, scheme)
    vocabulary = Vocabulary.from_tokens(tokens)
    return vocabulary, np.array(vocabulary.encode(tokens))


def test_characters_of_the_book(book):
    vocabulary, indices = indices_of(book, "letters")
    assert (len(indices), len(vocabulary)) == (173_428, 28)
    counts = NgramCounts.of(indices, 28, 3)
    assert entropy(counts.levels[0].counts) == pytest.approx(2.82689, abs=5e-6)
    rows = NgramModel(counts, (0.0,) * 3).probabilities_by_order(indices)
    for row, wanted, digit in zip(rows, (16.8928, 9.693, 6.070), (5e-5, 5e-4, 5e-4), strict=True):
        assert perplexity(row) == pytest.approx(wanted, abs=digit)


def test_smoothed_models_on_the_chapters_split(book):
    _, indices = indices_of(book, "letters")
    split = Split.of_chapter(len(indices))
    train, validation = indices[slice(*split.train)], indices[slice(*split.validation)]
    rows = NgramModel(NgramCounts.of(train, 28, 3), (1.0,) * 3).probabilities_by_order(validation)
    # Each on the tokens that have its whole context before them, as the chapter counts.
    for n, (row, wanted) in enumerate(zip(rows, (16.66, 9.62, 6.72), strict=True)):
        assert perplexity(row[n:]) == pytest.approx(wanted, abs=0.0055)


def test_words_of_the_book(book):
    vocabulary, indices = indices_of(book, "words")
    counts = NgramCounts.of(indices, len(vocabulary), 3)
    assert len(indices) == 32_775
    distinct = [np.count_nonzero(level.counts) for level in counts.levels]
    assert distinct == [4_579, 20_234, 29_882]
    for order, phrases in {
        1: "the 2261, i 1267, and 1245, of 1155, a 816, to 695, was 552, in 541, that 443, my 440",
        2: "of the 309, in the 169, i had 130",
        3: "the time traveller 59, the time machine 30",
    }.items():
        wanted = phrases.split(", ")
        places, numbers = counts.frequencies(order)
        rows = counts.ngrams(order, places[: len(wanted)])
        found = [
            f"{' '.join(vocabulary.decode(row))} {n}"
            for row, n in zip(rows.tolist(), numbers, strict=False)
        ]
        assert found == wanted
    assert share_seen_once(counts.levels[2].counts) == pytest.approx(0.9454, abs=5e-5)


def test_zipf_on_the_book_depends_on_the_range(book):
    vocabulary, indices = indices_of(book, "words")
    counts = NgramCounts.of(indices, len(vocabulary), 3)
    for order, middle, whole in ((1, 1.044, 1.035), (2, 0.689, 0.464), (3, 0.467, 0.164)):
        _, numbers = counts.frequencies(order)
        # The known numbers are those of the ranks 10 to 999.
        fit = fit_zipf(numbers, 10, 999, "least squares")
        assert fit.exponent == pytest.approx(middle, abs=5e-4)
        fit = fit_zipf(numbers, 1, 10**6, "least squares")
        assert (fit.exponent, fit.high) == (pytest.approx(whole, abs=5e-4), len(numbers))


def test_laplace_smoothing_of_a_pair_of_the_book(book):
    vocabulary, indices = indices_of(book, "words")
    counts = NgramCounts.of(indices, len(vocabulary), 2)
    (the, time) = vocabulary.encode(["the", "time"])
    for epsilon, wanted in ((0, 0.045113), (1, 0.045096), (10, 0.044941), (100, 0.043460)):
        model = NgramModel(counts, (float(epsilon),) * 2)
        assert model.distribution([the])[time] == pytest.approx(wanted, abs=5e-7)


def test_vocabulary_by_frequency(book):
    tokens = tokenize(book, "words")
    sizes = [len(Vocabulary.from_tokens(tokens, least)) for least in (0, 2, 3, 5, 10)]
    assert sizes == [4_580, 2_183, 1_420, 825, 400]

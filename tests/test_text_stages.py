"""Raw text, cleaned text, tokens and indices, linked token by token, in any script."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import CoreError, TextError
from core.text import Stages, Vocabulary, clean, tokenize

SCHEMES = ("graphemes", "letters", "words")
schemes = st.sampled_from(SCHEMES)


def tokens_or_none(text, scheme):
    try:
        return tokenize(text, scheme)
    except TextError:
        return None


@given(st.text(max_size=80), schemes)
@example("İSTANBUL İ, ISTANBUL", "words")
@example("ΑΣ.Α ΟΔΟΣ", "words")
@example("İ a, İİ b", "words")
@example("123 The--time\n\n machine!", "letters")
@example("e\u0301 👩‍👩‍👧‍👦🇫🇷", "graphemes")
def test_each_stage_holds_the_whole_text(text, scheme):
    tokens = tokens_or_none(text, scheme)
    if not tokens:
        return
    stages = Stages.of(text, scheme, 0, len(text) + 1)
    assert list(stages.tokens) == tokens
    assert "".join(piece.text for piece in stages.raw) == text
    assert "".join(piece.text for piece in stages.cleaned) == clean(text, scheme)
    for pieces in (stages.raw, stages.cleaned):
        linked = [piece.token for piece in pieces if piece.token >= 0]
        assert linked == list(range(len(tokens)))
        assert all(piece.text for piece in pieces)
    for piece in stages.cleaned:
        if piece.token >= 0:
            assert piece.text == tokens[piece.token]
    for piece in stages.raw:
        if piece.token >= 0 and scheme == "words":
            # A sigma at the end of a word depends on what stands after it.
            assert piece.text.lower().replace("ς", "σ") == tokens[piece.token].replace("ς", "σ")
        elif piece.token >= 0 and scheme == "graphemes":
            assert piece.text == tokens[piece.token]


@given(st.text(max_size=80), schemes, st.integers(0, 30), st.integers(1, 20))
def test_a_part_of_the_text_is_the_part_of_its_tokens(text, scheme, start, length):
    tokens = tokens_or_none(text, scheme)
    if not tokens:
        return
    whole = Stages.of(text, scheme, 0, len(tokens))
    part = Stages.of(text, scheme, start, length)
    assert list(part.tokens) == tokens[start : start + length]
    raw = {piece.token: piece.text for piece in part.raw if piece.token >= 0}
    for piece in whole.raw:
        if piece.token - start in raw and piece.token >= 0:
            assert raw[piece.token - start] == piece.text
    assert "".join(piece.text for piece in part.raw) in text


@given(st.text(max_size=80), schemes)
def test_cleaning_is_done_once_and_for_all(text, scheme):
    tokens = tokens_or_none(text, scheme)
    if tokens:
        assert tokenize(clean(text, scheme), scheme) == tokens


@given(st.text(min_size=1, max_size=80), schemes, st.integers(0, 4))
def test_indices_are_those_of_the_vocabulary(text, scheme, min_freq):
    tokens = tokens_or_none(text, scheme)
    if not tokens:
        return
    vocabulary = Vocabulary.from_tokens(tokens, min_freq)
    indices = Stages.of(text, scheme, 0, len(tokens)).indices(vocabulary)
    kept = set(vocabulary.tokens)
    back = vocabulary.decode(indices)
    for token, again in zip(tokens, back, strict=True):
        assert again == (token if token in kept else "<unk>")


def test_what_is_dropped_is_shown_where_it_stood():
    stages = Stages.of("I: “Don't, 12 of you!”", "words")
    assert [(piece.text, piece.token) for piece in stages.raw] == [
        ("I", 0), (": “", -1), ("Don", 1), ("'", -1), ("t", 2), (", 12 ", -1), ("of", 3),
        (" ", -1), ("you", 4), ("!”", -1),
    ]  # fmt: skip
    letters = Stages.of("A1b!", "letters")
    assert [(piece.text, piece.token) for piece in letters.raw] == [
        ("A", 0), ("1", 1), ("b", 2), ("!", 3),
    ]  # fmt: skip
    assert letters.tokens == ("a", " ", "b", " ")
    ends = Stages.of("a b!", "words", 0, 2)
    assert [piece.text for piece in ends.raw] == ["a", " ", "b", "!"]
    assert [piece.text for piece in Stages.of("a b!", "words", 0, 1).raw] == ["a"]
    assert len(Stages.of("x" * 600, "graphemes").tokens) == 500
    assert Stages.of("123", "words").tokens == ()
    later = Stages.of("I: “Don't, 12 of you!”", "words", 1, 2)
    assert [piece.text for piece in later.raw] == ["Don", "'", "t"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("abc", "bytes"), "`scheme` (='bytes')"),
        (("abc", "words", -1), "`start` (=-1)"),
        (("abc", "words", 0, 0), "`length` (=0)"),
    ],
)
def test_what_cannot_be_shown(arguments, words):
    with pytest.raises(CoreError) as refused:
        Stages.of(*arguments)
    assert words in str(refused.value)

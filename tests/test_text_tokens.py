"""Tokens, vocabulary and stretches: the chapter's numbers and the laws behind them."""

import dataclasses
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import CoreError, TextError
from core.text import (
    Stretch,
    Vocabulary,
    check_text,
    decode_text,
    join_tokens,
    require_tokens,
    tokenize,
)

TIME_MACHINE = Path(__file__).parents[1] / "../shared/data/timemachine.txt"
STORY = (
    "The Time Machine, by a keeper [1898]\n\n\nI\n\nThe keeper (for so it's convenient to call "
    "him) said:\n“Don't sleep,” and the sea and the gull -- and the lamp -- didn't."
)


@pytest.fixture(scope="module")
def time_machine() -> str:
    if not TIME_MACHINE.exists():
        pytest.skip(
            "The book's numbers need ../shared/data/timemachine.txt beside the repository: "
            "The Time Machine as Dive into Deep Learning reads it."
        )
    return decode_text(TIME_MACHINE.read_bytes()).text


def test_the_letters_of_the_book(time_machine):
    letters = tokenize(time_machine, "letters")
    vocabulary = Vocabulary.from_tokens(letters)
    assert len(letters) == 173_428
    assert len(vocabulary) == 28
    assert vocabulary.encode(letters[:10]) == [21, 9, 6, 0, 21, 10, 14, 6, 0, 14]
    assert join_tokens(letters[:16], "letters") == "the time machine"


def test_the_words_of_the_book(time_machine):
    words = tokenize(time_machine, "words")
    assert len(words) == 32_775
    assert len(set(words)) == 4_579
    assert Counter(words).most_common(10) == [
        ("the", 2261),
        ("i", 1267),
        ("and", 1245),
        ("of", 1155),
        ("a", 816),
        ("to", 695),
        ("was", 552),
        ("in", 541),
        ("that", 443),
        ("my", 440),
    ]
    assert [len(Vocabulary.from_tokens(words, n)) for n in (0, 2, 3, 5, 10)] == [
        4580,
        2183,
        1420,
        825,
        400,
    ]


def test_the_chapters_cleaning_on_a_text_at_hand():
    letters = tokenize(STORY, "letters")
    assert join_tokens(letters, "letters") == (
        "the time machine by a keeper i the keeper for so it s convenient to call him said "
        "don t sleep and the sea and the gull and the lamp didn t "
    )
    assert tokenize(STORY, "words") == join_tokens(letters, "letters").split()


def test_the_letters_vocabulary_has_the_chapters_indices():
    vocabulary = Vocabulary.from_tokens(tokenize("The five boxing wizards jump quickly", "letters"))
    assert vocabulary.encode(["q", "k", "z"]) == [18, 12, 27]
    alphabet = Vocabulary.from_tokens("abcdefghijklmnopqrstuvwxyz ")
    assert alphabet.tokens == (" ", "<unk>", *"abcdefghijklmnopqrstuvwxyz")
    assert alphabet.encode(tokenize("The time m", "letters")) == [21, 9, 6, 0, 21, 10, 14, 6, 0, 14]


def test_min_freq_counts_as_the_chapter_does():
    words = tokenize("the a the b the a c <unk>", "words")
    sizes = [len(Vocabulary.from_tokens(words, n)) for n in (0, 1, 2, 3, 4)]
    assert sizes == [6, 6, 3, 2, 1]  # "unk" is a word like any other
    assert Vocabulary.from_tokens(words, 3).tokens == ("<unk>", "the")
    assert Vocabulary.from_tokens(words, 4, reserved=["<pad>"]).tokens == ("<pad>", "<unk>")


@pytest.mark.parametrize(
    ("text", "graphemes"),
    [
        ("👩‍👩‍👧‍👦👍🏽", ["👩‍👩‍👧‍👦", "👍🏽"]),
        ("🇫🇷🇯🇵", ["🇫🇷", "🇯🇵"]),
        ("e\u0301é", ["e\u0301", "é"]),
        ("नमस्ते", ["न", "म", "स्ते"]),
        ("각ᄀ\u1161\u11a8", ["각", "ᄀ\u1161\u11a8"]),
        ("a\n\nb", ["a", "\n", "\n", "b"]),
        ("☀️!", ["☀️", "!"]),
        ("", []),
    ],
)
def test_a_grapheme_is_what_a_reader_sees(text, graphemes):
    assert tokenize(text, "graphemes") == graphemes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't stop, 2 be!", ["don", "t", "stop", "be"]),
        ("Größer, ÜBER Öl", ["größer", "über", "öl"]),
        ("Жар-птица", ["жар", "птица"]),
        ("ΟΔΟΣ ΟΔΟΣ", ["οδος"] * 2),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("می\u200cخواهم بروم", ["می\u200cخواهم", "بروم"]),
        ("cafe\u0301 au lait", ["cafe\u0301", "au", "lait"]),
        ("早上好！茶还热", ["早上好", "茶还热"]),
        ("🙂 ok \u0301", ["ok"]),
    ],
)
def test_words_are_runs_of_letters_in_any_script(text, words):
    assert tokenize(text, "words") == words


@given(st.text())
def test_graphemes_lose_nothing(text):
    graphemes = tokenize(text, "graphemes")
    assert join_tokens(graphemes, "graphemes") == text
    assert all(graphemes)


@given(st.text(st.characters(max_codepoint=127), min_size=1).filter(re.compile("[A-Za-z]").search))
def test_on_ascii_letters_and_words_are_the_chapters(text):
    cleaned = re.sub("[^A-Za-z]+", " ", text).lower()
    assert tokenize(text, "letters") == list(cleaned)
    assert tokenize(text, "words") == cleaned.split()


@settings(max_examples=200)
@given(st.text(min_size=1), st.sampled_from(["letters", "words"]))
def test_cleaning_a_cleaned_text_changes_nothing(text, scheme):
    try:
        tokens = tokenize(text, scheme)
    except TextError:
        return
    assert tokenize(join_tokens(tokens, scheme), scheme) == tokens


@pytest.mark.parametrize("text", ["早上好！", "Привет", "123 456", "", " "])
def test_a_text_without_a_to_z_is_refused_under_letters(text):
    with pytest.raises(TextError) as refusal:
        tokenize(text, "letters")
    assert str(refusal.value) == (
        f"`text` (of {len(text)} characters) is left empty by `scheme` (='letters'), which keeps "
        "only the letters a to z: choose 'graphemes'."
    )


@pytest.mark.parametrize("text", ["123 456", "🙂🙃", "?!"])
def test_a_text_without_words_is_refused_under_words(text):
    with pytest.raises(TextError, match="keeps only words, which begin with a letter: choose 'gra"):
        tokenize(text, "words")


def test_an_unknown_scheme_is_refused():
    for use in (lambda: tokenize("a", "bytes"), lambda: join_tokens(["a"], "bytes")):
        with pytest.raises(CoreError) as refusal:
            use()
        assert str(refusal.value) == "`scheme` (='bytes') must be one of graphemes, letters, words."


@pytest.mark.parametrize(("tokens", "count"), [([], "0 tokens"), (["🙂"], "1 token")])
def test_a_text_of_one_token_is_refused(tokens, count):
    for use in (lambda: require_tokens(tokens), lambda: Stretch.of(tokens, 0, 1)):
        with pytest.raises(TextError) as refusal:
            use()
        assert str(refusal.value) == (
            f"`text` (of {count}) must have at least 2 tokens, one to read and one to guess: give "
            "a longer text."
        )
    require_tokens(["🙂", "🙃"])


TOKENS = st.lists(st.text(min_size=1, max_size=3), min_size=1, max_size=40)


@given(TOKENS)
def test_known_tokens_come_back(tokens):
    vocabulary = Vocabulary.from_tokens(tokens)
    assert vocabulary.decode(vocabulary.encode(tokens)) == tokens
    assert vocabulary.encode(vocabulary.tokens) == list(range(len(vocabulary)))
    assert list(vocabulary.tokens) == sorted(vocabulary.tokens)


@given(TOKENS, st.integers(0, 4))
def test_rare_tokens_become_unknown(tokens, min_freq):
    vocabulary = Vocabulary.from_tokens(tokens, min_freq)
    counts = Counter(tokens)
    expected = [t if counts[t] >= min_freq else "<unk>" for t in tokens]
    assert vocabulary.decode(vocabulary.encode(tokens)) == expected


@given(TOKENS, st.randoms(use_true_random=False))
def test_a_vocabulary_does_not_depend_on_the_order_of_the_text(tokens, shuffler):
    vocabulary = Vocabulary.from_tokens(tokens)
    shuffled = list(tokens)
    shuffler.shuffle(shuffled)
    again = Vocabulary.from_tokens(shuffled)
    assert again == vocabulary
    assert hash(again) == hash(vocabulary)
    assert again.digest == vocabulary.digest


def test_a_digest_tells_where_one_token_ends():
    assert Vocabulary.from_tokens(["ab", "c"]).digest != Vocabulary.from_tokens(["a", "bc"]).digest


def test_an_unseen_token_has_the_index_of_unk():
    vocabulary = Vocabulary.from_tokens("ab")
    assert vocabulary.tokens[vocabulary.unknown] == "<unk>"
    assert vocabulary.encode(["a", "ж"]) == [1, vocabulary.unknown]


@pytest.mark.parametrize("index", [-1, 3, 10**6])
def test_an_index_out_of_range_is_refused(index):
    with pytest.raises(CoreError) as refusal:
        Vocabulary.from_tokens("ab").decode([0, index])
    assert str(refusal.value) == (
        f"`indices` holds {index}, which must be between 0 and 2, the last index of the vocabulary."
    )


@pytest.mark.parametrize("min_freq", [-1, 1.0, True, None])
def test_a_min_freq_that_is_no_count_is_refused(min_freq):
    with pytest.raises(CoreError) as refusal:
        Vocabulary.from_tokens("ab", min_freq)
    assert str(refusal.value) == (
        f"`min_freq` (={min_freq!r}) must be a whole number of at least 0."
    )


@pytest.mark.parametrize("tokens", [("b", "a", "<unk>"), ("a",), ("<unk>", "a", "a")])
def test_a_vocabulary_out_of_order_is_refused(tokens):
    with pytest.raises(CoreError, match="must be sorted, without repeats, and hold <unk>"):
        Vocabulary(tokens)


def test_a_vocabulary_and_a_stretch_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Vocabulary.from_tokens("ab").tokens = ()
    with pytest.raises(dataclasses.FrozenInstanceError):
        Stretch.of("abc", 0, 1).start = 1


def test_a_stretch_pairs_each_token_with_the_next():
    assert Stretch.of("keeper", 1, 3) == Stretch(1, ("e", "e", "p"), ("e", "p", "e"))


@given(
    st.lists(st.sampled_from("abc"), min_size=2, max_size=30),
    st.integers(1, 40),
    st.integers(1, 12),
    st.data(),
)
def test_a_stretch_reads_as_much_as_it_may(tokens, length, limit, data):
    start = data.draw(st.integers(0, len(tokens) - 2))
    stretch = Stretch.of(tokens, start, length, limit)
    steps = len(stretch)
    assert steps == min(length, limit, len(tokens) - 1 - start) >= 1
    assert list(stretch.inputs) == tokens[start : start + steps]
    assert list(stretch.targets) == tokens[start + 1 : start + steps + 1]
    assert stretch.inputs[1:] == stretch.targets[:-1]
    assert hash(stretch) == hash(Stretch.of(tokens, start, length, limit))


def test_at_most_500_tokens_are_read_at_once():
    assert len(Stretch.of("ab" * 1000, 3, 2000)) == 500


@pytest.mark.parametrize(
    ("start", "length", "message"),
    [
        (-1, 1, "`start` (=-1) must be at least 0."),
        (
            5,
            1,
            "`start` (=5) must be between 0 and 4, so that a token follows the first one read in "
            "this text of 6 tokens.",
        ),
        (0, 0, "`length` (=0) must be at least 1."),
        (0, 2.0, "`length` (=2.0) must be a whole number of at least 1."),
        (True, 1, "`start` (=True) must be a whole number of at least 0."),
    ],
)
def test_a_stretch_outside_the_text_is_refused(start, length, message):
    with pytest.raises(CoreError) as refusal:
        Stretch.of("keeper", start, length)
    assert str(refusal.value) == message


def test_a_pasted_text_goes_all_the_way_to_indices_and_back():
    text = check_text("Ring 🔔, ring 🔔!\r\n").text
    tokens = tokenize(text, "graphemes")
    vocabulary = Vocabulary.from_tokens(tokens)
    stretch = Stretch.of(tokens, 0, len(tokens))
    read = vocabulary.decode(vocabulary.encode([*stretch.inputs, stretch.targets[-1]]))
    assert join_tokens(read, "graphemes") == "Ring 🔔, ring 🔔!\n"

"""The texts that come with the program: readable, short, and showing what they promise."""

import json
from pathlib import Path

import pytest

from core.models import ModelSpec
from core.text import Stretch, Vocabulary, decode_text, tokenize

FOLDER = Path(__file__).parents[1] / "assets" / "texts"
INDEX = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
FILES = [entry["file"] for entry in INDEX]


def text_of(file: str) -> str:
    decoded = decode_text((FOLDER / file).read_bytes())
    assert (decoded.encoding, decoded.note) == ("UTF-8", "")
    return decoded.text


def test_the_index_lists_every_text_once():
    assert sorted(FILES) == sorted(path.name for path in FOLDER.glob("*.txt"))
    assert len(INDEX) == 3
    for entry in INDEX:
        assert set(entry) == {"file", "title", "description"}
        assert entry["description"].count(".") == 1
        assert entry["description"].endswith(".")
    assert len({entry["title"] for entry in INDEX}) == 3


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("scheme", ["graphemes", "letters", "words"])
def test_every_text_can_be_read_under_every_scheme(file, scheme):
    tokens = tokenize(text_of(file), scheme)
    vocabulary = Vocabulary.from_tokens(tokens)
    ModelSpec(cell="lstm", vocabulary_size=len(vocabulary))
    assert len(Stretch.of(tokens, 0, 150)) == 150


@pytest.mark.parametrize("file", FILES)
def test_every_text_fits_a_lesson(file):
    assert 1_000 <= len((FOLDER / file).read_bytes()) <= 3_000


def test_the_lighthouse_closes_every_quotation_it_opens():
    marks = [mark for mark in text_of("lighthouse.txt") if mark in "“”"]
    assert len(marks) >= 16
    assert marks == ["“", "”"] * (len(marks) // 2)


def test_the_boxes_close_in_the_order_they_promise():
    closing = {")": "(", "]": "[", "}": "{"}
    open_brackets, deepest = [], 0
    for character in text_of("boxes.txt"):
        if character in closing.values():
            open_brackets.append(character)
        elif character in closing:
            assert open_brackets.pop() == closing[character]
        deepest = max(deepest, len(open_brackets))
    assert not open_brackets
    assert deepest >= 4


def test_the_greetings_hold_graphemes_of_several_code_points():
    graphemes = tokenize(text_of("greetings.txt"), "graphemes")
    assert {"👩‍👩‍👧‍👦", "🇫🇷", "👋🏽", "e\u0301", "स्ते"} <= set(graphemes)
    assert graphemes.count("é") > 0  # the same letter as one code point, and another token

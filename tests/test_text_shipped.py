"""The texts that come with the program: readable, and showing what they promise."""

import ast
import json
import re
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
    for entry in INDEX:
        assert set(entry) == {"file", "title", "description"}
        assert entry["description"].count(".") == 1
        assert entry["description"].endswith(".")
    assert len({entry["title"] for entry in INDEX}) == len(INDEX)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("scheme", ["graphemes", "letters", "words"])
def test_every_text_can_be_read_under_every_scheme(file, scheme):
    tokens = tokenize(text_of(file), scheme)
    vocabulary = Vocabulary.from_tokens(tokens)
    ModelSpec(cell="lstm", vocabulary_size=len(vocabulary))
    assert len(Stretch.of(tokens, 0, 150)) == 150


def test_the_story_is_long_and_no_template():
    text = text_of("story.txt")
    assert len(text.encode()) >= 40_000
    words = tokenize(text, "words")
    assert len(set(words)) > 2_000
    sentences = [each for each in re.split(r"(?<=[.!?])”?\s+", text) if len(each) > 60]
    assert len(sentences) == len(set(sentences))
    for name in ("Zillah", "Umfrey", "Kester", "Skerrow", "Brill", "Ladder Street"):
        assert text.count(name) >= 30
    paragraphs = [each for each in text.split("\n") if each]
    spoken = [each for each in paragraphs if "“" in each]
    assert 0.3 < len(spoken) / len(paragraphs) < 0.7
    for paragraph in paragraphs:
        marks = [mark for mark in paragraph if mark in "“”"]
        assert marks == ["“", "”"] * (len(marks) // 2), paragraph[:60]


def test_the_source_is_python_that_this_program_consists_of():
    text = text_of("source.txt")
    ast.parse(text)
    assert len(text) > 40_000
    assert "class LayerTrace" in text


def test_the_lighthouse_closes_every_quotation_it_opens():
    marks = [mark for mark in text_of("lighthouse.txt") if mark in "“”"]
    assert len(marks) >= 16
    assert marks == ["“", "”"] * (len(marks) // 2)


def test_the_greetings_hold_graphemes_of_several_code_points():
    graphemes = tokenize(text_of("greetings.txt"), "graphemes")
    assert {"👩‍👩‍👧‍👦", "🇫🇷", "👋🏽", "e\u0301", "स्ते"} <= set(graphemes)
    assert graphemes.count("é") > 0  # the same letter as one code point, and another token

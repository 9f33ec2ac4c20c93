"""What is not seen is shown, alike in Python and in the browser's components."""

import sys
import unicodedata
from pathlib import Path

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from app.components.shared.signs import calm, is_blank, isolated, visible
from core.text import tokenize
from tests.components import answer_in_node

ROOT = Path(__file__).parent.parent
CATEGORIES = ("Cc", "Cf", "Zl", "Zp", "Zs", "Cs")
# Signs that Unicode counts as formats and every font draws: Arabic, Syriac and Kaithi number marks.
DRAWN = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
IGNORED = regex.compile(r"\p{Default_Ignorable_Code_Point}")
ALL = [
    sign
    for sign in map(chr, range(sys.maxunicode + 1))
    if (unicodedata.category(sign) in CATEGORIES or IGNORED.match(sign)) and ord(sign) not in DRAWN
]
"""every sign that is not seen, by the categories of Python's own Unicode"""
MIXED = st.text(
    st.one_of(st.sampled_from(ALL), st.sampled_from("aé-\u0301 \n\t漢👩یא<unk>1"), st.characters())
)
PROGRAM = """
import { calm, isBlank, isolated, visible } from "./shared/signs.js";
const answer = (texts) => texts.map((text) =>
  [calm(text), visible(text), isBlank(text), isolated(calm(text))]);
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """A folder in which JavaScript answers."""
    return tmp_path_factory.mktemp("node")


def joined(text: str) -> str:
    """Halves of a pair that stand side by side are one sign to JavaScript."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def in_python(text: str) -> list:
    return [calm(text), visible(text), is_blank(text), isolated(calm(text))]


def seen(shown: str) -> bool:
    """Whether a text holds a sign that is neither a gap nor without a glyph."""
    return any(sign not in UNSEEN for sign in shown)


UNSEEN = frozenset(ALL)


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        ("", "∅"), (" ", "␣"), ("  ", "␣␣"), ("\n", "⏎"), ("\t", "⇥"), ("\r", "␍"), ("\0", "␀"),
        ("\x1b", "␛"), ("\x7f", "␡"), ("\x85", "[U+0085]"), ("\xa0", "⍽"), ("\xad", "[U+00AD]"),
        ("\u200b", "[U+200B]"), ("\u200c", "[U+200C]"), ("\u200d", "[U+200D]"),
        ("\u200e", "[U+200E]"), ("\u2028", "[U+2028]"), ("\u2060", "[U+2060]"),
        ("\u3000", "[U+3000]"), ("\ufe0f", "[U+FE0F]"), ("\ufeff", "[U+FEFF]"),
        ("\ud800", "[U+D800]"), ("\ufffb", "[U+FFFB]"), ("\U000e0041", "[U+E0041]"),
        ("\u3164", "[U+3164]"), ("a b", "a b"), ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"), ("☀\ufe0f", "☀\ufe0f"),
        ("🏴\U000e0067\U000e007f", "🏴\U000e0067\U000e007f"), (" \u200d", " [U+200D]"),
        ("a\u202eb\u202c", "a[U+202E]b[U+202C]"), ("z" + "\u0301" * 9, "z" + "\u0301" * 5 + "…"),
        ("a\nb\tc", "a⏎b⇥c"), ("constructor", "constructor"), ("\u0600", "\u0600"),
    ],
)  # fmt: skip
def test_how_a_token_is_shown(node, token, shown):
    assert visible(token) == shown
    assert answer_in_node(node, PROGRAM, [token])[0][1] == shown


def test_every_sign_that_is_not_seen_is_shown_alone_and_alike(node):
    texts = [*ALL, *(f"a{sign}b" for sign in ALL), *(f"{sign}{sign} " for sign in ALL)]
    assert answer_in_node(node, PROGRAM, texts) == list(map(in_python, texts))
    for sign in ALL:
        assert seen(visible(sign)), f"U+{ord(sign):04X}"
        assert not set(visible(sign)) & UNSEEN, f"U+{ord(sign):04X}"
        assert is_blank(sign) or calm(sign) in {"\n", "\t", visible(sign)}


@settings(max_examples=20)
@given(st.lists(MIXED, min_size=30, max_size=60))
def test_both_languages_show_any_text_alike(node, texts):
    texts = list(map(joined, texts))
    assert answer_in_node(node, PROGRAM, texts) == list(map(in_python, texts))


@given(MIXED)
def test_something_of_every_token_is_seen_and_nothing_reaches_beyond_it(text):
    for token in [text, *tokenize(text, "graphemes")]:
        assert seen(visible(token))
        assert not set(visible(token)) & set("\n\t\r\0\u200b\u200e\u202e\u2066\u2068\u2069\ufeff")
        assert visible(visible(token)) == visible(token)


def test_the_signs_are_in_no_other_place():
    for path in (ROOT / "app").rglob("*"):
        if path.suffix in (".py", ".js") and path.name != "columns.js":  # it parts a text at them
            text = path.read_text(encoding="utf-8")
            own = [sign for sign in "␣⇥⍽␡" if sign in text]
            assert own == [], path
            assert "0x2400" not in text or path.stem == "signs", path


def test_a_text_of_its_own_direction_is_isolated_and_no_other():
    for text in ("שלום", "عربي", "a ܐ", "𐤀", "𞤀"):
        assert isolated(text) == f"\u2068{text}\u2069"
    for text in ("", "abc", "漢字", "é"):
        assert isolated(text) == text

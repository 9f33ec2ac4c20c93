"""What is typed into a box of one line is what is read, line ends and tabs too."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from app.sidebar.boxes import from_a_box, in_a_box
from core.errors import CoreError, TextError
from core.text import check_text, join_tokens, tokenize

MAIN = str(Path(__file__).resolve().parent.parent / "app" / "main.py")


TYPED = st.text(st.one_of(st.sampled_from("\\nt\n\t\r\x85\u2028\u2029\0\ud800 r"), st.characters()))
SCHEMES = ("graphemes", "letters", "words")


def read_as(text: str) -> str:
    """What is read of a text, by the letter of the rule."""
    for end in ("\r\n", "\r", "\x85", "\u2028", "\u2029"):
        text = text.replace(end, "\n")
    return text


@given(TYPED)
def test_a_box_gives_back_what_was_put_in(text):
    assert from_a_box(in_a_box(text)) == read_as(text)
    assert not {"\n", "\t", "\r"} & set(in_a_box(text))


@given(TYPED, st.sampled_from(SCHEMES))
def test_tokens_come_back_out_of_a_box(text, scheme):
    try:
        tokens = tokenize(check_text(text).text, scheme)
    except CoreError:
        return
    box = in_a_box(join_tokens(tokens, scheme))
    assert tokenize(from_a_box(box), scheme) == tokens


@given(TYPED)
def test_a_box_of_one_line_and_the_box_of_a_text_mean_the_same(text):
    try:
        read = check_text(text).text
    except TextError as error:
        assert str(error).count(". ") == 0
        assert str(error).startswith("`text` ")
        return
    assert read == read_as(halves_replaced(text).lstrip("\ufeff"))
    if "\\" not in text and not text.startswith("\ufeff"):
        assert from_a_box(halves_replaced(text)) == read


def halves_replaced(text: str) -> str:
    """Surrogate pairs joined, and halves without the other as U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@given(TYPED)
def test_what_holds_no_escape_is_read_as_typed(text):
    if "\\" not in text:
        assert from_a_box(text) == read_as(text)


@pytest.mark.parametrize("end", ["\r\n", "\r", "\x85", "\u2028", "\u2029"])
def test_the_page_reads_a_pasted_text_with_one_kind_of_line_end(end):
    app = page(f"ab{end}\tcd{end}" * 30)
    assert app.session_state["handed_source"].text.text == "ab\n\tcd\n" * 30
    assert not app.error


@pytest.mark.parametrize("text", ["a\0b" * 9, "\x01\x02" * 9, " \u2028\n"])
def test_what_no_text_holds_is_refused_in_one_sentence(text):
    (error,) = page(text).error
    assert error.value.startswith("Your text")
    assert error.value.rstrip(".").count(". ") == 0


def test_a_sentence_of_ones_own_is_read_with_its_line_ends():
    app = page("ab\ncd\n" * 30)
    app.switch_page("screens/text.py").run()
    app.segmented_control(key="view").set_value("ngrams").run()
    app.segmented_control(key="scored").set_value("own").run()
    app.text_input(key="sentence").set_value("ab\\ncd\u2028ab").run()
    assert not app.exception
    assert not any("new to" in each.value or "<unk>" in each.value for each in app.caption)


def page(text: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["text"] = "paste"
    app.run()
    app.text_area(key="pasted").set_value(text).run()
    assert not app.exception
    return app


def test_the_context_of_the_n_grams_keeps_its_line_ends():
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["text"] = "paste"
    app.run()
    app.text_area(key="pasted").set_value("ab\n\tcd\nef\tgh\n" * 30).run()
    app.switch_page("screens/text.py").run()
    app.segmented_control(key="view").set_value("ngrams").run()
    assert not app.exception
    (box,) = [each for each in app.text_input if each.label == "Context"]
    assert from_a_box(box.value) == ("ab\n\tcd\nef\tgh\n" * 30)[:12]
    box.set_value("ab\\n").run()
    assert not app.exception
    assert any(code.value.startswith("ab\n▏") for code in app.code)

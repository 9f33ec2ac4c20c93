"""What is typed into a box of one line is what is read, line ends and tabs too."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from app.sidebar.boxes import from_a_box, in_a_box
from core.text import tokenize

MAIN = str(Path(__file__).resolve().parent.parent / "app" / "main.py")


@given(st.text(st.one_of(st.sampled_from("\\nt\n\t\r r"), st.characters())))
def test_a_box_gives_back_what_was_put_in(text):
    assert from_a_box(in_a_box(text)) == text
    assert not {"\n", "\t", "\r"} & set(in_a_box(text))
    tokens = tokenize(text, "graphemes")
    assert tokenize(from_a_box(in_a_box("".join(tokens))), "graphemes") == tokens


@given(st.text())
def test_what_holds_no_escape_is_read_as_typed(text):
    if "\\" not in text:
        assert from_a_box(text) == text


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

"""A file of the user's on the page: guesses, limits, refusals, and what it is called."""

import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.compute import texts
from app.sidebar.own_text import title_of_file
from core.text import MAX_BYTES, decode_text

MAIN = str(Path(__file__).resolve().parent.parent / "app" / "main.py")
FINNISH = "Hyvää päivää, tämä on yö. Äiti leipoi pullaa ja isä söi sitä heti."
DATA = FINNISH.encode("cp1252")
OTHER = decode_text(DATA).alternatives[0]
CYRILLIC = "Смотритель сказал: лампа не должна спать, и снова поднялся по лестнице."


def page(**query: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    for name, value in ({"text": "upload", "steps": "20"} | query).items():
        app.query_params[name] = value
    return app.run()


def upload(app: AppTest, name: str, data: bytes) -> AppTest:
    app.file_uploader(key="uploaded").set_value((name, data, "text/plain")).run()
    assert not app.exception
    return app


def read(app: AppTest) -> str:
    return app.session_state["handed_source"].text.text


def test_a_guessed_encoding_is_shown_with_the_others_and_one_click_changes_it():
    app = upload(page(), "suomi.txt", FINNISH.encode("cp1252"))
    choice = app.radio(key="encoding")
    assert read(app) == FINNISH
    assert choice.value == "cp1252"
    assert len(choice.options) >= 3
    choice.set_value(OTHER).run()
    assert read(app) == decode_text(DATA, OTHER).text
    assert FINNISH[:4] not in str(app.query_params)


def test_the_choice_in_a_link_is_taken_and_a_hostile_one_is_not():
    app = upload(page(encoding=OTHER), "suomi.txt", FINNISH.encode("cp1252"))
    assert read(app) == decode_text(DATA, OTHER).text
    for hostile in ("rot13", "../../etc", "<b>", "utf_32_le", "x" * 3000):
        app = upload(page(encoding=hostile), "suomi.txt", FINNISH.encode("cp1252"))
        assert read(app) == FINNISH
        assert not app.error


def test_a_file_that_says_its_encoding_leaves_no_choice():
    app = upload(page(encoding=OTHER), "a.txt", FINNISH.encode())
    assert read(app) == FINNISH
    assert not app.radio


def test_what_was_found_in_a_guessed_file_is_told_and_its_guess_but_once():
    app = upload(page(), "damaged.txt", (FINNISH * 9).encode() + b"\xff")
    assert app.radio(key="encoding").value == "utf_8"
    told = [each.value for each in app.caption if "not valid UTF-8" in each.value]
    assert told == ["1 place was not valid UTF-8 and shown as \ufffd."]
    upload(app, "legacy.txt", FINNISH.encode("cp1252"))
    assert not any("a guess: if letters" in each.value for each in app.caption)


def test_the_choice_for_one_file_is_none_for_the_next():
    app = upload(page(), "a.txt", FINNISH.encode("cp1252"))
    app.radio(key="encoding").set_value(OTHER).run()
    upload(app, "b.txt", CYRILLIC.encode("koi8_r"))
    assert read(app) in {CYRILLIC, CYRILLIC.encode("koi8_r").decode(OTHER, "replace")}
    assert not app.error


def test_of_a_large_file_the_first_part_is_read_and_the_page_says_so():
    line = "The keeper climbed the stair again.\n"
    data = (line * (3 * MAX_BYTES // len(line))).encode()
    app = upload(page(), "long.txt", data)
    assert not app.error
    assert len(read(app)) == MAX_BYTES // len(line) * len(line)
    assert any("Only the first part" in caption.value for caption in app.caption)


def test_a_refused_file_says_why_beside_the_text_that_stays():
    app = upload(page(), "good_one.txt", FINNISH.encode())
    upload(app, "book.pdf", b"%PDF-1.7 ...")
    assert read(app) == FINNISH
    (error,) = app.error
    assert "PDF" in error.value
    assert "select all" in error.value
    assert error.value in {each.value for each in app.main.error}
    assert "good" in error.value


def test_a_file_is_called_by_its_name():
    app = upload(page(), "Kalevala <b>.txt", FINNISH.encode())
    assert app.session_state["handed_source"].title == "Kalevala <b>.txt"
    assert "Kalevala" not in str(app.query_params)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("a.txt", "a.txt"),
        ("C:\\books\\a.txt", "a.txt"),
        ("../../a.txt", "a.txt"),
        ("a\n\u202eb\0.txt", "a b .txt"),
        ("", "Your file"),
        ("x" * 300, "x" * 59 + "…"),
    ],
)
def test_the_name_of_a_file_is_calm(name, title):
    assert title_of_file(name) == title


def test_what_a_session_keeps_of_its_own_texts_is_bounded():
    most = "e" * (MAX_BYTES - 4) + "🙂"  # four bytes a sign in memory
    app = upload(page(), "long.txt", most.encode())
    app.selectbox(key="text").set_value("paste").run()
    app.text_area(key="pasted").set_value(most).run()
    assert not app.exception
    kept = [app.session_state[f"last_{name}"].text.text for name in ("upload", "paste")]
    assert sum(map(sys.getsizeof, kept)) <= texts.MOST_TEXT


def test_the_memory_of_all_texts_is_bounded():
    for at in range(30):
        text = texts.decoded(f"{at} маяк ".encode() * 90_000)
        tokens = texts.tokens_of(text.digest, "words", text.text)
        assert len({id(token) for token in tokens.tokens}) <= len(set(tokens.tokens))
    assert texts._decoded.held <= 20_000_000
    assert texts._tokens.held <= texts.MOST_KEPT

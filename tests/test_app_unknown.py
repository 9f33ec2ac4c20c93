"""Tokens that a trained network does not know: marked, counted, scored as <unk>, and a way out."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from app.components.explorer.pack import pack
from app.compute import readings, reference_models, texts
from app.sidebar.labels import HERE
from app.sidebar.own_text import OWN
from app.sidebar.source import read_by
from app.sidebar.weights import _learnt
from app.state import Looking
from app.views.explorer import Choices, explorer_view
from core.analysis import similarity_order
from core.text import UNKNOWN, Vocabulary, check_text
from tests.test_explorer_component import read

MAIN = str(Path(__file__).resolve().parent.parent / "app" / "main.py")
ENGLISH = "The keeper climbed the stair again and lit the lamp. " * 3
MIXED = ENGLISH + "漢字 " + ENGLISH
FOREIGN = "Смотритель сказал: лампа не должна спать, и снова поднялся. " * 3


def page(text: str, **query: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    for name, value in ({"text": "paste", "steps": "300"} | query).items():
        app.query_params[name] = value
    app.run()
    app.text_area(key="pasted").set_value(text).run()
    assert not app.exception
    return app


def test_a_few_unknown_tokens_are_counted_in_tokens_and_need_no_way_out():
    app = page(MIXED)
    told = [each.value for each in app.caption if "`<unk>`" in each.value]
    assert told
    assert told[0].startswith("2 of the ")
    assert not app.warning


def test_a_text_mostly_unknown_offers_to_train_or_to_go_untrained():
    app = page(FOREIGN)
    (warning,) = app.warning
    unread = sum(sign.isalpha() and not sign.isascii() for sign in FOREIGN.strip())
    assert f"{unread:,} of the {len(FOREIGN):,} tokens" in warning.value
    app.button(key="go_untrained").click().run()
    assert not app.exception
    assert not app.warning
    assert app.selectbox(key="weights").value == "untrained"


def test_the_link_leads_to_training_and_the_text_is_there():
    app = page(FOREIGN)
    (link,) = [each.proto for each in app.get("page_link") if "this text" in each.proto.label]
    assert link.page == "train"
    app.switch_page("screens/train.py").run()
    assert not app.exception
    assert app.session_state["handed_source"].text.text == check_text(FOREIGN).text


def test_the_explorer_is_sent_the_places_of_all_unknown_tokens():
    app = page(MIXED)
    network, at = app.session_state["handed_network"]
    source = read_by(network, app.session_state["handed_source"])
    encode = source.tokens.vocabulary.encode
    indices = encode(source.stretch.inputs), encode(source.stretch.targets)
    reading = readings.reading(network, *map(tuple, indices), at)
    looking = Looking(0, reading.layers[-1].name, "h", "index", "surprise", "forward")
    similarity = similarity_order(reading.layers[-1].hidden)
    view = explorer_view(Choices(source, network, at), reading, looking, similarity, "id")
    unread = [t for t, token in enumerate((*view.inputs, view.targets[-1])) if token in "漢字"]
    assert len(unread) == 2
    assert list(view.unread) == unread
    assert read(pack(view))[0]["unread"] == unread
    assert source.as_read.inputs[unread[0]] == UNKNOWN
    assert view.inputs[unread[0]] == "漢"


@pytest.mark.parametrize("lines", [2_500])
def test_the_text_page_shows_what_networks_read_where_there_are_many_kinds(lines):
    words = " ".join(f"w{'abcdefghij'[n % 10] * (n // 10 + 1)}" for n in range(lines))
    text = check_text(words + " the the the")
    tokens = texts.tokens_of(text.digest, "words", text.text)
    shown = reference_models.read_by_networks(tokens)
    assert shown.vocabulary == tokens.vocabulary != Vocabulary.from_tokens(tokens.tokens)
    assert shown.occurs.sum() == len(tokens.tokens)
    assert shown.occurs[shown.vocabulary.unknown] == tokens.unknown
    app = page(text.text, tokens="words")
    app.switch_page("screens/text.py").run()
    assert not app.exception
    assert any("read as `<unk>`" in each.value for each in app.caption)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("灯台守は階段を登った。" * 9, True),
        ("灯塔看守人又登上了楼梯。" * 9, True),
        ("ผู้ดูแลประภาคารขึ้นบันได " * 9, True),
        (ENGLISH, False),
        (FOREIGN, False),
    ],
)
def test_where_no_spaces_are_written_the_page_says_what_a_word_is(text, told):
    note = "written without spaces"
    as_words = page(text, weights="untrained", tokens="words", steps="5", units="4")
    assert any(note in each.value for each in as_words.caption) == told
    as_signs = page(text, weights="untrained", steps="5", units="4")
    assert not any(note in each.value for each in as_signs.caption)


def test_a_network_that_learnt_another_text_of_ones_own_says_so():
    def learnt(title: str, digest: str) -> str:
        checkpoint = SimpleNamespace(training={}, title=title, text_digest=digest)
        source = SimpleNamespace(text=SimpleNamespace(digest="this one"))
        return _learnt(HERE, checkpoint, source)  # type: ignore[arg-type]

    for own in OWN.values():
        assert learnt(f"trained on {own}", "another one") == "an earlier text of yours"
        assert learnt(f"trained on {own}", "this one") == own
    assert learnt("trained on The Lighthouse", "another one") == "The Lighthouse"
    assert learnt("", "another one") == "a text that its file does not name"

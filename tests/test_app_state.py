"""What components report stands in the address, whatever the browser had heard when it reported."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.state import parameters

NAMES, WORDS = ("t", "fold", "origin", "g"), ("", "1", "2")


class Session:
    """A browser, and a server that takes the address from each message, as Streamlit does."""

    def __init__(self, patch: pytest.MonkeyPatch):
        self.address: dict[str, str] = {}
        self.older: list[dict[str, str]] = []
        self.page = SimpleNamespace(query_params={}, session_state={})
        self.context = SimpleNamespace(page_script_hash="explore", is_history_navigation=False)
        patch.setattr(parameters, "st", self.page)
        patch.setattr(parameters, "get_script_run_ctx", lambda: self.context)

    def message(self, news: dict[str, str] | None, known: int = 0, back: bool = False) -> None:
        """A report, or None for a whole run without one (a widget, or "Back").

        The browser has not heard of the last `known` changes of the address.
        """
        if back and self.older:
            self.address = self.older.pop()
        entries = [*self.older, self.address]
        self.page.query_params = dict(entries[max(len(entries) - 1 - known, 0)])
        self.context.is_history_navigation = back
        if news is not None:
            parameters.write(news)
        parameters.write({})  # as `enter` does
        if self.page.query_params != self.address:
            self.older.append(self.address)
            self.address = dict(self.page.query_params)


NEWS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(WORDS), min_size=1, max_size=2)
MESSAGES = st.lists(st.tuples(NEWS | st.none(), st.integers(0, 2)), min_size=1, max_size=8)


@given(MESSAGES)
def test_no_message_undoes_a_report(messages):
    with pytest.MonkeyPatch.context() as patch:
        session, wanted = Session(patch), {}
        for news, known in messages:
            session.message(news, known)
            wanted |= news or {}
            assert session.address == {name: words for name, words in wanted.items() if words}


@given(MESSAGES, NEWS, st.booleans())
def test_what_back_undid_no_later_report_brings_again(messages, later, together):
    with pytest.MonkeyPatch.context() as patch:
        session = Session(patch)
        for news, known in messages:
            session.message(news, known)
        stands = dict(session.older[-1] if session.older else session.address)
        if together:  # a report that Streamlit ran together with Back
            session.message(later, back=True)
        else:
            session.message(None, back=True)
            assert session.address == stands
            session.message(later)
        expected = {name: words for name, words in (stands | later).items() if words}
        assert session.address == expected


def test_what_the_page_itself_takes_off_stays_off():
    with pytest.MonkeyPatch.context() as patch:
        session = Session(patch)
        session.message({"g": "2"})
        parameters.forget("g")
        session.page.query_params.clear()
        session.message({"t": "1"}, known=1)
        assert session.address == {"t": "1"}


def test_another_page_knows_nothing_of_it():
    with pytest.MonkeyPatch.context() as patch:
        session = Session(patch)
        session.message({"fold": "1"})
        session.message({"fold": ""})
        session.context.page_script_hash = "generate"
        session.address = {"fold": "1"}
        session.message({"t": "3"})
        assert session.address == {"fold": "1", "t": "3"}

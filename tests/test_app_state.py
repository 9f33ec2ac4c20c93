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
        self.context = SimpleNamespace(fragment_ids_this_run=None)
        patch.setattr(parameters, "st", self.page)
        patch.setattr(parameters, "get_script_run_ctx", lambda: self.context)

    def report(self, news: dict[str, str], known: int, fragment: bool) -> None:
        """A report; the browser has not heard of the last `known` changes of the address."""
        entries = [*self.older, self.address]
        self.page.query_params = dict(entries[max(len(entries) - 1 - known, 0)])
        self.context.fragment_ids_this_run = ["fragment"] if fragment else None
        parameters.write(news)
        if not fragment:
            parameters.accept()
        self.show()

    def back(self) -> None:
        """A whole run without a report, from the address before."""
        if self.older:
            self.address = self.older.pop()
        self.page.query_params = dict(self.address)
        parameters.accept()

    def show(self) -> None:
        if self.page.query_params != self.address:
            self.older.append(self.address)
            self.address = dict(self.page.query_params)


REPORTS = st.tuples(
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(WORDS), min_size=1, max_size=2),
    st.integers(0, 2),
    st.booleans(),
)


@given(st.lists(REPORTS, min_size=1, max_size=8))
def test_no_report_undoes_another(reports):
    with pytest.MonkeyPatch.context() as patch:
        session, wanted = Session(patch), {}
        for news, known, fragment in reports:
            session.report(news, known, fragment)
            wanted |= news
            assert session.address == {name: words for name, words in wanted.items() if words}


@given(st.lists(REPORTS, min_size=1, max_size=5), REPORTS)
def test_what_back_undid_no_later_report_brings_again(reports, later):
    with pytest.MonkeyPatch.context() as patch:
        session = Session(patch)
        for news, known, fragment in reports:
            session.report(news, known, fragment)
        session.back()
        stands, (news, _, fragment) = dict(session.address), later
        session.report(news, 0, fragment)
        expected = {name: words for name, words in (stands | news).items() if words}
        assert session.address == expected


def test_what_the_page_itself_takes_off_stays_off():
    with pytest.MonkeyPatch.context() as patch:
        session = Session(patch)
        session.report({"g": "2"}, 0, fragment=False)
        parameters.forget("g")
        session.show()
        session.report({"t": "1"}, 0, fragment=False)
        assert session.address == {"t": "1"}

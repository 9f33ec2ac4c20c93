"""The user's own text, pasted or uploaded: read, or the reason why not beside the last good one."""

import re
from dataclasses import dataclass

import streamlit as st

from app import state
from app.components.shared.signs import isolated, visible
from app.compute import texts
from app.sidebar.labels import PASTE, UPLOAD
from app.theme import markdown_free
from core.errors import CoreError
from core.text import MAX_BYTES, DecodedText, check_text
from core.text.encodings import NAMES

MOST_UPLOADED = 20
"""MB of a file; its first `MAX_BYTES` are read"""
OWN = {PASTE: "Your text", UPLOAD: "Your file"}
AROUND = 14
"""characters shown before and after the first one that is not ASCII"""
LONGEST_NAME = 60
_ON_SCREEN = {"`data`": "Your file", "`text`": "Your text", "`limit`": "the limit"}
"""what the arguments that the library's messages name are called on the page"""


@dataclass(frozen=True)
class OwnText:
    """A text of the user's, and what to call it."""

    text: DecodedText
    title: str


def own_text(name: str) -> OwnText | None:
    """What was pasted or uploaded, or the last of it that could be read.

    Args:
        name: `PASTE` or `UPLOAD`.
    """
    try:
        own = _pasted() if name == PASTE else _uploaded()
        if own is not None:
            # A text of one token has nothing to guess: it is refused here, like an unreadable one.
            texts.tokens_of(own.text.digest, "graphemes", own.text.text)
            state.keep_text(name, own)
    except CoreError as error:
        own = None
        message = str(error)
        for name_in_code, on_screen in _ON_SCREEN.items():
            message = message.replace(name_in_code, on_screen)
        kept: OwnText | None = state.kept_text(name)
        still = f" Still shown: {markdown_free(kept.title)}, as before." if kept else ""
        state.hand("refusal", message + still)
    return own or state.kept_text(name)


def _pasted() -> OwnText | None:
    text = st.text_area(
        "Your text",
        key="pasted",
        height=140,
        persist_state="session",
        placeholder="Paste any text, in any script, then click outside this box.",
    )
    return OwnText(check_text(text, limit=MAX_BYTES), OWN[PASTE]) if text else None


def _uploaded() -> OwnText | None:
    file = st.file_uploader(
        f"A text file, up to {MOST_UPLOADED} MB", key="uploaded", max_upload_size=MOST_UPLOADED,
        help=f"The first {MAX_BYTES // 1_000_000} MB of a larger text are read.",
    )  # fmt: skip
    if file is None:
        return None
    data = file.getvalue()
    text = texts.decoded(data)
    if text.guessed:
        text = _as_chosen(data, text)
    elif text.note:
        st.caption(text.note)
    return OwnText(text, title_of_file(file.name))


def title_of_file(name: str) -> str:
    """What to call a file: its name, without what would disturb a sentence.

    Args:
        name: as the browser sends it.
    """
    calm = "".join(sign if sign.isprintable() else " " for sign in re.split(r"[/\\]", name)[-1])
    calm = " ".join(calm.split())
    return (calm if len(calm) <= LONGEST_NAME else f"{calm[: LONGEST_NAME - 1]}…") or OWN[UPLOAD]


def _as_chosen(data: bytes, guess: DecodedText) -> DecodedText:
    """A file whose encoding was guessed: what it looks like, and the other likely encodings."""
    offered = {guess.codec: guess} | {codec: _tried(data, codec) for codec in guess.alternatives}
    readable = {codec: text for codec, text in offered.items() if text is not None}
    place = _first_foreign(guess.text)
    chosen = st.radio(
        "Read as, a guess",
        list(readable),
        format_func=NAMES.__getitem__,
        captions=[_preview(text, place) for text in readable.values()],
        key="encoding",
        bind="query-params",
        help="The file does not say which encoding it is in. Choose the line that reads right.",
    )
    chosen = chosen if chosen in readable else guess.codec
    if findings := readable[chosen].findings:
        st.caption(findings)
    return readable[chosen]


def _tried(data: bytes, codec: str) -> DecodedText | None:
    """The file in another encoding, or None where that leaves no text."""
    try:
        return texts.decoded(data, codec)
    except CoreError:
        return None


def _first_foreign(text: str) -> int:
    """The place of the first character that is not ASCII, 0 if there is none."""
    found = re.search("[^\x00-\x7f]", text)
    return found.start() if found else 0


def _preview(text: DecodedText, place: int) -> str:
    """A few characters around the first one that is not ASCII, as Markdown shows them."""
    place = place if len(text.text) > place else _first_foreign(text.text)
    start = max(0, place - AROUND)
    piece = text.text[start : place + AROUND + 1]
    before = "…" if start else ""
    after = "…" if len(text.text) > place + AROUND + 1 else ""
    return markdown_free(isolated(f"{before}{visible(piece)}{after}"))

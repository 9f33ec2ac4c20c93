"""Somebody else's network: asks what its file does not say, and names what is not shown."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from app import state
from app.sidebar.labels import VOCABULARIES
from app.sidebar.source import Source
from app.sidebar.widgets import segmented
from core.errors import CoreError
from core.models import CellName
from core.models.checkpoints import (
    Checkpoint,
    ForeignCheckpoint,
    Matrix,
    RecurrentGroup,
    parse_vocabulary,
)
from core.text import MAX_BYTES, TokenScheme, decode_text

Option = TypeVar("Option")
ALONE = "layers_alone"
"""in the record of a network of which only the recurrent layers are the file's"""
_ON_SCREEN = {
    "`data`": "Your file", "`vocabulary`": "The vocabulary", "`text`": "The list",
    "`group`": "The recurrent layers", "`cell`": "The cell", "`head`": "The output layer",
    "`embedding`": "the embedding", "`hidden_size`": "The number of units",
    "`num_layers`": "The number of layers", "`embedding_size`": "The size of the embedding",
    "`vocabulary_size`": "The number of tokens",
    "; for the whole model use core.capture in Python": "",
}  # fmt: skip
"""what the arguments that the library's messages name are called on the page"""
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$])")
_SHOWN = 12


@dataclass(frozen=True)
class _Asked:
    """The parts chosen in the boxes."""

    group: RecurrentGroup
    cell: CellName
    head: Matrix | None
    table: Matrix | None


def on_screen(message: str) -> str:
    """A sentence of the library in the page's words; what a file holds is never markup.

    Args:
        message: of an error or a note.
    """
    for name_in_code, name in _ON_SCREEN.items():
        message = message.replace(name_in_code, name)
    return _MARKUP.sub(r"\\\1", message)


def adopted(foreign: ForeignCheckpoint, upload: str, source: Source) -> Checkpoint | None:
    """The network that the user makes of a file; None where its layers are not to be seen alone.

    Args:
        foreign: what was recognised in the file.
        upload: names this upload in the cache.
        source: what is read, for a vocabulary in its order.

    Raises:
        CoreError: if the choices fit no network.
    """
    asked = _choose_parts(foreign)
    _show_doubt(foreign, asked)
    kind = segmented(
        "Its vocabulary", "named_by", VOCABULARIES, "numbers",
        "The order of its tokens: as the file tells it, or numbers where it does not; those of "
        "the text in the sidebar, sorted; or a list of your own.",
    )  # fmt: skip
    tokens = _tokens_of(kind, source)
    scheme = source.scheme if tokens else None
    alone = (upload, asked, None if tokens is None else tuple(tokens), scheme)
    try:
        made = _kept(("whole", *alone), lambda: _whole(foreign, asked, tokens, scheme))
    except CoreError as error:
        st.error(on_screen(str(error)))
        if not st.toggle(
            "Look at its recurrent layers alone", value=True, key="foreign_alone",
            help="Their states and gradients are the file’s; the output layer is drawn at random.",
        ):  # fmt: skip
            return None
        made = _kept(
            ("alone", *alone),
            lambda: foreign.adopt_layers(asked.group, asked.cell, tokens, scheme),
        )
    _show_ignored(foreign)
    return made


def _whole(
    foreign: ForeignCheckpoint,
    asked: _Asked,
    tokens: list[str] | None,
    scheme: TokenScheme | None,
) -> Checkpoint:
    """The network of the chosen parts, unless something stands between them."""
    group = asked.group if len(foreign.groups) > 1 else None
    if asked.head is None:
        return foreign.adopt(group, asked.cell, None, None, tokens, scheme)
    foreign.require_whole(asked.group, asked.head, asked.table)
    return foreign.adopt(
        asked.group, asked.cell, asked.head, asked.table or "one_hot", tokens, scheme
    )


def _choose_parts(foreign: ForeignCheckpoint) -> _Asked:
    """Each box begins with what the library would choose, and offers only what fits the rest."""
    group = _one("Recurrent layers", foreign.groups, lambda each: each.prefix or "(no prefix)")
    cell = _one("Cell", group.cells, str)
    heads = foreign.heads_of(group)
    if not heads:
        return _Asked(group, cell, None, None)
    head = _one("Output layer", heads, lambda each: each.prefix)
    tables: list[Matrix | None] = [*foreign.embeddings_of(group, head)]
    if foreign.takes_one_hot(group, head):
        tables.append(None)
    table = _one("Embedding", tables, lambda each: each.prefix if each else "none: one-hot")
    return _Asked(group, cell, head, table)


def _show_doubt(foreign: ForeignCheckpoint, asked: _Asked) -> None:
    """That output layer and embedding could be exchanged, until the user has done so."""
    if asked.head is None or asked.head != foreign.heads_of(asked.group)[0]:
        return
    said = foreign.doubt(asked.group, asked.head, asked.table)
    if said:
        st.caption(on_screen(said))


def _kept(key: tuple, make: Callable[[], Checkpoint]) -> Checkpoint:
    """The network made of the same file and choices, made once."""
    known = state.kept_text("adopted")
    if known is None or known[0] != key:
        known = key, make()
        state.keep_text("adopted", known)
    return known[1]


def _show_ignored(foreign: ForeignCheckpoint) -> None:
    """The tensors of the file that nothing is made of."""
    names = foreign.ignored
    if not names:
        return
    with st.expander(f"Not used of the file ({len(names):,})"):
        more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
        st.caption(on_screen(", ".join(ascii(name)[1:-1] for name in names[:_SHOWN]) + more))


def _tokens_of(kind: str, source: Source) -> list[str] | None:
    """The tokens in the file's order; None for what the file says, or numbers."""
    if kind == "sorted":
        return sorted(set(source.tokens.tokens))
    if kind == "numbers":
        return None
    file = st.file_uploader("A list of tokens: JSON, or one a line", key="token_list",
                            max_upload_size=2)  # fmt: skip
    typed = st.text_area(
        "or typed, one token a line", key="foreign_tokens", persist_state="session",
        placeholder="a line of \\n means the line end, \\t the tab",
    )  # fmt: skip
    if file is not None:
        return parse_vocabulary(decode_text(file.getvalue(), limit=MAX_BYTES).text)
    return parse_vocabulary(typed) if typed else None


def _one(label: str, options: Sequence[Option], name: Callable[[Option], str]) -> Option:
    """The only option, or the chosen one."""
    if len(options) == 1:
        return options[0]
    return st.selectbox(label, options, format_func=name, key=f"foreign_{label}")

"""What is read: the text, its tokens and the stretch; the same on every page."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

import streamlit as st

from app import state
from app.compute import texts
from app.compute.networks import Network, in_its_tokens
from app.sidebar.idle import pair_in_sight
from app.sidebar.labels import BOOK, LABELS, SCHEMES, UNTRAINED, UPLOAD
from app.sidebar.own_text import OWN, own_text
from app.sidebar.widgets import segmented
from core.errors import CoreError
from core.text import MAX_STEPS, UNKNOWN, DecodedText, Stretch, TokenScheme
from core.text.download import DownloadError

_UNSPACED = re.compile(
    "[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]{4}"
)
"""a run in a script that sets no spaces between words: Thai, Lao, Burmese, Khmer, kana, Han"""
MUCH_UNREAD = 0.2
"""share of unknown tokens above which a network says little about a text"""


@dataclass(frozen=True)
class Source:
    """What is read.

    Attributes:
        text: the whole text.
        title: what to call it.
        private: whether it is the user's own, and so stays out of the address bar.
        scheme: how it is cut into tokens.
        tokens: the text as tokens, with its vocabulary.
        stretch: the part that is read.
    """

    text: DecodedText
    title: str
    private: bool
    scheme: TokenScheme
    tokens: texts.TokenText
    stretch: Stretch

    @property
    def unread(self) -> tuple[int, ...]:
        """The places in the stretch, 0 to T, of the tokens that are read as <unk>."""
        known = self.tokens.vocabulary
        every = (*self.stretch.inputs, self.stretch.targets[-1])
        return tuple(t for t, token in enumerate(every) if token not in known)

    @property
    def as_read(self) -> Stretch:
        """The stretch as its network reads it: <unk> in place of what it does not know."""
        known, stretch = self.tokens.vocabulary, self.stretch
        return Stretch(
            stretch.start,
            tuple(token if token in known else UNKNOWN for token in stretch.inputs),
            tuple(token if token in known else UNKNOWN for token in stretch.targets),
        )

    def beginning(self, steps: int) -> "Source":
        """The same with so many steps in its stretch, whatever was asked for.

        Args:
            steps: at least 1.
        """
        tokens, start = self.tokens.tokens, self.stretch.start
        return replace(self, stretch=Stretch.of(tokens, start, steps))


def choose_source(idle: Collection[str]) -> Source:
    """Draw the controls and read them.

    Args:
        idle: keys of the controls that do nothing here.

    Raises:
        CoreError: if nothing can be read.
    """
    name, title, text = _choose_text()
    scheme, tokens = _choose_tokens(text)
    stretch = _choose_stretch(tokens, idle)
    return Source(text, title, name in OWN, scheme, tokens, stretch)


def _choose_text() -> tuple[str, str, DecodedText]:
    """The text asked for; after an unreadable one the last that could be read, and why."""
    options, shipped = LABELS["text"], texts.shipped_texts()
    name = st.selectbox(
        "Text",
        list(options),
        format_func=options.__getitem__,
        key="text",
        bind="query-params",
        help="\n\n".join(f"{text.title}: {text.description}" for text in shipped),
    )
    if name == BOOK:
        text = _fetched()
        if text is not None:
            return name, "The Time Machine", text
    elif name in OWN:
        own = own_text(name)
        if own is not None:
            return name, own.title, own.text
    else:
        return name, options[name], texts.shipped(name)
    first = shipped[0]
    st.caption(f"Until then: {first.title}.")
    return first.name, first.title, texts.shipped(first.name)


def _fetched() -> DecodedText | None:
    """The chapter's book; after a failure nothing, and a way to try again or to go on without."""
    if state.kept_text(BOOK) is None:
        try:
            return texts.time_machine()
        except DownloadError as error:
            state.keep_text(BOOK, str(error).replace("`address`", "The address"))
    st.error(state.kept_text(BOOK))
    again, upload = st.columns(2)
    # A click forgets the failure, so that the next run asks once more.
    again.button("Try again", key="fetch_again", width="stretch", on_click=state.keep_text,
                 args=(BOOK, None))  # fmt: skip
    upload.button("Upload it", key="upload_instead", width="stretch", on_click=state.choose,
                  args=("text", UPLOAD))  # fmt: skip
    return None


def _choose_tokens(text: DecodedText) -> tuple[TokenScheme, texts.TokenText]:
    """The text in the tokens asked for; where they leave nothing to read, in characters."""
    scheme: TokenScheme = segmented(
        "Tokens",
        "tokens",
        SCHEMES,
        "graphemes",
        "Characters as people count them (an emoji is one), the letters a–z and single spaces "
        "only, as the chapter cleans its text, or whole words.",
    )
    try:
        tokens = texts.tokens_of(text.digest, scheme, text.text)
    except CoreError:
        if scheme == "graphemes":
            raise
        st.error(
            f"As “{SCHEMES[scheme]}” this text leaves fewer than two tokens to read; it is read as "
            "characters until you choose another kind."
        )
        scheme = "graphemes"
        tokens = texts.tokens_of(text.digest, scheme, text.text)
    if scheme == "words" and _UNSPACED.search("".join(tokens.tokens[:2_000])):
        st.caption(
            "Part of this text is written without spaces, as Chinese, Japanese and Thai are: a "
            "“word” is there a whole run between two marks, not a word. Characters suit it better."
        )
    return scheme, tokens


def _choose_stretch(tokens: texts.TokenText, idle: Collection[str]) -> Stretch:
    """Up to 500 steps of the text, from where the user says."""
    available = len(tokens.tokens) - 1
    left, right = pair_in_sight("steps", "from", idle)
    with left:
        steps = st.number_input(
            "Steps (to 500)",
            min_value=1,
            max_value=MAX_STEPS,
            value=110,
            step=10,
            key="steps",
            bind="query-params",
            help=f"The text has {available + 1:,} tokens; up to {MAX_STEPS} are read at once.",
        )
    with right:
        begin = st.number_input(
            "From token",
            min_value=1,
            max_value=available,
            step=1,
            key="from",
            bind="query-params",
            help=f"The place in the text of the first token to read, 1 to {available:,}.",
        )
    return Stretch.of(tokens.tokens, int(begin or 1) - 1, int(steps), MAX_STEPS)


def read_by(network: Network, source: Source, *, unread: bool = True) -> Source:
    """What is read, in the tokens that a trained network learnt.

    Args:
        network: any; one without a vocabulary of its own reads the source as it is.
        source: what was chosen.
        unread: whether to say how much of the stretch the network does not know.

    Raises:
        CoreError: if the network's kind of tokens leaves nothing of the text.
    """
    if network.vocabulary is None:
        return source
    scheme, tokens, stretch = source.scheme, source.tokens, source.stretch
    if network.scheme not in (None, scheme):
        scheme = network.scheme or scheme
        tokens = texts.tokens_of(source.text.digest, scheme, source.text.text)
        start = min(stretch.start, len(tokens.tokens) - 2)
        stretch = Stretch.of(tokens.tokens, start, len(stretch))
        st.caption(f"This network reads {SCHEMES[scheme]}: so is the text cut here.")
    tokens = in_its_tokens(tokens, network)
    if network.numbered:
        # What is shown is what is read, and that is numbers.
        stretch = Stretch.of(tokens.tokens, stretch.start, len(stretch))
        st.caption("The names of this network’s tokens are not known: the text’s k-th token is "
                   "read as #k. States and gradients are real, what they mean is not.")  # fmt: skip
    read = replace(source, scheme=scheme, tokens=tokens, stretch=stretch)
    if unread:
        _tell_unread(read)
    return read


def _tell_unread(source: Source) -> None:
    """How much of the stretch a trained network does not know, and the way out where it is much."""
    unread, read = len(source.unread), len(source.stretch) + 1
    if not unread:
        return
    share = max(1, round(100 * unread / read))
    told = (
        f"{unread:,} of the {read:,} tokens here ({share} %) are new to this network: it reads and "
        "guesses each of them as `<unk>`, all alike."
    )
    if unread <= MUCH_UNREAD * read:
        st.caption(told)
        return
    st.warning(f"{told} What it makes of this text says little about the text.")
    with st.container(key="unread_buttons"):
        train, untrained, _ = st.columns([1, 1, 2])
    train.page_link("screens/train.py", label="Train on this text", width="stretch")
    untrained.button("Read it untrained", key="go_untrained", width="stretch",
                     on_click=state.prefer, args=("weights", UNTRAINED))  # fmt: skip

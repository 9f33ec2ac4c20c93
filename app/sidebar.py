"""The controls, in the same order on every page; each keeps itself in the address bar."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from app import compute, state
from app.theme import CELL_LABELS
from core.errors import CoreError
from core.models import CellName, InitialisationName, InputName, LossAt, ModelSpec
from core.text import (
    MAX_BYTES,
    MAX_STEPS,
    DecodedText,
    Stretch,
    TokenScheme,
    check_text,
    decode_text,
)

Name = TypeVar("Name", bound=str)
PASTE, UPLOAD = "paste", "upload"
SCHEMES: dict[TokenScheme, str] = {
    "graphemes": "characters",
    "letters": "a–z",
    "words": "words",
}
INITIALISATIONS: dict[InitialisationName, str] = {
    "pytorch": "PyTorch’s default",
    "normal": "normal N(0, σ²)",
    "orthogonal": "orthogonal",
}
INPUTS: dict[InputName, str] = {"one_hot": "one-hot", "embedding": "embedding"}
_CELLS: dict[CellName, str] = {**CELL_LABELS, "rnn_relu": "ReLU"}
LOSSES: dict[LossAt, str] = {"last": "last step", "mean": "all steps"}


def _titles() -> dict[str, str]:
    return {text.name: text.title for text in compute.shipped_texts()}


LABELS: dict[str, dict[str, str]] = {
    "text": {**_titles(), PASTE: "Paste your own …", UPLOAD: "Upload a file …"},
    "tokens": {**SCHEMES},
    "cell": {**_CELLS},
    "loss": {**LOSSES},
    "start": {**INITIALISATIONS},
    "input": {**INPUTS},
}
"""for each widget with options, under its key in the address bar, the label of each option"""


@dataclass(frozen=True)
class Choices:
    """Everything that decides what a page computes.

    Attributes:
        text: the whole text.
        title: what to call it.
        scheme: how it is cut into tokens.
        tokens: the text as tokens, with its vocabulary.
        stretch: the part that is read.
        spec: the network.
        at: where the loss is.
    """

    text: DecodedText
    title: str
    scheme: TokenScheme
    tokens: compute.TokenText
    stretch: Stretch
    spec: ModelSpec
    at: LossAt


def choose() -> Choices:
    """Draw the controls and read them.

    Raises:
        CoreError: if no network can be built as asked.
    """
    with st.sidebar:
        st.markdown("## Unrolled")
        title, text = _choose_text()
        scheme, tokens = _choose_tokens(text)
        stretch = _choose_stretch(tokens)
        spec, at = _choose_network(len(tokens.vocabulary))
        st.caption(
            "The link in the address bar reproduces this screen"
            + (", but for the text: yours stays on this page." if _private() else ".")
        )
    return Choices(text, title, scheme, tokens, stretch, spec, at)


_LOSS_HELP = (
    "Where the network is told how wrong its guess was. From the last step alone one sees how far "
    "back its gradient reaches; with a loss at every step each step adds a gradient of its own."
)


_ON_SCREEN = {"`data`": "Your file", "`text`": "Your text", "`limit`": "the limit"}
"""what the arguments that the library's messages name are called on the page"""


def _private() -> bool:
    return st.session_state.get("text") in (PASTE, UPLOAD)


def _choose_text() -> tuple[str, DecodedText]:
    """The text asked for; after an unreadable one the last that could be read, and why."""
    titles, options = _titles(), LABELS["text"]
    name = st.selectbox(
        "Text",
        list(options),
        format_func=options.__getitem__,
        key="text",
        bind="query-params",
        help="\n\n".join(f"{t.title}: {t.description}" for t in compute.shipped_texts()),
    )
    if name in titles:
        return titles[name], compute.shipped(name)
    own = None
    try:
        own = _pasted() if name == PASTE else _uploaded()
        if own is not None:
            # A text of one token has nothing to guess: it is refused here, like an unreadable one.
            compute.tokens_of(own.digest, "graphemes", own.text)
            state.keep_text(name, own)
    except CoreError as error:
        own = None
        message = str(error)
        for name_in_code, on_screen in _ON_SCREEN.items():
            message = message.replace(name_in_code, on_screen)
        st.error(message)
    own = own or state.kept_text(name)
    if own is not None:
        return ("Your text" if name == PASTE else "Your file"), own
    first = next(iter(titles))
    st.caption(f"Until then: {titles[first]}.")
    return titles[first], compute.shipped(first)


def _pasted() -> DecodedText | None:
    text = st.text_area(
        "Your text",
        key="pasted",
        height=140,
        persist_state="session",
        placeholder="Paste any text, in any script, then click outside this box.",
    )
    return check_text(text, limit=MAX_BYTES) if text else None


def _uploaded() -> DecodedText | None:
    file = st.file_uploader("A text file, up to 2 MB", key="uploaded", max_upload_size=2)
    if file is None:
        return None
    text = decode_text(file.getvalue(), limit=MAX_BYTES)
    if text.note:
        st.caption(text.note)
    return text


def _choose_tokens(text: DecodedText) -> tuple[TokenScheme, compute.TokenText]:
    """The text in the tokens asked for; where they leave nothing to read, in characters."""
    scheme: TokenScheme = _segmented(
        "Tokens",
        "tokens",
        SCHEMES,
        "graphemes",
        "Characters as people count them (an emoji is one), the letters a–z and single spaces "
        "only, as the chapter cleans its text, or whole words.",
    )
    try:
        tokens = compute.tokens_of(text.digest, scheme, text.text)
    except CoreError:
        if scheme == "graphemes":
            raise
        st.error(
            f"As “{SCHEMES[scheme]}” this text leaves fewer than two tokens to read; it is read as "
            "characters until you choose another kind."
        )
        scheme = "graphemes"
        tokens = compute.tokens_of(text.digest, scheme, text.text)
    if tokens.unknown:
        st.caption(
            f"The {len(tokens.vocabulary) - 1:,} most frequent tokens are kept; {tokens.unknown:,} "
            "rarer ones are read as <unk>."
        )
    return scheme, tokens


def _choose_stretch(tokens: compute.TokenText) -> Stretch:
    """Up to 500 steps of the text, from where the user says."""
    available = len(tokens.tokens) - 1
    left, right = st.columns(2)
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


def _choose_network(vocabulary_size: int) -> tuple[ModelSpec, LossAt]:
    """The network, and where its loss is: the cell first, what few change last."""
    cell: CellName = _segmented("Cell", "cell", _CELLS, "lstm", None)
    left, right = st.columns(2)
    with left:
        hidden_size = st.number_input(
            "Units (to 512)", 1, 512, 32, 1, key="units", bind="query-params"
        )
    with right:
        num_layers = st.number_input("Layers (to 4)", 1, 4, 1, 1, key="layers", bind="query-params")
    both = st.toggle("Read in both directions", key="both", bind="query-params")
    if both:
        st.caption(
            "What reads from the end has already seen the token to guess: good guesses of such a "
            "network say nothing about forecasting."
        )
    at: LossAt = _segmented("Loss", "loss", LOSSES, "last", _LOSS_HELP)
    initialisation, sigma = _choose_start()
    radius = _choose_radius()
    source: InputName = _segmented("Input", "input", INPUTS, "embedding", None)
    embedding_size = 32
    if source == "embedding":
        embedding_size = st.number_input(
            "Embedding size (1 to 512)", 1, 512, 32, 1, key="embedding", bind="query-params"
        )
    seed = st.number_input("Seed", 0, 2**53 - 1, 7, 1, key="seed", bind="query-params")
    spec = ModelSpec(
        cell=cell,
        vocabulary_size=vocabulary_size,
        hidden_size=int(hidden_size),
        num_layers=int(num_layers),
        bidirectional=both,
        input=source,
        embedding_size=int(embedding_size),
        seed=int(seed),
        initialisation=initialisation,
        sigma=float(sigma),
        spectral_radius=radius,
    )
    return spec, at


def _choose_start() -> tuple[InitialisationName, float]:
    """How the weights are drawn, and σ where they are normal."""
    initialisation: InitialisationName = st.selectbox(
        "Weights start as",
        list(INITIALISATIONS),
        format_func=INITIALISATIONS.__getitem__,
        key="start",
        bind="query-params",
    )
    if initialisation != "normal":
        return initialisation, 0.01
    sigma = st.number_input(
        "σ (up to 10)", 0.001, 10.0, 0.25, 0.05, format="%.3f", key="sigma", bind="query-params"
    )
    return initialisation, sigma


def _choose_radius() -> float | None:
    scaled = st.toggle(
        "Set spectral radius of W_hh",
        key="scaled",
        bind="query-params",
        help="The largest |eigenvalue| of W_hh (of each gate’s block in a GRU or LSTM): how much "
        "one step multiplies in the long run, before the activations.",
    )
    if not scaled:
        return None
    return st.slider("Spectral radius", 0.0, 3.0, 1.0, 0.01, key="radius", bind="query-params")


def _segmented(
    label: str, key: str, options: Mapping[Name, str], default: Name, help_text: str | None
) -> Name:
    chosen = st.segmented_control(
        label,
        list(options),
        default=default,
        required=True,
        format_func=options.__getitem__,
        key=key,
        bind="query-params",
        help=help_text,
        width="stretch",
        wrap=False,
    )
    return default if chosen is None else chosen

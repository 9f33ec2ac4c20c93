"""n-gram models: surprise, perplexity as the order grows, and what they write."""

import math

import streamlit as st

from app import state
from app.components.shared.signs import isolated, visible
from app.components.surprise import surprise_strip
from app.compute import counts
from app.figures.next_tokens import next_tokens
from app.figures.perplexity_by_order import perplexity_by_order
from app.messages import told
from app.panels.plotting import plot
from app.sidebar.boxes import from_a_box, in_a_box
from app.sidebar.counting import ModelChoices
from app.sidebar.source import Source
from app.views.text import surprise_view
from app.wording import by_order, counted_of, guessed_from, read_as_unknown, written_by
from core.text import NgramModel, join_tokens, longest_copy, tokenize

LIKELIEST = 10
"""tokens that are drawn as what may come next"""
CONTEXT = 12
"""tokens of the text that are the context while none is typed"""
NAMES = ("unigram", "bigram", "trigram", "4-gram", "5-gram")
MOST_SCORED = 300


def draw(source: Source, choices: ModelChoices) -> None:
    """Draw it."""
    text = counts.indexed(source.tokens, choices.min_freq)
    learnt = counts.ngrams(source.tokens, choices.min_freq, choices.split.train)
    model = NgramModel(learnt, choices.epsilons[: choices.order], choices.backoff)
    _strip(source, choices, text, model)
    left, right = st.columns([1, 1])
    with left:
        _by_order(source, choices)
    with right, told():
        _continue(source, choices, text, model)


def _by_order(source: Source, choices: ModelChoices) -> None:
    st.markdown("#### Perplexity as the order grows")
    size = len(counts.indexed(source.tokens, choices.min_freq).vocabulary)
    found = counts.perplexities(
        source.tokens, choices.min_freq, choices.split, choices.epsilons, choices.backoff
    )
    figure = perplexity_by_order(found.train, found.validation, size, choices.order)
    plot(figure, key="orders")
    st.caption(by_order(found, size))


def _continue(
    source: Source, choices: ModelChoices, text: counts.Indexed, model: NgramModel
) -> None:
    st.markdown("#### Context, next token, sample")
    typed = st.text_input(
        "Context",
        value=in_a_box(join_tokens(source.beginning(CONTEXT).stretch.inputs, source.scheme)),
        key=f"context:{source.tokens.digest[:16]}",
        max_chars=200,
        help="What stands before; the model looks only at the end of it. A line end is written "
        "\\\\n, a tab \\\\t. It stays on this page.",
    )
    context = from_a_box(typed or "")
    blank = not context.strip() and source.scheme == "words"
    tokens = tokenize(context, source.scheme) if context and not blank else []
    indices = text.vocabulary.encode(tokens)
    used = indices[max(0, len(indices) - model.order + 1) :]
    _next(text, model, used)
    st.caption(guessed_from(model.order, len(used), model.counts.continuations(used)[2]))
    written = model.sample(indices, choices.length, choices.seed)
    sample = join_tokens(text.vocabulary.decode(written), source.scheme)
    joint = " ▏" if source.scheme == "words" else "▏"
    st.code(f"{context}{joint}{sample}", language=None, wrap_lines=True)
    start, stop = longest_copy(written, text.indices[slice(*choices.split.train)])
    blind = _unseen(model, indices, written)
    st.caption(written_by(model, choices.seed, len(written), blind, stop - start))


def _next(text: counts.Indexed, model: NgramModel, used: list[int]) -> None:
    """The likeliest next tokens."""
    chances = model.distribution(used)
    best = sorted(range(len(chances)), key=lambda index: -chances[index])[:LIKELIEST]
    after, seen, _ = model.counts.continuations(used)
    times = dict(zip(after.tolist(), seen.tolist(), strict=True))
    figure = next_tokens(
        [isolated(visible(text.vocabulary.tokens[index])) for index in best],
        [float(chances[index]) for index in best],
        [times.get(index, 0) for index in best],
    )
    plot(figure, key="next")


def _unseen(model: NgramModel, before: list[int], written: list[int]) -> int:
    """How many tokens were drawn after a context that the counted text does not hold."""
    text, blind = [*before, *written], 0
    for place in range(len(before), len(text)):
        context = text[max(0, place - model.order + 1) : place]
        blind += model.counts.continuations(context)[2] == 0
    return blind


@st.fragment
def _strip(source: Source, choices: ModelChoices, text: counts.Indexed, model: NgramModel) -> None:
    """The strip; a fragment, so that a rested cursor redraws nothing else."""
    st.markdown("#### Surprise, token by token")
    with told():
        shown, note = _scored(source, choices)
        if not shown:
            st.info(note)
            return
        view = surprise_view(source, model, text, shown, _label(choices), state.asked_step("s"))
        surprise_strip(view, key="surprise", on_cursor=_remember_step)
        unknown = sum(token not in text.vocabulary for token in shown)
        st.caption(note + read_as_unknown(unknown, len(shown)))


def _label(choices: ModelChoices) -> str:
    """The model in a few words."""
    used = set(choices.epsilons[: choices.order])
    epsilon = choices.epsilons[0]
    shown = "∞" if math.isinf(epsilon) else f"{epsilon:g}"
    smoothing = "each order its own ε" if len(used) > 1 else f"ε = {shown}"
    return f"{NAMES[choices.order - 1]}, {smoothing}"


def _remember_step() -> None:
    state.remember_step("surprise", "cursor", "s")


def _scored(source: Source, choices: ModelChoices) -> tuple[list[str], str]:
    """The tokens that are scored, and what the model knows of them."""
    if choices.scored == "own":
        own = from_a_box(
            st.text_input("Your sentence", value="The clocks stopped.", key="sentence",
                          max_chars=500) or ""
        )  # fmt: skip
        if not own.strip():
            return [], "Type a sentence above: each of its tokens is then scored."
        return tokenize(own, source.scheme)[:500], "Your sentence stays on this page. "
    (low, high), tokens = choices.split.validation, source.tokens.tokens
    if choices.scored == "validation":
        return list(tokens[low : min(high, low + MOST_SCORED)]), (
            "The beginning of the text held back: the model has not counted it. "
        )
    stretch = source.stretch
    return list(stretch.inputs), "The stretch chosen in the sidebar: " + counted_of(
        stretch.start, len(stretch), choices.split.train[1]
    )

"""Text: what becomes of a text before a network reads it, and what counting alone can tell."""

import streamlit as st

from app import state
from app.components.stages import stages
from app.components.surprise import surprise_strip
from app.components.windows import windows
from app.components.zipf import zipf
from app.compute import counts, settling
from app.figures.next_tokens import next_tokens
from app.figures.perplexity_by_order import perplexity_by_order
from app.figures.vocabulary_size import vocabulary_size
from app.messages import told
from app.sidebar.counting import (
    ModelChoices,
    WindowChoices,
    choose_min_freq,
    choose_model,
    choose_windows,
)
from app.sidebar.labels import VIEWS
from app.sidebar.source import Source
from app.sidebar.widgets import segmented
from app.theme import number, plural, visible
from app.views.text import stages_view, surprise_view, windows_view, zipf_view
from core.errors import CoreError
from core.text import NgramModel, Windows, join_tokens, longest_copy, tokenize

PLAIN = {"displaylogo": False, "displayModeBar": False}
EXAMPLES = 60
"""unknown tokens that are listed"""
LIKELIEST = 10
NAMES = ("unigram", "bigram", "trigram", "4-gram", "5-gram")
RANGE = (10, 1000)
"""the ranks that are fitted at first"""


def _stages(source: Source, min_freq: int) -> None:
    st.caption(
        "How to read it: the same tokens four times, from the text as it is to the numbers a "
        "network reads. Point at any of them: it lights up at every stage, and so do, faintly, all "
        "tokens of the same index."
    )
    text = counts.indexed(source.tokens, min_freq)
    stages(stages_view(source, text), key="linked")
    left, right = st.columns([1, 1])
    table = counts.vocabulary_sizes(source.tokens, min_freq)
    with left:
        st.markdown("#### Vocabulary size")
        st.plotly_chart(
            vocabulary_size(table.least, table.sizes, min_freq), key="sizes", config=PLAIN
        )
    with right:
        st.markdown("#### What becomes `<unk>`")
        _unknown(source, table)


def _unknown(source: Source, table: counts.VocabularySizes) -> None:
    if not table.unknown:
        st.markdown("Nothing: every token of this text has an index of its own.")
        return
    st.markdown(
        f"{table.unknown:,} of {table.different:,} different tokens, "
        f"{number(100 * table.share_unknown)} % of the text, are read as one and the same."
    )
    listed = "  ".join(visible(token) for token in table.examples)
    more = " …" if table.unknown > len(table.examples) else ""
    st.code(listed + more, language=None, wrap_lines=True)


@st.fragment
def _ranks(source: Source) -> None:
    found = counts.ranks(source.tokens, " " if source.scheme == "words" else "")
    low, high = state.asked_range("ranks", RANGE, max(len(each.frequencies) for each in found))
    st.caption(
        "How to read it: each mark is one n-gram, the most frequent on the left; on these axes a "
        "power law is a straight line. Drag the edges of the shaded range: there is no single Zipf "
        "exponent, it depends on the ranks that are fitted and on what is fitted."
    )
    zipf(zipf_view(source, found, low, high), key="zipf", on_range=_remember_range)
    rows = [
        f"| {each.order}-grams | {len(each.frequencies):,} | {100 * each.once:.1f} % "
        f"| {each.entropy:.4f} nats | {number(2 ** (each.entropy / 0.6931471805599453), 4)} |"
        for each in found
    ]
    st.markdown(
        "| | different | seen once | entropy | as many as equally likely |\n|---|---|---|---|---|\n"
        + "\n".join(rows)
    )
    st.caption(
        "Least squares weighs every rank the same; maximum likelihood weighs every occurrence the "
        "same, so the frequent ranks decide. “Seen once” is the share of the different n-grams."
    )


def _remember_range() -> None:
    state.remember_pair("zipf", "range", "ranks")


def _models(source: Source, choices: ModelChoices) -> None:
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
    st.plotly_chart(figure, key="orders", config=PLAIN)
    best = min(range(len(found.validation)), key=found.validation.__getitem__) + 1
    st.caption(
        f"How to read it: perplexity is the effective number of choices, lower is better. On the "
        f"{plural(found.tokens_train, 'token')} that were counted it falls as the order grows; on "
        f"the {plural(found.tokens_validation, 'token')} held back order {best} is best: longer "
        "contexts have mostly never been seen, and the model only remembers its own text."
    )


def _continue(
    source: Source, choices: ModelChoices, text: counts.Indexed, model: NgramModel
) -> None:
    st.markdown("#### Context, next token, sample")
    begin = join_tokens(source.stretch.inputs[:12], source.scheme)
    context = st.text_input(
        "Context",
        value=begin,
        key=f"context:{source.tokens.digest[:16]}",
        max_chars=200,
        help="What stands before; the model looks only at the end of it.",
    )
    tokens = tokenize(context, source.scheme) if context.strip() or context == " " else []
    indices = text.vocabulary.encode(tokens)
    used = indices[max(0, len(indices) - model.order + 1) :]
    chances = model.distribution(used)
    best = sorted(range(len(chances)), key=lambda i: -chances[i])[:LIKELIEST]
    after, seen, followed = model.counts.continuations(used)
    times = dict(zip(after.tolist(), seen.tolist(), strict=True))
    names = [visible(text.vocabulary.tokens[i]) for i in best]
    st.plotly_chart(
        next_tokens(names, [float(chances[i]) for i in best], [times.get(i, 0) for i in best]),
        key="next",
        config=PLAIN,
    )
    looked_at = (
        f"the last {plural(len(used), 'token')} of the context, seen {followed:,} times"
        if used
        else "nothing: order 1 looks at no context"
    )
    st.caption(f"Guessed from {looked_at}. In brackets how often each token came next.")
    written = model.sample(indices, choices.length, choices.seed)
    sample = join_tokens(text.vocabulary.decode(written), source.scheme)
    joint = " ▏" if source.scheme == "words" else "▏"
    st.code(f"{context}{joint}{sample}", language=None, wrap_lines=True)
    train = text.indices[slice(*choices.split.train)]
    start, stop = longest_copy(written, train)
    st.caption(
        f"Written by order {choices.order} after the bar, seed {choices.seed}. Its longest stretch "
        f"copied from the counted text: {plural(stop - start, 'token')}."
    )


@st.fragment
def _strip(source: Source, choices: ModelChoices, text: counts.Indexed, model: NgramModel) -> None:
    """The strip; a fragment, so that a rested cursor redraws nothing else."""
    st.markdown("#### Surprise, token by token")
    with told():
        shown, note = _scored(source, choices)
        own = len(set(choices.epsilons[: choices.order])) > 1
        smoothing = "each order its own ε" if own else f"ε = {choices.epsilons[0]:g}"
        label = f"{NAMES[choices.order - 1]}, {smoothing}"
        view = surprise_view(source, model, text, shown, label, state.asked_step("s"))
        surprise_strip(view, key="surprise", on_cursor=_remember_step)
        st.caption(note)


def _remember_step() -> None:
    state.remember_step("surprise", "cursor", "s")


def _scored(source: Source, choices: ModelChoices) -> tuple[list[str], str]:
    """The tokens that are scored, and what the model knows of them."""
    if choices.scored == "own":
        own = st.text_input("Your sentence", key="sentence", max_chars=500,
                            value="The time machine was gone.")  # fmt: skip
        return tokenize(own, source.scheme)[:500], "Tokens that the text does not hold are <unk>."
    (low, high), tokens = choices.split.validation, source.tokens.tokens
    if choices.scored == "validation":
        return list(tokens[low : min(high, low + 300)]), (
            "The beginning of the text held back: the model has not counted it."
        )
    stretch = source.stretch
    counted = stretch.start < choices.split.train[1]
    return list(stretch.inputs), (
        "The stretch chosen in the sidebar. It lies in the text the model has counted: high orders "
        "remember it." if counted else
        "The stretch chosen in the sidebar; the model has not counted it."
    )  # fmt: skip


@st.fragment
def _windows(source: Source, choices: WindowChoices) -> None:
    st.caption(
        "How to read it: a network reads the tokens of one window and must guess, at each of them, "
        "the token that comes next, so the targets are the inputs shifted by one. Choose a window "
        "to see both."
    )
    with told():
        view = windows_view(source, choices, state.asked_pair("w", (0, 0)))
        windows(view, key="cut", on_chosen=_remember_window)
    _scheme_table(source, choices)


def _remember_window() -> None:
    state.remember_pair("cut", "chosen", "w")


def _scheme_table(source: Source, choices: WindowChoices) -> None:
    """What each scheme makes of the whole text, in numbers."""
    length, rows = len(source.tokens.tokens), []
    schemes = {
        "overlapping": lambda: Windows.overlapping(length, choices.steps),
        "disjoint": lambda: Windows.disjoint(length, choices.steps),
        "consecutive": lambda: Windows.consecutive(length, choices.steps, choices.streams),
    }
    states = {"consecutive": "carried over from the window before"}
    for scheme, make in schemes.items():
        try:
            found = make()
        except CoreError:
            rows.append(f"| {scheme} | none: the text is too short | | |")
            continue
        read = found.times_read()
        rows.append(
            f"| {scheme} | {len(found):,} | {int(read.max()):,} | {int((read == 0).sum()):,} "
            f"| {states.get(scheme, 'zero in every window')} |"
        )
    st.markdown(
        "| scheme | windows in the whole text | a token is read at most | tokens never read "
        "| the state starts |\n|---|---|---|---|---|\n" + "\n".join(rows)
    )


def _page() -> None:
    source = state.handed("source")
    view = segmented("View", "view", VIEWS, "stages", None, named=False)
    with told():
        with st.sidebar:
            choices = {
                "stages": choose_min_freq,
                "ranks": lambda: None,
                "ngrams": lambda: choose_model(len(source.tokens.tokens)),
                "windows": lambda: choose_windows(len(source.tokens.tokens)),
            }[view]()
        if view == "ranks":
            _ranks(source)
        else:
            {"stages": _stages, "ngrams": _models, "windows": _windows}[view](source, choices)
    settling.settle()


_page()

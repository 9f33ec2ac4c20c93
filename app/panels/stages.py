"""The text at each stage, and what the vocabulary keeps of it."""

import streamlit as st

from app.components.shared.signs import isolated, visible
from app.components.stages import stages
from app.compute import counts, reference_models, texts
from app.digits import rounded
from app.figures.vocabulary_size import vocabulary_size
from app.panels.plotting import plot
from app.sidebar.source import Source
from app.views.text import stages_view


def draw(source: Source, min_freq: int) -> None:
    """Draw it."""
    st.caption(
        "How to read it: the same tokens four times, from the text as it is to the numbers a "
        "network reads. Point at any of them: it lights up at every stage, and so do, faintly, all "
        "tokens of the same index."
    )
    text = counts.indexed(source.tokens, min_freq)
    if len(text.vocabulary) > texts.MOST_TOKENS:
        read, kinds = reference_models.read_by_networks(source.tokens), len(text.vocabulary) - 1
        share = float(read.occurs[read.vocabulary.unknown] / len(read.indices))
        st.caption(
            f"Of the {kinds:,} kinds of token the {len(read.vocabulary) - 1:,} most frequent have "
            f"an index of their own, as on the other pages; {rounded(100 * share)} % of the text "
            "is read as `<unk>`."
        )
        text = read
    stages(stages_view(source, text), key="linked")
    left, right = st.columns([1, 1])
    table = counts.vocabulary_sizes(source.tokens, min_freq)
    with left:
        st.markdown("#### Vocabulary size")
        plot(vocabulary_size(table.least, table.sizes, min_freq), key="sizes")
        st.caption(
            "How to read it: the tokens that occur at least so often, and <unk> for all others."
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
        f"{rounded(100 * table.share_unknown)} % of the text, are read as one and the same."
    )
    listed = "  ".join(isolated(visible(token)) for token in table.examples)
    more = " …" if table.unknown > len(table.examples) else ""
    st.code(listed + more, language=None, wrap_lines=True)

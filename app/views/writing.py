"""From a written text to what the Generate page draws: the same numbers in the screen's words."""

import hashlib
import math
from dataclasses import replace

from app.components.writing import BeamNode, BeamTree, Choice, WritingView
from app.compute.texts import TokenText
from app.compute.written import Rule, Written
from app.digits import rounded
from app.sidebar.source import Source
from app.theme import plural
from app.views.text import kind_of
from core.learning import perplexity_of_loss
from core.learning.beam import BeamTree as FoundTree
from core.learning.decoding import Choice as FoundChoice
from core.text import MAX_STEPS, Stretch, check_text, join_tokens

MOST_TEXTS = 5
"""texts of beam search that are listed"""


def writing_view(
    source: Source,
    written: Written,
    rule: Rule,
    cursor: int | None = None,
    *,
    typed: tuple[str, ...] | None = None,
    link: str = "",
    compact: bool = False,
) -> WritingView:
    """The text with the choices it had.

    Args:
        source: what is read, in the network's tokens.
        written: what the network wrote.
        rule: by which rule.
        cursor: written token whose choices are shown, None to write it before one's eyes.
        typed: the prefix as it was given, where the network reads some of its tokens as <unk>; None
            for the tokens as it read them.
        link: name under which cursors move together, "" for none.
        compact: whether the text is shown alone.
    """
    names = source.tokens.vocabulary.tokens
    prefix = tuple(names[index] for index in written.prefix) if typed is None else typed
    content = (
        source.tokens.vocabulary.digest,
        source.scheme,
        prefix,
        written.indices,
        rule,
    )
    return WritingView(
        identity=hashlib.sha256(repr(content).encode()).hexdigest()[:16],
        prefix=prefix,
        choices=tuple(
            _choice(choice, rank, names, rule)
            for choice, rank in zip(written.choices, written.ranks, strict=True)
        ),
        rule=rule.words,
        kind=kind_of(source),
        vocabulary_size=len(names),
        loop=written.loop,
        tree=None if written.tree is None else _tree(written.tree, names, source),
        cursor=None if cursor is None else min(cursor, len(written.choices) - 1),
        link=link,
        compact=compact,
        unread=tuple(
            place for place, token in enumerate(prefix) if token not in source.tokens.vocabulary
        ),
    )


def _choice(choice: FoundChoice, rank: int, names: tuple[str, ...], rule: Rule) -> Choice:
    """One written token; the written one is among the options, whatever its rank."""
    if rule.name == "beam":
        # The search decides on whole texts and draws nothing: what it left of this place's tokens
        # is seen in its tree.
        ruled = None
    else:
        ruled = {**dict(choice.drawn_from), choice.index: choice.chance}
    likeliest = list(choice.likeliest)
    if all(index != choice.index for index, _ in likeliest):
        likeliest[-1] = (choice.index, choice.log_probability)
    return Choice(
        token=names[choice.index],
        probability=choice.probability,
        rank=rank,
        among=tuple(
            (names[index], math.exp(log_p), None if ruled is None else ruled.get(index, 0.0))
            for index, log_p in likeliest
        ),
        entropy=choice.entropy,
    )


def _tree(tree: FoundTree, names: tuple[str, ...], source: Source) -> BeamTree:
    nodes = tuple(
        BeamNode(
            parent=-1 if node.parent is None else node.parent,
            token=names[node.token],
            log_probability=node.log_probability,
            cumulative=node.cumulative,
            step=node.step,
            state=node.status,
        )
        for node in tree.nodes
    )
    hypotheses = tuple(
        (join_tokens([names[token] for token in each.tokens], source.scheme),
         each.log_probability, each.score)
        for each in tree.hypotheses[:MOST_TEXTS]
    )  # fmt: skip
    return BeamTree(nodes, tree.path(tree.hypotheses[0].node), hypotheses)


def text_written(source: Source, written: Written) -> Source:
    """Prefix and written text together, as something to read.

    Args:
        source: what was read, in the network's tokens.
        written: what followed; together they have at least two tokens.
    """
    names = source.tokens.vocabulary.tokens
    tokens = tuple(names[index] for index in (*written.prefix, *written.indices))
    joined = join_tokens(tokens, source.scheme)
    digest = hashlib.sha256("\0".join(tokens).encode("utf-8", "surrogatepass")).hexdigest()
    return replace(
        source,
        text=check_text(joined) if joined.strip() else source.text,
        tokens=TokenText(tokens, source.tokens.vocabulary, 0, f"{digest}:{source.scheme}"),
        stretch=Stretch.of(tokens, 0, len(tokens) - 1, MAX_STEPS),
    )


def what_happened(written: Written, noun: str) -> str:
    """A sentence on a text: how sure the network was of what it wrote, and whether it loops.

    Args:
        written: the text.
        noun: what one token is called.
    """
    count = len(written.choices)
    total = sum(choice.log_probability for choice in written.choices)
    perplexity = rounded(perplexity_of_loss(-total / count))
    firsts = sum(rank == 1 for rank in written.ranks)
    text = (
        f"Of {plural(count, noun)} {firsts:,} {'is' if firsts == 1 else 'are'} the network’s first "
        "choice; its perplexity on "
        f"its own text is {perplexity}."
    )
    if written.loop is not None:
        text += f" It ends in a loop of {plural(written.loop[1], noun)}."
    return text

"""The screen on paper: one HTML file that needs nothing else."""

from collections.abc import Sequence
from importlib import resources

import numpy as np

from app.digits import gradient_norm, number, probability
from app.exports.picture import pieces
from app.exports.screen import Contents, versions
from app.exports.svg import drawing, safe, shown, tag
from app.theme import loss_words

_UNITS = 5
"""units of the state that are listed besides the one that is followed, the largest first"""


def handout(of: Contents) -> str:
    """Headline, verdict, pictures, the numbers at the cursor, link and versions.

    Made to be printed on A4. It holds no script, loads nothing, and all user text is escaped.

    Args:
        of: the screen.
    """
    headline, verdict = _split(of.sentence)
    figures = "".join(
        tag("figure",
            tag("h2", piece.title),
            drawing(piece.markup, piece.height, piece.title),
            tag("figcaption", f"How to read it: {safe(piece.how)}"))
        for piece in pieces(of)
    )  # fmt: skip
    style = resources.files("app.exports").joinpath("handout.css").read_text(encoding="utf-8")
    head = (
        '<meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Unrolled: {safe(headline)}</title><style>{style}</style>"
    )
    body = (
        tag("header", tag("p", "Unrolled", class_="mark"), tag("h1", safe(headline)),
            tag("p", safe(verdict), class_="verdict"),
            tag("p", safe(of.layer.verdict.reason), class_="reason"))
        + figures + _at_the_cursor(of) + _footer(of)
    )  # fmt: skip
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def _split(sentence: str) -> tuple[str, str]:
    """The headline's sentence about the network, and the one that judges the gradient."""
    begin, _, end = sentence.rpartition(". ")
    return f"{begin}.", end


def _at_the_cursor(of: Contents) -> str:
    t, reading = of.view.cursor, of.reading
    about = [("Token read", shown(of.view.inputs[t]))]
    if t > 0:
        about.append(("Its surprise, −log p", f"{number(float(reading.surprise[t - 1]))} nats"))
    for layer, drawn in zip(reading.layers, of.view.layers, strict=True):
        norm = gradient_norm(float(layer.gradient[t]), int(layer.status[t]))
        where = f", {drawn['label']}" if len(reading.layers) > 1 else ""
        about.append((f"‖∂L/∂h‖ here{where}", norm))
    own = float(of.layer.share_own[t])
    if np.isfinite(own):
        about.append(("of it through its own output", f"{100 * own:.0f} %"))
    about.append((f"Loss L {loss_words(reading.at)}", f"{number(reading.loss)} nats"))
    return tag(
        "section",
        tag("h2", f"The numbers at step {t + 1}"),
        tag("div", _table(("", ""), about), _next_tokens(of, t), _states(of, t), class_="tables"),
        tag("p", "How to read it: the guesses are for the token after this step; of the state, "
            f"unit {of.unit + 1}, which was followed, and those with the largest |h|.",
            class_="how"),
    )  # fmt: skip


def _next_tokens(of: Contents, t: int) -> str:
    reading = of.reading
    indices = of.arrays["targets"]
    rows = []
    for index, p in zip(reading.top[t].tolist(), reading.top_probability[t].tolist(), strict=True):
        mark = " ✓" if index == indices[t] else ""
        rows.append((shown(of.view.vocabulary[index]), probability(p) + mark))
    if indices[t] not in reading.top[t]:
        rank = f" ✓ rank {reading.truth_rank[t]:,}"
        rows.append((shown(of.view.targets[t]),
                     probability(float(reading.truth_probability[t])) + rank))  # fmt: skip
    return _table(("Next token", "probability (✓ came)"), rows)


def _states(of: Contents, t: int) -> str:
    sizes = np.nan_to_num(np.abs(of.layer.hidden[t]), nan=-1.0)
    largest = np.argsort(-sizes, kind="stable")[:_UNITS].tolist()
    rows = [
        (str(unit + 1), *(number(float(lane.values[t, unit])) for lane in of.view.lanes))
        for unit in dict.fromkeys((of.unit, *largest))
    ]
    return _table(("Unit", *(safe(lane.label) for lane in of.view.lanes)), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; every cell is markup already."""
    top = tag("tr", *(tag("th", each, scope="col") for each in head)) if any(head) else ""
    body = (
        tag("tr", tag("th", row[0], scope="row"), *(tag("td", each) for each in row[1:]))
        for row in rows
    )
    return tag("table", top, *body)


def _footer(of: Contents) -> str:
    source, link = of.screen.choices.source, of.screen.link
    private = " It does not hold the text, which is the reader’s own." if source.private else ""
    reopen = ""
    if link.startswith(("http://", "https://")):
        reopen = tag("p", "This screen again: ", tag("a", safe(link), href=link), f".{private}")
    first = source.stretch.start + 1
    place = f"Text: {safe(source.title)}, from token {first:,}."
    made = ", ".join(f"{name} {number}" for name, number in versions().items())
    return tag(
        "footer", reopen, tag("p", place), tag("p", f"Computed by {safe(made)}, in float64.")
    )

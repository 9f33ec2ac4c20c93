"""Tables: what happens at each step, and one lane unit by unit.

Written for people's spreadsheets and for programs alike: UTF-8 with a byte order mark, all texts
quoted, numbers in the digits that give the same float64 back, an empty cell where there is none.
"""

import csv
import io
import math
from collections.abc import Iterable, Sequence

import regex
from numpy.typing import NDArray

from app.exports.screen import Contents
from core.analysis import Status

# A formula's first sign, also in full width or another form, behind anything that spreadsheets
# trim or do not show; and what hides one from a careless check.
_DANGEROUS = regex.compile(
    r"[\p{White_Space}\p{C}\p{Default_Ignorable_Code_Point}]*+"
    r"[=+\-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋−]"
    r"|[\t\r\n']"
)
STATUS = {
    Status.FINITE: "finite",
    Status.EXACT_ZERO: "exact zero",
    Status.UNDERFLOW: "underflow",
    Status.NON_FINITE: "non-finite",
}


def cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula.

    An apostrophe is put before what begins like one (= + - @ in any width, also after spaces and
    what is not seen; tab, line end) and before an apostrophe, so that `plain` gives the text back.
    """
    return f"'{text}" if _DANGEROUS.match(text) else text


def plain(written: str) -> str:
    """The text that `cell` was given."""
    return written.removeprefix("'")


def steps_csv(of: Contents) -> bytes:
    """One row a step: tokens, surprise, the loss's gradient in every layer.

    Columns: step (from 1), token, next_token, token_index; surprise_nats = -log p(next_token),
    probability and rank of next_token; <model>_surprise_nats of each n-gram model; loss, whose
    gradient follows ("last", "mean" of all steps, or "step <from 1>" alone); and for every layer
    log10_grad_hidden_norm, the base-10 logarithm of the Euclidean norm of dL/dh_t (empty
    where it is no number, which grad_hidden_status names), and share_own, the share of it that
    came through the step's own output.
    """
    arrays, tokens = of.arrays, of.tokens
    columns: dict[str, Iterable] = {
        "step": range(1, len(tokens)),
        "token": map(cell, tokens[:-1]),
        "next_token": map(cell, tokens[1:]),
        "token_index": arrays["inputs"].tolist(),
        "surprise_nats": _numbers(arrays["surprise"]),
        "next_probability": _numbers(arrays["truth_probability"]),
        "next_rank": arrays["truth_rank"].tolist(),
    }
    for reference in of.view.references:
        columns[f"{reference.key}_surprise_nats"] = _numbers(reference.surprise)
    at = of.reading.at
    columns["loss"] = [f"step {at + 1}" if isinstance(at, int) else at] * (len(tokens) - 1)
    for layer in of.reading.layers:
        columns[f"{layer.name}.log10_grad_hidden_norm"] = _numbers(layer.gradient)
        columns[f"{layer.name}.grad_hidden_status"] = (
            STATUS[Status(code)] for code in layer.status.tolist()
        )
        columns[f"{layer.name}.share_own"] = _numbers(layer.share_own)
    return _table(list(columns), zip(*columns.values(), strict=True))


def lane_csv(of: Contents, lane: str) -> bytes:
    """One row a step, one column a unit: step, token, then <layer>.<lane>[1] and so on.

    States and gates are pure numbers: they have no unit of measure.

    Args:
        of: the screen.
        lane: key of one of its lanes: "h", "c", "forget" …
    """
    values = next(each.values for each in of.view.lanes if each.key == lane)
    head = ["step", "token", *(f"{of.view.layer}.{lane}[{k + 1}]" for k in range(values.shape[1]))]
    rows = (
        (t + 1, cell(token), *_numbers(row))
        for t, (token, row) in enumerate(zip(of.tokens, values, strict=False))
    )
    return _table(head, rows)


def _numbers(values: NDArray) -> list[float | str]:
    return ["" if math.isnan(value) else value for value in values.tolist()]


def _table(head: Sequence[str], rows: Iterable[Iterable]) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(head)
    writer.writerows(rows)
    return written.getvalue().encode("utf-8-sig")

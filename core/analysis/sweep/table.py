"""The rows of a sweep as a table: in the spec's order, as arrays, as CSV and as Markdown."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from core.analysis.sweep.row import SweepRow
from core.analysis.sweep.spec import SweepPoint, SweepSpec
from core.errors import CoreError
from core.models import CellName

CSV_COLUMNS = (
    "cell",
    "length_tokens",
    "spectral_radius",
    "seed",
    "verdict",
    "slope_decades_per_step",
    "factor_per_step",
    "straight",
    "span_decades",
    "first_step_log10_norm",
    "first_step_status",
    "loss_nats",
)


@dataclass(frozen=True, slots=True)
class SweepTable:
    """The rows of a sweep, finished or not.

    Attributes:
        spec: The sweep.
        rows: In the order of `spec.points`; those not measured are left out.
    """

    spec: SweepSpec
    rows: tuple[SweepRow, ...]

    @property
    def missing(self) -> tuple[SweepPoint, ...]:
        """The points that are not measured yet, in order."""
        measured = {row.point for row in self.rows}
        return tuple(point for point in self.spec.points if point not in measured)

    def slopes(self, cell: CellName) -> Float64[np.ndarray, "radius length seed"]:
        """The slopes of one cell, in decades per step back, NaN where there is none or no row.

        Args:
            cell: One of the sweep's.

        Returns:
            Along the axes the spec's `spectral_radii`, `lengths` and `seeds`.

        Raises:
            CoreError: The sweep has no such cell.
        """
        rows = self._of(cell)
        found = [np.nan if row is None or row.slope is None else row.slope for row in rows]
        return np.array(found, np.float64).reshape(self._shape)

    def words(self, cell: CellName) -> np.ndarray:
        """The verdicts of one cell, "" where there is no row; axes and errors as in `slopes`.

        Args:
            cell: One of the sweep's.

        Returns:
            An array of texts, (radius, length, seed).

        Raises:
            CoreError: The sweep has no such cell.
        """
        found = ["" if row is None else row.word for row in self._of(cell)]
        return np.array(found, "U9").reshape(self._shape)

    def to_csv(self) -> str:
        """One line for each row, numbers with all their digits; empty where there is none."""
        written = io.StringIO()
        lines = csv.writer(written, lineterminator="\n")
        lines.writerow(CSV_COLUMNS)
        for row in self.rows:
            point = row.point
            lines.writerow(
                (
                    *(point.cell, point.length, point.spectral_radius, point.seed, row.word),
                    *(row.slope, row.factor, str(row.straight).lower(), row.span),
                    *(row.first_log10, row.first_status.name.lower(), row.loss),
                )
            )
        return written.getvalue()

    def to_markdown(self) -> str:
        """One table for each cell, radii down and lengths across, with a note on how to read it."""
        parts = []
        for cell in self.spec.cells:
            parts += [f"### {cell}", ""]
            head = ["radius \\ length", *(str(length) for length in self.spec.lengths)]
            parts += [_line(head), _line(["---:"] + ["---"] * len(self.spec.lengths))]
            rows = iter(self._of(cell))
            for radius in self.spec.spectral_radii:
                entries = [_entry([next(rows) for _ in self.spec.seeds]) for _ in self.spec.lengths]
                parts.append(_line([repr(radius), *entries]))
            parts.append("")
        return "\n".join([*parts, self._note(), ""])

    def _note(self) -> str:
        note = (
            "The verdict on |dL/dh_t|, L the loss at the last step, and the factor by which one "
            "step back multiplies it, to 4 digits; ~ marks a mean over a curve that is not "
            "straight."
        )
        if len(self.spec.seeds) > 1:
            note += (
                f" Of {len(self.spec.seeds)} seeds: how many have each verdict, and the smallest "
                "and largest factor."
            )
        if self.missing:
            note += f" … is not measured yet: {len(self.missing)} of {len(self.spec)} points."
        return note

    @property
    def _shape(self) -> tuple[int, int, int]:
        return len(self.spec.spectral_radii), len(self.spec.lengths), len(self.spec.seeds)

    def _of(self, cell: str) -> list[SweepRow | None]:
        if cell not in self.spec.cells:
            raise CoreError(f"`cell` (={cell!r}) must be one of {', '.join(self.spec.cells)}.")
        rows = {row.point: row for row in self.rows}
        return [rows.get(point) for point in self.spec.points if point.cell == cell]


def sweep_table(spec: SweepSpec, rows: Iterable[SweepRow]) -> SweepTable:
    """Collects rows, from `run_sweep` or `load_sweep`, in the spec's order.

    Args:
        spec: The sweep.
        rows: Its rows, in any order; all are taken from an iterator before this returns.

    Returns:
        The table.

    Raises:
        CoreError: A row is of no point of the sweep, or two rows of one point differ.
    """
    found: dict[SweepPoint, SweepRow] = {}
    points = spec.points
    known = frozenset(points)
    for row in rows:
        if row.point not in known or found.setdefault(row.point, row) != row:
            raise CoreError(
                f"`rows` holds one of {row.point}, which must be a point of the sweep and be "
                "measured once."
            )
    return SweepTable(spec, tuple(found[point] for point in points if point in found))


def _line(entries: list[str]) -> str:
    return f"| {' | '.join(entries)} |"


def _entry(rows: list[SweepRow | None]) -> str:
    """Verdicts and factors of one place in the table, over its seeds."""
    known = [row for row in rows if row is not None]
    if len(known) < len(rows):
        return "…"
    counts = Counter(row.word for row in known)
    word = ", ".join(
        f"{word} {count}" if len(rows) > 1 else word for word, count in counts.most_common()
    )
    factors = [row.factor for row in known if row.factor is not None]
    if not factors:
        return word
    mark = "" if all(row.straight for row in known if row.factor is not None) else " ~"
    low, high = f"{min(factors):.4g}", f"{max(factors):.4g}"
    return f"{word} ×{low}{mark}" if low == high else f"{word} ×{low} to {high}{mark}"

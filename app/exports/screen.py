"""What an export is made from: what was chosen on screen, and all its numbers, in full."""

import platform
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit
import torch
from numpy.typing import NDArray

from app.components.explorer import ExplorerView
from app.compute import readings
from app.exports.program import arrays_of
from app.state import Looking
from app.theme import verdict_text
from app.views.explorer import Choices, beside, explorer_view, title
from core.analysis import LayerReading, Reading, similarity_order

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Screen:
    """What decides the Explore page; small, so that a button can hold it.

    Attributes:
        choices: what is read, by which network, with which loss.
        looking: the cursor and the choices made inside the explorer.
        link: the address that opens this screen, "" if it is not known; without private text.
    """

    choices: Choices
    looking: Looking
    link: str = ""


@dataclass(frozen=True, eq=False)
class Contents:
    """A screen with its numbers.

    Attributes:
        screen: where they are from.
        reading: in float64, where the page's own states are rounded to float32.
        arrays: every array by name, see `arrays_of`; with those of the references.
        view: as the explorer draws it, from the reading.
        rows: the unit in each row of the heat map, from the top, (H,).
    """

    screen: Screen
    reading: Reading
    arrays: dict[str, NDArray]
    view: ExplorerView
    rows: NDArray[np.int64]

    @property
    def layer(self) -> LayerReading:
        """The layer whose lanes are shown."""
        return next(each for each in self.reading.layers if each.name == self.view.layer)

    @property
    def unit(self) -> int:
        """The unit that is followed, 0-based."""
        return min(self.screen.looking.unit, self.view.hidden_size - 1)

    @property
    def sentence(self) -> str:
        """The headline: who reads what, and the verdict."""
        return f"{title(self.screen.choices, self.reading)} {verdict_text(self.layer.verdict)}."

    @property
    def tokens(self) -> tuple[str, ...]:
        """The T tokens as they are read and the one after them, whole."""
        stretch = self.screen.choices.source.as_read
        return (*stretch.inputs, stretch.targets[-1])


def contents(screen: Screen) -> Contents:
    """Compute what a screen shows, once more and in full precision.

    Args:
        screen: any the page can show.
    """
    choices = screen.choices
    source = choices.source
    stretch = source.stretch
    indices = source.tokens.vocabulary.encode((*stretch.inputs, stretch.targets[-1]))
    reading, arrays = readings.once(
        ("export", choices.network.digest, tuple(indices), choices.at),
        lambda: arrays_of(choices.network.model(), indices, choices.at),
        choices.network,
        len(stretch),
    )
    hidden = next(each.hidden for each in reading.layers if each.name == screen.looking.layer)
    similarity = similarity_order(hidden)
    ngrams = beside(choices)
    arrays |= {f"reference.{each.key}": each.surprise for each in ngrams.models}
    view = explorer_view(choices, reading, screen.looking, similarity, "export", ngrams.models,
                         reference_note=ngrams.note)  # fmt: skip
    in_order = similarity if screen.looking.order == "similarity" else np.arange(len(similarity))
    return Contents(screen, reading, arrays, view, in_order.astype(np.int64))


def versions() -> dict[str, str]:
    """What computed the numbers: names and versions."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {
        "unrolled": project["project"]["version"],
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "streamlit": streamlit.__version__,
    }

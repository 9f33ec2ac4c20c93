"""The colours of lines and words show on the ground of each theme, and can be told apart."""

import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from app import theme

ROOT = Path(__file__).resolve().parent.parent
CONFIG = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))["theme"]
NAMES = ("BLUE", "VERMILION", "GREEN", "PURPLE", "ORANGE")
WORDS = ("BLUE", "VERMILION")
"""those that words are written in"""
TOGETHER = (("BLUE", "VERMILION", "GREEN"), ("GREEN", "PURPLE", "ORANGE"))
"""those of one figure: gates, cells"""


def rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])


def contrast(one: str, other: str) -> float:
    """1 to 21, after WCAG 2."""
    shares = [rgb(colour) / 255 for colour in (one, other)]
    linear = [np.where(s <= 0.03928, s / 12.92, ((s + 0.055) / 1.055) ** 2.4) for s in shares]
    low, high = sorted(float(each @ [0.2126, 0.7152, 0.0722]) for each in linear)
    return (high + 0.05) / (low + 0.05)


def shown(name: str, kind: str) -> str:
    """What Streamlit puts in for a colour of the figures."""
    places = [f"#{place:06}" for place in range(1, 11)]
    return CONFIG[kind]["chartCategoricalColors"][places.index(getattr(theme, name))]


@pytest.mark.parametrize("kind", ("light", "dark"))
def test_lines_and_words_of_figures_show_on_the_ground(kind):
    ground = CONFIG[kind]["backgroundColor"]
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    for name in NAMES:
        least = 4.5 if name in WORDS else 3
        assert contrast(shown(name, kind), ground) >= least, name
    assert contrast(theme.GREY, ground) >= 3
    for one, other in (pair for names in TOGETHER for pair in combinations(names, 2)):
        apart = np.linalg.norm(rgb(shown(one, kind)) - rgb(shown(other, kind)))
        assert apart > 70, (one, other)


def test_on_dark_a_cell_has_the_colour_that_it_has_everywhere():
    colours = CONFIG["dark"]["chartCategoricalColors"]
    for cell, colour in theme.CELL_COLOURS.items():
        assert colours[int(theme.CELL_INKS[cell][1:]) - 1] == colour

"""A training run as it happens: perplexity, gradient norms, what the network writes.

    from app.components.training import TrainingView, training
    training(TrainingView(...), key="training")

Send the whole view again as often as it changes, under the same key: pictures are redrawn in place
and nothing flickers. It knows nothing of torch or of core: it receives plain arrays and draws them.
"""

from pathlib import Path

from app.components.mounting import made
from app.components.training.pack import pack
from app.components.training.view import MOST_CELLS, MOST_POINTS, Running, TrainingView

__all__ = ["MOST_CELLS", "MOST_POINTS", "Running", "TrainingView", "training"]

FOLDER = Path(__file__).parent
STYLES = ("../shared/shared.css", "training.css")
# In the order of use: a module stands after those it imports.
MODULES = (
    "../shared/format.js",
    "../shared/signs.js",
    "../shared/colours.js",
    "../shared/dom.js",
    "../shared/cursor.js",
    "../shared/lifecycle.js",
    "../shared/spread.js",
    "../shared/tokens.js",
    "../shared/words.js",
    "decode.js",
    "ticks.js",
    "ranges.js",
    "reading.js",
    "skeleton.js",
    "status.js",
    "plot.js",
    "curves.js",
    "heat.js",
    "values.js",
    "crosshair.js",
    "main.js",
)

_MOUNT = made(FOLDER, STYLES, MODULES)


def training(view: TrainingView, *, key: str) -> None:
    """Show the run.

    Args:
        view: What to show.
        key: Streamlit's key; the pictures keep their axes and cursor as long as the key and
            `view.identity` stay.
    """
    _MOUNT(key=key, data=pack(view))

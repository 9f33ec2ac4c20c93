"""Longer views of the explorer, and what their browser tests put into the page."""

import numpy as np

from app.components.explorer import ExplorerView, Lane
from tests.explorer_views import make_view

T, H, K = 30, 4, 5
MOUNT = """(block) => {
  const bytes = Uint8Array.from(atob(block), (letter) => letter.charCodeAt(0));
  const setStateValue = (name, value) => (window.told ??= []).push([name, value]);
  explorer({ data: bytes, parentElement: document.body, setStateValue });
}"""
# Each drawing begins by clearing its canvas; a node of the diagram is one image.
SPY = """() => {
  const draw = CanvasRenderingContext2D.prototype;
  const { clearRect, drawImage, putImageData } = draw;
  const name = ({ canvas }) => canvas.dataset.testid ?? canvas.getAttribute('aria-label') ?? '';
  window.drawn = { clear: {}, put: 0, nodes: [] };
  draw.clearRect = function (...all) {
    window.drawn.clear[name(this)] = (window.drawn.clear[name(this)] ?? 0) + 1;
    if (name(this) === 'diagram') window.drawn.nodes = [];
    return clearRect.apply(this, all);
  };
  draw.drawImage = function (...all) {
    if (name(this) === 'diagram') window.drawn.nodes.push(all[5] + all[7] / 2);
    return drawImage.apply(this, all);
  };
  draw.putImageData = function (...all) {
    window.drawn.put += 1;
    return putImageData.apply(this, all);
  };
}"""


def make_layers(levels: int = 1, both: bool = False) -> tuple[dict, ...]:
    ways = (False, True) if both else (False,)
    return tuple(
        {"name": f"l{n}{reverse}", "label": f"layer {n + 1} {'←' if reverse else '→'}",
         "reverse": reverse, "level": n}
        for n in range(levels) for reverse in ways
    )  # fmt: skip


def long_view(slope: float = 0.4, at: str = "last", layers=None, **changes) -> ExplorerView:
    """T steps; each layer's gradient loses `slope` decades a step back from 1 at the last."""
    rng = np.random.default_rng(8)
    layers = layers or make_layers()
    n = len(layers)
    log10 = slope * (np.arange(T) - (T - 1.0))
    log10 = np.stack([log10 if not each["reverse"] else log10[::-1] for each in layers])
    hidden = rng.uniform(-1, 1, (n, T, H)).astype(np.float32)
    letters = tuple("the old lamp was lit at seven.")
    fields = {
        "layers": layers, "layer": layers[0]["name"], "hidden_size": H, "inputs": letters,
        "targets": (*letters[1:], "!"), "hidden": hidden, "lanes": (Lane("h", "h", hidden[0]),),
        "gradient": log10, "gradient_flags": np.zeros((n, T), np.uint8), "fit": None,
        "share_own": np.full(T, 0.5), "edges_forward": rng.uniform(size=(n, T, 2)),
        "edges_gradient": np.repeat(10 ** log10[..., None], 2, -1),
        "head_forward": rng.uniform(size=T), "head_gradient": np.eye(T)[-1],
        "top": rng.integers(0, 9, (T, K), dtype=np.int32),
        "top_probability": rng.uniform(size=(T, K)).astype(np.float32),
        "truth_probability": rng.uniform(size=T).astype(np.float32),
        "surprise": rng.uniform(0, 9, T), "truth_rank": rng.integers(1, 10, T, dtype=np.int32),
        "loss": {"at": at, "value": 2.5, "perplexity": 12.2}, "similarity": None,
    }  # fmt: skip
    return make_view(**(fields | changes))

"""What stands around a picture, so that it has the whole width of a phone's screen to itself."""

LEGEND: dict[str, object] = {
    "orientation": "h",
    "x": 0,
    "yanchor": "bottom",
    "y": 1.02,
    "font": {"size": 14},
}
"""above the picture"""
BELOW = 112
"""px under the picture for its axis and a bar of colours"""


def colours_below(title: str, **more: object) -> dict[str, object]:
    """A lying bar of colours under the picture.

    Args:
        title: above the bar.
        more: Plotly's options for it, ticks, say.
    """
    return {
        "orientation": "h",
        "x": 0.5,
        "xanchor": "center",
        "yref": "container",
        "y": 0,
        "yanchor": "bottom",
        "len": 1,
        "thickness": 12,
        "ypad": 4,
        "outlinewidth": 0,
        # Plotly lays the title half over a lying bar; the empty second line takes that half.
        "title": {"text": f"{title}<br>", "side": "top", "font": {"size": 15}},
        "tickfont": {"size": 14},
        **more,
    }

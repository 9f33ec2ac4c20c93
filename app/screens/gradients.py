"""Gradients: how far back they go, what theory says, and what truncation and clipping do."""

from app import state
from app.compute import settling
from app.compute.networks import Network
from app.messages import told
from app.panels import bets, clipping, cutting, decay, gates, many, reaching
from app.sidebar.labels import LABS
from app.sidebar.source import Source, read_by
from app.sidebar.widgets import segmented
from core.models import LossName


def _draw(lab: str, source: Source, network: Network, at: LossName) -> None:
    match lab:
        case "decay":
            decay.draw(source, network)
        case "reach":
            reaching.draw(source, network)
        case "truncation":
            cutting.draw(source, network, at)
        case "clipping":
            clipping.draw(source, network, at)
        case "gates":
            gates.draw(source, network)
        case "many":
            many.draw(source, network)
        case _:
            bets.draw(source, network)


def _page() -> None:
    source: Source = state.handed("source")
    chosen = segmented("Laboratory", "lab", LABS, "decay", None, named=False)
    with told():
        network, at = state.handed("network")
        _draw(chosen, read_by(network, source), network, at)


_page()
settling.settle()

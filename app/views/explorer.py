"""From a reading to what the explorer draws: the same numbers under the names of the screen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.components.explorer import ExplorerView, Lane, Reference
from app.compute.beside import Beside, learnt_tokens, ngrams_beside
from app.compute.details import Details
from app.compute.networks import Network
from app.compute.reference_models import ReferenceSurprise
from app.sidebar.source import Source
from app.state import Looking
from app.theme import CELL_LABELS, plural, verdict_text
from app.views import details as on_demand
from core.analysis import LayerReading, Reading
from core.models import CellName, LossAt, ModelSpec


@dataclass(frozen=True)
class Choices:
    """Everything that decides what the Explore page computes.

    Attributes:
        source: what is read.
        network: that reads it.
        at: where the loss is.
        written: how many tokens at the end the network wrote itself.
    """

    source: Source
    network: Network
    at: LossAt
    written: int = 0

    @property
    def spec(self) -> ModelSpec:
        """What the network is."""
        return self.network.spec


_LABELS = {
    "rnn_tanh": {"from_input": "from input x", "from_state": "from state h"},
    "rnn_relu": {"from_input": "from input x", "from_state": "from state h"},
    "lstm": {"input": "input gate i", "forget": "forget gate f", "cell": "cell gate g",
             "output": "output gate o"},
    "gru": {"reset": "reset gate r", "update": "update gate z", "new": "new gate n"},
}  # fmt: skip
LONGEST = 24
"""code points of a token that are shown"""
_SIGNED = {"cell", "new"}


def lane_keys(cell: CellName) -> tuple[str, ...]:
    """The keys of the lanes that a cell has, the hidden state first."""
    gates = tuple(_LABELS.get(cell, {}))
    return ("h", "c", *gates) if cell == "lstm" else ("h", *gates)


@np.errstate(over="ignore")  # a perplexity may be too large for a float: it shows as infinite
def explorer_view(
    choices: Choices,
    reading: Reading,
    looking: Looking,
    similarity: np.ndarray,
    identity: str,
    references: tuple[ReferenceSurprise, ...] = (),
    link: str = "",
    details: Details | None = None,
    heard: Mapping[str, int] | None = None,
    reference_note: str = "",
) -> ExplorerView:
    """Everything the explorer shows.

    Args:
        choices: network and text.
        reading: of them.
        looking: where the user looks.
        similarity: the order of the units by similarity.
        identity: changes with the content.
        references: simpler models of the same text.
        link: names what shares its cursor.
        details: what was asked for; None offers none.
        heard: the explorer's last reports.
        reference_note: what they counted.
    """
    layers = reading.layers
    chosen = next(layer for layer in layers if layer.name == looking.layer)
    spec = choices.spec
    return ExplorerView(
        identity=identity,
        title=title(choices, reading),
        verdict={
            "word": chosen.verdict.word,
            "text": verdict_text(chosen.verdict),
            "reason": chosen.verdict.reason,
        },
        cell=spec.cell,
        hidden_size=spec.hidden_size,
        layers=tuple(_layer(layer, spec.bidirectional) for layer in layers),
        layer=looking.layer,
        inputs=shown(choices.source.stretch.inputs),
        targets=shown(choices.source.stretch.targets),
        kind="word" if choices.source.scheme == "words" else "character",
        start=choices.source.stretch.start,
        hidden=np.stack([layer.hidden for layer in layers]),
        lanes=lanes_of(spec.cell, chosen),
        gradient=np.stack([layer.gradient for layer in layers]),
        gradient_flags=np.stack([layer.status for layer in layers]).astype(np.uint8),
        fit=_fit(chosen) if reading.at == "last" else None,
        share_own=chosen.share_own,
        edges_forward=np.stack([layer.edges_forward for layer in layers]),
        edges_gradient=np.stack([layer.edges_gradient for layer in layers]),
        head_forward=reading.head_forward,
        head_gradient=reading.head_gradient,
        vocabulary=shown(choices.source.tokens.vocabulary.tokens),
        top=reading.top.astype(np.int32),
        top_probability=reading.top_probability.astype(np.float32),
        truth_probability=reading.truth_probability.astype(np.float32),
        surprise=reading.surprise,
        truth_rank=reading.truth_rank.astype(np.int32),
        loss={
            **_where(reading.at),
            "value": reading.loss,
            "perplexity": float(np.exp(np.float64(reading.loss))),
        },
        cursor=looking.cursor,
        lane=looking.lane if looking.lane in lane_keys(spec.cell) else "h",
        order=looking.order,
        similarity=similarity,
        strip=looking.strip,
        edges=looking.edges,
        fold=looking.fold,
        speed=looking.speed,
        truncate=looking.truncate,
        origin=looking.origin,
        references=tuple(
            Reference(each.key, each.key, each.surprise, each.perplexity) for each in references
        ),
        reference_note=reference_note,
        link=link,
        heard=heard or {},
        unread=choices.source.unread,
        unit=min(looking.unit, spec.hidden_size - 1),
        **_on_demand(looking, details),
    )


def beside(choices: Choices) -> Beside:
    """The n-gram models to show beside the network, or why there are none."""
    source = choices.source
    noun = "word" if source.scheme == "words" else "character"
    return ngrams_beside(choices.network, source.text.digest, source.tokens, source.stretch, noun)


def _where(at: LossAt) -> dict[str, Any]:
    return {"at": "step", "step": at} if isinstance(at, int) else {"at": at}


def _on_demand(looking: Looking, details: Details | None) -> dict[str, Any]:
    if details is None:
        return {}
    return {
        "offers": on_demand.OFFERS,
        "detail": looking.detail,
        "asked": looking.asked,
        "sums": on_demand.unit_sums(details.sums),
        "reach": details.reach,
        "features": on_demand.feature_units(details.features),
        "change": on_demand.change(details.change),
    }


def title(choices: Choices, reading: Reading) -> str:
    """The sentence that the verdict completes."""
    spec, steps = choices.spec, len(choices.source.stretch)
    noun = "word" if choices.source.scheme == "words" else "character"
    size = plural(spec.hidden_size, "unit")
    if spec.num_layers > 1:
        size += f" in each of {spec.num_layers} layers"
    if spec.bidirectional:
        size += ", in both directions,"
    where = (
        "From the loss at the last step the gradient"
        if reading.at == "last"
        else "Judged by the loss at the last step alone, the gradient"
    )
    read = plural(steps, noun) + _known(choices)
    return f"{_who(choices.network)} of {size}{_learnt(choices.network)} reads {read}. {where}"


def _who(network: Network) -> str:
    """The network's kind."""
    cell = CELL_LABELS[network.spec.cell]
    if network.learnt == 0:
        return f"An untrained {cell}"
    return f"{'An' if cell in ('RNN', 'LSTM') else 'A'} {cell}"


def _learnt(network: Network) -> str:
    """What it learnt, and for how long."""
    if network.learnt == 0:
        return ""
    if network.learnt is None:
        return f", trained on {network.name},"
    return f", trained for {plural(network.learnt, 'step')} on {network.name},"


def _known(choices: Choices) -> str:
    """Whether a trained network has met these tokens while it learnt, or wrote them."""
    if choices.written:
        return f", of which it wrote the last {choices.written:,}"
    checkpoint, source = choices.network.checkpoint, choices.source
    if checkpoint is None or checkpoint.text_digest != source.text.digest:
        return ""
    learnt = learnt_tokens(checkpoint, len(source.tokens.tokens))
    if learnt is None:
        return ""
    if source.stretch.start + len(source.stretch) < learnt:
        return " it has learnt from"
    return " held back from it" if source.stretch.start >= learnt else ""


def shown(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Tokens cut to what a screen can hold: one letter may carry ten thousand accents."""
    return tuple(token if len(token) <= LONGEST else token[: LONGEST - 1] + "…" for token in tokens)


def _layer(layer: LayerReading, bidirectional: bool) -> dict[str, object]:
    arrow = (" ←" if layer.reverse else " →") if bidirectional else ""
    return {
        "name": layer.name,
        "label": f"layer {layer.layer + 1}{arrow}",
        "reverse": layer.reverse,
        "level": layer.layer,
    }


def lanes_of(cell: CellName, layer: LayerReading) -> tuple[Lane, ...]:
    """Every lane that a cell has, the hidden state first."""
    bounded = "signed_own" if cell == "rnn_relu" else "signed_unit"
    lanes = [Lane("h", "hidden state h", layer.hidden, bounded)]
    if layer.cell_state is not None:
        lanes.append(Lane("c", "cell state c", layer.cell_state, "signed_own"))
    lanes += [Lane(k, _LABELS[cell][k], v, "signed_own") for k, v in layer.terms.items()]
    for gate, values in layer.gates.items():
        scale = "signed_unit" if gate in _SIGNED else "unit"
        lanes.append(Lane(gate, _LABELS[cell][gate], values, scale))
    return tuple(lanes)


def _fit(layer: LayerReading) -> dict[str, float] | None:
    """The fitted line, if the rate is one: steps `start` to `stop` (exclusive), 0-based."""
    verdict = layer.verdict
    if not verdict.straight:
        return None
    return {
        "start": verdict.first,
        "stop": verdict.last + 1,
        "slope": verdict.line_at(1) - verdict.line_at(0),
        "intercept": verdict.intercept,
    }

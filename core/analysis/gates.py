"""Gates over a text: how often they stand fully open or shut, and how far they carry.

Source: Karpathy, Johnson & Li, Visualizing and understanding recurrent networks (2015).
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from core.capture import LayerTrace
from core.capture.layout import Layout
from core.errors import CoreError

Array = NDArray[np.float64]

LEFT, RIGHT = 0.1, 0.9
"""a gate below the first is left-saturated, above the second right-saturated (Karpathy et al.)"""

CARRY = {"lstm": "forget", "gru": "update"}
"""the gate that multiplies what a unit keeps from the step before, by cell"""

TANH = {"lstm": ("cell",), "gru": ("new",)}
"""what PyTorch lists among the gates but runs through tanh, from -1 to 1, by cell"""


@dataclass(frozen=True, eq=False)
class Saturation:
    """How often each unit's gates are saturated, over all steps and sequences.

    Attributes:
        left: of each gate, the fraction of steps at which it is below 0.1, (H,) each. The keys are
            PyTorch's names: "input", "forget", "output" or "reset", "update".
        right: the same for above 0.9.
        steps: steps counted, all sequences together; padding is not.
        not_applicable: blocks that PyTorch lists among the gates and that are no gates: they run
            through tanh, from -1 to 1, where 0.1 and 0.9 mean nothing.
    """

    left: dict[str, Array]
    right: dict[str, Array]
    steps: int
    not_applicable: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class CarryProduct:
    """What the gates alone let through from a step back to each earlier one.

    For d = 0, 1 … the product of the gate over the d steps before and up to `step`: by how much
    c_{step-d} (GRU: h_{step-d}) enters c_step through the unit's own carry, everything else held
    fixed. It is not the whole derivative, which has the paths through W_hh too.

    Attributes:
        gate: "forget" (LSTM) or "update" (GRU).
        step: the step it counts from, a position in the text.
        log10: log10 of the product, (D, H), entry d for distance d, entry 0 being 0. A sum of
            logarithms, so that it does not underflow; -inf where a gate is 0 in the trace's
            number format, NaN where one is no number.
        largest: log10 of the largest product of all units, (D,).
        mean: log10 of the mean product, (D,).
        median: the median of `log10`, (D,); with an even number of units the logarithm of the
            geometric mean of the middle two.
    """

    gate: str
    step: int
    log10: Array
    largest: Array
    mean: Array
    median: Array


def saturation(trace: LayerTrace) -> Saturation:
    """The fraction of steps at which each unit's gates are below 0.1 and above 0.9.

    Args:
        trace: of an LSTM or GRU layer.

    Raises:
        CoreError: if the cell has no gates.
    """
    _require_gates(trace)
    valid = _valid(trace)
    gates = {k: v for k, v in trace.gates.items() if k not in TANH[trace.cell]}
    return Saturation(
        left={name: _fraction(gate < LEFT, valid) for name, gate in gates.items()},
        right={name: _fraction(gate > RIGHT, valid) for name, gate in gates.items()},
        steps=int(valid.sum()),
        not_applicable=TANH[trace.cell],
    )


def carry_product(trace: LayerTrace, step: int | None = None, sequence: int = 0) -> CarryProduct:
    """The product of forget (LSTM) or update (GRU) gates against distance.

    Args:
        trace: of an LSTM or GRU layer.
        step: position in the text to count from; the last step this direction reads by default
            (the first position, for a reverse direction, whose distances run to the right).
        sequence: which sequence of the batch.

    Raises:
        CoreError: if the cell has no gates, or there is no such step or sequence.
    """
    _require_gates(trace)
    gate = trace.gates[CARRY[trace.cell]]
    batch = gate.shape[1]
    if not 0 <= sequence < batch:
        raise CoreError(f"`sequence` (={sequence}) must be from 0 to {batch - 1}.")
    length = len(gate) if trace.lengths is None else int(trace.lengths[sequence])
    chosen = (0 if trace.reverse else length - 1) if step is None else step
    if not 0 <= chosen < length:
        raise CoreError(f"`step` (={step}) must be from 0 to {length - 1}.")
    own = gate[:length, sequence].double().cpu().numpy()
    passed = own[chosen:] if trace.reverse else own[chosen::-1]
    with np.errstate(divide="ignore"):
        logs = np.log10(passed[:-1])
    log10 = np.concatenate([np.zeros((1, own.shape[1])), np.cumsum(logs, 0)])
    return CarryProduct(
        gate=CARRY[trace.cell],
        step=chosen,
        log10=log10,
        largest=log10.max(1),
        mean=_log_mean(log10),
        median=np.median(log10, 1),
    )


def _require_gates(trace: LayerTrace) -> None:
    if trace.cell not in CARRY:
        raise CoreError(
            f"`trace` (of {trace.cell!r}) has no gates: give a layer of an LSTM or GRU."
        )


def _valid(trace: LayerTrace) -> Float[Tensor, "time batch"]:
    """1 at every step of a sequence, 0 beyond its end."""
    ones = torch.ones_like(trace.hidden[..., :1])
    return Layout(True, False, None, trace.lengths).mask(ones)[..., 0]


def _fraction(saturated: Tensor, valid: Tensor) -> Array:
    counted = (saturated & (valid > 0).unsqueeze(-1)).double().sum((0, 1))
    return (counted / valid.double().sum()).cpu().numpy()


def _log_mean(log10: Array) -> Array:
    """log10 of the mean of 10^x over the last axis; what is far below the largest counts too."""
    peak = log10.max(1)
    offset = np.where(np.isfinite(peak), peak, 0.0)
    with np.errstate(divide="ignore"):
        return offset + np.log10(np.mean(10.0 ** (log10 - offset[:, None]), 1))

"""The self-check: numbers on screen against an independent computation by autograd alone.

The network is run again step by step from PyTorch's documented equations, in float64
(`core.analysis.selfcheck.stepwise`), and autograd gives what hooks and closed formulas gave before.
Two sizes a and b differ by |a - b| / max(|a|, |b|): 0 if both are 0, 1 if only one of them is. An
entry that plain float64 cannot hold (below 1e-300, above 1e300, or reached only through such a one)
is counted apart.

Two sound runs round differently, and where small differences grow from step to step, as in a
network with a large spectral radius, or where a gate is saturated to its last digits, they part.
How much rounding can do is measured: the independent run is made twice, the second time with every
weight and activation changed in its last digit. Entries that this moves by much are counted apart.
"""

from core.analysis.selfcheck.agreement import Check
from core.analysis.selfcheck.checks import (
    check_gradient,
    check_jacobian,
    check_reach,
    check_weight_gradient,
)

__all__ = ["Check", "check_gradient", "check_jacobian", "check_reach", "check_weight_gradient"]

"""Itemised gradients: dL_t/dh_s for every loss step t and every step s."""

from core.analysis.itemised.reach import Of, itemised, reach
from core.analysis.itemised.trace import reach_of
from core.analysis.itemised.values import Itemised, Reach, ReachCancelled

__all__ = ["Itemised", "Of", "Reach", "ReachCancelled", "itemised", "reach", "reach_of"]

"""Analysis: from a trace to norms, a verdict, and all that is worth seeing of one reading."""

from core.analysis.norms import GradientNorms, Status, gradient_norms, norms_of
from core.analysis.reading import LayerReading, Reading, read
from core.analysis.similarity import similarity_order
from core.analysis.verdict import Verdict, Word, judge

__all__ = [
    "GradientNorms",
    "LayerReading",
    "Reading",
    "Status",
    "Verdict",
    "Word",
    "gradient_norms",
    "judge",
    "norms_of",
    "read",
    "similarity_order",
]

"""Analysis: from a trace to norms and a verdict."""

from core.analysis.norms import GradientNorms, Status, gradient_norms, norms_of
from core.analysis.verdict import Verdict, Word, judge

__all__ = ["GradientNorms", "Status", "Verdict", "Word", "gradient_norms", "judge", "norms_of"]

"""Analysis: from a trace to norms, verdicts, reach, Jacobians, truncation, clipping and gates.

Sweeps over many networks are in `core.analysis.sweep`.
"""

from core.analysis.cliff import Descent, LossCliff, descend, loss_cliff
from core.analysis.clipping import Clipping, clip_by_norm, clip_by_value
from core.analysis.gates import CarryProduct, Saturation, carry_product, saturation
from core.analysis.itemised import Reach, ReachCancelled, reach, reach_of
from core.analysis.jacobians import (
    BlockSpectrum,
    JacobianNorms,
    LyapunovExponents,
    Prediction,
    Scaled,
    jacobian_norms,
    lyapunov_exponents,
    module_spectra,
    predictions,
    spectrum,
    temporal_jacobian,
)
from core.analysis.norms import GradientNorms, Status, gradient_norms, norms_of, stack_norms
from core.analysis.reading import LayerReading, Reading, read
from core.analysis.similarity import similarity_order
from core.analysis.tracing import trace_text
from core.analysis.truncation import (
    Closeness,
    LagContributions,
    RandomTruncation,
    SegmentCurve,
    TruncationDraws,
    draw_truncations,
    random_starts,
    random_truncation,
    segment_curve,
    segment_gradient,
    segment_starts,
    sliding_gradient,
    weight_gradient_by_lag,
)
from core.analysis.verdict import Verdict, Word, judge

__all__ = [
    "BlockSpectrum",
    "CarryProduct",
    "Clipping",
    "Closeness",
    "Descent",
    "GradientNorms",
    "JacobianNorms",
    "LagContributions",
    "LayerReading",
    "LossCliff",
    "LyapunovExponents",
    "Prediction",
    "RandomTruncation",
    "Reach",
    "ReachCancelled",
    "Reading",
    "Saturation",
    "Scaled",
    "SegmentCurve",
    "Status",
    "TruncationDraws",
    "Verdict",
    "Word",
    "carry_product",
    "clip_by_norm",
    "clip_by_value",
    "descend",
    "draw_truncations",
    "gradient_norms",
    "jacobian_norms",
    "judge",
    "loss_cliff",
    "lyapunov_exponents",
    "module_spectra",
    "norms_of",
    "predictions",
    "random_starts",
    "random_truncation",
    "reach",
    "reach_of",
    "read",
    "saturation",
    "segment_curve",
    "segment_gradient",
    "segment_starts",
    "similarity_order",
    "sliding_gradient",
    "spectrum",
    "stack_norms",
    "temporal_jacobian",
    "trace_text",
    "weight_gradient_by_lag",
]

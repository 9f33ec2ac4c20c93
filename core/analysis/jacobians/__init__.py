"""Jacobians through time, the spectra behind them, and what theory predicts from those."""

from core.analysis.jacobians.jacobian import JacobianNorms, jacobian_norms, temporal_jacobian
from core.analysis.jacobians.lyapunov import LyapunovExponents, lyapunov_exponents
from core.analysis.jacobians.prediction import Prediction, predictions
from core.analysis.jacobians.scaled import Scaled
from core.analysis.jacobians.spectrum import BlockSpectrum, module_spectra, spectrum

__all__ = [
    "BlockSpectrum",
    "JacobianNorms",
    "LyapunovExponents",
    "Prediction",
    "Scaled",
    "jacobian_norms",
    "lyapunov_exponents",
    "module_spectra",
    "predictions",
    "spectrum",
    "temporal_jacobian",
]

"""From a spec to a network: what it is, what it starts from, and how it reads a text."""

from core.models.initialisation import draw_parameters, scale_to_radius
from core.models.sequence_model import LossAt, SequenceModel, next_token_loss
from core.models.spec import (
    MAX_EMBEDDING_SIZE,
    MAX_HIDDEN_SIZE,
    MAX_LAYERS,
    MAX_SEED,
    MAX_SIGMA,
    MAX_SPECTRAL_RADIUS,
    MAX_VOCABULARY_SIZE,
    CellName,
    InitialisationName,
    InputName,
    ModelSpec,
)

__all__ = [
    "MAX_EMBEDDING_SIZE",
    "MAX_HIDDEN_SIZE",
    "MAX_LAYERS",
    "MAX_SEED",
    "MAX_SIGMA",
    "MAX_SPECTRAL_RADIUS",
    "MAX_VOCABULARY_SIZE",
    "CellName",
    "InitialisationName",
    "InputName",
    "LossAt",
    "ModelSpec",
    "SequenceModel",
    "draw_parameters",
    "next_token_loss",
    "scale_to_radius",
]

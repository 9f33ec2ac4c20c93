"""Unrolled's library: run recurrent networks and read exactly what happened inside them.

    import torch
    from core import capture

    lstm = torch.nn.LSTM(8, 16)
    with capture(lstm) as tape:
        lstm(torch.randn(50, 1, 8))[0][-1].sum().backward()
    print(tape["l0"].grad_hidden.norm(dim=-1))

Import inner modules as `from core.capture.cells import Lstm`; `core.capture` is the function.
"""

from core.capture import LayerTrace, Tape, capture
from core.errors import CaptureError, CoreError, SpecError, TextError

__all__ = [
    "CaptureError",
    "CoreError",
    "LayerTrace",
    "SpecError",
    "Tape",
    "TextError",
    "capture",
]

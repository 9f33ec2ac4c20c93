"""Capture: hooks on a running model give a Tape of LayerTrace, every state and exact gradient."""

from core.capture.also import Also
from core.capture.recorder import capture
from core.capture.source import Recurrence
from core.capture.tape import Tape
from core.capture.trace import LayerTrace

__all__ = ["Also", "LayerTrace", "Recurrence", "Tape", "capture"]

"""The only place that reads and writes session state and the address bar.

from app import state
looking = state.looking(steps, layers, lanes)
"""

from app.state.explorer import (
    EXPLORER,
    OPTIONS,
    Looking,
    enter,
    heard,
    looking,
    loss_step,
    remember,
)
from app.state.interrupts import give_way
from app.state.kept import (
    choose,
    chosen,
    hand,
    handed,
    keep_text,
    kept_text,
    prefer,
    session,
)
from app.state.parameters import (
    PRESENTER,
    address,
    asked,
    asked_option,
    asked_pair,
    asked_range,
    asked_step,
    asked_text,
    forget,
    present,
    remember_pair,
    remember_step,
    remember_words,
    tidy_address,
)

__all__ = [
    "EXPLORER",
    "OPTIONS",
    "PRESENTER",
    "Looking",
    "address",
    "asked",
    "asked_option",
    "asked_pair",
    "asked_range",
    "asked_step",
    "asked_text",
    "choose",
    "chosen",
    "enter",
    "forget",
    "give_way",
    "hand",
    "handed",
    "heard",
    "keep_text",
    "kept_text",
    "looking",
    "loss_step",
    "prefer",
    "present",
    "remember",
    "remember_pair",
    "remember_step",
    "remember_words",
    "session",
    "tidy_address",
]

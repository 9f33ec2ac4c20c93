"""The library is imported while the first browser still loads Streamlit's scripts."""

import gc
import importlib
import threading
from contextlib import suppress

__all__ = ["warm"]

# Of the library alone: two threads that import modules of Streamlit may wait for each other.
MODULES = ("torch", "core", "core.text", "core.models", "core.analysis", "core.learning")


def warm() -> threading.Thread:
    """Start importing; a session that needs a module earlier waits for it, as for any import.

    Returns:
        The thread, to be joined before the process ends.
    """
    importing = threading.Thread(target=_import, name="warm")
    importing.start()
    return importing


def _import() -> None:
    gc.disable()  # a million objects come, and none goes: looking for garbage took a tenth of it
    try:
        # What cannot be imported is told where it is needed: on the page.
        with suppress(ImportError):
            for module in MODULES:
                importlib.import_module(module)
    finally:
        gc.enable()

"""Tests of Unrolled."""

import app  # noqa: F401 - before PyTorch: one thread a computation, as in the server

"""Sweeps: verdict and rate over length, spectral radius and cell, resumable, on many processors."""

from core.analysis.sweep.row import SweepRow
from core.analysis.sweep.running import run_sweep
from core.analysis.sweep.spec import (
    SweepInitialisation,
    SweepPoint,
    SweepSpec,
    random_tokens,
)
from core.analysis.sweep.storage import load_sweep
from core.analysis.sweep.table import CSV_COLUMNS, SweepTable, sweep_table

__all__ = [
    "CSV_COLUMNS",
    "SweepInitialisation",
    "SweepPoint",
    "SweepRow",
    "SweepSpec",
    "SweepTable",
    "load_sweep",
    "random_tokens",
    "run_sweep",
    "sweep_table",
]

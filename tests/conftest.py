"""What all tests share: one thread, reproducible examples in CI, and the running app."""

import os

import pytest
import torch
from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("local", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")

# As the app does: small networks run fastest so, and results do not depend on the machine's cores.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _seeded():
    """Stock modules draw their weights from the global state; every test starts from the same."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield

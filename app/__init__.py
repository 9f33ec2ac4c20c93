"""Unrolled, the page."""

import os

# One thread a computation, in every thread of the server. PyTorch's own setting,
# `torch.set_num_threads`, holds in the calling thread alone, and sessions run in others: there the
# eigenvectors of a 64 × 64 matrix took two threads and, on busy cores, 150 ms instead of .7.
# The libraries under PyTorch and NumPy read these once, when they are loaded.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"

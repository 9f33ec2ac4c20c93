"""Sessions run in threads of their own: a computation takes one core in each of them."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = """
import threading
import app.compute.readings
import torch
from threadpoolctl import threadpool_info

def look():
    counts = [pool["num_threads"] for pool in threadpool_info()]
    print(torch.get_num_threads(), *counts)

look()
thread = threading.Thread(target=look)
thread.start()
thread.join()
"""


def test_one_core_in_every_thread():
    kept = {n: v for n, v in os.environ.items() if not n.endswith("_NUM_THREADS")}
    for asked in ({}, {"OMP_NUM_THREADS": "4", "MKL_NUM_THREADS": "4"}):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], cwd=ROOT, env=kept | asked, capture_output=True,
            text=True, check=True,
        )  # fmt: skip
        lines = done.stdout.splitlines()
        assert len(lines) == 2
        assert {count for line in lines for count in line.split()} == {"1"}

"""A sweep over a real Dask cluster on this machine, one of its workers killed on the way."""

import logging
import os
import signal
import socket
import sys
import warnings
from dataclasses import replace

import pytest
import torch

from core.analysis.sweep import SweepSpec, cluster, random_tokens, run_sweep, sweep_table
from core.analysis.sweep.__main__ import main
from core.analysis.sweep.storage import load_sweep
from core.errors import CoreError

distributed = pytest.importorskip("distributed")

SPEC = SweepSpec(
    cells=("gru", "rnn_tanh"),
    lengths=(40, 9),
    spectral_radii=(0.5, 0.9, 1.2, 1.5),
    seeds=(3, 1, 4),
    tokens=random_tokens(7, 41, seed=2),
    vocabulary_size=7,
    hidden_size=4,
)


@pytest.fixture(scope="module")
def local():
    """Two worker processes of one thread each, on this machine alone."""
    with (
        warnings.catch_warnings(),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        ) as running,
    ):
        yield running


def test_the_rows_are_the_same_though_a_worker_is_killed_on_the_way(local, tmp_path):
    store = tmp_path / "sweep"
    address = local.scheduler_address
    rows = run_sweep(SPEC, cluster=address, store=store)
    taken = [next(rows)]
    with distributed.Client(address, set_as_default=False) as looking:
        pids = looking.run(os.getpid)
    assert len(set(pids.values())) == 2
    assert os.getpid() not in pids.values()
    os.kill(next(iter(pids.values())), signal.SIGKILL)
    taken += rows
    table = sweep_table(SPEC, taken)
    assert table.missing == ()
    assert len(taken) == len(SPEC)
    assert table.rows == tuple(run_sweep(SPEC))
    assert sweep_table(SPEC, load_sweep(store)[1]) == table


def test_the_command_takes_an_address_and_prints_the_same_table(local, tmp_path, capsys):
    options = "--random 5 --lengths 4 --cells rnn_tanh --radii 0.1:0.9:3 --hidden-size 2".split()
    assert main([*options, "--cluster", local.scheduler_address]) == 0
    told = capsys.readouterr().out
    assert main(options) == 0
    assert capsys.readouterr().out == told


def test_a_cancelled_sweep_leaves_nothing_on_the_cluster(local):
    known = 0

    def note(done, total):
        nonlocal known
        known = done

    rows = run_sweep(
        SPEC, cluster=local.scheduler_address, progress=note, cancelled=lambda: known == 2
    )
    assert len(list(rows)) == 2
    with distributed.Client(local.scheduler_address, set_as_default=False) as looking:
        held = looking.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))
    assert held == 0


def test_a_cluster_that_does_not_answer_is_refused(monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        for each in (address, "nonsense://x"):
            with pytest.raises(CoreError, match="must be the address of a Dask scheduler that"):
                list(run_sweep(SPEC, cluster=each))


def test_without_the_package_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(CoreError, match="install it with `pip install distributed`"):
        run_sweep(SPEC, cluster="tcp://127.0.0.1:1")


def test_a_worker_whose_digits_may_differ_is_refused(monkeypatch):
    assert cluster.measure_on_worker(SPEC, SPEC.points[0], torch.__version__) == next(
        run_sweep(replace(SPEC))
    )
    with pytest.raises(CoreError, match=r"a worker has PyTorch .*, here is 1\.0"):
        cluster.measure_on_worker(SPEC, SPEC.points[0], "1.0")
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    with pytest.raises(CoreError, match="a worker computes on 2 threads"):
        cluster.measure_on_worker(SPEC, SPEC.points[0], torch.__version__)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (distributed.KilledWorker("task", None, 3), "several workers died at gru, length 40"),
        (distributed.CancelledError("task"), "the scheduler was lost"),
        (OSError("gone"), "the scheduler was lost"),
        (CoreError("no radius"), "no radius"),
        (ModuleNotFoundError("core"), "cannot import `core`"),
    ],
)
def test_what_the_cluster_reports_becomes_a_sentence(error, message):
    class Failed:
        def result(self):
            raise error

    with pytest.raises(CoreError, match=message):
        cluster._row(Failed(), SPEC.points[0], "tcp://a:1")

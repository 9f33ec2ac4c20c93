"""A sweep over a Dask cluster; `distributed` is imported only when an address is given."""

import queue
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import torch

from core.analysis.sweep.processes import LOOK_SECONDS
from core.analysis.sweep.row import SweepRow, measure
from core.analysis.sweep.spec import SweepPoint, SweepSpec
from core.errors import CoreError

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_SECONDS = 10.0
"""for the scheduler to answer"""
_AHEAD = 4  # points handed in for each thread of the cluster, so that none waits for the next


def rows_over_cluster(
    spec: SweepSpec, points: Sequence[SweepPoint], address: str, cancelled: Callable[[], bool]
) -> Iterator[SweepRow]:
    """Measures points on the workers of a Dask cluster.

    Workers may come and go: what a lost one had in hand is measured by another. The scheduler's and
    the workers' Python must have this package and the same PyTorch, on one thread.

    Args:
        spec: The sweep.
        points: Of the sweep.
        address: The scheduler's: "tcp://host:8786".
        cancelled: Whether to end early.

    Yields:
        Rows as they are finished.

    Raises:
        CoreError: `distributed` is not installed, the scheduler does not answer or is lost, a
            worker lacks this package, has another PyTorch or lets it use several threads, or a
            point was refused or given up by the cluster because several workers died at it.
    """
    client = _connected(address)
    try:
        hand_in = _Handed(client, spec, points, address)
        for _ in points:
            future = None
            while future is None:
                if cancelled():
                    return
                hand_in.more()
                future = hand_in.finished()
            yield _row(future, hand_in.point_of(future), address)
    finally:
        client.close()  # the scheduler forgets what nobody waits for


class _Handed:
    """The points that the cluster has in hand: a few for each of its threads."""

    def __init__(
        self, client: Any, spec: SweepSpec, points: Sequence[SweepPoint], address: str
    ) -> None:
        self._client, self._spec, self._address = client, spec, address
        self._left = iter(points)
        self._points: dict[Any, SweepPoint] = {}
        # The callback runs in a thread of the client's; a queue brings the future over.
        self._done: queue.SimpleQueue[Future] = queue.SimpleQueue()

    def more(self) -> None:
        """Hands in points until the cluster has enough."""
        try:
            threads = sum(self._client.nthreads().values())
        except OSError as error:
            raise _lost(self._address) from error
        wanted = _AHEAD * max(1, threads) - len(self._points)
        for point in islice(self._left, max(0, wanted)):
            # Never a result that another client left under the same name.
            future = self._client.submit(
                measure_on_worker, self._spec, point, torch.__version__, pure=False
            )
            self._points[future.key] = point
            future.add_done_callback(self._done.put)

    def finished(self) -> "Future | None":
        """The next that is done, if there is one soon."""
        try:
            return self._done.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            return None

    def point_of(self, future: "Future") -> SweepPoint:
        """Its point, which is no longer in hand."""
        return self._points.pop(future.key)


def measure_on_worker(spec: SweepSpec, point: SweepPoint, version: str) -> SweepRow:
    """What a worker of the cluster runs.

    Args:
        spec: The sweep.
        point: One of its points.
        version: PyTorch's, where the sweep was started.

    Returns:
        The row.

    Raises:
        CoreError: PyTorch is another one here or computes on several threads, or the point is
            refused.
    """
    if torch.__version__ != version:
        raise CoreError(
            f"`cluster`: a worker has PyTorch {torch.__version__}, here is {version}: rows of two "
            "versions may differ in the last digits. Install the same on all machines."
        )
    if torch.get_num_threads() != 1:
        raise CoreError(
            f"`cluster`: a worker computes on {torch.get_num_threads()} threads: rows may then "
            "differ in the last digits. Start it by `dask worker`, which sets OMP_NUM_THREADS to "
            "1 unless told otherwise."
        )
    return measure(spec, point)


def require_distributed() -> Any:
    """Gives the package `distributed`.

    Raises:
        CoreError: It is not installed.
    """
    try:
        import distributed  # noqa: PLC0415 - optional, and half a second to import
    except ImportError as error:
        raise CoreError(
            "`cluster` needs the package distributed: install it with "
            "`pip install distributed`, or leave `cluster` out."
        ) from error
    return distributed


def _connected(address: str) -> "Client":
    distributed = require_distributed()
    try:
        return distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise CoreError(
            f"`cluster` (={address!r}) must be the address of a Dask scheduler that answers, such "
            "as 'tcp://host:8786'."
        ) from error


def _row(future: "Future", point: SweepPoint, address: str) -> SweepRow:
    distributed = require_distributed()
    try:
        return future.result()
    except CoreError:
        raise
    except distributed.KilledWorker as error:
        raise CoreError(
            f"`cluster` (={address!r}): several workers died at {point}. Give them more memory, or "
            "sweep smaller networks or lengths."
        ) from error
    except (distributed.CancelledError, OSError) as error:
        raise _lost(address) from error
    except Exception as error:
        if _lacks_core(error):
            raise CoreError(
                f"`cluster` (={address!r}): its scheduler or a worker cannot import `core`. "
                "Install this package, in this version, on all machines."
            ) from error
        raise


def _lost(address: str) -> CoreError:
    return CoreError(
        f"`cluster` (={address!r}): the scheduler was lost. Start it again and repeat the sweep "
        "with the same `store`."
    )


def _lacks_core(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ImportError):
            return True
        error = error.__cause__ or error.__context__
    return False

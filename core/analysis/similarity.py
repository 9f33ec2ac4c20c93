"""An order of units that puts those that do the same next to each other."""

import numpy as np
import torch
from numpy.typing import NDArray


def similarity_order(hidden: NDArray[np.float64]) -> NDArray[np.int32]:
    """Units sorted by their angle in the plane of the two strongest patterns over time.

    The patterns are the first two principal components of the units' centred courses; units with
    like courses have like angles. Deterministic: each component's sign is fixed by its largest
    entry. Units that are not finite come last, in their own order.

    Args:
        hidden: states, (T, H).

    Returns:
        The unit in each row, (H,).
    """
    finite = np.isfinite(hidden).all(0)
    order = np.flatnonzero(~finite)
    units = np.flatnonzero(finite)
    centred = hidden[:, units] - hidden[:, units].mean(0) if len(units) else hidden[:, units]
    if min(centred.shape) < 2:
        return np.concatenate([units, order]).astype(np.int32)
    peak = np.abs(centred).max() or 1.0
    # The components are eigenvectors of the units' covariance; torch's solver is the faster here.
    covariance = torch.from_numpy(centred / peak).T @ torch.from_numpy(centred / peak)
    loadings = torch.linalg.eigh(covariance).eigenvectors[:, -2:].flip(1).T.numpy()
    sign = np.sign(loadings[np.arange(2), np.abs(loadings).argmax(1)])
    loadings = loadings * sign[:, None]
    angle = np.arctan2(loadings[1], loadings[0])
    return np.concatenate([units[np.argsort(angle, kind="stable")], order]).astype(np.int32)

"""Whether capture gives the same numbers on another device, as a table.

    python -m tests.benchmarks.check_device [--device cuda]

The same weights and inputs on the CPU in float64 and on the device in float64 and in float32: for
each kind of network the largest difference of any attribute of any layer, relative to the largest
magnitude of that attribute. In float64 it must be below 1e-9, or the command fails. In float32 it
says how exact that device computes: cuDNN may round products to TF32, which `--no-tf32` forbids.
Warnings are errors.
"""

import argparse
import copy
import sys
import warnings

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from core import LayerTrace, capture
from tests.benchmarks.bench_capture import ATTRIBUTES

T, B, D, H = 37, 3, 4, 5
MOST = 1e-9
KINDS = {
    "RNN": lambda: nn.RNN(D, H),
    "ReLU RNN": lambda: nn.RNN(D, H, nonlinearity="relu"),
    "GRU": lambda: nn.GRU(D, H),
    "LSTM": lambda: nn.LSTM(D, H),
    "GRU, 2 layers, both directions": lambda: nn.GRU(D, H, num_layers=2, bidirectional=True),
    "LSTM, 2 layers, both directions": lambda: nn.LSTM(D, H, num_layers=2, bidirectional=True),
    "LSTM, batch first": lambda: nn.LSTM(D, H, batch_first=True),
    "LSTM, packed": lambda: nn.LSTM(D, H),
    # Large enough for the loop over time to stay on a GPU.
    "RNN, 512 units": lambda: nn.RNN(D, 512),
    "ReLU RNN, 512 units": lambda: nn.RNN(D, 512, nonlinearity="relu"),
    "GRU, 512 units": lambda: nn.GRU(D, 512),
    "LSTM, 512 units": lambda: nn.LSTM(D, 512),
    "LSTMCell, step by step": lambda: nn.LSTMCell(D, H),
    "GRUCell, step by step": lambda: nn.GRUCell(D, H),
}


def run(name: str, module: nn.Module, x: Tensor) -> tuple[LayerTrace, ...]:
    """The layers of one forward and backward pass."""
    with capture(module) as tape:
        if "Cell" in name:
            state, loss = None, x.new_zeros(())
            for t, x_t in enumerate(x):
                state = module(x_t, state)
                seen = state[0] if isinstance(state, tuple) else state
                loss = loss + (t + 1) * seen.sin().sum()
        elif "packed" in name:
            packed = pack_padded_sequence(x, torch.tensor([T, T - 9, 2]))
            loss = module(packed)[0].data.sin().sum()
        else:
            given = x.transpose(0, 1) if getattr(module, "batch_first", False) else x
            loss = module(given)[0].sin().square().sum()
        loss.backward()
    return tape.layers


def values(layer: LayerTrace) -> dict[str, Tensor]:
    """Every tensor of a trace by its name, on the CPU in float64."""
    found = {}
    for name in ATTRIBUTES:
        value = getattr(layer, name)
        parts = value if isinstance(value, dict) else {"": value}
        found |= {
            f"{name} {key}".strip(): part.detach().cpu().double()
            for key, part in parts.items()
            if part is not None
        }
    return found


def difference(one: tuple[LayerTrace, ...], other: tuple[LayerTrace, ...]) -> tuple[float, str]:
    """The largest relative difference, and which attribute has it."""
    assert [layer.name for layer in one] == [layer.name for layer in other]
    most = (0.0, "")
    for a, b in zip(one, other, strict=True):
        left, right = values(a), values(b)
        assert left.keys() == right.keys()
        for name in left:
            size = left[name].abs().max().clamp_min(1e-300)
            gap = ((left[name] - right[name]).abs().max() / size).nan_to_num(nan=float("inf"))
            most = max(most, (gap.item(), f"{a.name} {name}"))
    return most


def main() -> None:
    """Print the table as Markdown; exit status 1 where float64 differs."""
    plain_help = argparse.RawTextHelpFormatter
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=plain_help)
    ask.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    ask.add_argument("--no-tf32", action="store_true")
    asked = ask.parse_args()
    warnings.simplefilter("error")
    if asked.no_tf32:
        torch.backends.cudnn.allow_tf32 = False
    print("| network | float64 | worst attribute | float32 | worst attribute |")
    print("|---|---|---|---|---|")
    failed = False
    for name, make in KINDS.items():
        torch.manual_seed(0)
        module, x = make().double(), torch.randn(T, B, D, dtype=torch.float64)
        truth = run(name, copy.deepcopy(module), x.clone().requires_grad_())
        cells = []
        for dtype in (torch.float64, torch.float32):
            place = {"device": asked.device, "dtype": dtype}
            found = run(name, copy.deepcopy(module).to(**place), x.to(**place).requires_grad_())
            gap, where = difference(truth, found)
            failed |= dtype is torch.float64 and not gap <= MOST
            cells += [f"{gap:.1e}", where]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()

"""How the server answers a class, at the start and after thousands of reruns, as a table.

    python -m tests.benchmarks.bench_load [--sessions 30] [--think 2] [--reruns 5000] [--rows 5]
        [--page explore] [--units 64] [--steps 100] [--long 3]

Sessions speak Streamlit's websocket protocol, without browsers, so that the machine belongs to the
server. Each waits for its page, thinks (half to one and a half times `--think` seconds) and changes
something: mostly the cursor, sometimes the seed of the network, which nothing has computed before;
`--page text` and the like stay on a page without networks and change nothing. Times are from the
request until the script has finished. A row is printed for each part of the reruns: median, 95th
percentile and longest in milliseconds, the server's resident memory, the objects that its garbage
collector looks at, and those that are frozen.

`--long` sessions besides ask, all the time, for the gradient's truncation in an LSTM of 4 layers
with 512 units over 500 steps, each with another seed: others should not notice. Their times are not
in the table.
"""

import argparse
import asyncio
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.benchmarks.bench_sessions import megabytes

ROOT = Path(__file__).resolve().parent.parent.parent
SERVE = """
import gc, os, pathlib, signal, sys
def tell(*_):
    counted = f"{len(gc.get_objects())} {gc.get_freeze_count()}"
    pathlib.Path(os.environ["COUNTED"]).write_text(counted)
signal.signal(signal.SIGUSR1, tell)
from streamlit.web import cli
sys.argv = ["streamlit", "run", "app/main.py", "--server.port", os.environ["PORT"]]
cli.main()
"""
NEW_NETWORK = 0.25
"""share of the reruns that ask for another network"""


@dataclass
class Session:
    """One tab of a browser, as the server sees it."""

    socket: websockets.ClientConnection
    query: dict[str, str]
    page: str = ""
    numbers: dict[str, str] = field(default_factory=dict)
    states: dict[str, WidgetState] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    async def rerun(self) -> float:
        """Ask for a run; the seconds until it has finished."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string = urlencode(self.query)
        state.page_name = self.page
        state.widget_states.widgets.extend(self.states.values())
        begun = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(await self.socket.recv())
            kind = answer.WhichOneof("type")
            if kind == "delta":
                self._see(answer)
            elif kind == "script_finished" and answer.script_finished != 2:
                return time.perf_counter() - begun

    def _see(self, answer: ForwardMsg) -> None:
        element = answer.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "number_input":
            self.numbers[element.number_input.label] = element.number_input.id
        elif kind == "exception":
            self.failed.append(element.exception.message)

    def choose(self, label: str, value: int) -> None:
        """Type a number into a field of the sidebar."""
        name = self.numbers[label]
        self.states[name] = WidgetState(id=name, double_value=value)


async def connect(port: int, page: str, **query: str) -> Session:
    """A new tab, its page drawn."""
    socket = await websockets.connect(
        f"ws://localhost:{port}/_stcore/stream", subprotocols=["streamlit"], max_size=2**27
    )
    session = Session(socket, query, page)
    await session.rerun()
    return session


async def visitor(session: Session, asked: argparse.Namespace, seed: int, taken: list) -> None:
    """Think and change something, until enough is done by all."""
    chance = random.Random(seed)
    networks = 0
    while len(taken) < asked.reruns:
        await asyncio.sleep(asked.think * chance.uniform(0.5, 1.5))
        if asked.page in ("", "gradients", "generate"):
            if chance.random() < NEW_NETWORK:
                networks += 1
                session.choose("Seed", 1000 * seed + networks)
            else:
                session.query["t"] = str(chance.randint(1, asked.steps))
        taken.append((await session.rerun(), session.failed))


async def burden(port: int, seed: int) -> None:
    """Ask for long work, one piece after the other, as long as the others are there."""
    units = {"units": "512", "layers": "4", "cell": "lstm", "steps": "500"}
    session = await connect(
        port, "gradients", weights="untrained", lab="truncation", seed=str(seed), **units
    )
    for again in range(1, 10_000):
        session.choose("Seed", 1000 * seed + again)
        await session.rerun()


async def load(port: int, server: int, counted: Path, asked: argparse.Namespace) -> None:
    """Print the table."""
    network = {"weights": "untrained", "units": str(asked.units), "steps": str(asked.steps)}
    sessions = [
        await connect(port, asked.page, **network, seed=str(1000 * k))
        for k in range(asked.sessions)
    ]
    long = [asyncio.create_task(burden(port, 90_000 + k)) for k in range(asked.long)]
    taken: list[tuple[float, list[str]]] = []
    visitors = [
        asyncio.create_task(visitor(session, asked, k, taken)) for k, session in enumerate(sessions)
    ]
    print("| reruns | median ms | 95 % within ms | slowest ms | MB | tracked | frozen |")
    print("|---|---|---|---|---|---|---|")
    shown = 0
    for row in range(1, asked.rows + 1):
        upto = asked.reruns * row // asked.rows
        while len(taken) < upto:
            await asyncio.sleep(0.2)
            for task in (*visitors, *long):
                if task.done() and task.exception():
                    raise task.exception()
        part = sorted(1000 * seconds for seconds, _ in taken[shown:upto])
        late = part[min(len(part) - 1, int(0.95 * len(part)))]
        objects = await asyncio.to_thread(objects_of, server, counted)
        print(f"| {shown}–{upto} | {statistics.median(part):.0f} | {late:.0f} | {part[-1]:.0f} | "
              f"{megabytes(server):.0f} | {objects} |", flush=True)  # fmt: skip
        shown = upto
    failed = [message for session in sessions for message in session.failed]
    print(f"{len(failed)} failed." + (f" The first: {failed[0]}" if failed else ""))
    for task in (*long, *visitors):
        task.cancel()


def objects_of(server: int, counted: Path) -> str:
    """Tracked and frozen objects of the server."""
    counted.unlink(missing_ok=True)
    os.kill(server, signal.SIGUSR1)
    for _ in range(200):
        if counted.exists() and (told := counted.read_text(encoding="utf-8")):
            return " | ".join(f"{int(number):,}" for number in told.split())
        time.sleep(0.05)
    return "? | ?"


def main() -> None:
    """Start a server, put it under load, print the table."""
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    ask.add_argument("--sessions", type=int, default=30)
    ask.add_argument("--think", type=float, default=2.0)
    ask.add_argument("--reruns", type=int, default=5000)
    ask.add_argument("--rows", type=int, default=5)
    ask.add_argument("--page", default="", help="its address; empty for Explore")
    ask.add_argument("--units", type=int, default=64)
    ask.add_argument("--steps", type=int, default=100)
    ask.add_argument("--long", type=int, default=0)
    ask.add_argument("--port", type=int, default=8640)
    asked = ask.parse_args()
    asked.page = "" if asked.page == "explore" else asked.page
    with tempfile.TemporaryDirectory() as folder:
        counted = Path(folder) / "counted"
        around = {**os.environ, "COUNTED": str(counted), "PORT": str(asked.port)}
        silent = subprocess.DEVNULL
        server = subprocess.Popen(
            [sys.executable, "-c", SERVE], cwd=ROOT, env=around, stdout=silent, stderr=silent
        )
        try:
            while True:
                try:
                    urllib.request.urlopen(f"http://localhost:{asked.port}/_stcore/health").close()
                    break
                except OSError:
                    time.sleep(0.1)
            asyncio.run(load(asked.port, server.pid, counted, asked))
        finally:
            server.terminate()
            server.wait(30)


if __name__ == "__main__":
    main()

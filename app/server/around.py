"""The middleware of the server, and what happens when it starts and stops."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit
from starlette.middleware import Middleware

from app import jobs
from app.server import ending
from app.server.files import FilesFromMemory
from app.server.guard import Guard
from app.server.hosts import learn_own_names
from app.server.nodelay import send_at_once
from app.server.opening import OpeningPage, preloads
from app.server.patience import lose_patience
from app.server.warm import warm

FRONTEND = Path(streamlit.__file__).parent / "static"
"""the folder of Streamlit's own scripts, styles and fonts"""
MIDDLEWARE = (
    Middleware(Guard),
    Middleware(FilesFromMemory, folder=FRONTEND / "static"),
    Middleware(OpeningPage, links=preloads(FRONTEND)),
)


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Around all requests: prepare while the first browser still loads Streamlit's scripts."""
    learn_own_names()
    lose_patience()
    send_at_once()
    importing = warm()
    yield
    # Not at exit: after SIGTERM the process ends without it.
    await asyncio.to_thread(jobs.end_all)
    await asyncio.to_thread(ending.end_all)
    await asyncio.to_thread(importing.join, 20)

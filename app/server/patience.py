"""Connections that never finish what they began are closed, and the server does not name itself.

uvicorn closes a connection that is idle between two requests, and pings sessions; but it waits
without end for a request that dribbles in, and for a browser that vanished while an answer was on
its way. `streamlit run` gives no way to its settings: they are found among Python's objects.
"""

import asyncio
import gc
from typing import Any

from uvicorn import Config

__all__ = ["lose_patience", "patient"]

REQUEST_SECONDS = 20.0
"""from the connection, or the answer before, to the end of a request's headers"""
ANSWER_SECONDS = 60.0
"""in which a browser must take something of what waits for it"""
CLOSING_SECONDS = 5.0


def lose_patience() -> int:
    """Bound the waiting of all servers in this process, for connections that come from now on.

    Returns:
        How many servers there were.
    """
    # Not isinstance: it asks an object for its __class__, and lazy modules answer by importing.
    found = [each for each in gc.get_objects() if issubclass(type(each), Config)]
    for config in found:
        config.server_header = False
        config.encoded_headers = [
            each for each in config.encoded_headers if each[0].lower() != b"server"
        ]
        config.http_protocol_class = patient(config.http_protocol_class)
        if config.ws_protocol_class is not None:
            config.ws_protocol_class = patient_session(config.ws_protocol_class)
    return len(found)


class _Draining:
    """A timer that ends a connection whose peer takes nothing of what waits for it."""

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    _taking: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """Too much waits to be sent."""
        super().pause_writing()  # type: ignore[misc]
        self._watch(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Most of it was sent."""
        super().resume_writing()  # type: ignore[misc]
        self._unwatch()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._unwatch()
        super().connection_lost(exc)  # type: ignore[misc]

    def _watch(self, waiting: int) -> None:
        self._unwatch()
        self._taking = self.loop.call_later(ANSWER_SECONDS, self._look, waiting)

    def _unwatch(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def _look(self, before: int) -> None:
        waiting = self.transport.get_write_buffer_size()
        if waiting >= before:
            self.transport.abort()
        else:
            self._watch(waiting)


def patient(protocol: Any) -> Any:
    """The protocol of HTTP, with an end to its patience.

    Args:
        protocol: One of uvicorn's, H11Protocol or HttpToolsProtocol.
    """

    class Patient(_Draining, protocol):
        _request: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            app = self.app

            async def begun(scope: Any, receive: Any, send: Any) -> None:
                self._begin()
                await app(scope, receive, send)

            self.app = begun
            self._await_request()

        def connection_lost(self, exc: Exception | None) -> None:
            self._begin()
            super().connection_lost(exc)

        def on_response_complete(self) -> None:
            self._await_request()
            super().on_response_complete()

        def handle_websocket_upgrade(self, *event: Any) -> None:
            self._begin()
            super().handle_websocket_upgrade(*event)

        def _await_request(self) -> None:
            self._begin()
            self._request = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

        def _begin(self) -> None:
            if self._request is not None:
                self._request.cancel()
                self._request = None

    return Patient


def patient_session(protocol: Any) -> Any:
    """The protocol of sessions: one that answers no ping goes, also with unsent messages.

    Args:
        protocol: One of uvicorn's.
    """

    class PatientSession(_Draining, protocol):
        def keepalive_timeout(self) -> None:
            super().keepalive_timeout()
            self.loop.call_later(CLOSING_SECONDS, self.transport.abort)

    return PatientSession

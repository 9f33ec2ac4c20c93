"""A small HTTP server on loopback that answers as a test wants: slowly, wrongly or not at all."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FILE = "timemachine.txt"


class Server(ThreadingHTTPServer):
    """Answers each request as `answer` says, and counts them; `over` ends the slow ones."""

    daemon_threads = False  # closing the server waits for all answers: no socket outlives a test

    def __init__(self, answer):
        self.answer, self.requests, self.over = answer, 0, threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/{FILE}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        self.server.requests += 1
        try:
            self.server.answer(self)
        except OSError:
            pass  # the client went away, as it should from a slow server

    def log_message(self, *_):
        pass

    def give(self, body: bytes, status: int = 200, length: int | None = None, **headers: str):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def drip(self, data: bytes, pause: float):
        for byte in data:
            if self.server.over.wait(pause):
                return
            self.wfile.write(bytes([byte]))

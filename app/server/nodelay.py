"""Small messages leave at once.

Streamlit 1.67 makes its socket without naming TCP, and asyncio then leaves Nagle's algorithm on (it
looks for `proto == IPPROTO_TCP`). A second small packet waits until the browser's machine has
acknowledged the first, which takes it 40 ms: so much later came the body of every small file, and
many a message.
"""

import gc
import socket

__all__ = ["send_at_once"]


def send_at_once() -> int:
    """Switch Nagle's algorithm off on every TCP socket of this process that listens.

    Connections accepted afterwards inherit it. The sockets are found among Python's objects, since
    nothing that `streamlit run` gives to an application leads to them.

    Returns:
        How many sockets there were.
    """
    # Not isinstance: it asks an object for its __class__, and lazy modules answer by importing.
    sockets = [each for each in gc.get_objects() if issubclass(type(each), socket.socket)]
    listening = [each for each in sockets if _listens(each)]
    for each in listening:
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return len(listening)


def _listens(one: socket.socket) -> bool:
    if one.fileno() < 0 or one.family not in (socket.AF_INET, socket.AF_INET6):
        return False
    stream = one.type == socket.SOCK_STREAM
    return stream and bool(one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))

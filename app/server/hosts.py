"""Which names this server answers to.

A page of a stranger can make its own name point to this machine (DNS rebinding) and then read what
the server answers, as if it came from the stranger's. A browser says under which name it asks: an
address in digits cannot be rebound, and of the names only this machine's own are answered to, or
those of Streamlit's setting `server.allowedHosts`.
"""

import ipaddress
import re
import socket
import threading

from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

__all__ = ["answers_to", "is_origin_known", "learn_own_names"]

_HOST = re.compile(
    r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[\w\-.]+))(?::[0-9]{0,5})?", re.ASCII
)
_OWN = {"localhost", "localhost.localdomain"}


def learn_own_names() -> threading.Thread:
    """Find the names of this machine; asking the network for the full one may take seconds.

    Returns:
        The thread that asks.
    """
    short = socket.gethostname().lower()
    _OWN.update((short, short.partition(".")[0], f"{short.partition('.')[0]}.local"))
    for option in ("server.address", "browser.serverAddress"):
        if address := config.get_option(option):
            _OWN.add(str(address).lower())
    asking = threading.Thread(target=lambda: _OWN.add(socket.getfqdn().lower()), daemon=True)
    asking.start()
    return asking


def answers_to(host: str) -> bool:
    """Whether a Host header names this server.

    Args:
        host: "name", "name:port", "[address]:port" and so on.
    """
    if config.get_option("server.allowedHosts"):
        return is_host_allowed(host)
    name = _name_in(host)
    return name is not None and (name in _OWN or name.endswith(".localhost") or _is_address(name))


def is_origin_known(origin: str, host: str) -> bool:
    """Whether a page from this origin may open a session here: one of this server's own.

    Args:
        origin: Of the page, "http://name:port".
        host: The Host header of its request.
    """
    if not config.get_option("server.enableCORS"):
        return True
    name = _name_in(origin.partition("://")[2])
    others = {_name_in(each.partition("://")[2]) for each in config.get_option(
        "server.corsAllowedOrigins")}  # fmt: skip
    return name is not None and (name == _name_in(host) or name in _OWN or name in others)


def _name_in(host: str) -> str | None:
    """The name without port and brackets, in small letters, or None if there is none."""
    parts = _HOST.fullmatch(host)
    return None if parts is None else (parts["address"] or parts["name"]).rstrip(".").lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

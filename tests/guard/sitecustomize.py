"""Refuses every connection beyond this machine; Python imports it on start where this folder is on the path.

`tests/conftest.py` loads it into the test process and puts the folder on `PYTHONPATH`, so that the workers,
servers and command lines which tests start are guarded too.
"""

from __future__ import annotations

import ipaddress
import sys

# What asks for an address, by the names of Python's audit events, and where its host stands in the arguments.
_EVENTS = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
}


class NetworkUsedError(RuntimeError):
    """A test, or a process that it started, wanted to leave the machine."""


def _is_local(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    if not isinstance(host, str):
        return False
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    at = _EVENTS.get(event)
    if at is None:
        return
    address = arguments[at]
    if event.startswith("socket.get"):
        host = address
    elif isinstance(address, tuple):
        host = address[0]
    else:
        # The path of a Unix socket, or the address that `connect` was given already.
        return
    if not _is_local(host):
        raise NetworkUsedError(f"tests must not leave this machine: {event} to {host!r}; serve it on 127.0.0.1 instead")


sys.addaudithook(_refuse)

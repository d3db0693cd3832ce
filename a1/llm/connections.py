"""One long-lived client for each event loop and endpoint: a new one for each call would cost 18 ms and a handshake."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncGenerator
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from a1.llm.endpoint import Endpoint

if TYPE_CHECKING:
    from openai import AsyncOpenAI

# Waiting longer for a connection means that nobody listens; the answer itself may take the whole time.
CONNECT_SECONDS = 10.0

_ending: set[asyncio.Task[None]] = set()
_Clients = dict[tuple[str, str | None, str | None, str | None], "AsyncOpenAI"]


class Connections:
    """Clients by event loop, closed with their loop.

    A client belongs to the loop that it was made in. An asynchronous generator, held open in that loop, closes its
    clients: `asyncio.run` ends such generators before it closes the loop, which is the only moment at which
    connections can be closed properly. Safe to use from several threads, each with its own loop.

    Must be kept alive until `release`: collected as garbage, connections cannot be closed in order.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: dict[asyncio.AbstractEventLoop, tuple[_Clients, AsyncGenerator[None, None]]] = {}

    async def client(self, endpoint: Endpoint) -> AsyncOpenAI:
        """Return the running loop's client for that base URL and key."""
        clients = await self._clients()
        key = (endpoint.base_url, endpoint.api_key, endpoint.organization, endpoint.project)
        if key not in clients:
            clients[key] = _new_client(endpoint)
        return clients[key]

    async def aclose(self) -> None:
        """Close the running loop's clients; those of other loops are closed with their loops."""
        with self._lock:
            found = self._open.get(asyncio.get_running_loop())
        if found is not None:
            await found[1].aclose()

    def release(self) -> None:
        """Let every loop close its clients soon; may be called from anywhere, a finaliser too."""
        # Without the lock: a finaliser may run in the middle of the code that holds it.
        for loop, (_, keeper) in list(self._open.items()):
            if not loop.is_closed():
                loop.call_soon_threadsafe(_end, loop, keeper)

    async def _clients(self) -> _Clients:
        loop = asyncio.get_running_loop()
        with self._lock:
            if loop in self._open:
                return self._open[loop][0]
            # A loop that was closed without ending its generators left its clients behind.
            for other in [other for other in self._open if other.is_closed()]:
                del self._open[other]
            clients: _Clients = {}
            keeper = self._keep(loop, clients)
            self._open[loop] = (clients, keeper)
        # Runs to its `yield` without giving up control, so that the loop knows of it from now on.
        await anext(keeper)
        return clients

    async def _keep(self, loop: asyncio.AbstractEventLoop, clients: _Clients) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            with self._lock:
                self._open.pop(loop, None)
            for client in clients.values():
                await client.close()


def _end(loop: asyncio.AbstractEventLoop, keeper: AsyncGenerator[None, None]) -> None:
    async def end() -> None:
        await keeper.aclose()

    task = loop.create_task(end())
    # The loop itself only knows its tasks weakly.
    _ending.add(task)
    task.add_done_callback(_ending.discard)


def _new_client(endpoint: Endpoint) -> AsyncOpenAI:
    # Imported on first use: it takes 650 ms, and most of what the library does needs no model.
    import openai

    client = openai.AsyncOpenAI(
        base_url=endpoint.base_url,
        # Without a key the header is left out of each request; but None would send `OPENAI_API_KEY` to any server.
        api_key=endpoint.api_key or "none",
        max_retries=0,
        # Not the default subclass, whose finaliser starts tasks in whatever loop runs then. A proxy is no way to
        # this machine itself.
        http_client=openai.DefaultAsyncHttpxClient(trust_env=not _is_loopback(endpoint.base_url)),
    )
    # Set, not passed: None would be read from the environment and go to endpoints that are not OpenAI's.
    client.organization, client.project = endpoint.organization, endpoint.project
    return client


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""The in-process network for httpx, in a module of its own so that only those who have httpx import it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx

from fake_core.errors import ConnectionDropped

if TYPE_CHECKING:
    from fake_core.fake import Application
    from fake_core.transport import InProcess


class HttpxTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport for sync and async clients. A host that no fake plays is a ConnectError."""

    def __init__(self, network: InProcess) -> None:
        self._network = network

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        fake = self._network.find(request.url.host)
        if fake is None:
            raise httpx.ConnectError(f"no fake plays {request.url.host}", request=request)
        return _exchange(self._network, fake, request, request.read())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        fake = self._network.find(request.url.host)
        if fake is None:
            raise httpx.ConnectError(f"no fake plays {request.url.host}", request=request)
        return _exchange(self._network, fake, request, await request.aread())


def patch_httpx(network: InProcess) -> Callable[[], None]:
    """Let every httpx client of this process meet the fakes; the returned function undoes it."""
    sync, async_ = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request

    def handle_request(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        fake = network.find(request.url.host)
        return sync(self, request) if fake is None else _exchange(network, fake, request, request.read())

    async def handle_async_request(self: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        fake = network.find(request.url.host)
        if fake is None:
            return await async_(self, request)
        return _exchange(network, fake, request, await request.aread())

    httpx.HTTPTransport.handle_request = handle_request  # type: ignore[method-assign]
    httpx.AsyncHTTPTransport.handle_async_request = handle_async_request  # type: ignore[method-assign]

    def undo() -> None:
        httpx.HTTPTransport.handle_request = sync  # type: ignore[method-assign]
        httpx.AsyncHTTPTransport.handle_async_request = async_  # type: ignore[method-assign]

    return undo


def _exchange(network: InProcess, fake: Application, request: httpx.Request, body: bytes) -> httpx.Response:
    try:
        status, _reason, headers, answer = network.send(
            fake, request.method, str(request.url), headers=request.headers.multi_items(), body=body
        )
    except ConnectionDropped as error:
        raise httpx.RemoteProtocolError(str(error), request=request) from None
    return httpx.Response(status, headers=headers, content=answer, request=request)

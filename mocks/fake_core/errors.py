"""What the vendor answers, what the tester misused; what we got wrong is an AssertionError."""

from __future__ import annotations

from collections.abc import Callable


class FakeError(Exception):
    """The root of what a fake raises on purpose."""


class VendorError(FakeError):
    """What the real service would have answered. Each vendor subclasses it and renders it as an HTTP answer."""


class MisuseError(FakeError):
    """The tester asked the fake for something impossible. The message says what, where and what to do."""


class ConnectionDropped(FakeError):
    """The connection broke. Each transport turns it into what its client library raises, or closes the socket.

    *then* is what is to be done all the same once the call is over: a transport calls `settle()`, outside every lock.
    """

    def __init__(self, message: str, *, then: Callable[[], None] | None = None) -> None:
        super().__init__(message)
        self._then = then

    def settle(self) -> None:
        """Do what remains to be done after the call."""
        if self._then is not None:
            self._then()

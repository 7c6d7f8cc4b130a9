"""Sends an outgoing webhook: for real to this machine only, so that no test ever calls a stranger.

Rule 1: whatever the receiver does, the sender ends: a short timeout for each piece of the answer, and few pieces.
Rule 2: a failure is told in words that are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Protocol
from urllib.parse import urlsplit

from fake_core.errors import FakeError

SECONDS_MAX = 2.0
ANSWER_BYTES_MAX = 65_536
LOCAL = {"127.0.0.1": "127.0.0.1", "localhost": "127.0.0.1"}
_PIECES_MAX = 16


@dataclass(frozen=True)
class Webhook:
    """One request on its way out."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What the receiver answered."""

    status: int
    text: str = ""


class NotDelivered(FakeError):
    """The webhook had no answer; the message says why."""


class Sender(Protocol):
    """Sends a webhook. Raises NotDelivered; anything else it raises is logged as well, and harms nobody."""

    def __call__(self, webhook: Webhook, /) -> Reply: ...


class LocalSender:
    """Sends over HTTP to 127.0.0.1 and localhost, and nowhere else."""

    def __init__(self, *, seconds: float = SECONDS_MAX) -> None:
        self._seconds = seconds

    def __call__(self, webhook: Webhook, /) -> Reply:
        parts = urlsplit(webhook.url)
        host = LOCAL.get(parts.hostname or "")
        if host is None or parts.scheme != "http":
            raise NotDelivered("not sent: only http:// to 127.0.0.1 and localhost is")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = HTTPConnection(host, parts.port or 80, timeout=self._seconds)
        try:
            headers = {name: _header(value) for name, value in webhook.headers.items()}
            connection.request(webhook.method, path, body=webhook.body, headers=headers)
            answer = connection.getresponse()
            pieces: list[bytes] = []
            while len(pieces) < _PIECES_MAX and (piece := answer.read1(ANSWER_BYTES_MAX)):
                pieces.append(piece)
            return Reply(answer.status, b"".join(pieces)[:ANSWER_BYTES_MAX].decode("utf-8", "replace"))
        except ConnectionRefusedError:
            raise NotDelivered("nobody listens there") from None
        except TimeoutError:
            raise NotDelivered(f"no answer within {self._seconds:g} s") from None
        except (OSError, HTTPException, ValueError):
            raise NotDelivered("the connection broke, or the answer was no HTTP") from None
        finally:
            connection.close()


def _header(value: str) -> bytes:
    """*value* as it may stand in a header: no line of its own."""
    return "".join(one if one.isprintable() else " " for one in value).encode()

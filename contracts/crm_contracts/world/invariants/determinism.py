"""I14, determinism: the same seed, configuration and operations give the same requests, to the byte.

What is compared is the log of every request and its answer, hashed; where two logs part is told in words.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from crm_contracts.world.violations import NotDeterministic

__all__ = ["Log", "check_deterministic", "line"]

Exchange = Mapping[str, Any]
_KEPT = ("at", "vendor", "method", "path", "request", "status", "fault", "response")


class Log:
    """All requests of a sync in a history, one line each."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, exchanges: Iterable[Exchange]) -> None:
        self.lines += [line(one) for one in exchanges]

    @property
    def sha256(self) -> str:
        digest = hashlib.sha256()
        for one in self.lines:
            digest.update(one.encode() + b"\n")
        return digest.hexdigest()


def line(exchange: Exchange) -> str:
    """One exchange as text; the number in the fake's journal is no part of it."""
    return json.dumps([exchange[name] for name in _KEPT], ensure_ascii=False, default=str)


def check_deterministic(play: Callable[[], Log]) -> str:
    """Play twice. Returns the hash of the log; raises NotDeterministic naming the first request that differs."""
    first, second = play(), play()
    if first.sha256 == second.sha256:
        return first.sha256
    pairs = zip(first.lines, second.lines, strict=False)
    at = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(first.lines), len(second.lines)))
    told = [log.lines[at][:300] if at < len(log.lines) else "nothing more" for log in (first, second)]
    raise NotDeterministic(f"request {at + 1} was {told[0]} and then {told[1]}")

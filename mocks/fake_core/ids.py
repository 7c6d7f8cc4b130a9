"""Where identity and chance come from: serial numbers by name, and tokens derived from one seed.

Tokens are hashes of (seed, counter), not draws of a generator, so that the whole state is a few counters and a
snapshot of it is small. The same seed and the same order of calls give the same ids, on any machine.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from typing import Any

SEEDS_APART, IDS_EACH = 2**24, 1_000_000  # their product is a whole number that JavaScript still tells apart
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class IdSource:
    """Serial numbers, hex strings and tokens from one seed."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._counters: dict[str, int] = {}
        self._pinned: dict[str, list[str]] = {}
        self._lock = threading.Lock()

    @property
    def block(self) -> int:
        """Where whole-number ids of this seed may begin, so that two tenants' are not the same."""
        return self.seed % SEEDS_APART * IDS_EACH

    def next(self, name: str) -> int:
        """The next serial number of *name*: 1, 2, 3…"""
        with self._lock:
            number = self._counters.get(name, 0) + 1
            self._counters[name] = number
        return number

    def pin(self, name: str, record_ids: Sequence[str]) -> None:
        """The next ids of *name* are these, in their order; what was pinned before and not taken is forgotten."""
        with self._lock:
            self._pinned[name] = list(record_ids)

    def pinned(self, name: str) -> str | None:
        """The id that the next record of *name* has to have, if somebody said so. It is taken with that."""
        with self._lock:
            waiting = self._pinned.get(name)
            return waiting.pop(0) if waiting else None

    def hex(self, digits: int) -> str:
        """*digits* lower-case hexadecimal digits (at most 128)."""
        return self._hash().hex()[:digits]

    def token(self, length: int) -> str:
        """*length* characters of `0-9A-Za-z`."""
        text = ""
        while len(text) < length:
            text += "".join(_BASE62[byte % 62] for byte in self._hash())
        return text[:length]

    def dump(self) -> dict[str, Any]:
        pinned = {name: list(waiting) for name, waiting in self._pinned.items() if waiting}
        return {"seed": self.seed, "counters": dict(self._counters)} | ({"pinned": pinned} if pinned else {})

    def load(self, state: dict[str, Any]) -> None:
        with self._lock:
            self.seed = state["seed"]
            self._counters = dict(state["counters"])
            self._pinned = {name: list(waiting) for name, waiting in state.get("pinned", {}).items()}

    def _hash(self) -> bytes:
        number = self.next("\0chance")
        return hashlib.sha512(f"{self.seed}:{number}".encode()).digest()

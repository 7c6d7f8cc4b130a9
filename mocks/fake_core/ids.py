"""Where identity and chance come from: serial numbers by name, and tokens derived from one seed.

Tokens are hashes of (seed, counter), not draws of a generator, so that the whole state is a few counters and a
snapshot of it is small. The same seed and the same order of calls give the same ids, on any machine.
"""

from __future__ import annotations

import hashlib
import threading
from typing import Any

SEEDS_APART, IDS_EACH = 2**24, 1_000_000  # their product is a whole number that JavaScript still tells apart
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class IdSource:
    """Serial numbers, hex strings and tokens from one seed."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._counters: dict[str, int] = {}
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

    def reserve(self, name: str, count: int) -> range:
        """*count* consecutive serial numbers of *name* at once."""
        with self._lock:
            first = self._counters.get(name, 0) + 1
            self._counters[name] = first + count - 1
        return range(first, first + count)

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
        return {"seed": self.seed, "counters": dict(self._counters)}

    def load(self, state: dict[str, Any]) -> None:
        with self._lock:
            self.seed = state["seed"]
            self._counters = dict(state["counters"])

    def _hash(self) -> bytes:
        number = self.next("\0chance")
        return hashlib.sha512(f"{self.seed}:{number}".encode()).digest()

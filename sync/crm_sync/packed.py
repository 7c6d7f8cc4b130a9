"""Values of a record, kept small until somebody looks at them again.

A first run holds every record of two systems from its scan to its last commit, and looks at each a few times. As a
`dict` of its own one takes a kilobyte and more; packed, what it has in common with the first of its kind (the names,
the ids of the same account and owner) is not kept again.
Rule: nothing but JSON is packed, and it reads as the `dict` that it was. Nobody may change what is inside of it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

WINDOW_BITS = 12  # 4 KB of the first of a kind are looked at: more costs time, and a row is shorter
MEMORY_LEVEL = 3
UNPACKED_MAX = 256  # an activity is looked at as a whole, and has a handful of records; a small run has few
_AS_TEXT = json.JSONEncoder(ensure_ascii=False).encode


class Packed(Mapping[str, Any]):
    """One packed mapping. *like* is the text that it was packed against."""

    __slots__ = ("_data", "_like")

    def __init__(self, data: bytes, like: bytes) -> None:
        self._data, self._like = data, like

    def __getitem__(self, name: str) -> Any:
        return _unpacked(self._data, self._like)[name]

    def get(self, name: str, default: Any = None) -> Any:
        return _unpacked(self._data, self._like).get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(_unpacked(self._data, self._like))

    def __len__(self) -> int:
        return len(_unpacked(self._data, self._like))

    def __contains__(self, name: object) -> bool:
        return name in _unpacked(self._data, self._like)

    def __repr__(self) -> str:
        return repr(_unpacked(self._data, self._like))


class Packing:
    """Packs mappings; the first of each *kind* is what the others are packed against."""

    def __init__(self) -> None:
        self._like: dict[str, bytes] = {}

    def values(self, kind: str, values: Mapping[str, Any]) -> Packed:
        """*values* are as a JSON text told them."""
        return self.text(kind, _AS_TEXT(values))

    def text(self, kind: str, text: str) -> Packed:
        """The same from the JSON text of an object."""
        plain = text.encode("utf-8", "surrogatepass")
        like = self._like.setdefault(kind, plain)
        packer = zlib.compressobj(1, zlib.DEFLATED, -WINDOW_BITS, MEMORY_LEVEL, zlib.Z_DEFAULT_STRATEGY, like)
        return Packed(packer.compress(plain) + packer.flush(), like)


@lru_cache(maxsize=UNPACKED_MAX)
def _unpacked(data: bytes, like: bytes) -> dict[str, Any]:
    plain = zlib.decompressobj(-WINDOW_BITS, zdict=like).decompress(data)
    found: dict[str, Any] = json.loads(plain.decode("utf-8", "surrogatepass"))
    return found

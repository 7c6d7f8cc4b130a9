"""Photographs of several fakes at once: cheap to take, to compare and to go back to.

Rule 1: rows are kept as the pages in which they differ from a first image, so that a sweep can keep hundreds.
Rule 2: the same pages are the same number, so that two worlds are compared by numbers.
Rule 3: nothing is copied that cannot have changed: a store tells how many transactions it began.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from fake_core.fake import Fake
from fake_core.store import Store

__all__ = ["Darkroom", "Photograph"]

PAGE_BYTES, BLOCK_BYTES = 4_096, 65_536
Pages = tuple[int, tuple[tuple[int, bytes], ...]]  # the image's length, and (offset, page) where it differs

# What a later answer cannot depend on: who is logged in, how often, and what the chance of tokens came to.
USAGE: Mapping[str, Collection[str]] = {
    "salesforce": ("sessions", "api_requests", "approvals"),
    "planhat": ("soft_calls_per_minute", "hard_calls_per_second"),
}
_CHANCE = "\0chance"


@dataclass(frozen=True)
class Photograph:
    """Each vendor's rows by number, and its parts as JSON."""

    rows: tuple[tuple[str, int], ...]
    parts: tuple[tuple[str, str], ...]

    def essence(self) -> tuple[object, ...]:
        """What a later answer may depend on."""
        return (self.rows, tuple((vendor, _essential(vendor, text)) for vendor, text in self.parts))


class Darkroom:
    """Takes photographs of *fakes* and goes back to them."""

    def __init__(self, fakes: Mapping[str, Fake]) -> None:
        self._stores: dict[str, Store] = {vendor: fake.store for vendor, fake in fakes.items()}
        self._first = {vendor: store.contents() for vendor, store in self._stores.items()}
        self._numbers: dict[str, dict[Pages, int]] = {vendor: {} for vendor in fakes}
        self._pages: dict[str, list[Pages]] = {vendor: [] for vendor in fakes}
        self._now: dict[str, tuple[int, int]] = {}  # transactions so far, and the number of the rows then
        for vendor in fakes:
            self._look(vendor, self._first[vendor])

    def rows(self) -> tuple[tuple[str, int], ...]:
        """The number of each vendor's rows as they are now."""
        for vendor, store in self._stores.items():
            if store.transactions != self._now[vendor][0]:
                self._look(vendor, store.contents())
        return tuple((vendor, number) for vendor, (_, number) in self._now.items())

    def photograph(self) -> Photograph:
        parts = tuple(
            (vendor, json.dumps({name: part.dump() for name, part in store.parts.items()}))
            for vendor, store in self._stores.items()
        )
        return Photograph(self.rows(), parts)

    def restore(self, given: Photograph) -> None:
        """Put rows and parts back as they were."""
        now = dict(self.rows())
        parts = dict(given.parts)
        for vendor, number in given.rows:
            store = self._stores[vendor]
            if now[vendor] == number:
                _load(store, json.loads(parts[vendor]))
                continue
            store.restore(self._snapshot(vendor, number, parts[vendor].encode()))
            self._now[vendor] = (store.transactions, number)

    def forget(self) -> None:
        """Forget all photographs; those that were handed out are worth nothing any more."""
        for vendor, store in self._stores.items():
            self._numbers[vendor].clear()
            self._pages[vendor].clear()
            self._look(vendor, store.contents())

    def _look(self, vendor: str, image: bytes) -> None:
        pages = _differing(self._first[vendor], image)
        numbers = self._numbers[vendor]
        if pages not in numbers:
            numbers[pages] = len(numbers)
            self._pages[vendor].append(pages)
        self._now[vendor] = (self._stores[vendor].transactions, numbers[pages])

    def rows_of(self, vendor: str, number: int) -> bytes:
        """The rows of this number, as `Store.contents` made them."""
        return bytes(self._snapshot(vendor, number, b"")[8:])

    def _snapshot(self, vendor: str, number: int, parts: bytes) -> bytearray:
        """As `Store.snapshot` made it."""
        length, pages = self._pages[vendor][number]
        snapshot = bytearray(len(parts).to_bytes(8, "big") + parts)
        start = len(snapshot)
        snapshot += self._first[vendor]
        del snapshot[start + length :]
        snapshot += bytes(start + length - len(snapshot))
        for offset, page in pages:
            snapshot[start + offset : start + offset + len(page)] = page
        return snapshot


def _differing(first: bytes, image: bytes) -> Pages:
    found: list[tuple[int, bytes]] = []
    for block in range(0, len(image), BLOCK_BYTES):
        old, new = first[block : block + BLOCK_BYTES], image[block : block + BLOCK_BYTES]
        if old == new:
            continue
        for at in range(0, len(new), PAGE_BYTES):
            page = new[at : at + PAGE_BYTES]
            if old[at : at + PAGE_BYTES] != page:
                found.append((block + at, page))  # noqa: PERF401 - one slice for each page, not two
    return len(image), tuple(found)


def _load(store: Store, parts: Mapping[str, Any]) -> None:
    for name, part in store.parts.items():
        part.load(parts[name])


def _essential(vendor: str, text: str) -> str:
    parts = json.loads(text)
    for name in USAGE.get(vendor, ()):
        parts.pop(name, None)
    parts.get("ids", {}).get("counters", {}).pop(_CHANCE, None)
    return json.dumps(parts)

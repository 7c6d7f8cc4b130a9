"""Photographs of several fakes at once: cheap to take, to compare and to go back to; and what a fake answered already.

Rule 1: rows are kept as the pages in which they differ from a first image, so that a sweep can keep thousands.
Rule 2: the same pages are the same number, so that two worlds are compared by numbers.
Rule 3: nothing is copied that cannot have changed: a store tells how many transactions it began.
Rule 4: to go back costs nothing: a store is put back when somebody really asks it something (`Darkroom.develop`).
Rule 5: a fake is a function of its state, its clock and the request. A request that was made before in one state at
the same time is not made again: its answer is known, and the state that it leaves.
Rule 6: one darkroom may serve many worlds that open with the same scene (`Darkroom.begin_again`). What it knows from
an earlier world counts only for the very same state, to the last call that was counted; so no world can tell.
"""

from __future__ import annotations

import json
import marshal
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from fake_core.fake import Fake
from fake_core.store import Store

__all__ = ["Darkroom", "Key", "Photograph", "Reply", "State"]

PAGE_BYTES, BLOCK_BYTES = 4_096, 65_536
REPLIES_MAX = 50_000
STATES_MAX = 600  # of all worlds of one darkroom: so many images of rows
Pages = tuple[int, tuple[tuple[int, bytes], ...]]  # the image's length, and (offset, page) where it differs

# What no answer depends on but in its count of calls: usage, and what the chance of tokens came to.
USAGE: Mapping[str, Collection[str]] = {
    "salesforce": ("api_requests", "approvals"),
    "planhat": ("soft_calls_per_minute", "hard_calls_per_second"),
}
SESSIONS = "sessions"
_CHANCE = "\0chance"


class State(NamedTuple):
    """One fake: its rows by number, and its parts in three pieces, as `marshal` writes them."""

    rows: int
    core: bytes
    sessions: bytes
    usage: bytes


class Key(NamedTuple):
    """A request in a state: *asked* but for the count of calls, which is *usage*."""

    asked: object
    usage: bytes


class Reply(NamedTuple):
    """What was answered: status line, headers, body; the journal's entry of a sync's call; and the state afterwards."""

    line: str
    headers: list[tuple[str, str]]
    body: bytes
    exchange: dict[str, Any]
    after: State


@dataclass(frozen=True)
class Photograph:
    """The state of each vendor."""

    states: tuple[tuple[str, State], ...]

    def essence(self) -> tuple[object, ...]:
        """What a later answer may depend on: not who is logged in, for who is not logs in again."""
        return tuple((vendor, state.rows, state.core) for vendor, state in self.states)


class Darkroom:
    """Takes photographs of *fakes* and goes back to them. Whoever calls a fake by himself says `touch` before.

    *for_many*: other worlds will come (`begin_again`), so what users are answered is kept, too.
    """

    def __init__(self, fakes: Mapping[str, Fake], *, for_many: bool = False) -> None:
        self.for_many = for_many
        self._fakes = dict(fakes)
        self._stores: dict[str, Store] = {vendor: fake.store for vendor, fake in fakes.items()}
        self._first = {vendor: store.contents() for vendor, store in self._stores.items()}
        self._numbers: dict[str, dict[Pages, int]] = {vendor: {} for vendor in fakes}
        self._pages: dict[str, list[Pages]] = {vendor: [] for vendor in fakes}
        self._real: dict[str, tuple[int, int]] = {}  # of the store itself: transactions so far, and the rows then
        self._state: dict[str, State | None] = dict.fromkeys(fakes)  # None: look at the fake
        self._developed = dict.fromkeys(fakes, True)  # whether the store is in that state
        self._replies: dict[object, Reply] = {}  # of this world
        self._kept: dict[object, Reply] = {}  # of all worlds, by whole states
        for vendor in fakes:
            self._look(vendor, self._first[vendor])
        self._opening = self.photograph() if for_many else None

    @property
    def full(self) -> bool:
        """Whether it is time for an empty one."""
        return sum(map(len, self._pages.values())) > STATES_MAX

    def begin_again(self) -> None:
        """The fakes are to be as they were when this darkroom was made."""
        assert self._opening is not None, "a darkroom for many worlds knows how they open"
        self._replies.clear()
        self.restore(self._opening)

    def rows(self) -> tuple[tuple[str, int], ...]:
        """The number of each vendor's rows as they are now."""
        return tuple((vendor, self._rows(vendor)) for vendor in self._fakes)

    def photograph(self) -> Photograph:
        return Photograph(tuple((vendor, self.state(vendor)) for vendor in self._fakes))

    def restore(self, given: Photograph) -> None:
        """Rows and parts are as they were: the next who asks will find them so."""
        for vendor, state in given.states:
            if self._state[vendor] != state:
                self._state[vendor], self._developed[vendor] = state, False

    def state(self, vendor: str) -> State:
        """How one fake stands now."""
        known = self._state[vendor]
        if known is None:
            known = self._state[vendor] = State(self._rows(vendor), *_pieces(vendor, self._stores[vendor]))
            self._developed[vendor] = True
        return known

    def touch(self, vendor: str) -> None:
        """Somebody is about to call this fake: put it into its state; what state it is in then, nobody knows yet."""
        self.develop(vendor)
        self._state[vendor] = None

    def develop(self, vendor: str) -> None:
        """Put the store into the state in which it is said to be."""
        state = self._state[vendor]
        if state is None or self._developed[vendor]:
            return
        store = self._stores[vendor]
        parts = _joined(state)
        if self._real_rows(vendor) == state.rows:
            for name, part in store.parts.items():
                part.load(parts[name])
        else:
            store.restore(self._snapshot(vendor, state.rows, json.dumps(parts).encode()))
            self._real[vendor] = (store.transactions, state.rows)
        self._developed[vendor] = True

    # -- what was answered ---------------------------------------------------------------------------

    def key(self, vendor: str, at: datetime, request: tuple[object, ...]) -> Key:
        """What an answer depends on."""
        state = self.state(vendor)
        return Key((vendor, state.rows, state.core, state.sessions, at, request), state.usage)

    def reply(self, key: Key, vendor: str, *, exactly: bool) -> Reply | None:
        """The answer, if it was given before; the fake is then as good as called.

        *exactly*: in the very same state; else, within this world, calls may have been counted since.
        """
        found = None if exactly else self._replies.get(key.asked)
        if found is None and self.for_many and key in self._kept:
            found = self._kept[key]
            if not exactly:
                self._replies[key.asked] = found
        if found is not None and self._state[vendor] != found.after:
            self._state[vendor], self._developed[vendor] = found.after, False
        return found

    def learn(self, key: Key, reply: Reply, *, exactly: bool) -> None:
        if len(self._replies) >= REPLIES_MAX:
            self._replies.clear()
        if not exactly:
            self._replies[key.asked] = reply
        if self.for_many:
            self._kept[key] = reply

    # -- rows ----------------------------------------------------------------------------------------

    def rows_of(self, vendor: str, number: int) -> bytes:
        """The rows of this number, as `Store.contents` made them."""
        return bytes(self._snapshot(vendor, number, b"")[8:])

    def _rows(self, vendor: str) -> int:
        known = self._state[vendor]
        return self._real_rows(vendor) if known is None else known.rows

    def _real_rows(self, vendor: str) -> int:
        store = self._stores[vendor]
        if store.transactions != self._real[vendor][0]:
            self._look(vendor, store.contents())
        return self._real[vendor][1]

    def _look(self, vendor: str, image: bytes) -> None:
        pages = _differing(self._first[vendor], image)
        numbers = self._numbers[vendor]
        if pages not in numbers:
            numbers[pages] = len(numbers)
            self._pages[vendor].append(pages)
        self._real[vendor] = (self._stores[vendor].transactions, numbers[pages])

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
                found.append((block + at, page))
    return len(image), tuple(found)


def _pieces(vendor: str, store: Store) -> tuple[bytes, bytes, bytes]:
    """Parts in three pieces: what answers depend on, who is logged in, and the rest."""
    parts = {name: part.dump() for name, part in store.parts.items()}
    usage = {name: parts.pop(name) for name in USAGE.get(vendor, ()) if name in parts}
    sessions = parts.pop(SESSIONS, None)
    ids = parts.get("ids")
    if ids is not None and _CHANCE in ids["counters"]:
        counters = dict(ids["counters"])
        usage[_CHANCE] = counters.pop(_CHANCE)
        parts["ids"] = {**ids, "counters": counters}
    return _written(parts), _written(sessions), _written(usage)


def _written(part: Any) -> bytes:
    """Plain data as bytes. Equal data are equal bytes: this version of the format refers to nothing written before."""
    return marshal.dumps(part, 2)


def _joined(state: State) -> dict[str, Any]:
    parts: dict[str, Any] = marshal.loads(state.core)  # noqa: S302 - written a moment ago, by this process
    usage = marshal.loads(state.usage)  # noqa: S302
    if _CHANCE in usage:
        parts["ids"]["counters"][_CHANCE] = usage.pop(_CHANCE)
    sessions = marshal.loads(state.sessions)  # noqa: S302
    if sessions is not None:
        parts[SESSIONS] = sessions
    return {**parts, **usage}

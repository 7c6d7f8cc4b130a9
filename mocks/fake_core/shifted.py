"""Faults that move a call in time: carried out too late, carried out twice, answered from rows that are no longer so.

Rule 1: a late call is carried out right after the next call of the same meaning was answered (the retry, if the caller
tries again), or when faults are cleared; it is written down once more then, with what nobody heard.
Rule 2: what a call with older rows writes is lost, as a replica that is behind takes no writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from fake_core.faults import Fault
from fake_core.store import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Late(NamedTuple):
    """A call that its caller gave up: what it means, and how to carry it out."""

    meaning: tuple[str, str]
    act: Callable[[], None]


class Shifted:
    """What one fake still has to do, and how its rows looked when a fault was scripted."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._late: list[Late] = []
        self._older: dict[Fault, bytes] = {}

    def remember(self, fault: Fault, rows: bytes | None = None) -> None:
        """*fault* is scripted now: keep the rows that it will show (*rows*: others than those of this moment)."""
        self._older[fault] = self._store.contents() if rows is None else rows

    def forget(self) -> None:
        self._late.clear()
        self._older.clear()

    def put_off(self, meaning: tuple[str, str], act: Callable[[], None]) -> None:
        self._late.append(Late(meaning, act))

    def catch_up(self, meaning: tuple[str, str] | None = None) -> None:
        """Carry out the late calls of this meaning; without one, all."""
        due = [one for one in self._late if meaning is None or one.meaning == meaning]
        self._late = [one for one in self._late if one not in due]
        for one in due:
            one.act()

    def __bool__(self) -> bool:
        return bool(self._late)

    @contextmanager
    def older(self, fault: Fault) -> Iterator[None]:
        """The rows that *fault* remembers are there, as long as the block runs."""
        with self._store.showing(self._older[fault]):
            yield


def again(environ: WSGIEnvironment, body: bytes) -> dict[str, Any]:
    """The same call once more."""
    return {**environ, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}

"""Where a round can be struck: each request and each commit of its clean run, and what can go wrong there.

Rule 1: a fault is addressed by meaning (the n-th update of a Task), so that a finding can be replayed as a history.
Rule 2: a kind is tried wherever it means something: no row is locked by a read, no item refused that is not in a batch.
Source of the kinds: section 3.1 of the project's sync-correctness notes; what each does: `fake_core.faults`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from crm_contracts.world import ops as world_ops
from crm_contracts.world.monitors import WRITING, Exchange
from crm_contracts.world.ops import Op

__all__ = ["CRASHES", "HIDING", "KINDS", "SEARCHES", "Commit", "Point", "Request", "deaths", "faults", "request_of"]

ALL = ("salesforce", "planhat", "totango", "marketo")
HIDING = "slow_visibility"  # strikes searches alone: what a replica that is behind is told to write is lost
KINDS: dict[str, tuple[str, ...]] = {
    # fault              vendors where it can happen
    "lost_request": ALL,
    "lost_response": ALL,
    "error_after": ALL,
    "unavailable": ALL,
    "late_success": ALL,
    "session_expired": ("salesforce",),
    "limit_reached": ("salesforce", "planhat", "totango"),  # Marketo publishes none
    "row_locked": ("salesforce",),
    "item_refused": ALL,
    "truncated": ALL,
    "duplicate": ALL,
    HIDING: ALL,
}
CRASHES = ("crash_before", "crash_after")
LOCKING = frozenset({"create", "update", "upsert", "delete"})
SEARCHES = frozenset({"query", "list"})
BREAKING = frozenset({"lost_response", "truncated"})  # to the client all of these are a broken connection
NO_SESSION = frozenset({"login"})  # verbs of calls that a session cannot end at
_ONLY = {
    "row_locked": LOCKING,
    "item_refused": WRITING,
    "late_success": WRITING,
    HIDING: SEARCHES,
}


@dataclass(frozen=True)
class Request:
    """The n-th request of a round, by meaning: *nth* of its vendor, verb and object."""

    n: int
    method: str
    vendor: str
    verb: str
    object: str
    nth: int
    batch: bool


@dataclass(frozen=True)
class Commit:
    """The n-th commit of a round, after so many requests."""

    n: int
    after_requests: int


@dataclass(frozen=True)
class Point:
    """One thing that goes wrong at one place. *kind* is one of KINDS or CRASHES; *lasts*: until somebody heals it."""

    kind: str
    at: Request | Commit
    lasts: bool = False

    def as_good(self) -> Point | None:
        """The point that nobody can tell from this one: who only asks hears the same from every broken connection,
        and a question that arrives twice does nothing (None: as if no fault had been).
        """
        if isinstance(self.at, Commit) or self.at.method != "GET":
            return self
        if self.kind == "duplicate":
            return None
        return replace(self, kind="lost_request") if self.kind in BREAKING else self

    def ops(self, sync: world_ops.Sync) -> list[Op]:
        """The operations that play it, instead of *sync*."""
        if self.kind in CRASHES:
            acted = self.kind == "crash_after"
            if isinstance(self.at, Commit):
                return [replace(sync, crash_at_commit=self.at.n, acted=acted)]
            return [replace(sync, crash_at=self.at.n, acted=acted)]
        assert isinstance(self.at, Request)
        return [self.fault(nth=self.at.nth), sync]

    def history(self, before: Sequence[Op], sync: world_ops.Sync, *, shown_at: int) -> list[Op]:
        """What happened *before*, then the point. What is not visible was written after operation *shown_at*."""
        if self.kind == HIDING:
            return [*before[:shown_at], *self.ops(sync)[:1], *before[shown_at:], sync]
        return [*before, *self.ops(sync)]

    def fault(self, *, nth: int = 1) -> world_ops.InjectFault:
        """The fault, to strike the *nth* request from now that means the same."""
        assert isinstance(self.at, Request)
        at = self.at
        times = None if self.lasts else 1
        return world_ops.InjectFault(
            fault=self.kind, vendor=at.vendor, verb=at.verb, object=at.object or "*", nth=nth, times=times
        )


def request_of(n: int, exchanges: Sequence[Exchange]) -> Request:
    """What the n-th of a round's *exchanges* (from 1) meant."""
    one = exchanges[n - 1]
    address = (one["vendor"], one["verb"], one["object"])
    same = [each for each in exchanges[:n] if (each["vendor"], each["verb"], each["object"]) == address]
    return Request(
        n,
        one["method"],
        *address,
        nth=len(same),
        batch=str(one["request"]).lstrip()[:1] == "[" or "/composite/" in one["path"],
    )


def deaths(requests: Sequence[Request], commits: Sequence[Commit]) -> Iterator[Point]:
    """A death just before and just after each request and each commit."""
    places: list[Request | Commit] = [*requests, *commits]
    for at in places:
        for kind in CRASHES:
            yield Point(kind, at)


def faults(
    requests: Sequence[Request], *, kinds: Sequence[str] = tuple(KINDS), lasting: Sequence[bool] = (False, True)
) -> Iterator[Point]:
    """Every kind of fault at every request where it can happen, once and for as long as nobody heals it."""
    for at in requests:
        for kind in kinds:
            if at.vendor not in KINDS[kind] or at.verb not in _ONLY.get(kind, {at.verb}):
                continue
            if kind == "session_expired" and at.verb in NO_SESSION:
                continue
            if at.batch or kind != "item_refused":
                for lasts in lasting:
                    yield Point(kind, at, lasts)

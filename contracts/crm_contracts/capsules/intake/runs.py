"""Runs of the sync, and what went wrong in them.

Rule 1: a run ends where the sync is silent for longer than the pause, or where it logs in again after a person's write.
Rule 2: a fault is addressed by meaning: the n-th request of its run that does this to that.
Rule 3: an answer that a fake gives only when it is scripted is a fault; another refusal is a question.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from crm_contracts.capsules.intake.exchange import RecordedExchange
from crm_contracts.capsules.intake.facts import Reading, Wrote
from crm_contracts.world.ops import InjectFault

__all__ = ["PAUSE_SECONDS", "Run", "fault_ops", "runs_of", "told_by_evidence", "trouble"]

PAUSE_SECONDS = 60
_LOCKED, _LIMIT, _SESSION = "UNABLE_TO_LOCK_ROW", "REQUEST_LIMIT_EXCEEDED", "INVALID_SESSION_ID"
# What the reference sync does where another sync makes a record of Planhat one at a time.
_ASKS = {("planhat", "create"): "bulk"}


@dataclass
class Run:
    """One run: the indices of its exchanges, in their order."""

    indices: list[int] = field(default_factory=list)

    @property
    def first(self) -> int:
        return self.indices[0]

    @property
    def last(self) -> int:
        return self.indices[-1]


def runs_of(
    exchanges: Sequence[RecordedExchange],
    *,
    is_sync: Callable[[RecordedExchange], bool],
    by_person: Callable[[int], bool],
    pause_seconds: int = PAUSE_SECONDS,
) -> list[Run]:
    """The sync's runs. *by_person* tells whether the exchange of an index is a person's write."""
    runs: list[Run] = []
    wrote = False
    expired = False
    for index, one in enumerate(exchanges):
        if not is_sync(one):
            wrote = wrote or by_person(index)
            continue
        silent = runs and one.at - exchanges[runs[-1].last].at > timedelta(seconds=pause_seconds)
        again = one.meaning == ("login", "") and wrote and not expired
        if not runs or silent or again:
            runs.append(Run())
        runs[-1].indices.append(index)
        wrote = False if one.meaning == ("login", "") or silent else wrote
        expired = one.status == 401
    return runs


def trouble(one: RecordedExchange, reading: Reading) -> str:
    """The kind of fault that an answer to the sync shows; "" for none, "?" for one that only evidence can tell.

    "no" stands for a refusal that is nobody's fault but the sync's own, or an open question.
    """
    if one.fault is not None:
        return one.fault
    if one.status == 0 or one.status in (500, 502, 504):
        return "?"
    if one.status == 503:
        return "unavailable"
    if one.status == 401:
        return "session_expired" if reading.verb != "login" else "no"
    if one.status == 429 or reading.code == _LIMIT:
        return "limit_reached" if one.vendor != "marketo" else "no"
    if reading.code == _LOCKED:
        return "row_locked"
    return "no" if one.status >= 400 and one.status != 404 else ""


def told_by_evidence(one: RecordedExchange, reading: Reading, arrived: bool | None) -> tuple[str, bool]:
    """The kind of a broken or failed call, and whether that is sure. *arrived*: whether what it asked for was done."""
    broken = one.status == 0
    if not list(reading.writes()):
        return ("lost_request" if broken else "unavailable"), True
    if arrived is None:
        return ("lost_request" if broken else "unavailable"), False
    if arrived:
        return ("lost_response" if broken else "error_after"), True
    return ("lost_request" if broken else "unavailable"), True


def fault_ops(
    run: Run, exchanges: Sequence[RecordedExchange], readings: Sequence[Reading], kinds: dict[int, str]
) -> list[InjectFault]:
    """The faults of a run, to be scripted before it. *kinds*: the kind of fault by the exchange's index."""
    found: list[InjectFault] = []
    counts: dict[tuple[str, str, str], int] = {}
    before: tuple[str, str, str, str] | None = None
    for index in run.indices:
        one, reading = exchanges[index], readings[index]
        verb, name = one.meaning or (reading.verb, reading.object)
        verb = verb if one.meaning else _ASKS.get((one.vendor, verb), verb)
        address = (one.vendor, verb, name)
        kind = kinds.get(index, "")
        late = kind == "late_success" and one.status != 0
        twice = late or (kind == "duplicate" and before == (*address, kind))
        before = (*address, kind) if kind and not twice else None
        if twice:
            continue  # a journal tells of both times
        counts[address] = counts.get(address, 0) + 1
        if kind:
            found.append(_fault(kind, address, counts[address], 0))
        else:
            found += [
                _fault("item_refused", address, counts[address], wrote.item)
                for wrote in reading.writes()
                if _locked_alone(wrote)
            ]
    # Each fault strikes on its own count, so that of several alike the later ones still count the earlier ones.
    return found


def _locked_alone(wrote: Wrote) -> bool:
    return wrote.item >= 0 and wrote.done is False and wrote.code == _LOCKED


def _fault(kind: str, address: tuple[str, str, str], nth: int, item: int) -> InjectFault:
    vendor, verb, name = address
    return InjectFault(fault=kind, vendor=vendor, verb=verb, object=name or "*", nth=nth, item=item)

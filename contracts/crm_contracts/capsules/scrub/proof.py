"""The proof that a scrubbed capsule still shows the bug: both are played, and the same thing has to come of them.

Rule 1: a bug is the same when the same invariant breaks over the same activity, or the same records differ in the same
fields from what was expected.
Rule 2: where no bug shows with any engine that the capsule names, the scrubbed capsule has to play the same: the same
deeds, requests and answers in the same order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from crm_contracts.capsules.capsule import Capsule
from crm_contracts.capsules.replay import Replay, replay
from crm_contracts.capsules.scrub.cipher import Cipher
from crm_contracts.capsules.scrub.knowledge import knowledge_of
from crm_contracts.capsules.scrub.scrubbing import Scrubbed, scrubbed
from crm_contracts.capsules.stages import Stages
from fake_core.errors import MisuseError

__all__ = ["BugGone", "Proven", "prove"]

_SAID = re.compile(r"('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")")


class BugGone(MisuseError):
    """The scrubbed capsule does not show the bug of the original."""


@dataclass(frozen=True)
class Proven:
    """A scrubbed capsule that was shown to be as good as the original. *said* is what the replay showed."""

    scrubbed: Scrubbed
    said: str
    whole: bool  # no weaker cipher was needed


def prove(capsule: Capsule, stages: Stages, key: bytes, *, at_fault: bool = False) -> Proven:
    """*capsule* scrubbed under *key* and proven by replay. Raises BugGone where that cannot be.

    *at_fault*: on the engine that it names. Otherwise on ours, and where ours shows no bug, on the one that it names.
    """
    engine, wanted = _wanted(capsule, stages, at_fault=at_fault)
    knowledge = knowledge_of(capsule, stages)
    instead = ""
    for whole in (True, False):
        made = scrubbed(capsule, knowledge, Cipher(key, whole=whole))
        try:
            found = replay(made.capsule, stages, at_fault=engine)
        except (MisuseError, AssertionError):  # a user's deed that the vendor refuses makes it another story
            instead = instead or "a vendor refuses what its people do"
            continue
        if _same(wanted, found, capsule, made.capsule):
            finished = replace(made.capsule, log=replay(made.capsule, stages).log) if capsule.log else made.capsule
            return Proven(replace(made, capsule=finished), _told(found, finished, at_fault=engine), whole)
        instead = instead or _result(found)
    raise BugGone(f"scrubbed, it does not show the same: {_result(wanted)} before, {instead} after")


def _wanted(capsule: Capsule, stages: Stages, *, at_fault: bool) -> tuple[bool, Replay]:
    """With which engine the bug shows (is it the one at fault?), and what comes of it there."""
    if not at_fault:
        ours = replay(capsule, stages)
        if not ours.holds or capsule.engine is None:
            return False, ours
    named = replay(capsule, stages, at_fault=True)
    if named.holds:
        raise MisuseError("it shows no bug on the engine that it names: there is nothing to prove")
    return True, named


def _same(wanted: Replay, found: Replay, before: Capsule, after: Capsule) -> bool:
    if wanted.holds or found.holds:
        return wanted.holds and found.holds and _shape(wanted) == _shape(found)
    if wanted.violation is not None or found.violation is not None:
        if type(wanted.violation) is not type(found.violation) or wanted.violation is None or found.violation is None:
            return False
        return _place(before, wanted.violation.activity) == _place(after, found.violation.activity)
    return _differing(before, wanted) == _differing(after, found)


def _place(capsule: Capsule, handle: str) -> int:
    """The number of the operation that names *handle* first: handles may have stand-ins, their places have not."""
    every = [*capsule.start, *capsule.ops]
    return next((n for n, op in enumerate(every) if handle in (getattr(op, "act", ""), getattr(op, "new", ""))), -1)


def _differing(capsule: Capsule, played: Replay) -> list[tuple[int, str]]:
    """Where the records are not as expected: activity, side, and what is said about it without the values."""
    found = []
    for line in played.differs:
        where, _, what = line.partition(": ")
        handle, _, side = where.rpartition(", ")
        found.append((_place(capsule, handle), f"{side} {_SAID.sub('…', what)}"))
    return found


def _shape(played: Replay) -> list[tuple[object, ...]]:
    return [(one.kind, one.column, one.who, one.record.lower(), one.fault, one.status) for one in played.events]


def _result(found: Replay) -> str:
    if found.violation is not None:
        return f"{found.violation.invariant} {type(found.violation).__name__}"
    return "; ".join(line.partition(": ")[0] for line in found.differs) or "nothing wrong"


def _told(found: Replay, capsule: Capsule, *, at_fault: bool) -> str:
    where = f"on the engine with the fault {capsule.engine.name!r}" if at_fault and capsule.engine else "on our sync"
    if not found.holds:
        return f"the bug is still there, {where}: {_result(found)}"
    return f"no bug shows {where}, before and after; the same deeds, requests and answers, {len(found.events)} of them"

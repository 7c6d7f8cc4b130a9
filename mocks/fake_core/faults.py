"""Scripted faults, addressed by meaning: what goes wrong at the n-th call that does this to that.

A fault names a vendor, a verb and an object, not a request number: an address by number moves whenever anything else
changes, and a found failure could then not be shrunk or replayed.
Source of the kinds: the fault list of the sync-correctness notes (lost request, lost response, 5xx after commit, …).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

from fake_core.errors import MisuseError

KINDS: dict[str, str] = {
    "lost_request": "the connection breaks before the server sees the request",
    "lost_response": "the server acts, then the connection breaks",
    "error_after": "the server acts, then answers with its internal error",
    "unavailable": "the server answers that it is unavailable and does nothing",
    "delay": "the answer comes `seconds` later",
    "session_expired": "the session is over: the caller must log in again",
    "limit_reached": "the server answers that its request limit is reached",
    "row_locked": "the row cannot be locked: nothing is changed",
    "lock_held": "row `row` (or what the write would lock) is locked by somebody else for `seconds`",
    "item_refused": "item number `item` (from 0) of a batch is refused, the others are carried out",
    "truncated": "the server acts; the body breaks off half-way",
    "late_success": "the connection breaks; the server acts after the next such call, or when faults are cleared",
    "duplicate": "the request arrives twice: the server acts on both, the caller gets the second answer",
    "slow_visibility": "a read shows the rows as they were when the fault was scripted",
}
BEFORE = frozenset({"lost_request", "unavailable", "session_expired", "limit_reached"})
WITHIN = frozenset({"row_locked", "lock_held", "item_refused"})  # the vendor's own operation plays these
PLAYED = frozenset({"delay", "lock_held"})  # the vendor may have a part in these: how long is too long, what is a row
AFTER = frozenset({"lost_response", "error_after", "truncated"})
SHIFTED = frozenset({"late_success", "duplicate", "slow_visibility"})  # `fake_core.shifted` plays these
ANSWERED = frozenset({"error_after", "unavailable", "session_expired", "limit_reached"})  # in the vendor's words
assert BEFORE | WITHIN | AFTER | SHIFTED | {"delay"} == set(KINDS)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing to go wrong. `*` matches anything; `nth` counts matching calls from now; `times=None` is for ever."""

    kind: str
    vendor: str = "*"
    verb: str = "*"
    object: str = "*"
    nth: int = 1
    times: int | None = 1
    seconds: float = 0.0
    item: int = 0
    row: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise MisuseError(f"no fault of kind {self.kind!r}: choose one of {', '.join(KINDS)}")
        if self.nth < 1 or (self.times is not None and self.times < 1):
            raise MisuseError("a fault's nth and times count from 1 (times may be null: for ever)")

    @classmethod
    def from_dict(cls, given: Any) -> Fault:
        """A fault from JSON; raises MisuseError naming an unknown or missing key."""
        if not isinstance(given, dict):
            raise MisuseError('a fault is a JSON object, such as {"kind": "lost_response"}')
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(given) - known)
        if unknown or "kind" not in given:
            what = f"unknown key {unknown[0]!r}" if unknown else "no 'kind'"
            raise MisuseError(f"a fault with {what}: its keys are {', '.join(sorted(known))}")
        for key, kinds in _TYPES.items():
            if key in given and not isinstance(given[key], kinds):
                raise MisuseError(f"a fault's {key!r} cannot be {given[key]!r}")
        return cls(**given)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def matches(self, vendor: str, verb: str, object_: str) -> bool:
        """Whether a call with this meaning is one that the fault counts."""
        return (
            self.vendor in {"*", vendor} and self.verb in {"*", verb} and self.object.lower() in {"*", object_.lower()}
        )


_TYPES: dict[str, tuple[type, ...]] = {
    "kind": (str,),
    "vendor": (str,),
    "verb": (str,),
    "object": (str,),
    "nth": (int,),
    "times": (int, type(None)),
    "seconds": (int, float),
    "item": (int,),
    "row": (str,),
}


class Faults:
    """The script: which faults wait, and how many matching calls each has seen."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[Fault, list[int]]] = []
        for fault in faults:
            self.add(fault)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append((fault, [0]))

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def list(self) -> list[dict[str, Any]]:
        """Each waiting fault with the number of matching calls it has seen."""
        with self._lock:
            return [{**fault.to_dict(), "seen": seen[0]} for fault, seen in self._waiting]

    def strike(
        self, vendor: str, verb: str, object_: str, *, can: Callable[[Fault], bool] = lambda _fault: True
    ) -> Fault | None:
        """The fault that strikes a call with this meaning, if any; counts the call for every matching fault.

        *can* says whether a fault means anything to the call: where it does not, the call is passed over.
        """
        struck: Fault | None = None
        with self._lock:
            left = []
            for fault, seen in self._waiting:
                done = False
                if fault.matches(vendor, verb, object_) and can(fault):
                    seen[0] += 1
                    due = seen[0] >= fault.nth
                    if due and struck is None:
                        struck = fault
                    done = due and fault.times is not None and seen[0] >= fault.nth + fault.times - 1
                if not done:
                    left.append((fault, seen))
            self._waiting = left
        return struck

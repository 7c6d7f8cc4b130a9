"""One entry of the ledger: a behaviour of a fake, how well it is known, from where, and what drives it."""

from __future__ import annotations

from dataclasses import dataclass

GRADES = {
    "verified": "compared with a sandbox of the vendor's: `understudy conform --target sandbox`",
    "recorded": "seen in recorded traffic",
    "documented": "the vendor's own documentation",
    "client-derived": "what independent clients send, expect or report",
    "assumed": "decided by us; replace it when you know better",
}
KINDS = {
    "operation": "what a call is, and whether it is played",
    "answer": "a status that an operation answers",
    "error": "a refusal: its status, its code, its words",
    "limit": "how much, how many, how long",
    "switch": "what the vendor leaves open, and how it stands",
    "default": "what is there when nobody said otherwise",
    "derived": "a field that the vendor fills or works out",
    "side-effect": "what a call changes besides what it was asked",
    "rule": "a numbered rule of the vendor (`understudy rules`)",
    "shape": "what things are called and how they are written",
    "fault": "what breaks when a test asks for it",
    "stand-in": "an operation that the vendor is not known to have",
    "not-faked": "what the vendor has and the fake answers 501",
}
_WEAKEST_LAST = tuple(GRADES)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A behaviour of *vendor*'s fake.

    *id* begins with the vendor and stays for as long as the behaviour does. *says* is the behaviour in one line.
    *driver* is what makes the fake behave so: a data file of the fake and where in it, or the module of what only code
    does. *status* and *code* are those of a refusal (0 and "" elsewhere), *operation* is the operationId of what
    belongs to one. *no_cause* says why nothing causes it: no test can hold it. *tests* are those that the data names;
    `crm_contracts.ledger.held` knows all.
    """

    id: str
    vendor: str
    kind: str
    says: str
    grade: str
    source: str
    driver: str
    status: int = 0
    code: str = ""
    operation: str = ""
    no_cause: str = ""
    tests: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        assert self.grade in GRADES, f"{self.id}: grade {self.grade!r} is none of {', '.join(GRADES)}"
        assert self.kind in KINDS, f"{self.id}: kind {self.kind!r} is none of {', '.join(KINDS)}"
        assert self.source, f"{self.id} has no source"


def weaker(*grades: str) -> str:
    """The weakest of *grades*."""
    return max(grades, key=_WEAKEST_LAST.index)


def better(*grades: str) -> str:
    """The best of *grades*."""
    return min(grades, key=_WEAKEST_LAST.index)

"""What a campaign found: as data, as JSON, as text for a terminal, as one HTML page that needs nothing else.

Exit status of the command: 0 everything held, 1 something was violated, 2 the sync could not be run.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from crm_contracts.verify.served import AnySettings
from crm_contracts.verify.trial import Finding, Hangs
from crm_contracts.world import violations
from crm_contracts.world.story import Event, gathered
from crm_contracts.world.violations import InvariantViolated
from fake_core.data_files import reader


class Tried(NamedTuple):
    """One history that was tried: what it is, and the kind of its finding ("": it held)."""

    name: str
    says: str
    modes: tuple[str, ...]
    found: str


class Words(NamedTuple):
    """A kind of finding for people: what must hold, what they see when it does not, what mends it."""

    rule: str
    customer: str
    todo: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """The verdict on one sync. *findings*: of each kind the shortest history, by the name of the case it is from."""

    sync: str
    profile: str
    settings: AnySettings
    sets: tuple[str, ...]
    fixed: bool
    seed: int
    steps: int
    tried: tuple[Tried, ...]
    findings: tuple[tuple[str, str, Finding], ...]
    runs: int
    requests: int
    can_die: bool
    reports: bool  # whether the sync said of itself what it did
    left: tuple[str, ...] = ()  # histories that were not tried: the time allowed was over

    @property
    def held(self) -> bool:
        return not self.findings

    def also(self, kind: str, name: str) -> list[str]:
        """The other histories in which something of this kind was found."""
        return [one.name for one in self.tried if one.found == kind and one.name != name]

    def replay(self, name: str) -> str:
        """The command line's options that play one history again."""
        given = ["--profile", self.profile] if self.profile != "planhat" else []
        given += ["--only", name.partition("/")[0], "--seed", str(self.seed), "--steps", str(self.steps)]
        for one in self.sets:
            given += ["--set", one]
        if self.fixed:
            given.append("--fixed")
        return shlex.join(given)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON data."""
        return {
            "sync": self.sync,
            "profile": self.profile,
            "verdict": "held" if self.held else "violated",
            "settings": asdict(self.settings) | {"fixed": self.fixed},
            "seed": self.seed,
            "steps": self.steps,
            "histories": len(self.tried),
            "runs": self.runs,
            "requests": self.requests,
            "killed": self.can_die,
            "held_to": [
                {"kind": kind, "invariant": invariant, "rule": words.rule, "violated": kind in self.kinds}
                for kind, invariant, words in self.held_to
            ],
            "findings": [self._finding(name, finding) for name, _says, finding in self.findings],
            "tried": [one._asdict() for one in self.tried],
            "not_tried": list(self.left),
        }

    @property
    def held_to(self) -> list[tuple[str, str, Words]]:
        """What the sync was held to."""
        return held_to(self.profile, reports=self.reports)

    @property
    def kinds(self) -> set[str]:
        return {finding.kind for _name, _says, finding in self.findings}

    def _finding(self, name: str, finding: Finding) -> dict[str, Any]:
        words = words_of(finding.kind)
        return {
            "kind": finding.kind,
            "invariant": finding.invariant,
            "what": finding.what,
            "activity": finding.activity,
            "from": name,
            "also_in": self.also(finding.kind, name),
            "customer": words.customer,
            "todo": words.todo,
            "history": [op.to_dict() for op in finding.history],
            "timeline": [asdict(one) | {"at": one.at.isoformat()} for one in gathered(finding.events)],
            "replay": self.replay(name),
        }

    def as_json(self) -> str:
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False) + "\n"


def held_to(profile: str, *, reports: bool) -> list[tuple[str, str, Words]]:
    """Every kind of finding that a campaign can have: its class, its invariant, its words; by number of invariant.

    *reports*: the sync says of itself what it did.
    """
    seen = SEEN[profile] | (IF_IT_REPORTS.get(profile, set()) if reports else set())
    named = [getattr(violations, name) for name in violations.__all__]
    kinds = [one for one in (*named, Hangs) if one is not InvariantViolated]
    found = [(one.__name__, one.invariant, words_of(one.__name__)) for one in kinds if one.__name__ in seen]
    return sorted(found, key=lambda one: (int(one[1].removeprefix("I")), one[0]))


def words_of(kind: str) -> Words:
    """The words for a kind of finding. An unknown one is our omission."""
    row = WORDS.get(kind)
    assert row is not None, f"{kind} has no table in words.toml"
    return Words(**row)


WORDS: dict[str, dict[str, str]] = reader("crm_contracts.verify")("words.toml")
# What a world can see of a sync that is not ours.
EVERYWHERE = {
    "NotConverged",
    "Stumbled",
    "NotQuiet",
    "Duplicated",
    "Invented",
    "LostUpdate",
    "FalselyDeleted",
    "DirectionIgnored",
    "BrokenFrame",
    "ChangeMissed",
    "CrashLeftATrace",
    "CallsUnbounded",
    "Hangs",
    "Looping",
    "LensBroken",
}
SEEN = {"planhat": EVERYWHERE, "totango": EVERYWHERE, "marketo": EVERYWHERE}
# Of syncs that say what they did. Totango and Marketo keep no log of values that lose: the later record wins (T9, M22).
IF_IT_REPORTS = {"planhat": {"LoserUnlogged", "Unaccounted"}, "totango": {"Unaccounted"}, "marketo": {"Unaccounted"}}

__all__ = ["Event", "Report", "Tried", "Words", "held_to", "words_of"]

"""The sixteen invariants: what each says, which finding it raises, and where it is looked for.

Rule 1: an invariant knows what users did, what the wire carried and what a sync says of itself. Must not import
crm_sync.
Rule 2: each raises a class of its own (`crm_contracts.world.violations`): a failure says which, and shrinks well.
Rule 3: most hold at every moment and are looked for after every round; I1, I2, I3 and I9 want the world settled; I10,
I13 and I14 compare several plays of one history.
Source: the invariants I1 to I16 of the project's sync-correctness notes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crm_contracts.world import violations
from crm_contracts.world.invariants.calls import Budget
from crm_contracts.world.invariants.determinism import Log, check_deterministic
from crm_contracts.world.invariants.isolation import check_isolated, without
from crm_contracts.world.invariants.lenses import check_laws
from crm_contracts.world.invariants.told import Told, told
from crm_contracts.world.invariants.watch import Watch
from crm_contracts.world.violations import InvariantViolated

__all__ = [
    "INVARIANTS",
    "Budget",
    "Invariant",
    "Log",
    "Told",
    "Watch",
    "check_deterministic",
    "check_isolated",
    "check_laws",
    "told",
    "without",
]


@dataclass(frozen=True)
class Invariant:
    """One claim in a sentence, its findings, and the module that looks for it.

    *pairs* is who looks for it where Totango or Marketo is synced: the same rules hold there, by rules T and M.
    """

    says: str
    raises: tuple[type[InvariantViolated], ...]
    where: str
    pairs: str


INVARIANTS: Mapping[str, Invariant] = {
    "I1": Invariant(
        "When users, settings and faults rest, two rounds bring every linked pair to agree and every record in scope "
        "to a partner or to a reason.",
        (violations.NotConverged, violations.Stumbled),
        "oracle",
        "pairs.oracle",
    ),
    "I2": Invariant(
        "The round after that writes nothing.",
        (violations.NotQuiet,),
        "world",
        "pairs.world",
    ),
    "I3": Invariant(
        "One activity has one record in each system, however it was linked.",
        (violations.Duplicated,),
        "oracle",
        "pairs.oracle",
    ),
    "I4": Invariant(
        "Every value that the sync writes was written by a user of that activity, and every record that it makes was "
        "asked for.",
        (violations.Invented,),
        "oracle",
        "pairs.birth",
    ),
    "I5": Invariant(
        "What stands in the end is what the policy makes of what users wrote; what lost is in the log, once.",
        (violations.LostUpdate, violations.LoserUnlogged),
        "oracle",
        "pairs.units, pairs.oracle",
    ),
    "I6": Invariant(
        "Nothing comes back that a user deleted, and nothing goes that no user deleted.",
        (violations.FalselyDeleted,),
        "oracle, monitors",
        "pairs.oracle",
    ),
    "I7": Invariant(
        "No write against a section's direction; a change of configuration alone writes nothing.",
        (violations.DirectionIgnored,),
        "monitors",
        "pairs.monitors, pairs.oracle",
    ),
    "I8": Invariant(
        "What is not mapped stays byte for byte.",
        (violations.BrokenFrame,),
        "oracle, monitors",
        "pairs.oracle, pairs.birth, pairs.monitors",
    ),
    "I9": Invariant(
        "No change is gone past, and no cursor goes back by itself.",
        (violations.ChangeMissed,),
        "invariants.cursor",
        "invariants.cursor",
    ),
    "I10": Invariant(
        "A fault or a death at any request leaves, after recovery, the world in which nothing had happened.",
        (violations.CrashLeftATrace,),
        "sweep",
        "sweep",
    ),
    "I11": Invariant(
        "Calls follow from what changed, not from what exists, and stop when the day's are used up.",
        (violations.CallsUnbounded,),
        "invariants.calls",
        "invariants.calls",
    ),
    "I12": Invariant(
        "Without a user's deed no field is written in two rounds.",
        (violations.Looping,),
        "invariants.loops",
        "invariants.loops",
    ),
    "I13": Invariant(
        "Without the record that cannot be synced the others would have fared the same.",
        (violations.NotIsolated,),
        "invariants.isolation",
        "invariants.isolation",
    ),
    "I14": Invariant(
        "The same history gives the same requests.",
        (violations.NotDeterministic,),
        "invariants.determinism",
        "invariants.determinism",
    ),
    "I15": Invariant(
        "Seen = created + updated + unchanged + skipped with a reason + put aside with a reason.",
        (violations.Unaccounted,),
        "invariants.accounting",
        "invariants.accounting",
    ),
    "I16": Invariant(
        "Values survive the way there and back, and what only one side can say stays as it was.",
        (violations.LensBroken,),
        "invariants.lenses, oracle",
        "invariants.lenses, pairs.oracle",
    ),
}

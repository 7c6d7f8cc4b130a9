"""A capsule played once, in this process, and what came of it.

Rule 1: the same capsule makes the same requests on any machine: nothing is ambient.
Rule 2: the bug shows where an invariant breaks or the records are not as expected. Which of the two sides is at fault
is not for a replay to say.
Rule 3: a fault that is planted is there while its capsule plays; the stage was made before, and serves others after it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from crm_contracts.capsules.capsule import BREAKS, Capsule
from crm_contracts.capsules.stages import Stages, TellingWorld, history_of
from crm_contracts.world.monitors import Exchange
from crm_contracts.world.ops import InjectFault, Op, Settle, Sync
from crm_contracts.world.story import Event
from crm_contracts.world.under_test import SyncFactory
from crm_contracts.world.users import UserRefused
from crm_contracts.world.violations import InvariantViolated, NotDeterministic
from fake_core.errors import MisuseError

__all__ = ["Replay", "placed", "replay", "unmet"]

LOGGED = ("at", "vendor", "method", "path", "request", "status", "fault", "response")


@dataclass(frozen=True)
class Replay:
    """What came of a capsule. *log* is the hash of all requests of the sync; *played*, of operations, how many."""

    violation: InvariantViolated | None
    differs: tuple[str, ...]
    events: tuple[Event, ...]
    log: str
    played: int

    @property
    def holds(self) -> bool:
        """Nothing is wrong: every invariant holds, and the records are as expected."""
        return self.violation is None and not self.differs

    def shows(self, capsule: Capsule) -> bool:
        """Whether this is the bug that *capsule* is about."""
        if capsule.breaks:
            return isinstance(self.violation, BREAKS[capsule.breaks])
        return not self.holds


def replay(
    capsule: Capsule,
    stages: Stages,
    *,
    at_fault: bool = False,
    before: Callable[[int, Op, TellingWorld], None] | None = None,
    until: int | None = None,
) -> Replay:
    """Play *capsule*. *before* is called with the number from 1, the operation and the world before each of them.

    *at_fault*: on the engine that it names, not on ours. *until*: only so many operations are played, and nothing is
    demanded of the end.

    A bug that shows only when a history is played twice (I14) is looked for by playing it twice. Raises MisuseError for
    a capsule whose words make no sense together, that lets a user write what the vendor refuses, or that names no
    engine and is to be played on it.
    """
    stages.of(capsule)
    with _faulty(capsule) if at_fault else nullcontext() as sync:
        played = _once(capsule, stages, sync, before, until)
        if capsule.breaks == NotDeterministic.__name__ and played.holds:
            again = _once(capsule, stages, sync, None, until)
            if again.log != played.log:
                return replace(played, violation=NotDeterministic("two plays of this history made different requests"))
        return played


def _once(
    capsule: Capsule,
    stages: Stages,
    sync: SyncFactory | None,
    before: Callable[[int, Op, TellingWorld], None] | None,
    until: int | None,
) -> Replay:
    digest = hashlib.sha256()

    def log(exchanges: Iterable[Exchange]) -> None:
        for one in exchanges:
            digest.update("\0".join(str(one[key]) for key in LOGGED).encode())

    violation: InvariantViolated | None = None
    differs: tuple[str, ...] = ()
    with stages.world(capsule, sync=sync) as world:
        world.log = log
        played = 0
        try:
            for number, op in enumerate(history_of(capsule)[:until], 1):
                if before is not None:
                    before(number, op, world)
                played = number
                with placed(capsule, number, op):
                    world.apply(op)
            if until is None:
                world.finish()
                differs = tuple(differences(capsule, world))
        except InvariantViolated as found:
            violation = found
        return Replay(violation, differs, world.told(), digest.hexdigest(), played)


@contextmanager
def placed(capsule: Capsule, number: int, op: Op) -> Iterator[None]:
    """While *op*, the *number*th of the history, is carried out. Raises MisuseError where its user is refused."""
    try:
        yield
    except UserRefused as error:
        if isinstance(op, (Sync, Settle)):
            raise  # whoever looks at the world in between is no word of the capsule's
        before = len(capsule.start) + bool(capsule.start)
        where = f"start {number}" if number <= len(capsule.start) else f"ops {number - before}"
        raise MisuseError(f"{where}: {error}") from None


@contextmanager
def _faulty(capsule: Capsule) -> Iterator[SyncFactory | None]:
    """The engine in which the capsule's bug shows, while the block runs. Raises MisuseError where it names none."""
    engine = capsule.engine
    if engine is None:
        raise MisuseError(f"{capsule.title!r} names no engine at fault (key engine): leave --faulty out")
    if engine.kind == "published":
        from crm_contracts.world.scenarios.faulty import FAULTY

        if engine.name not in FAULTY:
            raise MisuseError(f"engine: no published fault {engine.name!r}; `understudy capsule engines` names them")
        yield FAULTY[engine.name].sync
        return
    from crm_contracts.world.mutants import MUTANTS
    from crm_contracts.world.mutants.planting import planted

    chosen = next((one for one in MUTANTS if one.name == engine.name), None)
    if chosen is None:
        raise MisuseError(f"engine: no planted fault {engine.name!r}; `understudy capsule engines` names them")
    with planted(chosen):
        yield None


def unmet(capsule: Capsule, played: Replay) -> Iterator[str]:
    """Faults that no request met, of what was played to its end."""
    struck = {(event.column == "salesforce", event.fault) for event in played.events if event.fault}
    if not any(event.kind == "run" for event in played.events):
        return
    before = len(history_of(capsule)) - len(capsule.ops)
    for number, op in enumerate(capsule.ops[: max(played.played - before, 0)], 1):
        if isinstance(op, InjectFault) and (op.vendor == "salesforce", op.fault) not in struck:
            yield (
                f"ops {number}: no request met the fault {op.fault} ({op.vendor}, verb {op.verb}, object {op.object}, "
                f"nth {op.nth})"
            )


def differences(capsule: Capsule, world: TellingWorld) -> Iterator[str]:
    """Where the records are not as the capsule expects them, a line each."""
    for handle, sides in capsule.expect.items():
        activity = world.oracle.model.activities.get(handle)
        for side, wanted in sides.items():
            rows = [record.row for record in activity.live(side)] if activity is not None else []
            yield from _differences(f"{handle}, {side}", rows, wanted)


def _differences(where: str, rows: Sequence[Mapping[str, Any]], wanted: Any) -> Iterator[str]:
    number = 1 if isinstance(wanted, Mapping) else wanted
    if len(rows) != number:
        yield f"{where}: {_counted(len(rows))} expected {number}"
        return
    if isinstance(wanted, Mapping):
        for name, value in wanted.items():
            found = rows[0].get(name)
            if found != value:
                yield f"{where}: {name} is {found!r}, expected {value!r}"


def _counted(number: int) -> str:
    return f"there {'is' if number == 1 else 'are'} {number},"

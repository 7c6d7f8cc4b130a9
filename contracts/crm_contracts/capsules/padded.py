"""Long capsules that show a planted bug: what `minimise` is tried and measured on.

Rule 1: a short history in which the bug shows stands in the middle of a random one; where that hides it, at the end of
one in which nothing else goes wrong, or at the beginning; where no short one is known, a random history in which the
bug shows by itself is taken. What breaks another invariant there than in the short one is taken for want of better.
Rule 2: deterministic: the same bug has the same long capsule on any machine.
Rule 3: the likely ones come first, and the first that shows is taken: histories of the bug's own failure mode in a
plain org and in one with a key, the same with hours between their rounds, then every other one. Who finds nothing has
played each of those three times, which takes about half a minute of the processor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import Any

from crm_contracts.capsules.capsule import Capsule, Engine
from crm_contracts.capsules.gallery import settings_said
from crm_contracts.capsules.replay import replay
from crm_contracts.capsules.stages import Stages
from crm_contracts.world import ops
from crm_contracts.world.mutants import Mutant
from crm_contracts.world.mutants.more import MORE, apart
from crm_contracts.world.mutants.pair_scenes import PAIR_SCENES
from crm_contracts.world.ops import Op
from crm_contracts.world.pairs import ops as pair_ops
from crm_contracts.world.profiles import PROFILES, profile
from crm_contracts.world.scenarios import CATALOGUE
from crm_contracts.world.scenarios.made import SYNC, conversation

__all__ = ["OPS", "long_capsule", "short_capsules"]

OPS = 200
SEEDS, STORIES = 3, 3
PLACES = (("middle", 1), ("last", 1), ("middle", 2), ("first", 1))  # of the bug in a history of this seed
_APART = "bug-"  # before the handles of the bug's own history: the random one has its own
_CALM = frozenset({"create", "edit", "complete", "tick"})


def long_capsule(mutant: Mutant, stages: Stages, *, length: int = OPS) -> Capsule | None:
    """A capsule of *length* operations that names *mutant* and in which it shows; None where none was found."""
    other: Capsule | None = None
    for candidate in _candidates(mutant, stages, length):
        shown = _shows(candidate, stages)
        if shown is not None and replay(candidate, stages).holds:
            if candidate.breaks in {"", shown.breaks}:
                return shown
            other = other or shown
    return other


def _candidates(mutant: Mutant, stages: Stages, length: int) -> Iterator[Capsule]:
    for one in islice(_shown(mutant, stages), STORIES):
        for at, seed in PLACES:
            yield replace(one, ops=padded(one, seed, length, at=at))
    for seed in range(1, SEEDS + 1):
        for name in _profiles(mutant):
            external_id = seed % 2 == 0
            story = tuple(profile(name).history(seed, length, int(external_id)))
            yield _capsule(mutant, _Story(f"Seed {seed}, {name}", name, {}, story), external_id=external_id)


def _profiles(mutant: Mutant) -> tuple[str, ...]:
    """Whose syncs may have the bug: one that Planhat's was given may be everybody's."""
    return tuple(PROFILES) if mutant.profile == "planhat" else (mutant.profile,)


def _shown(mutant: Mutant, stages: Stages) -> Iterator[Capsule]:
    """The known histories in which the bug shows."""
    for one in short_capsules(mutant):
        shown = _shows(one, stages)
        if shown is not None:
            yield shown


def _shows(capsule: Capsule, stages: Stages) -> Capsule | None:
    """*capsule* with what it breaks, on the engine that it names; None where its bug does not show."""
    try:
        found = replay(replace(capsule, breaks=""), stages, at_fault=True).violation
    except Exception:  # noqa: BLE001 - a wrong fake breaks the world itself: no replay survives that
        return None
    return replace(capsule, breaks=type(found).__name__) if found is not None else None


@dataclass(frozen=True)
class _Story:
    """A history with a name that begins with its failure mode, and the settings that it changes."""

    name: str
    profile: str
    settings: Mapping[str, Any]
    history: tuple[Op, ...]


@cache
def _stories() -> tuple[_Story, ...]:
    known = {**MORE, **CATALOGUE}
    return (
        *(_Story(name, "planhat", settings_said(settings), tuple(story)) for name, (settings, story) in known.items()),
        _Story("F36 an e-mail is logged in Planhat", "planhat", {}, (conversation(type="email"), SYNC)),
        *(_Story(name, one.profile, one.changes, tuple(one.history)) for name, one in PAIR_SCENES.items()),
        _Story("F58 not touched for a month, Totango", "totango", {}, tuple(_not_touched())),
        _Story("F25 deleted after the next one was read, Totango", "totango", {}, tuple(_deleted_late())),
    )


def _not_touched() -> Iterator[Op]:
    yield pair_ops.Create(side=pair_ops.PARTNER, act="act-1", section="task", fields={"title": "Prepare"})
    yield pair_ops.Tick(seconds=31 * 86_400)
    yield pair_ops.Sync()


def _deleted_late() -> Iterator[Op]:
    """In Planhat what has lost its partner stays; in Totango it goes, so that a deletion nobody heard of shows."""
    for act in ("act-1", "act-2"):
        yield pair_ops.Create(side=pair_ops.SALESFORCE, act=act, section="task", fields={"Subject": f"Call {act}"})
        yield pair_ops.Sync()
        yield pair_ops.Tick(seconds=600)
    yield pair_ops.Delete(side=pair_ops.SALESFORCE, act="act-1")
    yield pair_ops.Sync()


def short_capsules(mutant: Mutant) -> Iterator[Capsule]:
    """Every known history as a capsule that names *mutant*, in the order of Rule 3."""
    every = [one for one in _stories() if one.profile in _profiles(mutant)]
    own = [one for one in every if mutant.scenario and one.name.startswith(mutant.scenario)]
    own += [one for one in every if one.name.startswith(f"{mutant.failure} ") and one not in own]
    others = [one for one in every if one not in own]
    for one in own:
        yield from (_capsule(mutant, one, external_id=key) for key in (False, True))
    for one in own:
        yield from (_capsule(mutant, one, external_id=key, hours=True) for key in (False, True) if _can_wait(one))
    for turn in (0, 1):
        yield from (_capsule(mutant, one, external_id=bool((n + turn) % 2)) for n, one in enumerate(others))
    for n, one in enumerate(others):
        if _can_wait(one):
            yield _capsule(mutant, one, external_id=n % 2 == 0, hours=True)


def _can_wait(story: _Story) -> bool:
    """`apart` makes records of Planhat's world in between."""
    return story.profile == "planhat"


def _capsule(mutant: Mutant, story: _Story, *, external_id: bool, hours: bool = False) -> Capsule:
    return Capsule(
        title=f"{story.name}, hours apart" if hours else story.name,
        saw=mutant.wrong,
        failure=mutant.failure,
        profile=story.profile,
        settings=story.settings,
        external_id=external_id,
        ops=apart(story.history) if hours else story.history,
        engine=Engine("planted", mutant.name),
    )


def padded(capsule: Capsule, seed: int, length: int, *, at: str = "middle") -> tuple[Op, ...]:
    """The operations of *capsule* within a random history, *length* in all. *at*: "middle", "first" or "last".

    Those before the last are calm: people at work, and the sync.
    """
    room = max(0, length - len(capsule.ops))
    history = profile(capsule.profile).history
    around = _calm(history(seed, 3 * length, 0))[:room] if at == "last" else history(seed, room, 0)
    before = {"first": 0, "middle": len(around) // 2, "last": len(around)}[at]
    return (*around[:before], *map(_apart, capsule.ops), *around[before:])


def _calm(history: list[Op]) -> list[Op]:
    plain = [replace(op, crash_at=0, crash_at_commit=0) if isinstance(op, ops.Sync) else op for op in history]
    return [op for op in plain if isinstance(op, ops.Sync) or op.kind in _CALM]


def _apart(op: Op) -> Op:
    names: dict[str, Any] = {
        name: f"{_APART}{value}" for name in ("act", "new") if (value := getattr(op, name, "")) != ""
    }
    return replace(op, **names) if names else op

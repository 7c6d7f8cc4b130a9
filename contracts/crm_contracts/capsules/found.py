"""A violation that the proof found, as a capsule: of a simulation, or of a history that somebody played.

Hypothesis plays its shortest example last, so that a file that is written anew each time holds that one (`kept`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from crm_contracts.capsules.capsule import FORMAT, Capsule
from crm_contracts.capsules.writing import write_capsule
from crm_contracts.world.ops import Op
from crm_contracts.world.profiles import profile as profile_named
from crm_contracts.world.simulation import Finding
from crm_contracts.world.violations import InvariantViolated

__all__ = ["capsule_of", "kept", "of_finding", "versions"]


def versions() -> dict[str, str]:
    """What writes capsules."""
    return {"understudy": version("understudy"), "capsule": str(FORMAT)}


@contextmanager
def kept(
    path: Path, *, profile: str, settings: Mapping[str, Any] | None = None, external_id: bool = False
) -> Iterator[None]:
    """What violates an invariant while the block runs is written to *path* as a capsule, and goes on its way."""
    try:
        yield
    except InvariantViolated as found:
        history = [op for op in found.history if isinstance(op, Op)]
        made = capsule_of(found, history, profile=profile, settings=settings, external_id=external_id)
        write_capsule(made, path)
        raise


def of_finding(found: Finding) -> Capsule:
    """The shortened history of a simulation."""
    return capsule_of(
        found.violation,
        found.history,
        profile=found.profile,
        external_id=bool(found.stage),
        task_fields=profile_named(found.profile).task_fields,
        source=f"understudy simulate --profile {found.profile} --seed {found.seed}, history {found.number}",
    )


def capsule_of(
    violation: InvariantViolated,
    history: Sequence[Op],
    *,
    profile: str,
    settings: Mapping[str, Any] | None = None,
    external_id: bool = False,
    task_fields: Mapping[str, Mapping[str, Any]] | None = None,
    source: str = "",
) -> Capsule:
    """A history that violates an invariant, as a file that replays it: *violation* carries its class and its words."""
    return Capsule(
        title=f"{type(violation).__name__}: {violation.what}",
        source=source,
        profile=profile,
        settings=settings or {},
        external_id=external_id,
        task_fields=task_fields or {},
        ops=tuple(history),
        breaks=type(violation).__name__,
        versions=versions(),
    )

"""`understudy capsule from-har`: HAR files in, a capsule out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from crm_contracts.capsules.capsule import Capsule
from crm_contracts.capsules.intake.blacking import Secrets
from crm_contracts.capsules.intake.build import built
from crm_contracts.capsules.intake.callers import Callers
from crm_contracts.capsules.intake.exchange import RecordedExchange, Tally
from crm_contracts.capsules.intake.har import read_hars
from crm_contracts.capsules.intake.infer import chosen_profile, told_by
from crm_contracts.capsules.intake.phrases import phrase
from crm_contracts.capsules.intake.runs import PAUSE_SECONDS

__all__ = ["Intake", "from_exchanges", "from_har"]


@dataclass(frozen=True)
class Intake:
    """What was made: the capsule, and what became of each entry."""

    capsule: Capsule
    tally: Tally


def from_har(
    paths: Sequence[Path],
    *,
    profile: str = "",
    sync_users: Sequence[str] = (),
    hosts: Mapping[str, str] | None = None,
    pause_seconds: int = PAUSE_SECONDS,
) -> Intake:
    """The capsule of HAR files. Raises MisuseError: file, what is wrong, what to do."""
    tally, secrets, callers = Tally(), Secrets(), Callers()
    exchanges = read_hars(paths, tally=tally, secrets=secrets, callers=callers, hosts=hosts)
    names = ", ".join(path.name for path in paths)
    return from_exchanges(
        exchanges,
        source=f"HAR file {names}",
        name=", ".join(map(str, paths)),
        tally=tally,
        secrets=secrets,
        callers=callers,
        profile=profile,
        sync_users=sync_users,
        pause_seconds=pause_seconds,
    )


def from_exchanges(
    exchanges: Sequence[RecordedExchange],
    *,
    source: str,
    name: str,
    tally: Tally,
    secrets: Secrets,
    callers: Callers,
    profile: str = "",
    sync_users: Sequence[str] = (),
    pause_seconds: int = PAUSE_SECONDS,
) -> Intake:
    """The capsule of a recording. *name* is said in errors. Raises MisuseError."""
    chosen = chosen_profile(exchanges, profile, name)
    told = told_by(
        exchanges,
        profile=chosen,
        callers=callers,
        tally=tally,
        sync_users=sync_users,
        pause_seconds=pause_seconds,
    )
    made = built(told, title=f"From a recording of {told.begins:%Y-%m-%d %H:%M}", source=source)
    clean: Capsule = secrets.cleaned(made.capsule)
    if secrets.blacked:
        more = f"{phrase('blacked', count=secrets.blacked)} and were blacked out. Does the bug need their form?"
        clean = replace(clean, questions=(*clean.questions, more))
    return Intake(clean, tally)

"""Every documented limit is a switch: with it the history is accepted, without it the judge names what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from crm_contracts.world.fields import Row
from crm_contracts.world.pairs import EXCEPTIONS, PairSettings, PairStage, Policy, play
from crm_contracts.world.pairs.ops import (
    IN,
    OUT,
    PARTNER,
    SALESFORCE,
    Configure,
    Create,
    Delete,
    Edit,
    InjectFault,
    Introduce,
    Op,
    Sync,
    Tick,
    Undelete,
)
from crm_contracts.world.pairs.settings import REMINDER, TASK
from crm_contracts.world.pairs.toys import Honest
from crm_contracts.world.violations import (
    BrokenFrame,
    DirectionIgnored,
    FalselyDeleted,
    InvariantViolated,
    LostUpdate,
    NotConverged,
)

DAY = 86_400


class Owning(Honest):
    """Leaves the assignee alone once a task is there."""

    def put(self, section: str, key: str, fields: Mapping[str, Any], *, new: bool = False) -> str:
        given = {name: value for name, value in fields.items() if new or name != "assignee"}
        return super().put(section, key, given, new=new)


class Polite(Honest):
    """Gives way to a status that it cannot carry."""

    def _merge(self, section: str, way: str, link: dict[str, Any], row: Row, partner: Row) -> None:
        if row["Status"] in ("Not Started", "Completed"):
            super()._merge(section, way, link, row, partner)


class Reviving(Honest):
    """Makes again what was edited after its deletion."""

    def _dead(self) -> list[str]:
        return []


class Narrow(Honest):
    """Looks at nobody's tasks but its user's own."""

    def _merge(self, section: str, way: str, link: dict[str, Any], row: Row, partner: Row) -> None:
        if row["OwnerId"] == self._me["sf_user_id"]:
            super()._merge(section, way, link, row, partner)


@dataclass(frozen=True)
class Limit:
    """A history that only the exception excuses."""

    found: type[InvariantViolated]
    history: list[Op]
    profile: str = "totango"
    sync: type[Honest] = Honest
    policies: Mapping[str, Policy] = field(default_factory=dict)


def edit(side: str, **fields: Any) -> Edit:
    return Edit(side=side, act="act-1", fields=fields)


def lost(fault: str, verb: str) -> InjectFault:
    return InjectFault(fault=fault, vendor="totango", verb=verb, object="Task")


HERE = Create(side=SALESFORCE, act="act-1", section=TASK, fields={"Subject": "Call act-1"})
LINKED: list[Op] = [HERE, Sync(), Tick()]
REMINDED: list[Op] = [
    Create(side=SALESFORCE, act="act-1", section=REMINDER, fields={"Subject": "Call act-1"}),
    Sync(),
    Tick(),
]
GONE = Delete(side=SALESFORCE, act="act-1")
LIMITS: dict[str, Limit] = {
    "record-stamp": Limit(
        LostUpdate,
        [
            *LINKED,
            edit(SALESFORCE, Subject="A"),
            Tick(),
            edit(PARTNER, title="B"),
            Tick(),
            edit(SALESFORCE, CallDisposition="not mapped"),
            Sync(),
        ],
    ),
    "one-way-drift": Limit(
        LostUpdate, [*LINKED, edit(PARTNER, title="B"), Sync()], policies={TASK: Policy(direction="in")}
    ),
    "moved-settings": Limit(
        NotConverged, [*LINKED, edit(SALESFORCE, Subject="A"), Configure(settings={"task.tie": "partner"}), Sync()]
    ),
    "no-opinion-conflict": Limit(
        NotConverged,
        [*REMINDED, edit(PARTNER, status="complete"), Tick(), edit(SALESFORCE, Status="In Progress"), Sync()],
        "marketo",
        Polite,
    ),
    "owner-unknown": Limit(
        LostUpdate,
        [*LINKED, edit(PARTNER, assignee="stranger"), Sync(), Tick(), edit(SALESFORCE, Subject="A"), Sync()],
        sync=Owning,
    ),
    "late-account": Limit(
        DirectionIgnored,
        [
            Create(side=SALESFORCE, act="act-1", section=TASK, at="nowhere", fields={"Subject": "Call act-1"}),
            Sync(),
            Tick(),
            Introduce(customer="nowhere"),
            Sync(),
        ],
    ),
    "edit-outlives-delete": Limit(
        FalselyDeleted,
        [*LINKED, Sync(), GONE, Tick(), edit(PARTNER, title="B"), Sync()],
        sync=Reviving,
        policies={TASK: Policy(delete_vs_update="last_write_wins")},
    ),
    "person-left-out": Limit(
        BrokenFrame,
        [Create(side=PARTNER, act="act-1", section=REMINDER, fields={"name": "Call act-1", "person": "ann"}), Sync()],
        "marketo",
    ),
    "left-scope": Limit(
        NotConverged,
        [*REMINDED, edit(SALESFORCE, OwnerId="quinn"), edit(SALESFORCE, Description="x"), Sync()],
        "marketo",
        Narrow,
    ),
    "deletion-horizon": Limit(NotConverged, [*LINKED, GONE, Tick(seconds=16 * DAY), Sync()]),
    "undeleted": Limit(NotConverged, [*LINKED, GONE, Sync(), Undelete(act="act-1"), Sync()]),
    "unlinked-delete": Limit(
        NotConverged,
        [
            Create(side=PARTNER, act="act-1", section=TASK, fields={"title": "Prepare act-1"}),
            lost("lost_request", "update"),
            Sync(ways=(OUT,)),
            Delete(side=PARTNER, act="act-1"),
            Sync(),
        ],
    ),
    "unknown-answer": Limit(
        LostUpdate,
        [
            *LINKED,
            edit(SALESFORCE, Subject="B"),
            lost("lost_response", "update"),
            Sync(ways=(IN,)),
            Tick(),
            edit(PARTNER, title="Call act-1"),
            Sync(),
        ],
    ),
}


@pytest.fixture(scope="module")
def stages() -> Iterator[dict[str, PairStage]]:
    made = {profile: PairStage(profile) for profile in ("totango", "marketo")}
    yield made
    for stage in made.values():
        stage.close()


def test_every_exception_has_its_history() -> None:
    """No limit is granted that nobody has seen at work."""
    assert set(EXCEPTIONS) == set(LIMITS)


@pytest.mark.rule("T2", "T9", "T15", "T32", "T40", "M4", "M22", "M24")
@pytest.mark.parametrize("name", sorted(LIMITS))
def test_an_exception_excuses_this_and_nothing_else_does(stages: dict[str, PairStage], name: str) -> None:
    """With all granted the history is accepted; with all but one it is a finding."""
    limit = LIMITS[name]
    stage = stages[limit.profile]
    settings = PairSettings(profile=limit.profile, policies=limit.policies)

    play(limit.history, stage=stage, sync=limit.sync, settings=settings)
    with pytest.raises(limit.found):
        play(limit.history, stage=stage, sync=limit.sync, settings=settings, granted=set(EXCEPTIONS) - {name})


def test_the_page_tells_every_limit() -> None:
    """docs/pairs.md has one row for each exception, in its words."""
    page = (Path(__file__).parents[3] / "docs/pairs.md").read_text("utf-8")

    assert dict(EXCEPTIONS) == dict(re.findall(r"^\| `([\w-]+)` \| (.+) \|$", page, re.MULTILINE))

"""From a HAR file to a capsule and back: what the file shows is what the capsule leads to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.crm_contracts.capsules.intake.recorder import Recorded, played, text

from crm_contracts.capsules import Capsule, read_capsule, write_capsule
from crm_contracts.capsules.intake import from_har
from crm_contracts.capsules.intake.from_har import Intake
from crm_contracts.capsules.stages import Stages
from crm_contracts.world import ops
from crm_contracts.world.ops import Op
from crm_contracts.world.pairs import ops as pair_ops

CREATED = ops.Create(side="salesforce", act="a", fields={"Subject": "Call", "Description": "hello"})
PLANHAT: dict[str, tuple[Op, ...]] = {
    "edits of both sides": (
        CREATED,
        ops.Tick(seconds=30),
        ops.Create(side="task", act="b", at="globex", fields={"action": "Mail", "description": "<p>dear</p>"}),
        ops.Tick(seconds=120),
        ops.Sync(),
        ops.Tick(seconds=300),
        ops.Edit(side="salesforce", act="a", fields={"Subject": "Call 2"}),
        ops.Edit(side="task", act="a", fields={"description": "<p>other</p>"}),
        ops.Tick(seconds=100),
        ops.Sync(),
    ),
    "a completed Task and its Conversation": (
        ops.Create(side="task", act="a", fields={"action": "Visit"}),
        ops.Tick(seconds=90),
        ops.Sync(),
        ops.Tick(seconds=90),
        ops.Complete(side="task", act="a"),
        ops.Tick(seconds=90),
        ops.Sync(),
        ops.Tick(seconds=90),
        ops.Edit(side="conversation", act="a", fields={"description": "<p>minutes</p>"}),
        ops.Tick(seconds=90),
        ops.Sync(),
    ),
    "a deletion": (
        CREATED,
        ops.Tick(seconds=90),
        ops.Sync(),
        ops.Tick(seconds=90),
        ops.Delete(side="salesforce", act="a"),
        ops.Tick(seconds=90),
        ops.Sync(),
    ),
    "a customer that the partner does not know": (
        ops.Create(side="salesforce", act="a", at="nowhere", fields={"Subject": "Alone"}),
        ops.Create(side="task", act="b", fields={"action": "Known"}),
        ops.Tick(seconds=90),
        ops.Sync(),
    ),
}
PAIRS: dict[str, tuple[Op, ...]] = {
    "totango": (
        pair_ops.Create(side="salesforce", act="a", section="task", fields={"Subject": "Call", "Priority": "High"}),
        pair_ops.Create(side="partner", act="b", section="task", at="globex", fields={"title": "Mail"}),
        pair_ops.Create(
            side="partner", act="c", section="touchpoint", fields={"subject": "Visit", "content": "minutes"}
        ),
        ops.Tick(seconds=120),
        pair_ops.Sync(),
        ops.Tick(seconds=120),
        ops.Edit(side="salesforce", act="a", fields={"Subject": "Call 2"}),
        ops.Complete(side="partner", act="b"),
        ops.Tick(seconds=120),
        pair_ops.Sync(),
    ),
    "marketo": (
        pair_ops.Create(side="salesforce", act="a", section="reminder", fields={"Subject": "Call"}),
        pair_ops.Create(side="partner", act="b", section="reminder", fields={"name": "Mail"}),
        ops.Tick(seconds=120),
        pair_ops.Sync(),
        ops.Tick(seconds=120),
        ops.Edit(side="partner", act="b", fields={"details": "more"}),
        ops.Complete(side="salesforce", act="a"),
        ops.Tick(seconds=120),
        pair_ops.Sync(),
    ),
}


@pytest.fixture(scope="module")
def stages() -> Iterator[Stages]:
    with Stages() as made:
        yield made


def intake(entries: list[dict[str, Any]], folder: Path, **given: Any) -> Intake:
    path = folder / "traffic.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), "utf-8")
    return from_har([path], **given)


@pytest.mark.parametrize("people", [True, False], ids=["with the people", "the sync alone"])
@pytest.mark.parametrize("name", PLANHAT)
def test_a_history_with_planhat_comes_back(name: str, people: bool, stages: Stages, tmp_path: Path) -> None:
    """The records that the capsule leads to are those that the recording ended with."""
    recorded = Recorded(Capsule(title="x", profile="planhat", ops=PLANHAT[name]), stages, people=people)
    made = intake(recorded.entries, tmp_path)
    path = tmp_path / "made.capsule.yaml"
    write_capsule(made.capsule, path)

    assert recorded.summary == played(read_capsule(path), stages)
    assert len(recorded.entries) == made.tally.entries


@pytest.mark.parametrize("people", [True, False], ids=["with the people", "the sync alone"])
@pytest.mark.parametrize("profile", PAIRS)
def test_a_history_with_another_partner_comes_back(profile: str, people: bool, stages: Stages, tmp_path: Path) -> None:
    """Totango and Marketo, too."""
    recorded = Recorded(Capsule(title="x", profile=profile, ops=PAIRS[profile]), stages, people=people)
    made = intake(recorded.entries, tmp_path)

    assert recorded.summary == played(made.capsule, stages)
    assert len(recorded.entries) == made.tally.entries


def test_what_people_wrote_is_told_by_their_requests_and_without_a_question(stages: Stages, tmp_path: Path) -> None:
    """With everybody's traffic nothing is open but what the customer saw."""
    history = PLANHAT["edits of both sides"]
    recorded = Recorded(Capsule(title="x", profile="planhat", ops=history), stages)
    made = intake(recorded.entries, tmp_path).capsule

    assert [op.kind for op in history if op.kind != "tick"] == [op.kind for op in made.ops if op.kind != "tick"]
    assert 1 == len(made.questions)


def test_what_nobodys_request_shows_is_asked_about(stages: Stages, tmp_path: Path) -> None:
    """An edit that shows only as a difference between two reads is an op and a question with its entry."""
    recorded = Recorded(Capsule(title="x", profile="planhat", ops=PLANHAT["edits of both sides"]), stages, people=False)
    made = intake(recorded.entries, tmp_path).capsule
    asked = [one for one in made.questions if "Subject changed" in one]

    assert 1 == len(asked)
    assert asked[0].startswith("entry ")
    assert {"Subject": "Call 2"} in [op.to_dict().get("fields") for op in made.ops]


@pytest.mark.parametrize(
    ("fault", "vendor", "verb", "name"),
    [
        ("lost_response", "salesforce", "create", "Task"),
        ("lost_request", "salesforce", "create", "Task"),
        ("unavailable", "planhat", "bulk", "Task"),
        ("session_expired", "salesforce", "create", "Task"),
        ("row_locked", "salesforce", "create", "Task"),
        ("limit_reached", "planhat", "list", "Task"),
        ("error_after", "salesforce", "create", "Task"),
    ],
)
def test_an_answer_that_a_fake_would_not_give_is_a_fault(
    fault: str, vendor: str, verb: str, name: str, stages: Stages, tmp_path: Path
) -> None:
    """Its kind is told by the answer, or by what the file shows afterwards; it is scripted where it struck."""
    history = (
        ops.Create(side="task", act="a", fields={"action": "Mail"}),
        ops.Create(side="salesforce", act="b", fields={"Subject": "Call"}),
        ops.Tick(seconds=120),
        ops.InjectFault(fault=fault, vendor=vendor, verb=verb, object=name),
        ops.Sync(),
        ops.Tick(seconds=600),
        ops.Sync(),
    )
    recorded = Recorded(Capsule(title="x", profile="planhat", ops=history), stages)
    made = intake(recorded.entries, tmp_path).capsule
    faults = [op for op in made.ops if isinstance(op, ops.InjectFault)]

    assert [(fault, vendor, verb, name, 1)] == [
        (one.fault, one.vendor, one.verb, one.object, one.nth) for one in faults
    ]
    assert recorded.summary == played(made, stages)


def test_a_capsule_of_har_is_readable_text(stages: Stages, tmp_path: Path) -> None:
    """The recorder's own HAR text (with compressed bodies in it) is read as any other."""
    recorded = Recorded(Capsule(title="x", profile="planhat", ops=PLANHAT["a deletion"]), stages)
    path = tmp_path / "x.har"
    path.write_text(text(recorded.har()), "utf-8")

    assert ["create", "sync", "delete", "sync"] == [op.kind for op in from_har([path]).capsule.ops if op.kind != "tick"]

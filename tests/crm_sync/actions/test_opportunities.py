"""Update opportunity: exactly the given fields, in Salesforce's own words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.crm_sync.actions.desk import ORG_FILE, Desk, part

from crm_sync.actions.data import load

STAGES = load("node_types.toml")["opportunity"]["stages"]


@pytest.mark.rule("A10", "A11")
def test_the_body_has_exactly_the_given_keys(desk: Desk) -> None:
    """Values that are no text go as they are; standard and custom fields by their API names."""
    values = {"Amount": 1200.5, "NextStep": "{{ json.meeting.title }}", "Phase__c": "Two", "Description": None}

    made = desk.update(values)

    assert [("PATCH", {**values, "NextStep": "Acme"})] == desk.writes
    row = desk.opportunity_now()
    assert (1200.5, "Acme", "Two") == (row["Amount"], row["NextStep"], row["Phase__c"])
    assert [("updated", ())] == [(o.status, o.not_applied) for o in made.outcomes]


@pytest.mark.rule("A10")
def test_no_fields_are_no_call(desk: Desk) -> None:
    """An empty object succeeds with nothing changed."""
    made = desk.update({})

    assert ["unchanged"] == [o.status for o in made.outcomes]
    assert made.good
    assert [] == desk.wire.sent


@pytest.mark.rule("A10")
@pytest.mark.parametrize(
    ("field", "code"),
    [("Id", "INVALID_FIELD"), ("CreatedDate", "INVALID_FIELD_FOR_INSERT_UPDATE"), ("Nope__c", "INVALID_FIELD")],
)
def test_fields_that_cannot_be_written_are_salesforces_to_refuse(desk: Desk, field: str, code: str) -> None:
    """Id, system and unknown fields are sent, and refused there."""
    made = desk.update({field: "006000000000001AAA" if field == "Id" else "2026-01-01T00:00:00Z"})

    assert [code] == [o.code for o in made.outcomes]
    assert 1 == len(desk.writes)


@pytest.mark.rule("A11")
def test_null_clears_a_field(desk: Desk) -> None:
    """A null in field_values empties the field."""
    desk.update({"NextStep": "Call"})
    desk.meeting()
    made = desk.run(_again({"NextStep": None}, desk))

    assert made.good
    assert desk.opportunity_now()["NextStep"] is None


@pytest.mark.rule("A11")
@pytest.mark.parametrize(("blank", "left"), [("send", None), ("omit", "Call")])
def test_what_a_value_that_renders_to_nothing_does_is_a_switch(desk: Desk, blank: str, left: str | None) -> None:
    """The keys are those of field_values, so that a blank empties the field; the switch leaves it out."""
    desk.update({"NextStep": "Call"})
    desk.run(_again({"NextStep": "{{ json.nothing }}"}, desk), desk.settings(options={"blank_field_values": blank}))

    assert left == desk.opportunity_now()["NextStep"]


@pytest.mark.rule("A12", "A14")
@pytest.mark.parametrize("stage", STAGES)
def test_stages_are_given_by_name(desk: Desk, stage: str) -> None:
    """Each of the ten default stages is a name that a new org takes."""
    made = desk.update({"StageName": stage})

    assert (stage, True) == (desk.opportunity_now()["StageName"], made.good)


@pytest.mark.rule("A14")
def test_an_orgs_own_stages_are_taken(desk: Desk) -> None:
    """The ten are defaults: a stage that only this org has is sent and kept."""
    made = desk.update({"StageName": "Legal review"})

    assert ("Legal review", True) == (desk.opportunity_now()["StageName"], made.good)


@pytest.fixture(scope="module")
def strict_desk() -> Desk:
    """An org whose Opportunity.StageName is restricted."""
    return Desk(org={**ORG_FILE, "objects": {**ORG_FILE["objects"], "Opportunity": _restricted()}})


def _restricted() -> dict[str, Any]:
    fields = ORG_FILE["objects"]["Opportunity"]["fields"]
    return {"fields": {**fields, "StageName": {"restricted": True}}}


@pytest.mark.rule("A12", "A13")
@given(st.sampled_from(STAGES), st.sampled_from(["{}x", "x{}", "{}.", "{0}{0}"]))
@part(3)
def test_what_is_near_a_stage_is_not_corrected(strict_desk: Desk, stage: str, form: str) -> None:
    """It is sent as it is, refused there with its code, and the opportunity stays as it was."""
    desk = strict_desk.again()
    bent = form.format(stage)

    made = desk.update({"StageName": bent, "NextStep": "Call"})

    assert [("refused", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")] == [(o.status, o.code) for o in made.outcomes]
    assert [{"StageName": bent, "NextStep": "Call"}] == [body for _, body in desk.writes]
    assert ("Prospecting", None) == tuple(desk.opportunity_now()[f] for f in ("StageName", "NextStep"))


@pytest.mark.rule("A12")
@pytest.mark.parametrize("bend", [str.upper, str.lower, lambda stage: f" {stage} "])
def test_another_case_or_a_space_is_sent_as_it_is_and_told(strict_desk: Desk, bend: Any) -> None:
    """Nothing is corrected here; where Salesforce takes it and stores its own spelling, reading back tells."""
    desk = strict_desk.again()
    bent = bend("Value Proposition")

    (outcome,) = desk.update({"StageName": bent}).outcomes

    assert [bent] == [body["StageName"] for _, body in desk.writes]
    kept = desk.opportunity_now()["StageName"]
    told = {"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"} if outcome.wrong else set(outcome.not_applied)
    assert bent != kept
    assert ({outcome.code} if outcome.wrong else {"StageName"}) == told


@pytest.mark.rule("A13")
def test_a_value_outside_a_restricted_picklist_is_reported_with_its_field(desk: Desk) -> None:
    """The item says field and value, after one call."""
    (outcome,) = desk.update({"Phase__c": "Three"}).outcomes

    assert ("refused", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["Phase__c"]) == (
        outcome.status,
        outcome.code,
        list(outcome.fields),
    )
    assert "Three" in outcome.message
    assert 1 == len(desk.writes)


@pytest.mark.rule("A21")
def test_a_next_step_is_255_long(desk: Desk) -> None:
    """The limit is Salesforce's; what is longer is refused, not cut."""
    longest = desk.update({"NextStep": "x" * 255})
    longer = desk.run(_again({"NextStep": "y" * 256}, desk))

    assert (True, ["STRING_TOO_LONG"]) == (longest.good, [o.code for o in longer.outcomes])
    assert "x" * 255 == desk.opportunity_now()["NextStep"]


def _again(values: dict[str, Any], desk: Desk) -> Any:
    """The next version of the workflow, which the same event may fire."""
    from tests.crm_sync.actions.desk import EXTRACT, LOAD, TRIGGER, UPDATE, chain, node

    from crm_sync.actions.document import workflow

    last = node("update", UPDATE, opportunity_id=desk.opportunity, field_values=values)
    return workflow(chain(TRIGGER, LOAD, EXTRACT, last, version=2))

"""Operations and settings of pairs are data: there and back, and what is wrong is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crm_contracts.world.pairs import PairSettings, Policy
from crm_contracts.world.pairs.ops import BOTH, IN, OUT, PARTNER, Create, Sync, Undelete, from_dict
from crm_contracts.world.pairs.settings import CAMPAIGN_TOUCH, PROFILES, TASK
from fake_core.errors import MisuseError


def test_an_operation_is_json() -> None:
    """What is at its default is left out, and comes back."""
    for op, said in (
        (Sync(), {"op": "sync"}),
        (Sync(ways=(OUT, IN), sections=(TASK,)), {"op": "sync", "ways": [OUT, IN], "sections": [TASK]}),
        (Sync(ways=(BOTH,)), {"op": "sync", "ways": [BOTH]}),
        (Sync(crash_at=3, acted=True), {"op": "sync", "crash_at": 3, "acted": True}),
        (Undelete(act="act-1"), {"op": "undelete", "act": "act-1"}),
        (
            Create(side=PARTNER, act="act-1", section=TASK, fields={"title": "x"}),
            {"op": "create", "side": PARTNER, "act": "act-1", "section": TASK, "fields": {"title": "x"}},
        ),
    ):
        assert said == json.loads(json.dumps(op.to_dict()))
        assert op == from_dict(said)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"op": "ignore", "act": "act-1"}, "no operation 'ignore'"),
        ({"op": "sync", "way": "in"}, "sync has no 'way'"),
        ({"op": "sync", "ways": ["up"]}, "ways are some of in and out, or both alone, not up"),
        ({"op": "sync", "ways": ["both", "in"]}, "both alone, not both, in"),
        ({"op": "delete", "side": "task", "act": "act-1"}, "a side is one of salesforce, partner"),
        ({"op": "create", "side": "partner"}, "create"),
    ],
)
def test_what_is_no_operation_is_told(given: dict[str, Any], says: str) -> None:
    """One clear line: what is wrong, what there is."""
    with pytest.raises(MisuseError, match=says):
        from_dict(given)


def test_settings_change_by_name() -> None:
    """A section's policy or a setting of the profile; what was saved before is as it was."""
    before = PairSettings(profile="totango")
    after = before.changed({"task.create_in": False, "enabled": False})

    assert not after.policy(TASK).create_in
    assert before.policy(TASK).create_in
    assert not after.enabled
    assert before.policy(CAMPAIGN_TOUCH) == after.policy(CAMPAIGN_TOUCH)


@pytest.mark.rule("T1", "T9", "T23", "M22")
def test_the_defaults_are_the_profiles_own() -> None:
    """By record with a window of 30 days in Totango, by field in Marketo; campaign touches only go out."""
    totango, marketo = (PairSettings(profile=profile) for profile in ("totango", "marketo"))

    assert PROFILES["totango"] == tuple(totango.policies)
    assert ("record", 30) == (totango.policy(TASK).grain, totango.policy(TASK).out_updated_days)
    assert "out" == totango.policy(CAMPAIGN_TOUCH).direction
    assert ["field"] == [one.grain for one in marketo.policies.values()]


@pytest.mark.parametrize(
    "changes",
    [{"task.colour": 1}, {"reminder.grain": "field"}, {"colour": 1}, {"task.grain": "word"}, {"policies": {}}],
)
def test_settings_that_are_none_are_told(changes: dict[str, Any]) -> None:
    """Nothing is half-changed."""
    with pytest.raises(MisuseError):
        PairSettings(profile="totango").changed(changes)


def test_a_policy_of_another_profile_is_told() -> None:
    """A section belongs to one profile."""
    with pytest.raises(MisuseError, match="marketo has no section 'task'"):
        PairSettings(profile="marketo", policies={TASK: Policy()})
    with pytest.raises(MisuseError, match="a profile is one of"):
        PairSettings(profile="planhat")

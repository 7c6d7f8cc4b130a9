"""The log of conflicts says what was given up, all of it and nothing else (I5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from tests.crm_sync.both import BOTH, OFF, SEND, Both

from crm_sync.errors import RecordRefused, ServiceUnavailable


def pair(both: Both, **fields: str) -> tuple[str, str]:
    """A Salesforce Task and its Planhat Task."""
    sf_id = both.sf_task(Subject="Agreed", **fields)
    both.settle()
    (task,) = [one["_id"] for one in both.ph_tasks()]
    return sf_id, task


def colleague(both: Both) -> str:
    """A Planhat user whom Salesforce has, too."""
    mail = "integration@understudy.example"
    return str(both.ph_create("users", email=mail, nickName="I", firstName="I", lastName="U")["_id"])


@pytest.mark.rule("P13", "P24", "I5")
@pytest.mark.parametrize("conversation", [BOTH, SEND, OFF])
def test_a_completion_gives_nothing_up(both: Both, conversation: str) -> None:
    """Nobody touched Salesforce's status, and no section was ever to receive it into a Conversation."""
    both.configure(task=BOTH, conversation=conversation)
    sf_id, task = pair(both)
    both.ph_done(task)
    both.settle()

    assert "Completed" == both.sf_get(sf_id)["Status"]
    assert [] == both.state.conflicts()


@pytest.mark.rule("P24", "I5")
def test_an_owner_that_is_only_sent_replaces_nothing(both: Both) -> None:
    """A Conversation's owner goes to Salesforce and never comes from there."""
    conversation = both.ph_conversation(subject="Met")
    both.settle()
    both.ph_edit("conversations", conversation, users=[{"id": colleague(both), "isOwner": True}])
    both.settle()

    assert [] == both.state.conflicts()


@pytest.mark.rule("I5", "F45", "P28")
@pytest.mark.parametrize("noted", [True, False])
def test_what_salesforce_could_not_keep_is_given_up_with_a_word(both: Both, noted: bool) -> None:
    """Planhat's text is longer than Salesforce takes: an edit there of what arrived replaces all of it."""
    long = f"<p>{'x' * 32_000}</p><p>The end</p>"
    task = both.ph_task(action="A" * 255 + "end", description=long)
    both.settle()
    (sf_id,) = [row["Id"] for row in both.sf_tasks()]
    if noted:  # written where Salesforce has no room: nobody else has it
        long = long.replace("The end", "Another end")
        both.ph_edit("tasks", task, description=long)
        both.settle()
    both.sf_edit(sf_id, Subject="B", Description="short")
    both.settle()

    assert ("B", "<p>short</p>") == tuple(both.ph_get("tasks", task)[name] for name in ("action", "description"))
    assert {"subject": "A" * 255 + "end", "description": long} == {
        one.field: one.losing_value for one in both.state.conflicts()
    }


def disputed(both: Both, newer: str) -> tuple[str, str]:
    """A pair whose two subjects were edited; *newer* is the side that wins."""
    sf_id, task = pair(both)
    edits: dict[str, Callable[[], object]] = {
        "salesforce": lambda: both.sf_edit(sf_id, Subject="Salesforce's"),
        "planhat": lambda: both.ph_edit("tasks", task, action="Planhat's"),
    }
    for side in sorted(edits, key=lambda side: side == newer):
        both.clock.advance(60)
        edits[side]()
    return sf_id, task


def logged(both: Both) -> list[str]:
    return [one.losing_value for one in both.state.conflicts()]


@pytest.mark.rule("I5", "F65")
@pytest.mark.parametrize("newer", ["salesforce", "planhat"])
@pytest.mark.parametrize("code", ["FIELD_CUSTOM_VALIDATION_EXCEPTION", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"])
def test_a_loser_is_told_when_its_value_is_overwritten(
    both: Both, monkeypatch: pytest.MonkeyPatch, newer: str, code: str
) -> None:
    """While the write is refused, the value stands; when it is taken at last, the loser is told, once."""
    sf_id, task = disputed(both, newer)

    def refuse_rows(_self: object, _name: str, changes: Mapping[str, object]) -> dict[str, RecordRefused]:
        return {one: RecordRefused("refused", code=code, fields=("Subject",)) for one in changes}

    def refuse(*_: object) -> None:
        raise RecordRefused("refused", code="X")

    with monkeypatch.context() as patched:
        patched.setattr("crm_sync.sides.salesforce.Salesforce.update", refuse_rows)
        patched.setattr("crm_sync.sides.planhat.Planhat.update", refuse)
        for _ in range(2):
            assert [] == both.run().conflicts
            assert [] == both.state.conflicts()

    both.clock.advance(3600)
    both.settle()

    winner, loser = ("Salesforce's", "Planhat's") if newer == "salesforce" else ("Planhat's", "Salesforce's")
    assert winner == both.sf_get(sf_id)["Subject"] == both.ph_get("tasks", task)["action"]
    assert [loser] == logged(both)


@pytest.mark.rule("I5", "F60")
def test_a_run_that_ends_before_a_write_tells_no_loser(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not sent was not overwritten; what was sent and not answered may have been."""
    disputed(both, "salesforce")
    other = both.sf_task(Subject="Other")
    both.clock.advance(60)

    def end(*_: object) -> None:
        raise ServiceUnavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr("crm_sync.sides.planhat.Planhat.upsert", end)
        assert both.run().stopped
        assert [] == both.state.conflicts()

    with monkeypatch.context() as patched:
        patched.setattr("crm_sync.sides.planhat.Planhat.update", end)
        assert both.run().stopped
        assert ["Planhat's"] == logged(both)
    both.settle()

    assert ["Planhat's"] == logged(both)
    assert both.sf_get(other)

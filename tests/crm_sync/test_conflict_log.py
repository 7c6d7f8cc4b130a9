"""The log of conflicts says what was given up, all of it and nothing else (I5)."""

from __future__ import annotations

import pytest
from tests.crm_sync.both import BOTH, OFF, SEND, Both


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

"""The oracle's own copy of the switch "Notes to inherit Task sourceId", as rules P17 to P22 tell it."""

from __future__ import annotations

import itertools

import pytest

from crm_contracts.world.settings import BOTH, DIRECTIONS, OFF, RECEIVE, SEND, Inheritance, Settings
from fake_core.errors import MisuseError

EVERY_PAIR = list(itertools.product(DIRECTIONS, DIRECTIONS))


@pytest.mark.rule("P17")
@pytest.mark.parametrize(("task", "conversation"), EVERY_PAIR)
def test_the_switch_needs_tasks_received_and_conversations_sent(task: str, conversation: str) -> None:
    """Both Directions counts for either half; anything else on either side does not."""
    switch = Inheritance()
    switch.saved(Settings(task=task, conversation=conversation))

    assert (task in (BOTH, RECEIVE) and conversation in (BOTH, SEND)) == switch.on


@pytest.mark.rule("P17")
def test_conversations_to_another_object_do_not_count() -> None:
    """A Conversation section to Event leaves the switch off."""
    switch = Inheritance()
    switch.saved(Settings(conversation_object="Event"))

    assert switch.on is False


@pytest.mark.rule("P19", "P20")
def test_off_by_staff_stays_off_until_an_edge() -> None:
    """Saving what still meets the condition changes nothing; losing and meeting it again turns it on."""
    switch = Inheritance()
    switch.saved(Settings())
    switch.staff_disabled()
    seen = [switch.on]
    for conversation in (BOTH, SEND, RECEIVE, BOTH):
        switch.saved(Settings(conversation=conversation))
        seen.append(switch.on)

    assert [False, False, False, False, True] == seen


@pytest.mark.rule("P22")
def test_the_switch_stays_when_the_condition_is_lost() -> None:
    """Turning a section off does not turn the switch off."""
    switch = Inheritance()
    switch.saved(Settings())
    switch.saved(Settings(task=OFF))

    assert switch.on is True


def test_a_setting_that_does_not_exist_is_refused() -> None:
    """A typo in a capsule is the tester's mistake."""
    with pytest.raises(MisuseError, match="no setting 'tasks'"):
        Settings().changed({"tasks": BOTH})
    with pytest.raises(MisuseError, match="task is one of"):
        Settings().changed({"task": "Sideways"})

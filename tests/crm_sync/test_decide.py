"""`decide` on values and settings that are equal without being one object, as everything read over a wire is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm_sync.decide import Decision, Loser, Mapped, Seen, View, decide, record_winner
from crm_sync.model import SALESFORCE, Direction, Policy, Write

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def read(text: str) -> str:
    """The same text as an object of its own."""
    return "".join(list(text))


def same(left: Any, right: Any, _model: str) -> bool:
    return bool(left == right)


def view(replica: str, value: str, *, after: int = 0, seen: Seen = Seen.CHANGED) -> View:
    return View(replica, seen, read(value), NOON + timedelta(seconds=after), Direction.BOTH)


@pytest.mark.rule("P1", "I5")
@pytest.mark.parametrize("first", ["Task", "Conversation"])
def test_two_replicas_that_say_the_same_lose_nothing(first: str) -> None:
    """Task and Conversation changed to one value: neither is given up, and neither is written."""
    salesforce = view(SALESFORCE, "old", seen=Seen.SAME)
    replicas = [view("Task", "new", after=first == "Conversation"), view("Conversation", "new", after=first == "Task")]

    decision = decide(salesforce, replicas, Policy.NEWEST, same)

    assert ((SALESFORCE,), ()) == (decision.targets, decision.losers)


@pytest.mark.rule("P24", "F56", "T9")
@pytest.mark.parametrize(("tie", "winner"), [(SALESFORCE, SALESFORCE), ("partner", "partner")])
def test_a_tie_goes_where_the_setting_says(tie: str, winner: str) -> None:
    """The setting is a word that somebody wrote."""
    left, right = view(SALESFORCE, "S"), view("Task", "P")

    decision = decide(left, [right], Policy.NEWEST, same, tie=read(tie))

    assert {SALESFORCE: SALESFORCE, "partner": "Task"}[winner] == decision.winner
    assert winner == record_winner([Mapped(left, [right], same)], Policy.NEWEST, tie=read(tie))


@pytest.mark.rule("P24", "F56", "T9")
@pytest.mark.parametrize("after", [1, -1])
def test_a_second_tells_two_moments_apart(after: int) -> None:
    """Stamps are whole seconds and clocks agree, where nothing else is said: the later second wins, whatever a tie."""
    left, right = view(SALESFORCE, "S"), view("Task", "P", after=after)
    winner, tie = (("Task", "partner"), SALESFORCE) if after > 0 else ((SALESFORCE, SALESFORCE), "partner")

    assert winner[0] == decide(left, [right], Policy.NEWEST, same, tie=read(tie)).winner
    assert winner[1] == record_winner([Mapped(left, [right], same)], Policy.NEWEST, tie=read(tie))


@pytest.mark.rule("I5", "P24")
def test_a_replica_that_only_receives_is_named_once_when_it_loses() -> None:
    """Salesforce's value goes to both replicas; the one that changed and may not send is named as a loser, once."""
    mute = View("Task", Seen.CHANGED, "ours", NOON, Direction.RECEIVE)
    loud = view("Conversation", "theirs", after=-9)
    quiet = View("Note", Seen.SAME, "old", NOON, Direction.BOTH)

    decision = decide(view(SALESFORCE, "new"), [mute, loud, quiet], Policy.NEWEST, same)

    losers = (Loser("Conversation", "theirs", "newest"), Loser("Task", "ours", "direction"))
    assert Decision(SALESFORCE, ("Task", "Conversation", "Note"), losers) == decision


@pytest.mark.rule("I5", "P1")
def test_a_replica_that_is_written_over_is_named_once() -> None:
    """The Conversation wins, and Salesforce and the Task get its value: the Task's own change, never sent, is named."""
    mute = View("Task", Seen.CHANGED, "ours", NOON, Direction.RECEIVE)
    quiet = View("Note", Seen.SAME, "old", NOON, Direction.RECEIVE)

    decision = decide(view(SALESFORCE, "old"), [mute, quiet, view("Conversation", "new", after=9)], Policy.NEWEST, same)

    losers = (Loser(SALESFORCE, "old", "newest"), Loser("Task", "ours", "direction"))
    assert Decision("Conversation", (SALESFORCE, "Task", "Note"), losers) == decision


@pytest.mark.rule("P1", "I5")
@pytest.mark.parametrize("value", ["a", "z"])
def test_of_two_replicas_that_speak_the_earlier_one_says_why_it_lost(value: str) -> None:
    """It was written over by the other one, not by a direction or a policy of the section."""
    replicas = [view("Task", value), view("Conversation", "conversation's", after=9)]

    decision = decide(view(SALESFORCE, "old", seen=Seen.SAME), replicas, Policy.NEWEST, same)

    assert (Loser("Task", value, "newest of the partner's records"),) == decision.losers


@pytest.mark.rule("P1", "P24")
@pytest.mark.parametrize(
    ("task", "conversation", "speaks"),
    [
        (9, 0, "Task"),
        (0, 9, "Conversation"),
        (0, 0, "Conversation"),
        (0, None, "Task"),
        (None, 0, "Conversation"),
        (None, None, "Conversation"),
    ],
)
def test_the_replica_that_changed_last_speaks(task: int | None, conversation: int | None, speaks: str) -> None:
    """The other one gets its value. Of one moment it is the later model's; one that does not tell when gives way."""
    stamps = {"Task": task, "Conversation": conversation}
    replicas = [
        replace(view(name, name), changed_at=None) if at is None else view(name, name, after=at)
        for name, at in stamps.items()
    ]

    decision = decide(view(SALESFORCE, "old", seen=Seen.SAME), replicas, Policy.NEWEST, same)

    other = next(name for name in stamps if name != speaks)
    assert (speaks, (SALESFORCE, other)) == (decision.winner, decision.targets)


@pytest.mark.rule("T9", "T31")
@pytest.mark.parametrize("once", [{"write_in": Write.ONCE}, {"write_out": Write.ONCE}])
def test_what_is_written_once_settles_no_record(once: dict[str, Any]) -> None:
    """Both sides changed the field, and one of them is not written any more: nobody wins the record by it."""
    mute = View("Task", Seen.CHANGED, "P", NOON, Direction.BOTH, **once)

    assert "" == record_winner([Mapped(view(SALESFORCE, "S"), [mute], same)], Policy.NEWEST)


@pytest.mark.rule("T9")
def test_a_replica_that_settles_nothing_hides_no_other() -> None:
    """The Task is only received; the Conversation changed, too, and the record has a winner."""
    mute = View("Task", Seen.CHANGED, "P", NOON, Direction.RECEIVE)

    fields = [Mapped(view(SALESFORCE, "S"), [mute, view("Conversation", "C", after=9)], same)]

    assert "partner" == record_winner(fields, Policy.NEWEST)

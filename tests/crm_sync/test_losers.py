"""Who loses, by itself: what a deletion takes along, what was held back, and the lines of the log."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.crm_sync.facts import NOTE, SUBJECT, Facts, activity, link, ph, section, sf
from tests.crm_sync.plans import RECEIVE, SEND, read

from crm_sync.decide import Decision, Loser, Seen, View
from crm_sync.losers import all_losers, conflicts_of, given_up
from crm_sync.model import SALESFORCE, Activity, FieldMap
from crm_sync.report import Conflict

OWNER = FieldMap("owner", "ownerId", "OwnerId", "owner")
STATUS = FieldMap("status", "status", "Status", "status")
STRANGER = "005000000000009AAA"


def lines(found: list[Conflict]) -> list[tuple[Any, ...]]:
    return [(c.field, c.winner, c.loser, c.winning_value, c.losing_value, c.policy) for c in found]


# -- what a deletion takes along ----------------------------------------------------------------------


def gave(one: Activity, loser: str, *fields: FieldMap, **rules: Any) -> list[tuple[Any, ...]]:
    """What the deletion takes along of *loser*'s record."""
    deciding = section("Task", *(fields or (SUBJECT, NOTE)), rules=rules)
    return lines(given_up(one, Facts(sections=[deciding]), deciding, read(loser)))


@pytest.mark.rule("I5", "F22", "T39", "T41")
@pytest.mark.parametrize(("rules", "policy"), [({}, "delete_wins"), ({"delete_wins": False}, "last_write_wins")])
def test_what_somebody_wrote_to_the_survivor_is_lost(rules: dict[str, bool], policy: str) -> None:
    """On either side, as that side said it; the other side's deletion is the winner."""
    salesforces, planhats = activity(sf(Subject="new"), link=link()), activity(ph(action="new"), link=link())

    assert [("subject", "Task", SALESFORCE, None, "new", policy)] == gave(salesforces, SALESFORCE, **rules)
    assert [("subject", SALESFORCE, "Task", None, "new", policy)] == gave(planhats, "Task", **rules)
    assert [] == gave(activity(sf(), link=link()), SALESFORCE) == gave(activity(ph(), link=link()), "Task")


@pytest.mark.rule("I5", "P2")
def test_what_would_not_have_travelled_is_not_lost_by_a_deletion() -> None:
    """A field goes its way, whichever comes first in the section."""
    salesforces = activity(sf(Subject="new", Description="more"), link=link())
    planhats = activity(ph(action="new", description="more"), link=link())
    out, into = replace(SUBJECT, direction=SEND), replace(SUBJECT, direction=RECEIVE)

    assert ["note"] == [one[0] for one in gave(salesforces, SALESFORCE, out, NOTE)]
    assert ["note"] == [one[0] for one in gave(planhats, "Task", into, NOTE)]
    assert ["subject", "note"] == [one[0] for one in gave(salesforces, SALESFORCE, into, NOTE)]
    assert ["subject", "note"] == [one[0] for one in gave(planhats, "Task", out, NOTE)]


@pytest.mark.rule("I5", "P12")
def test_what_says_nothing_is_not_lost_by_a_deletion() -> None:
    """No status is no word of Planhat's; nothing is known of a record that was not read."""
    agreed = link(base={SALESFORCE: {"Status": "In Progress"}, "Task": {"Status": "In-progress"}})

    assert [] == gave(activity(ph(status=None), link=agreed), "Task", STATUS)
    assert ["Blocked"] == [one[4] for one in gave(activity(ph(status="Blocked"), link=agreed), "Task", STATUS)]
    assert [] == gave(activity(sf(Subject="new"), link=link()), "Task")
    assert [] == gave(activity(ph(action="new"), link=link()), SALESFORCE)


# -- what was held back -------------------------------------------------------------------------------

TAKEN = Decision(winner="Task", targets=(SALESFORCE,))
HELD_BACK = Loser(SALESFORCE, STRANGER, "it was held back")


def lose(decision: Decision = TAKEN, *, owner: str | None = STRANGER, mapped: FieldMap = OWNER, **how: Any) -> Decision:
    """The decision about an owner, where Salesforce names *owner* and Planhat somebody else."""
    sections = how.get("sections", [section("Task", mapped)])
    said = View(SALESFORCE, Seen.SAME, owner, None, silent=how.get("silent", False))
    one = activity(sf(OwnerId=owner), ph(ownerId="u1"), link=link())
    return all_losers(one, Facts(sections=sections), decision, said, {}, {"Task": mapped})


@pytest.mark.rule("I5", "T43", "F66")
def test_a_value_that_was_held_back_loses_when_it_is_written_over() -> None:
    """Nobody else has it; it may have changed long ago, and another may lose beside it."""
    other = Loser("Conversation", "u2", "newest")

    assert (HELD_BACK,) == lose().losers
    assert (other, HELD_BACK) == lose(replace(TAKEN, losers=(other,))).losers


@pytest.mark.rule("I5", "T43", "F66")
def test_what_loses_already_or_was_not_held_back_does_not_lose_for_that() -> None:
    """It is in the log once; what the partner can hold, what nobody was to receive, and nothing at all, is not."""
    lost = replace(TAKEN, losers=(Loser(read(SALESFORCE), STRANGER, "newest"),))

    assert lost == lose(lost)
    assert TAKEN == lose(silent=True) == lose(owner="005000000000001AAA") == lose(owner=None)
    assert TAKEN == lose(mapped=replace(OWNER, direction=SEND)) == lose(sections=[])
    salesforces = Decision(winner=SALESFORCE, targets=("Task",))
    assert salesforces == lose(salesforces)


# -- the log ------------------------------------------------------------------------------------------


@pytest.mark.rule("I5", "F19")
def test_a_value_stands_in_the_log_once() -> None:
    """Two records say the same, and a third, which was not read, says something else."""
    one = activity(sf(Subject="kept"), ph(action="lost"), ph("Conversation", subject="lost"), link=link())
    losers = [("Task", "newest"), ("Conversation", "newest"), ("Gone", read("partner"))]
    decision = Decision(read(SALESFORCE), ("Task",), tuple(Loser(name, "too", why) for name, why in losers))
    by_model = {"Task": SUBJECT, "Conversation": replace(SUBJECT, partner="subject")}

    assert lines(conflicts_of(one, Facts(), decision, by_model)) == [
        ("subject", SALESFORCE, "Task", "kept", "lost", "newest"),
        ("subject", SALESFORCE, "Gone", "kept", "too", "planhat"),
    ]


def test_a_replica_of_any_name_is_no_salesforce_record() -> None:
    """Whatever a partner calls its models."""
    one = activity(sf(OwnerId=STRANGER), ph("zebra", action="lost"), link=link("zebra"))
    sections = [section("zebra", SUBJECT, OWNER)]
    decision = Decision(SALESFORCE, ("zebra",), (Loser("zebra", "lost", "newest"),))

    assert ["lost"] == [c.losing_value for c in conflicts_of(one, Facts(), decision, {"zebra": SUBJECT})]
    lost = given_up(activity(ph("zebra", action="new"), link=link("zebra")), Facts(), sections[0], "zebra")
    assert [(SALESFORCE, "zebra", "new")] == [(c.winner, c.loser, c.losing_value) for c in lost]
    taken = Decision("Task", (SALESFORCE,), decision.losers)
    assert (*decision.losers, HELD_BACK) == lose(taken).losers

"""A Conversation that is an Event in Salesforce: its day, the Event's time of day and length (`event_days`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from tests.crm_sync.both import BOTH, Both

from crm_sync.engine import Engine
from crm_sync.event_days import with_moved_times
from crm_sync.model import SALESFORCE, Record

WHEN = datetime(2026, 1, 7, tzinfo=UTC)
EVENT_ID = "00U000000000001AAA"
START_AND_END = {"StartDateTime": "2026-01-05T22:30:00.000+0000", "EndDateTime": "2026-01-06T01:30:00.000+0000"}
TIMED = {"StartDateTime": "2026-01-05T22:30:00Z", "DurationInMinutes": 180}
TIMES = ("ActivityDate", "StartDateTime", "EndDateTime", "DurationInMinutes", "IsAllDayEvent")


class Asked:
    """An engine of which one Event is read: what `with_moved_times` asks of it, and no more."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self.salesforce = self

    def sobject(self, _: str) -> Asked:
        return self

    def field(self, name: str) -> str:
        return name

    def by_ids(self, _: str, __: Sequence[str], ids: Sequence[str]) -> dict[str, Record]:
        return {one: Record(SALESFORCE, "Event", one, self.values, WHEN) for one in ids}


def pair(both: Both, **fields: Any) -> tuple[str, str]:
    """An Event and its Conversation, agreed."""
    both.configure(conversation=BOTH, target="Event")
    sf_id = both.sf_create("Event", WhatId=both.account, Subject="Met", **fields)
    both.settle()
    (note,) = both.ph_list("conversations")
    return sf_id, str(note["_id"])


def times(both: Both, sf_id: str) -> list[Any]:
    event = both.sf_get(sf_id, "Event")
    return [event[name] for name in TIMES]


@pytest.mark.rule("P2")
def test_a_new_day_moves_a_timed_event_by_whole_days(both: Both) -> None:
    """Its day is its start's: start and end move, the time of day and the length stay, and both sides agree."""
    sf_id, note = pair(both, **TIMED)
    both.ph_edit("conversations", note, date="2026-02-10T09:00:00.000Z")

    report = both.run()
    both.settle()

    moved = ["2026-02-10", "2026-02-10T22:30:00.000+0000", "2026-02-11T01:30:00.000+0000", 180, False]
    assert moved == times(both, sf_id)
    assert "2026-02-10" == both.ph_get("conversations", note)["date"][:10]
    assert [] == report.notes


@pytest.mark.rule("P2")
def test_a_new_day_beside_a_new_text_moves_the_event_and_no_other(both: Both) -> None:
    """The text goes along, and an Event of which only the text changed keeps its times."""
    sf_id, note = pair(both, **TIMED)
    other = both.sf_create("Event", WhatId=both.account, Subject="Other", **TIMED)
    both.settle()
    before = times(both, other)
    (second,) = [one["_id"] for one in both.ph_list("conversations") if one["_id"] != note]
    both.ph_edit("conversations", note, date="2026-01-02T09:00:00.000Z", subject="Met early")
    both.ph_edit("conversations", second, subject="Other text")

    both.settle()

    assert ["2026-01-02", "2026-01-02T22:30:00.000+0000"] == times(both, sf_id)[:2]
    assert "Met early" == both.sf_get(sf_id, "Event")["Subject"]
    assert ("Other text", before) == (both.sf_get(other, "Event")["Subject"], times(both, other))


@pytest.mark.rule("P2")
def test_a_new_day_of_an_all_day_event_is_its_day(both: Both) -> None:
    """It has no time of day: its day is sent, and it stays a day long."""
    sf_id, note = pair(both, IsAllDayEvent=True, ActivityDate="2026-01-05")
    both.ph_edit("conversations", note, date="2026-02-10T09:00:00.000Z")
    both.salesforce.journal.clear()

    both.settle()

    assert ["2026-02-10", 1440, True] == [times(both, sf_id)[n] for n in (0, 3, 4)]
    sent = [str(call["request"]) for call in both.sf_control.journal() if call["method"] == "PATCH"]
    assert [True] == ["ActivityDate" in body and "DateTime" not in body for body in sent]


@pytest.mark.rule("P2", "T35")
@pytest.mark.parametrize(
    ("read", "sent"),
    [
        pytest.param({"IsRecurrence": True}, {}, id="a series: its days are its pattern's"),
        pytest.param({}, {"StartDateTime": "2026-03-01T08:00:00Z"}, id="its start is sent, too"),
    ],
)
def test_what_is_left_as_it_was_sent(read: Mapping[str, Any], sent: Mapping[str, Any]) -> None:
    """Rule 2 of the module, and beside it the same Event without the reason, which moves."""
    engine = Asked({**START_AND_END, **read})
    change = {"ActivityDate": "2026-02-10", **sent}

    assert {EVENT_ID: change} == with_moved_times(cast(Engine, engine), "Event", {EVENT_ID: change})
    plain = with_moved_times(cast(Engine, Asked(START_AND_END)), "Event", {EVENT_ID: {"ActivityDate": "2026-02-10"}})
    assert ["EndDateTime", "StartDateTime"] == sorted(plain[EVENT_ID])

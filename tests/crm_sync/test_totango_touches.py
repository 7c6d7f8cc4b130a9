"""Campaign touches go out as Events, once, and are found again by their id (rules T24, T26-T30)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_sync import act
from crm_sync.state import State

from .totango_both import (
    CAMPAIGN_TOUCH,
    DAY,
    KEY_FIELD,
    PIA,
    TOUCH_ID,
    TOUCH_KEY_FIELD,
    TotangoBoth,
    milliseconds,
    statistics,
)


@pytest.fixture
def both(totango_world: TotangoBoth) -> TotangoBoth:
    """Tasks both ways, new ones made."""
    return totango_world.again()


@pytest.mark.rule("T24")
@pytest.mark.rule("T26")
@pytest.mark.rule("T27")
@pytest.mark.rule("T28")
@pytest.mark.rule("T29")
def test_a_campaign_touch_becomes_an_event(both: TotangoBoth) -> None:
    """Made without a switch; the subject is the article's sentence, the day is the start's, the account its own."""
    both.configure(campaign={})
    both.tt_touch(kind="One time", name='The "big" one', users_count=250, description="Hello")
    report = both.run()

    event = both.sf_one("Event")
    assert f'One time campaign "The "big" one" was sent to 250 users. From: {PIA}' == event["Subject"]
    assert ("Hello", "2026-01-05", both.account) == (event["Description"], event["ActivityDate"], event["WhatId"])
    assert both.stage.user_ids[PIA] == event["OwnerId"]
    assert 1 == statistics(report, CAMPAIGN_TOUCH).created


@pytest.mark.rule("T24", "T27", "F47")
def test_a_name_of_emoji_is_cut_as_salesforce_counts(both: TotangoBoth) -> None:
    """An emoji is two of a Subject's 255: the name is cut, and its tail survives."""
    both.configure(campaign={})
    both.tt_touch(kind="Ongoing", name="\N{PARTY POPPER}" * 200, users_count=3)
    both.settle()

    assert both.sf_one("Event")["Subject"].endswith(f'" was sent to 3 users. From: {PIA}')


@pytest.mark.rule("T1")
@pytest.mark.rule("T28")
@pytest.mark.rule("T30")
def test_an_event_with_a_type_and_a_field_for_the_touch(rich: TotangoBoth) -> None:
    """Where Event has a Type it is Email; a mapped custom field tells such Events apart, and keeps them from coming in
    as touchpoints even when the sync has forgotten everything."""
    touch_id = {"name": "touch_id", "totango": "id", "salesforce": TOUCH_ID, "lens": "text"}
    rich.configure(touchpoint={}, campaign={"fields": [touch_id]}, exclude_salesforce={TOUCH_ID: ["*"]})
    rich.tt_touch(id="ct-7")
    rich.settle()
    assert (["Email"], ["ct-7"]) == (rich.sf_field("Type"), rich.sf_field(TOUCH_ID))

    rich.state = State()
    rich.configure(touchpoint={}, exclude_salesforce={TOUCH_ID: ["*"]})
    rich.sf_create("Event", Subject="a person's")
    rich.settle()
    assert ["a person's"] == [row["subject"] for row in rich.tt_all("Touchpoint")]


TOUCH_IN_A_FIELD = {"name": "touch_id", "totango": "id", "salesforce": TOUCH_ID, "lens": "text"}


@pytest.mark.rule("T30", "F13")
@pytest.mark.parametrize("event", ["there", "deleted", "edited"])
@pytest.mark.parametrize("how", ["its own field", "the external-id field", "nothing"])
def test_a_touch_is_found_again_by_its_id_when_the_sync_has_forgotten_everything(
    rich: TotangoBoth, how: str, event: str
) -> None:
    """Where a field of Event holds the touch's id, a lost memory sends nothing again; without one it does."""
    rich.sf_options = {"external_id_field": KEY_FIELD} if how == "the external-id field" else {}
    rich.configure(campaign={"fields": [TOUCH_IN_A_FIELD]} if how == "its own field" else {})
    ids = ["ct-0", "ct-1", "ct-2"]
    if how != "the external-id field":  # which tells no case apart, as Salesforce makes it
        ids.append("CT-0")
    for one in ids:
        rich.tt_touch(id=one)
    rich.settle()
    first = rich.sf_all("Event")
    assert len(ids) == len(first)
    if event == "deleted":
        rich.sf_delete(first[0]["Id"], "Event")
    elif event == "edited":
        rich.sf_edit(first[0]["Id"], "Event", Subject="A person's")
    before = rich.sf_all("Event")
    rich.state = State()
    rich.configure(campaign={"fields": [TOUCH_IN_A_FIELD]} if how == "its own field" else {})
    mark = rich.log()
    rich.settle()

    if how == "nothing":
        assert len(ids) == len(rich.sent(mark, "POST"))
    else:
        assert ([], before) == (rich.sent(mark, "POST", "PATCH"), rich.sf_all("Event"))
        rich.tt_touch(id="ct-9")
        rich.settle()
        assert len(before) + 1 == len(rich.sf_all("Event"))


@pytest.mark.rule("T1", "T30", "F13")
def test_a_touch_found_again_is_no_touchpoint(rich: TotangoBoth) -> None:
    """Its Event is the touch's again, and so does not come in as a touchpoint."""
    rich.sf_options = {"external_id_field": KEY_FIELD}
    rich.configure(touchpoint={}, campaign={})
    rich.tt_touch(id="ct-7")
    rich.settle()
    rich.state = State()
    rich.configure(touchpoint={}, campaign={})
    rich.settle()

    assert ([], 1) == (rich.tt_all("Touchpoint"), len(rich.sf_all("Event")))


@pytest.mark.rule("T30", "F01", "F13")
@pytest.mark.parametrize("many", [False, True], ids=["one by one", "many at once"])
def test_a_section_may_have_an_external_id_field_of_its_own(
    rich: TotangoBoth, monkeypatch: pytest.MonkeyPatch, many: bool
) -> None:
    """Each record carries its key there, and is found by it when its answer or everything was lost."""
    monkeypatch.setattr(act, "MANY", 2 if many else 10)

    def configure() -> None:
        rich.configure(touchpoint={"external_id_field": KEY_FIELD}, campaign={"external_id_field": TOUCH_KEY_FIELD})

    configure()
    points = {f"Touchpoint-{rich.tt_touchpoint()}" for _ in range(2)}
    touches = {f"CampaignTouch-{rich.tt_touch(id=f'ct-{n}')}" for n in range(2)}
    salesforce = rich.stage.control["salesforce"]
    if not many:
        salesforce.add_fault(kind="lost_response", verb="upsert", object="Event", times=1)
    rich.settle()
    assert [] == salesforce.faults()

    for field, keys in ((KEY_FIELD, points), (TOUCH_KEY_FIELD, touches)):
        assert keys == {one for one in rich.sf_field(field) if one}
    rich.state = State()
    configure()
    mark = rich.log()
    rich.settle()
    assert ([], 4) == (rich.sent(mark, "POST", "PATCH"), len(rich.sf_all("Event")))


@pytest.mark.rule("T26")
def test_campaign_touches_obey_account_and_window(both: TotangoBoth) -> None:
    """Without an account in Salesforce a touch is skipped and uncounted; one of 31 days ago does not go out."""
    both.configure(campaign={})
    both.tt_touch("island")
    both.tt_touch(name="old", updated_at=milliseconds(both.clock.now() - 31 * DAY))
    report = both.run()

    assert ([], 0) == (both.sf_all("Event"), statistics(report, CAMPAIGN_TOUCH).processed)


@pytest.mark.rule("T30")
def test_a_touch_is_sent_once_and_never_again(both: TotangoBoth) -> None:
    """Edited, its Event deleted, or nothing at all: a touch makes one Event, which is never updated."""
    both.configure(campaign={})
    both.tt_touch(id="ct-1")
    both.settle()
    event = both.sf_one("Event")
    both.clock.advance(timedelta(hours=1))
    both.tt_touch(id="ct-1", name="Renamed")
    both.settle()
    assert event == both.sf_one("Event")

    both.sf_delete(event["Id"], "Event")
    both.clock.advance(timedelta(hours=1))
    both.tt_touch(id="ct-1", name="Again")
    both.settle()
    assert [] == both.sf_all("Event")

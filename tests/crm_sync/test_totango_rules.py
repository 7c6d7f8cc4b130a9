"""Rules T1-T45 between Salesforce and Totango, each as a person would notice it. Keys, texts, mappings and jobs by
themselves stand in test_totango_pure.py and test_jobs_*.py, the calls in test_totango_side.py."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import permutations
from typing import Any

import pytest

from crm_sync import act
from crm_sync.config import load_profile
from crm_sync.jobs.pairs import read_jobs, sections_of
from crm_sync.jobs.statistics import JobStatistics
from crm_sync.report import Report
from crm_sync.state import State
from crm_sync.totango.values import day_of

from .totango_both import (
    BOTH,
    CAMPAIGN_TOUCH,
    KEY_FIELD,
    PIA,
    RECEIVE,
    SEND,
    SYNC,
    TASK,
    TOUCH_ID,
    TOUCH_KEY_FIELD,
    TOUCHPOINT,
    RichStage,
    TotangoBoth,
    milliseconds,
)

DAY = timedelta(days=1)
QUINN = "quinn@understudy.example"
MODELS = pytest.mark.parametrize("model", ["Task", "Touchpoint"])
TITLE = {"Task": "title", "Touchpoint": "subject"}
OBJECT = {"Task": "Task", "Touchpoint": "Event"}


@pytest.fixture(scope="module")
def world() -> Iterator[TotangoBoth]:
    both = TotangoBoth()
    yield both
    both.stage.close()


@pytest.fixture(scope="module")
def rich_world() -> Iterator[TotangoBoth]:
    both = TotangoBoth(RichStage("totango"))
    yield both
    both.stage.close()


@pytest.fixture
def rich(rich_world: TotangoBoth) -> TotangoBoth:
    """An org with more fields and objects."""
    return rich_world.again()


@pytest.fixture
def both(world: TotangoBoth) -> TotangoBoth:
    """Tasks both ways, new ones made."""
    return world.again()


def use(both: TotangoBoth, model: str, **rules: Any) -> None:
    """One section, of *model*."""
    both.configure(**{model.lower(): {}}, **rules)


def make(both: TotangoBoth, model: str, **fields: Any) -> str:
    """A record that a person makes in Totango."""
    return both.tt_task(**fields) if model == "Task" else both.tt_touchpoint(**fields)


def statistics(report: Report, key: str = TASK) -> JobStatistics:
    return JobStatistics.of(report.section(key))


def skipped(report: Report, key: str = TASK) -> str:
    return " ".join(report.section(key).skipped)


# -- flows and keys ----------------------------------------------------------------------------------------------------


@pytest.mark.rule("T1")
@MODELS
def test_tasks_and_touchpoints_go_both_ways(both: TotangoBoth, model: str) -> None:
    """What is made on either side is on the other after a run, and later edits follow."""
    use(both, model)
    sobject, title = OBJECT[model], TITLE[model]
    theirs = make(both, model, **{title: "from Totango"})
    ours = both.sf_create(sobject, Subject="from Salesforce")
    both.settle()

    assert {"from Totango", "from Salesforce"} == {row["Subject"] for row in both.sf_all(sobject)}
    assert {"from Totango", "from Salesforce"} == {row[title] for row in both.tt_all(model)}
    both.sf_edit(ours, sobject, Subject="edited there")
    both.tt_edit(theirs, model, **{title: "edited here"})
    both.settle()
    assert {"edited here", "edited there"} == {row["Subject"] for row in both.sf_all(sobject)}
    assert {"edited here", "edited there"} == {row[title] for row in both.tt_all(model)}


@pytest.mark.rule("T1")
@pytest.mark.rule("T26")
def test_campaign_touches_only_go_out(both: TotangoBoth) -> None:
    """A touch becomes an Event; that Event never comes back as a touchpoint, and no edit of it reaches the touch."""
    both.configure(touchpoint={}, campaign={})
    both.tt_touch()
    before = both.tt_all("CampaignTouch")
    both.settle()

    event = both.sf_one("Event")
    both.sf_edit(event["Id"], "Event", Subject="edited", Description="too")
    both.settle()
    assert (before, []) == (both.tt_all("CampaignTouch"), both.tt_all("Touchpoint"))
    both.sf_delete(event["Id"], "Event")
    both.settle()
    assert (before, [], []) == (both.tt_all("CampaignTouch"), both.tt_all("Touchpoint"), both.sf_all("Event"))


@pytest.mark.rule("T2")
@pytest.mark.parametrize(("direction", "here", "there"), [(SEND, 1, 2), (RECEIVE, 2, 1)])
def test_one_job_is_a_one_way_sync(both: TotangoBoth, direction: str, here: int, there: int) -> None:
    """With only an inbound or only an outbound job the other way stays quiet."""
    both.configure(task={"direction": direction})
    both.tt_task()
    both.sf_create()
    both.settle()

    assert (here, there) == (len(both.tt_all()), len(both.sf_all()))


@pytest.mark.rule("T3")
@pytest.mark.rule("T2")
def test_a_run_of_one_job_moves_one_direction(both: TotangoBoth) -> None:
    """Only what a job runs moves: the outbound job sends, the inbound job is still to come."""
    both.tt_task(title="out")
    both.sf_create(Subject="in")

    both.run(ways=("out",))
    assert ({"out", "in"}, {"out"}) == ({r["Subject"] for r in both.sf_all()}, {r["title"] for r in both.tt_all()})
    both.run(ways=("in",))
    assert {"out", "in"} == {r["title"] for r in both.tt_all()}


@pytest.mark.rule("T4")
@pytest.mark.rule("T7")
@MODELS
def test_the_external_id_is_the_salesforce_id_in_lower_case(both: TotangoBoth, model: str) -> None:
    """Whichever side made the record, Totango keeps the 18 characters in lower case."""
    use(both, model)
    make(both, model)
    both.sf_create(OBJECT[model])
    both.settle()

    ids = {row["Id"] for row in both.sf_all(OBJECT[model])}
    assert {one.lower() for one in ids} == {row["external_id"] for row in both.tt_all(model)}
    assert 2 == len(ids)


@pytest.mark.rule("T5")
@pytest.mark.rule("T6")
def test_a_record_that_carries_an_id_is_adopted(both: TotangoBoth) -> None:
    """A Totango task whose external id is a Salesforce id in any case is that record's pair: none is made twice."""
    sf_id = both.sf_create(Subject="same")
    both.tt_seed("Task", title="same", external_id=sf_id.upper())
    both.settle()

    assert (1, 1) == (len(both.sf_all()), len(both.tt_all()))
    both.sf_edit(sf_id, Subject="edited")
    both.settle()
    assert "edited" == both.tt_one()["title"]


@pytest.mark.rule("T7")
def test_a_lossy_key_is_reported_and_not_guessed(both: TotangoBoth) -> None:
    """A 15-character id that lost its case names nobody: the record waits with its reason, and nothing is made."""
    sf_id = both.sf_create(Subject="whose?")
    both.configure(task={}, create_in=False)
    both.tt_seed("Task", title="mine?", external_id=sf_id[:15])
    report = both.run()

    assert ["whose?"] == [row["Subject"] for row in both.sf_all()]
    assert "lost its case" in " ".join(report.section(TASK).quarantined.values())
    assert 1 == statistics(report).failed


@pytest.mark.rule("T6")
def test_a_key_of_the_customers_own_stays(both: TotangoBoth) -> None:
    """An external id that is no Salesforce id is the customer's: it is not overwritten, and nothing is guessed."""
    task = both.tt_seed("Task", title="mine", external_id="Ticket-42")
    both.run()
    both.run()

    assert "ticket-42" == both.tt(task)["external_id"]


@pytest.mark.rule("T5")
@MODELS
def test_a_lost_state_finds_its_pairs_again(both: TotangoBoth, model: str) -> None:
    """The external ids on the records say who belongs to whom: nothing is made twice, and edits travel on."""
    use(both, model)
    sf_id, tt_id = linked(both, model)
    both.sf_create(OBJECT[model], Subject="from Salesforce")
    both.settle()
    both.state = State()
    use(both, model)
    both.settle()
    assert (2, 2) == (len(both.sf_all(OBJECT[model])), len(both.tt_all(model)))

    both.tt_edit(tt_id, model, **{TITLE[model]: "edited"})
    both.settle()
    assert "edited" == both.sf(sf_id, OBJECT[model])["Subject"]


# -- conflict ----------------------------------------------------------------------------------------------------------


def linked(both: TotangoBoth, model: str = "Task", **fields: Any) -> tuple[str, str]:
    """A pair: Salesforce's id and Totango's."""
    made = make(both, model, **fields)
    both.settle()
    return both.sf_one(OBJECT[model])["Id"], made


@pytest.mark.rule("T9")
@pytest.mark.parametrize("last", ["salesforce", "totango"])
@MODELS
def test_the_last_update_wins_the_whole_record(both: TotangoBoth, model: str, last: str) -> None:
    """Both sides edited different fields: the later record supplies all of them, on both sides."""
    use(both, model)
    body = {"Task": "description", "Touchpoint": "content"}[model]
    sf_id, tt_id = linked(both, model, **{TITLE[model]: "old", body: "old"})
    edits = [
        partial(both.sf_edit, sf_id, OBJECT[model], Subject="Salesforce's"),
        partial(both.tt_edit, tt_id, model, **{body: "Totango's"}),
    ]
    for edit in edits if last == "totango" else reversed(edits):
        edit()
        both.clock.advance(timedelta(minutes=5))
    both.settle()

    expected = ("Salesforce's", "old") if last == "salesforce" else ("old", "Totango's")
    row, record = both.sf(sf_id, OBJECT[model]), both.tt(tt_id, model)
    assert (expected, expected) == ((row["Subject"], row["Description"]), (record[TITLE[model]], record[body]))


@pytest.mark.rule("T9")
def test_by_field_both_edits_survive(both: TotangoBoth) -> None:
    """The grain is a switch: by field, edits of different fields do not meet."""
    both.configure(task={}, grain="field")
    sf_id, tt_id = linked(both, title="old", description="old")
    both.sf_edit(sf_id, Subject="Salesforce's")
    both.tt_edit(tt_id, description="Totango's")
    both.settle()

    row, record = both.sf(sf_id), both.tt(tt_id)
    assert ("Salesforce's", "Totango's") == (row["Subject"], row["Description"])
    assert ("Salesforce's", "Totango's") == (record["title"], record["description"])


@pytest.mark.rule("T9")
@pytest.mark.parametrize("tie", ["salesforce", "partner"])
def test_a_tie_goes_to_salesforce_unless_the_switch_says_otherwise(both: TotangoBoth, tie: str) -> None:
    """Updates in one second, whatever the milliseconds: Salesforce wins, or Totango by the switch."""
    both.configure(task={}, tie=tie)
    sf_id, tt_id = linked(both, title="old")
    both.sf_edit(sf_id, Subject="Salesforce's")
    both.clock.advance(timedelta(milliseconds=900))
    both.tt_edit(tt_id, title="Totango's")
    both.settle()

    expected = "Salesforce's" if tie == "salesforce" else "Totango's"
    assert (expected, expected) == (both.sf(sf_id)["Subject"], both.tt(tt_id)["title"])


@pytest.mark.rule("T9")
def test_the_syncs_own_write_is_no_edit(both: TotangoBoth) -> None:
    """A person edits Salesforce after the sync wrote to Totango: Totango's later stamp does not make it the winner."""
    sf_id, tt_id = linked(both, title="old")
    both.sf_edit(sf_id, Subject="first")
    both.clock.advance(timedelta(seconds=30))
    both.run()
    both.sf_edit(sf_id, Subject="second")
    both.settle()

    assert ("second", "second") == (both.sf(sf_id)["Subject"], both.tt(tt_id)["title"])


@pytest.mark.rule("T10")
@pytest.mark.parametrize("last", ["salesforce", "totango"])
def test_the_order_of_jobs_does_not_matter(both: TotangoBoth, last: str) -> None:
    """Inbound before outbound, or outbound before inbound, on the same two states: the same values on both sides."""
    outcomes = []
    for order in permutations(("in", "out")):
        both.again()
        sf_id, tt_id = linked(both, title="old", description="old")
        edits = [
            partial(both.sf_edit, sf_id, Subject="Salesforce's"),
            partial(both.tt_edit, tt_id, description="Totango's"),
        ]
        for edit in edits if last == "totango" else reversed(edits):
            edit()
            both.clock.advance(timedelta(minutes=5))
        for _ in range(2):
            for way in order:
                both.run(ways=(way,))
        row, record = both.sf(sf_id), both.tt(tt_id)
        outcomes.append((row["Subject"], row["Description"], record["title"], record["description"]))

    expected = ("Salesforce's", "old") if last == "salesforce" else ("old", "Totango's")
    assert [expected * 2] * 2 == outcomes


# -- inbound -----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("T11")
@pytest.mark.rule("T21")
@MODELS
def test_what_has_no_account_in_totango_is_not_imported(both: TotangoBoth, model: str) -> None:
    """A record of an account that Totango does not have is skipped, and in none of the job's figures."""
    use(both, model)
    both.sf_create(OBJECT[model], WhatId=both.stage.accounts["nowhere"])
    report = both.run()

    key = {"Task": TASK, "Touchpoint": TOUCHPOINT}[model]
    assert [] == both.tt_all(model)
    assert (0, 1) == (statistics(report, key).processed, sum(statistics(report, key).skipped.values()))


@pytest.mark.rule("T12")
@MODELS
def test_the_account_of_a_record_never_changes(both: TotangoBoth, model: str) -> None:
    """A row with another account does not move the record; its other fields are applied."""
    use(both, model)
    sf_id = both.sf_create(OBJECT[model], Subject="old")
    both.settle()
    both.sf_edit(sf_id, OBJECT[model], Subject="new", WhatId=both.stage.accounts["globex"])
    report = both.run()
    both.settle()

    assert 1 == sum("account_change_ignored" in note for note in report.notes)
    record = both.tt_one(model)
    assert (both.account, "new") == (record["account_id"], record[TITLE[model]])


@pytest.mark.rule("T13")
@pytest.mark.rule("T24")
@MODELS
def test_new_records_are_made_only_if_the_switch_says_so(both: TotangoBoth, model: str) -> None:
    """Off, which is the default: nothing new on either side, and what is there is still updated."""
    use(both, model)
    sf_id, tt_id = linked(both, model)
    both.configure_sections([{"totango": model, "salesforce": OBJECT[model], "direction": BOTH}])
    make(both, model)
    both.sf_create(OBJECT[model])
    both.sf_edit(sf_id, OBJECT[model], Subject="edited")
    both.settle()

    assert (2, 2) == (len(both.tt_all(model)), len(both.sf_all(OBJECT[model])))
    assert "edited" == both.tt(tt_id, model)[TITLE[model]]


@pytest.mark.rule("T13")
@pytest.mark.parametrize(("create_in", "create_out", "here", "there"), [(True, False, 2, 1), (False, True, 1, 2)])
def test_each_job_has_its_own_switch(
    both: TotangoBoth, *, create_in: bool, create_out: bool, here: int, there: int
) -> None:
    """Inbound may make new records while outbound does not, and the other way round."""
    both.configure(task={}, create_in=create_in, create_out=create_out)
    both.tt_task()
    both.sf_create()
    both.settle()

    assert (here, there) == (len(both.tt_all()), len(both.sf_all()))


@pytest.mark.rule("T14")
def test_only_what_passes_the_filter_is_imported(both: TotangoBoth) -> None:
    """The condition decides what is imported; who fails it later is neither updated nor deleted."""
    both.configure(task={"direction": RECEIVE}, filter_in="Priority = 'High' AND Owner.Email LIKE 'p%'")
    sf_id = both.sf_create(Subject="in", Priority="High")
    both.sf_create(Subject="out", Priority="Normal")
    both.settle()
    assert ["in"] == [row["title"] for row in both.tt_all()]

    both.sf_edit(sf_id, Subject="edited", Priority="Low")
    both.settle()
    assert [("in", 1)] == [(row["title"], row["priority"]) for row in both.tt_all()]
    both.sf_edit(sf_id, Priority="High")
    both.settle()
    assert ["edited"] == [row["title"] for row in both.tt_all()]


@pytest.mark.rule("T14")
@pytest.mark.rule("T40")
def test_a_deletion_is_seen_past_the_filter(both: TotangoBoth) -> None:
    """A record that left the filter and is then deleted is deleted in Totango."""
    both.configure(task={"direction": RECEIVE}, filter_in="Priority = 'High'")
    sf_id = both.sf_create(Priority="High")
    both.settle()
    both.sf_edit(sf_id, Priority="Low")
    both.settle()
    both.sf_delete(sf_id)
    both.settle()

    assert [] == both.tt_all()


@pytest.mark.rule("T15")
def test_records_older_than_their_account_need_a_full_sync_or_an_edit(both: TotangoBoth) -> None:
    """What was skipped for its account is not looked at again when the account comes, only when it is edited, or by a
    full sync."""
    nowhere = both.stage.accounts["nowhere"]
    old = both.sf_create(Subject="old", WhatId=nowhere)
    both.sf_create(Subject="older", WhatId=nowhere)
    both.run()
    both.clock.advance(timedelta(hours=1))
    both.sf_create(Subject="later")  # the scan goes on from here
    both.run()
    both.stage.introduce("nowhere")
    both.settle()
    assert {"later"} == {row["title"] for row in both.tt_all()}

    both.sf_edit(old, Priority="Low")
    both.settle()
    assert {"later", "old"} == {row["title"] for row in both.tt_all()}
    both.run(full=True)
    assert {"later", "old", "older"} == {row["title"] for row in both.tt_all()}


@pytest.mark.rule("T16")
def test_an_inbound_row_must_say_something(both: TotangoBoth) -> None:
    """A Task without Subject, an Event without Subject and Description are not imported; the others are."""
    both.configure(task={"direction": RECEIVE}, touchpoint={"direction": RECEIVE})
    both.sf_create(Subject=None)
    both.sf_create(Subject="said")
    both.sf_create("Event", Subject=None, Description=None)
    both.sf_create("Event", Subject=None, Description="said")
    report = both.run()

    assert (["said"], ["said"]) == (
        [row["title"] for row in both.tt_all()], [row["content"] for row in both.tt_all("Touchpoint")],
    )  # fmt: skip
    assert [1, 1] == [statistics(report, key).failed for key in (TASK, TOUCHPOINT)]
    assert "T16" in str(report.section(TASK).quarantined)


@pytest.mark.rule("T16")
def test_an_update_that_would_blank_a_record_is_rejected_whole(both: TotangoBoth) -> None:
    """The old values stay, those of the same row included; outbound there is no such rule."""
    both.configure(touchpoint={})
    sf_id = both.sf_create("Event", Subject="Met", Description="Long talk.")
    both.settle()
    both.sf_edit(sf_id, "Event", Subject=None, Description=None, ActivityDate="2026-03-03")
    report = both.run()

    record = both.tt_one("Touchpoint")
    assert ("Met", "Long talk.", "2026-01-05") == (
        record["subject"], record["content"], day_of(record["touchpoint_date"]),
    )  # fmt: skip
    assert 1 == statistics(report, TOUCHPOINT).failed


# -- outbound ----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("T17")
@pytest.mark.rule("T18")
@pytest.mark.rule("T19")
@MODELS
def test_what_outbound_bodies_hold(both: TotangoBoth, model: str) -> None:
    """WhatId with a new record and never after; AccountId not where it is derived; who made it, never."""
    use(both, model)
    mark = both.log()
    made = make(both, model)
    both.settle()
    both.tt_edit(made, model, **{TITLE[model]: "edited"})
    both.settle()

    created, updated = both.sent(mark, "POST"), both.sent(mark, "PATCH")
    assert (1, 1) == (len(created), len(updated))
    assert f'"WhatId":"{both.account}"' in created[0]["request"].replace(" ", "")
    assert "WhatId" not in updated[0]["request"]
    for one in (*created, *updated):
        assert not [name for name in ("CreatedBy", "CreatedDate", "AccountId") if name in one["request"]]


@pytest.mark.rule("T20")
@pytest.mark.rule("T21")
@MODELS
def test_what_has_no_account_in_salesforce_is_skipped(both: TotangoBoth, model: str) -> None:
    """It is not sent, and adds to none of the figures of the job, which are those without it."""
    use(both, model)
    make(both, model)
    make(both, model, account_id=both.stage.parents["island"])
    report = both.run()

    figures = statistics(report, {"Task": TASK, "Touchpoint": TOUCHPOINT}[model])
    assert (1, 1, 1) == (figures.processed, figures.created, sum(figures.skipped.values()))
    assert 1 == len(both.sf_all(OBJECT[model]))


@pytest.mark.rule("T20")
def test_losing_the_account_skips_and_deletes_nothing(both: TotangoBoth) -> None:
    """A linked record whose account match is gone stays in Salesforce."""
    linked(both)
    both.options = {"account_id_field": "Nobody's"}
    both.configure(task={})
    both.settle()

    assert (1, 1) == (len(both.sf_all()), len(both.tt_all()))


@pytest.mark.rule("T23")
def test_only_the_last_thirty_days_go_out(both: TotangoBoth) -> None:
    """Updated 30 days ago to the second goes out, a second earlier does not."""
    both.run()
    start = both.clock.now() + timedelta(seconds=60)
    ages = {"now": timedelta(0), "in": 30 * DAY, "out": 30 * DAY + timedelta(seconds=1)}
    for title, age in ages.items():
        both.tt_seed("Task", title=title, updated_at=milliseconds(start - age))
    both.run(full=True)

    assert {"now", "in"} == {row["Subject"] for row in both.sf_all()}


@pytest.mark.rule("T23")
def test_a_linked_record_outside_the_window_is_left_alone(both: TotangoBoth) -> None:
    """Untouched for more than 30 days it is absent from the job: neither deleted nor updated."""
    sf_id, _ = linked(both, title="quiet")
    both.clock.advance(40 * DAY)
    both.settle()
    assert "quiet" == both.sf(sf_id)["Subject"]
    both.sf_edit(sf_id, Subject="awake")
    both.settle()
    assert "awake" == both.tt_one()["title"]


@pytest.mark.rule("T25")
def test_only_mapped_fields_are_sent(both: TotangoBoth) -> None:
    """What people wrote into other fields stays, and an edit of an unmapped field changes nothing."""
    sf_id, tt_id = linked(both)
    both.sf_edit(sf_id, CallDisposition="Left a message")
    both.tt_edit(tt_id, activity_type_id="adoption")
    report = both.run()
    both.tt_edit(tt_id, title="edited")
    both.settle()

    assert 0 == statistics(report).updated
    assert ("edited", "Left a message") == (both.sf(sf_id)["Subject"], both.sf(sf_id)["CallDisposition"])


# -- campaign touches --------------------------------------------------------------------------------------------------


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


@pytest.mark.rule("T4", "T6", "F13")
def test_a_task_with_a_key_of_the_customers_own_is_found_again(rich: TotangoBoth) -> None:
    """Its place for the Salesforce id is taken: the unique field in Salesforce names it, and its edits travel on."""
    rich.sf_options = {"external_id_field": KEY_FIELD}
    rich.configure(task={"direction": SEND})
    made = rich.tt_seed("Task", external_id="own-1", title="Call")
    rich.settle()
    (first,) = rich.sf_all("Task")
    rich.state = State()
    rich.configure(task={"direction": SEND})
    mark = rich.log()
    rich.settle()
    assert [] == rich.sent(mark, "POST", "PATCH")

    rich.tt_edit(made, title="Call Ada")
    rich.settle()
    assert [(first["Id"], "Call Ada")] == [(one["Id"], one["Subject"]) for one in rich.sf_all("Task")]


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


# -- people, dates, audit fields ---------------------------------------------------------------------------------------


@pytest.mark.rule("T31")
def test_authors_come_in_once_and_go_out_as_owners(both: TotangoBoth) -> None:
    """In: who made the record in Salesforce is assigner or creator. Out: assignee or creator owns it there."""
    both.configure(task={}, touchpoint={})
    both.sf_create(OwnerId=both.stage.user_ids[QUINN])
    both.sf_create("Event")
    both.run()
    assert (PIA, QUINN) == (both.tt_one()["assigner"], both.tt_one()["assignee"])
    assert PIA == both.tt_one("Touchpoint")["created_by"]

    both.tt_task(title="out", assignee=QUINN.upper())
    both.tt_touchpoint(subject="out", created_by=QUINN)
    both.settle()
    for sobject in ("Task", "Event"):
        row = next(one for one in both.sf_all(sobject) if one["Subject"] == "out")
        assert both.stage.user_ids[QUINN] == row["OwnerId"]


@pytest.mark.rule("T31")
@MODELS
def test_a_round_trip_keeps_the_author(both: TotangoBoth, model: str) -> None:
    """From Totango to Salesforce, edited there and back: the author is not the integration user."""
    use(both, model)
    sf_id, tt_id = linked(both, model)
    author = "assigner" if model == "Task" else "created_by"
    before = both.tt(tt_id, model)[author]
    both.sf_edit(sf_id, OBJECT[model], Subject="edited")
    both.settle()

    assert (PIA, PIA, "edited") == (before, both.tt(tt_id, model)[author], both.tt(tt_id, model)[TITLE[model]])


@pytest.mark.rule("T32")
def test_a_person_nobody_knows_is_left_out(both: TotangoBoth) -> None:
    """An assignee who is no active Salesforce user: the connected user owns the record, with a remark."""
    both.tt_task(assignee="stranger@elsewhere.example")
    report = both.run()
    both.settle()

    assert both.stage.user_ids[SYNC] == both.sf_one()["OwnerId"]
    assert "stranger@elsewhere.example" == both.tt_one()["assignee"]
    assert ["assigned_to"] == [held.field for held in report.held_back]


@pytest.mark.rule("T35")
def test_the_day_of_a_touchpoint_is_its_day_in_utc(both: TotangoBoth) -> None:
    """Near midnight the day does not slip; a new day from Salesforce keeps the time of day."""
    both.configure(touchpoint={})
    made = both.tt_touchpoint(touchpoint_date=milliseconds(both.clock.now().replace(hour=23, minute=59)))
    both.settle()
    event = both.sf_one("Event")
    assert "2026-01-05" == event["ActivityDate"]

    both.sf_edit(event["Id"], "Event", ActivityDate="2026-01-07")
    both.settle()
    assert (
        milliseconds(both.clock.now().replace(day=7, hour=23, minute=59, second=0, microsecond=0))
        == (both.tt(made, "Touchpoint")["touchpoint_date"])
    )


WHO = {"name": "participants", "totango": "participants", "salesforce": "WhoId", "lens": "contact_email"}
WHO_ONCE = {**WHO, "options": {"reads": "Who.Email"}, "write_in": "once", "write_out": "once"}


@pytest.mark.rule("T33")
@pytest.mark.rule("T34")
def test_participants_are_set_once_in_either_direction(both: TotangoBoth) -> None:
    """Who took part travels when a record is made, by e-mail, and is never changed after; an address of two contacts is
    nobody's."""
    contact = both.people.create({"LastName": "Bo", "Email": "bo@acme.example", "AccountId": both.account}, "Contact")
    both.configure(touchpoint={"fields": [WHO_ONCE]})
    event = both.sf_create("Event", Subject="in", WhoId=contact)
    both.tt_touchpoint(subject="out", participantList=[{"userid": "ann@acme.example"}, {"userid": "BO@acme.example"}])
    both.tt_touchpoint(subject="two Anns", participantList=[{"userid": "ann@acme.example"}])
    both.settle()
    assert {"in": contact, "out": contact, "two Anns": None} == {r["Subject"]: r["WhoId"] for r in both.sf_all("Event")}
    people = {row["subject"]: row["participants"] for row in both.tt_all("Touchpoint")}
    assert ["bo@acme.example"] == people["in"]

    both.sf_edit(event, "Event", WhoId=None, Subject="in, edited")
    both.settle()
    after = {row["subject"]: row["participants"] for row in both.tt_all("Touchpoint")}
    assert {**people, "in, edited": people["in"]} == {**after, "in": people["in"]}
    assert None is both.sf(event, "Event")["WhoId"]


DOUBLE = {"name": "start", "totango": "touchpoint_date", "salesforce": "StartDateTime", "lens": "stamp"}


@pytest.mark.rule("T35")
def test_double_mapping_carries_the_time_of_day(both: TotangoBoth) -> None:
    """The date goes to the day and to the start; the start comes back, to the second, and a moved Event moves it."""
    both.configure(
        touchpoint={
            "fields": [
                DOUBLE,
                {"name": "date", "totango": "touchpoint_date", "salesforce": "ActivityDate", "lens": "stamp_day"}
                | {"direction": SEND},
            ],
            "on_create": {"IsAllDayEvent": False, "DurationInMinutes": 60},
        }
    )
    at = both.clock.now().replace(hour=23, minute=30)
    made = both.tt_touchpoint(touchpoint_date=milliseconds(at))
    both.settle()
    event = both.sf_one("Event")
    assert ("2026-01-05", "2026-01-05T23:30:00.000+0000") == (event["ActivityDate"], event["StartDateTime"])

    both.sf_edit(event["Id"], "Event", StartDateTime="2026-01-06T00:15:00Z")
    both.settle()
    assert milliseconds(at) + 45 * 60_000 == both.tt(made, "Touchpoint")["touchpoint_date"]
    assert "2026-01-06" == both.sf_one("Event")["ActivityDate"]


@pytest.mark.rule("T36")
def test_audit_fields_come_with_an_edit_and_never_alone(both: TotangoBoth) -> None:
    """Last Update Date and Last Updater tell of Salesforce's edit; the sync's own write there is no reason to write."""
    both.configure(touchpoint={})
    sf_id, tt_id = linked(both, "Touchpoint")
    both.tt_edit(tt_id, "Touchpoint", content="edited here")
    both.run()
    before = both.tt(tt_id, "Touchpoint")
    report = both.run()
    assert (before, 0) == (both.tt(tt_id, "Touchpoint"), report.writes["totango"])

    both.sf_edit(sf_id, "Event", Subject="edited there")
    stamp = milliseconds(both.clock.now())
    both.settle()
    record = both.tt(tt_id, "Touchpoint")
    assert (PIA, stamp, "edited there") == (record["updated_by"], record["updated_at"], record["subject"])


@pytest.mark.rule("T36")
def test_a_new_record_tells_when_it_was_made_and_changed(both: TotangoBoth) -> None:
    """Create Date and Last Update Date of an imported task are Salesforce's."""
    sf_id = both.sf_create()
    made = milliseconds(both.clock.now())
    both.clock.advance(timedelta(hours=3))
    both.sf_edit(sf_id, Priority="Low")
    changed = milliseconds(both.clock.now())
    both.settle()

    assert (made, changed) == (both.tt_one()["created_at"], both.tt_one()["updated_at"])


@pytest.mark.rule("T37")
def test_jobs_over_a_custom_object(rich: TotangoBoth) -> None:
    """An object of the customer's own, with its own fields and its own way to the account, syncs both ways."""
    mapping = [
        {"crm": "Account__c", "attribute": "Account Id", "key": True},
        {"crm": "Id", "attribute": "Task External Id", "key": True},
        {"crm": "Topic__c", "attribute": "Title"},
        {"crm": "Due__c", "attribute": "Due Date"},
    ]
    job = {"section": "Task:Task", "crm_object": "Activity__c", "create_new": True, "mapping": mapping}
    given = [{**job, "name": way, "direction": way} for way in ("inbound", "outbound")]
    profile = load_profile("totango")
    rich.configure_sections(sections_of(read_jobs(given, profile=profile), profile=profile))
    rich.tt_task(title="out", due_date="2026-02-02")
    ours = rich.people.create({"Topic__c": "in", "Account__c": rich.account}, "Activity__c")
    rich.settle()

    assert {"out", "in"} == {*rich.sf_field("Topic__c", "Activity__c")} == {row["title"] for row in rich.tt_all()}
    assert [rich.account] * 2 == rich.sf_field("Account__c", "Activity__c")
    assert {None, "2026-02-02"} == {*rich.sf_field("Due__c", "Activity__c")}
    rich.people.change("Activity__c", ours, {"Topic__c": "edited"})
    rich.settle()
    assert {"out", "edited"} == {row["title"] for row in rich.tt_all()}


# -- deletion ----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("T39")
@pytest.mark.rule("T40")
@pytest.mark.parametrize("side", ["salesforce", "totango"])
@MODELS
def test_a_deletion_follows_to_the_other_side(both: TotangoBoth, model: str, side: str) -> None:
    """A linked record that is deleted on one side is gone on both; others are untouched."""
    use(both, model)
    sf_id, tt_id = linked(both, model)
    other = make(both, model, **{TITLE[model]: "stays"})
    both.settle()
    if side == "salesforce":
        both.sf_delete(sf_id, OBJECT[model])
    else:
        both.tt_delete(tt_id, model)
    report = both.run()
    both.settle()

    assert 1 == statistics(report, {"Task": TASK, "Touchpoint": TOUCHPOINT}[model]).deleted
    assert ["stays"] == [row["Subject"] for row in both.sf_all(OBJECT[model])]
    assert [other] == [str(row["id"]) for row in both.tt_all(model)]


@pytest.mark.rule("T39")
def test_an_old_deletion_in_totango_does_nothing(both: TotangoBoth) -> None:
    """Deleted more than 30 days before the job: outside the window, the Salesforce record stays."""
    _, tt_id = linked(both)
    both.tt_delete(tt_id)
    both.clock.advance(31 * DAY)
    both.settle()

    assert 1 == len(both.sf_all())


@pytest.mark.rule("T39")
@pytest.mark.rule("T40")
def test_the_deletion_of_something_unlinked_is_nothing(both: TotangoBoth) -> None:
    """Records that never had a pair are deleted on their own side only."""
    both.configure(task={}, create_in=False, create_out=False)
    sf_id, tt_id = both.sf_create(), both.tt_task()
    both.run()
    both.sf_delete(sf_id)
    both.tt_delete(tt_id)
    both.settle()

    assert ([], []) == (both.sf_all(), both.tt_all())


@pytest.mark.rule("T40")
def test_an_undeleted_record_is_a_new_one(both: TotangoBoth) -> None:
    """Its deletion went through to Totango; taken out of the bin, it arrives as a new create."""
    sf_id, _ = linked(both, title="phoenix")
    both.sf_delete(sf_id)
    both.settle()
    assert [] == both.tt_all()
    both.people.undelete(sf_id)
    both.settle()

    assert ["phoenix"] == [row["title"] for row in both.tt_all()]


@pytest.mark.rule("T41")
@pytest.mark.parametrize("side", ["salesforce", "totango"])
@pytest.mark.parametrize("wins", [True, False])
def test_a_deletion_against_an_edit(both: TotangoBoth, side: str, *, wins: bool) -> None:
    """delete_wins: both are gone. Last write wins: a later edit brings the record back to the other side."""
    both.configure(task={}, delete_wins=wins)
    sf_id, tt_id = linked(both, title="old")
    if side == "salesforce":
        both.sf_delete(sf_id)
        both.clock.advance(timedelta(minutes=5))
        both.tt_edit(tt_id, title="later")
    else:
        both.tt_delete(tt_id)
        both.clock.advance(timedelta(minutes=5))
        both.sf_edit(sf_id, Subject="later")
    both.settle()

    left = [] if wins else ["later"]
    assert (left, left) == ([r["Subject"] for r in both.sf_all()], [r["title"] for r in both.tt_all()])


@pytest.mark.rule("T41")
def test_both_deleted_is_no_call(both: TotangoBoth) -> None:
    """The link goes, and nobody is asked to delete anything."""
    sf_id, tt_id = linked(both)
    both.sf_delete(sf_id)
    both.tt_delete(tt_id)
    report = both.run()

    assert 0 == sum(report.writes.values())
    assert ([], []) == (both.sf_all(), both.tt_all())


# -- from public material ----------------------------------------------------------------------------------------------


@pytest.mark.rule("T42")
def test_disable_sync_keeps_a_touchpoint_out_for_ever(both: TotangoBoth) -> None:
    """It never goes out, edited or not."""
    both.configure(touchpoint={})
    made = both.tt_touchpoint(disable_sync=True)
    both.run()
    both.tt_edit(made, "Touchpoint", content="edited")
    report = both.run()

    assert ([], 0) == (both.sf_all("Event"), statistics(report, TOUCHPOINT).processed)


@pytest.mark.rule("T43")
def test_content_that_totango_cannot_keep_is_held_back(both: TotangoBoth) -> None:
    """More than 12,000 characters: held back with its reason; the subject of the same Event arrives."""
    both.configure(touchpoint={})
    sf_id = both.sf_create("Event", Subject="Met", Description="short")
    both.settle()
    both.sf_edit(sf_id, "Event", Subject="Met again", Description="x" * 12_001)
    report = both.run()

    record = both.tt_one("Touchpoint")
    assert ("Met again", "short") == (record["subject"], record["content"])
    assert ["content"] == [held.field for held in report.held_back]
    both.sf_edit(sf_id, "Event", Description="y" * 12_000)
    both.settle()
    assert "y" * 12_000 == both.tt_one("Touchpoint")["content"]


@pytest.mark.rule("T44")
def test_salesforce_is_called_at_version_47(both: TotangoBoth) -> None:
    """The connector's own version, unless the configuration says another."""
    mark = both.log()
    both.run()
    paths = [one["path"] for one in both.stage.fakes["salesforce"].exchanges(mark)]
    assert {"/services/data/v47.0"} == {path[:20] for path in paths if path.startswith("/services/data")}


@pytest.mark.rule("T45")
def test_statuses_and_priorities(both: TotangoBoth) -> None:
    """Closed is closed, open is any open status; priorities are numbers, and one without a row is normal and stays."""
    sf_id = both.sf_create(Status="In Progress", Priority="Low")
    both.settle()
    record = both.tt_one()
    assert ("open", 3) == (record["status"], record["priority"])

    both.tt_edit(str(record["id"]), title="edited", description="new")
    both.settle()
    assert ("In Progress", "Low") == (both.sf(sf_id)["Status"], both.sf(sf_id)["Priority"])
    both.tt_edit(str(record["id"]), status="closed", priority=1)
    both.settle()
    assert ("Completed", "High") == (both.sf(sf_id)["Status"], both.sf(sf_id)["Priority"])
    both.sf_edit(sf_id, Status="Deferred")
    both.settle()
    assert "open" == both.tt_one()["status"]
    both.sf_edit(sf_id, Status="Completed")
    both.settle()
    both.tt_edit(str(record["id"]), status="open")
    both.settle()
    assert "Not Started" == both.sf(sf_id)["Status"]

"""Rules of Totango, each as a person would notice it: what comes in (T11-T16), what goes out (T17-T25), people, dates,
audit fields (T31-T37) and what public material adds (T42-T45). Pairs, campaign touches and deletions have files of
their own; keys, texts, mappings and jobs by themselves stand in test_totango_pure.py and test_jobs_*.py, the calls in
test_totango_side.py."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_sync.config import load_profile
from crm_sync.jobs.pairs import read_jobs, sections_of
from crm_sync.totango.values import day_of

from .totango_both import (
    BOTH,
    DAY,
    MODELS,
    OBJECT,
    PIA,
    RECEIVE,
    SEND,
    SYNC,
    TASK,
    TITLE,
    TOUCHPOINT,
    TotangoBoth,
    linked,
    make,
    milliseconds,
    statistics,
    use,
)

QUINN = "quinn@understudy.example"


@pytest.fixture
def both(totango_world: TotangoBoth) -> TotangoBoth:
    """Tasks both ways, new ones made."""
    return totango_world.again()


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
    reports = [both.run(), both.run()]
    both.settle()
    both.tt_edit(both.tt_one(model)["id"], model, **{TITLE[model]: "theirs"})
    both.settle()
    for title in ("newer", "new"):
        both.sf_edit(sf_id, OBJECT[model], Subject=title)
        reports.append(both.run())
    both.settle()

    assert [1, 0, 0, 0] == [sum("account_change_ignored" in note for note in one.notes) for one in reports]
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

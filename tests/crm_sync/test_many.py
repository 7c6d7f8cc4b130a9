"""Large changes: many creations with a unique key go together, by collections or by a bulk job, and none is doubled."""

from __future__ import annotations

import contextlib

import pytest
from tests.crm_sync.both import BOTH, KEY_FIELD, Both, Killed

from crm_sync import act
from crm_sync.sides import salesforce_bulk

NAMES = ["a", 'with, comma and "quotes"', "zwei\nZeilen", "Größe 🚀", " blanks ", "=1+1", "true", "null"]


@pytest.fixture(params=["collections", "bulk job"])
def many(both: Both, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Both:
    """A sync that takes four creations for many."""
    monkeypatch.setattr(act, "MANY", 4)
    if request.param == "bulk job":
        monkeypatch.setattr(salesforce_bulk, "BULK_FROM", 4)
    both.sf_options = {"external_id_field": KEY_FIELD}
    both.configure(task=BOTH)
    return both


@pytest.mark.rule("P8", "I3", "I11")
def test_many_creations_take_few_calls(many: Both) -> None:
    """Each becomes one Salesforce Task with what it said, linked both ways, in a handful of calls."""
    for name in NAMES:
        many.ph_task(action=name, description=f"<p>{len(name)}</p>", startTime="2026-02-03T00:00:00.000Z")

    report = many.run()

    assert len(NAMES) == report.section("Task:Task").created
    assert report.writes["salesforce"] <= 3
    assert sorted(name.strip() for name in NAMES) == sorted(row["Subject"] for row in many.sf_tasks())
    ids = {task["sourceId"] for task in many.ph_tasks()}
    assert {row["Id"] for row in many.sf_tasks()} == ids
    many.settle()


@pytest.mark.rule("I10", "I3", "F01", "F02")
@pytest.mark.parametrize(
    "how",
    [
        "kill after",
        *(pytest.param(how, marks=pytest.mark.nightly) for how in ("kill before", "lose request")),
        *(pytest.param(how, marks=pytest.mark.nightly) for how in ("lose response", "500 after")),
    ],
)
def test_a_death_or_a_lost_answer_at_any_request_doubles_nothing(many: Both, how: str) -> None:
    """Wherever it happens, the next run finds what was made by its key."""
    for name in NAMES[:4]:
        many.ph_task(action=name)
    many.wire.arm(None)
    at, back = 0, many.mark()
    while True:
        many.wire.arm(at, how)
        with contextlib.suppress(Killed):
            many.run()
        reached = len(many.wire.sent) > at
        many.wire.arm(None)
        many.settle()
        assert 4 == len(many.sf_tasks()), (at, how)
        assert 4 == len({task["sourceId"] for task in many.ph_tasks()})
        if not reached:
            break
        back()
        at += 1
    assert at > 8


@pytest.fixture
def jobs(both: Both, monkeypatch: pytest.MonkeyPatch) -> Both:
    """A sync that takes four creations for a bulk job; it need not log in."""
    monkeypatch.setattr(act, "MANY", 4)
    monkeypatch.setattr(salesforce_bulk, "BULK_FROM", 4)
    both.sf_options = {"external_id_field": KEY_FIELD, "access_token": both.credentials["access_token"]}
    both.configure(task=BOTH)
    return both


def ended(both: Both) -> list[str]:
    """The states of the org's jobs, once Salesforce has carried out what there was: it waits for nobody's poll."""
    made = [str(job["id"]) for job in both._sf("GET", "/jobs/ingest")["records"]]
    return [[both._sf("GET", f"/jobs/ingest/{job}")["state"] for _ in range(4)][-1] for job in made]


@pytest.mark.rule("I5", "I10", "F02")
@pytest.mark.parametrize(("how", "ends"), [("kill before", "Aborted"), ("kill after", "JobComplete")])
def test_a_job_that_was_left_behind_writes_nothing_over(jobs: Both, how: str, ends: str) -> None:
    """Salesforce carries out a closed job after its sync has died; an edit made since is not taken back by it."""
    tasks = [jobs.ph_task(action=f"Call {n}") for n in range(4)]
    jobs.wire.arm(None)
    back = jobs.mark()
    jobs.run()
    closing = next(n for n, (method, _) in enumerate(jobs.wire.sent) if method == "PATCH")
    back()
    jobs.wire.arm(closing, how)
    with contextlib.suppress(Killed):
        jobs.run()
    jobs.wire.arm(None)
    jobs.ph_edit("tasks", tasks[0], action="Edited since")

    jobs.run()
    states = ended(jobs)
    jobs.settle()

    assert {ends, "JobComplete"} == set(states)
    wanted = ["Call 1", "Call 2", "Call 3", "Edited since"]
    assert wanted == sorted(row["Subject"] for row in jobs.sf_tasks())
    assert wanted == sorted(task["action"] for task in jobs.ph_tasks())


@pytest.mark.rule("I5", "I16")
def test_a_text_that_empties_a_field_in_csv_is_kept(jobs: Both) -> None:
    """Bulk API reads #N/A as nothing: as the text of a subject it goes another way, and is lost on neither side."""
    for text in ("#N/A", "a", "b", "c", "d"):
        jobs.ph_task(action=text, description=text)

    jobs.run()
    jobs.settle()

    assert ["#N/A", "a", "b", "c", "d"] == sorted(row["Subject"] for row in jobs.sf_tasks())
    assert ["#N/A", "a", "b", "c", "d"] == sorted(task["description"] for task in jobs.ph_tasks())


@pytest.mark.rule("I13", "F60")
def test_a_user_without_bulk_api_makes_them_by_collections(jobs: Both) -> None:
    """A job that Salesforce does not begin stops nobody's run."""
    for name in NAMES:
        jobs.ph_task(action=name)
    jobs.wire.arm(None)
    jobs.wire.answer = ("POST", 403, [{"errorCode": "FEATURENOTENABLED", "message": "Bulk API is not enabled"}])

    report = jobs.run()

    assert ("", len(NAMES)) == (report.stopped, report.section("Task:Task").created)
    assert 2 == report.writes["salesforce"]
    jobs.settle()


@pytest.mark.rule("F60", "I13")
def test_what_a_job_left_undone_is_done(jobs: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """An administrator aborts the job: its rows go by collections, in the same run and once."""
    for name in NAMES:
        jobs.ph_task(action=name)
    sleep = jobs.clock.sleep

    def meanwhile(seconds: float) -> None:
        for job in jobs._sf("GET", "/jobs/ingest")["records"]:
            jobs._sf("PATCH", f"/jobs/ingest/{job['id']}", json={"state": "Aborted"})
        monkeypatch.setattr(jobs.clock, "sleep", sleep)

    monkeypatch.setattr(jobs.clock, "sleep", meanwhile)

    report = jobs.run()

    assert len(NAMES) == report.section("Task:Task").created == len(jobs.sf_tasks())
    assert 4 == report.writes["salesforce"]
    jobs.settle()


@pytest.mark.rule("F60", "F61", "I13")
def test_one_refused_record_is_its_own_affair(many: Both) -> None:
    """A record that Salesforce refuses is put aside with its reason; the others are made."""
    for n in range(6):
        many.ph_task(action=f"Call {n}")
    refused = many.ph_task(action="Too old", startTime="1500-01-01T00:00:00.000Z")  # Salesforce's days begin in 1700

    report = many.run()

    assert [f"Call {n}" for n in range(6)] == sorted(row["Subject"] for row in many.sf_tasks())
    assert [f"planhat Task {refused}"] == list(report.section("Task:Task").quarantined)
    assert 6 == report.section("Task:Task").created
    many.ph_edit("tasks", refused, startTime="2026-02-03T00:00:00.000Z")
    many.settle()
    assert 7 == len(many.sf_tasks())

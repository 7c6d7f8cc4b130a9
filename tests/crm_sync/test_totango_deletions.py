"""What becomes of a deletion on either side of a pair with Totango (rules T39-T41)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_sync.errors import RecordRefused

from .totango_both import (
    DAY,
    MODELS,
    OBJECT,
    RECEIVE,
    SEND,
    TASK,
    TITLE,
    TOUCHPOINT,
    TotangoBoth,
    linked,
    make,
    statistics,
    use,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture
def both(totango_world: TotangoBoth) -> TotangoBoth:
    """Tasks both ways, new ones made."""
    return totango_world.again()


def quiet_calls(both: TotangoBoth) -> int:
    """What a run costs in which nothing is new, the scans being past what was there before."""
    both.clock.advance(DAY)
    both.sf_create(WhatId=both.stage.accounts["nowhere"])
    both.tt_task()
    both.run()
    both.clock.advance(DAY)
    return sum(both.run().calls.values())


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


@pytest.mark.rule("T39", "I6")
def test_the_survivor_of_an_old_deletion_may_be_edited(both: TotangoBoth) -> None:
    """Who is asked then says that Totango's record is gone, and not since when: Salesforce's stays, with the reason."""
    sf_id, tt_id = linked(both)
    both.tt_delete(tt_id)
    both.clock.advance(31 * DAY)
    both.sf_edit(sf_id, Subject="edited")

    assert ["it was deleted in the partner more than 30 days ago (rule T39)"] == list(both.run().section(TASK).skipped)
    both.settle()
    assert (["edited"], []) == ([row["Subject"] for row in both.sf_all()], both.tt_all())


@pytest.mark.rule("T39", "T2")
def test_a_deletion_grows_old_while_only_the_inbound_job_runs(both: TotangoBoth) -> None:
    """That job noticed it, and may not carry it; the outbound job of a month later finds it outside its window."""
    sf_id, tt_id = linked(both)
    both.configure(task={"direction": RECEIVE})
    both.tt_delete(tt_id)
    both.sf_edit(sf_id, Subject="edited")
    both.run()
    both.clock.advance(31 * DAY)
    both.configure(task={})
    both.settle()

    assert ["edited"] == [row["Subject"] for row in both.sf_all()]


@pytest.mark.rule("T41", "T10", "F22")
@pytest.mark.parametrize("first", ["in", "out"])
def test_the_last_write_is_a_deletion_whichever_job_comes_first(both: TotangoBoth, first: str) -> None:
    """The job that carries no deletion notices this one, and the other still knows when it was: nothing comes back."""
    both.configure(task={}, delete_wins=False)
    sf_id, tt_id = linked(both)
    both.sf_edit(sf_id, Subject="earlier")
    both.clock.advance(10 * MINUTE)
    both.tt_delete(tt_id)
    both.run(ways=[first])
    both.clock.advance(10 * MINUTE)
    both.settle()

    assert ([], []) == (both.sf_all(), both.tt_all())


@pytest.mark.rule("T2", "I11")
@pytest.mark.parametrize("direction", [SEND, RECEIVE])
def test_a_deletion_that_goes_no_further_costs_nothing(both: TotangoBoth, direction: str) -> None:
    """A one-way sync keeps its tombstones for ever; it does not ask for them in every run."""
    tasks = [both.tt_task(title=f"Call {n}") for n in range(3)]
    both.settle()
    rows = both.sf_all()
    both.configure(task={"direction": direction})
    before = quiet_calls(both)
    for row, task in zip(rows, tasks, strict=True):
        if direction == SEND:
            both.sf_delete(row["Id"])
            both.tt_edit(task, title="noticed")
        else:
            both.tt_delete(task)
            both.sf_edit(row["Id"], Subject="noticed")
    assert 3 <= sum(both.run().section(TASK).skipped.values())

    assert before == quiet_calls(both)


@pytest.mark.rule("T41", "I5", "F22")
@pytest.mark.parametrize("side", ["salesforce", "totango"])
@pytest.mark.parametrize("wins", [True, False])
def test_what_a_deletion_takes_along_is_logged(both: TotangoBoth, side: str, *, wins: bool) -> None:
    """An edit of the other side that nobody had carried yet is in the log, once and with its value; the rest is not."""
    both.configure(task={}, delete_wins=wins)
    sf_id, tt_id = linked(both)
    if side == "salesforce":
        both.tt_edit(tt_id, title="precious")
        both.clock.advance(MINUTE)
        both.sf_delete(sf_id)
    else:
        both.sf_edit(sf_id, Subject="precious")
        both.clock.advance(MINUTE)
        both.tt_delete(tt_id)
    both.settle()

    assert ([], []) == (both.sf_all(), both.tt_all())
    loser, policy = "Task" if side == "salesforce" else "salesforce", "delete_wins" if wins else "last_write_wins"
    (lost,) = both.state.conflicts()
    assert ("title", loser, "precious", policy) == (lost.field, lost.loser, lost.losing_value, lost.policy)


@pytest.mark.rule("T6", "T40", "I6", "F13")
def test_a_record_that_names_what_is_in_the_bin_stays(both: TotangoBoth) -> None:
    """They never were a pair here; out of the bin again they become one."""
    sf_id = both.sf_create(Subject="binned")
    both.sf_delete(sf_id)
    both.tt_seed("Task", title="mine", external_id=sf_id.lower())
    for _ in range(3):
        both.run()
    assert ["mine"] == [row["title"] for row in both.tt_all()]
    assert [] == both.state.conflicts()

    both.people.undelete(sf_id)
    both.settle()
    assert (1, 1) == (len(both.sf_all()), len(both.tt_all()))


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


@pytest.mark.rule("T41", "I5", "F65")
def test_a_deletion_that_is_refused_takes_nothing_along(both: TotangoBoth, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody wrote to the survivor stands there for as long."""
    both.configure(task={}, delete_wins=True)
    sf_id, tt_id = linked(both)
    both.sf_edit(sf_id, Subject="precious")
    both.clock.advance(MINUTE)
    both.tt_delete(tt_id)

    def refuse(*_: object) -> bool:
        raise RecordRefused("refused", code="DELETE_FAILED")

    with monkeypatch.context() as patched:
        patched.setattr("crm_sync.sides.salesforce.Salesforce.delete", refuse)
        assert [] == both.run().conflicts
        assert [] == both.state.conflicts()
    both.clock.advance(60 * MINUTE)
    both.settle()

    assert [] == both.sf_all()
    assert ["precious"] == [one.losing_value for one in both.state.conflicts()]

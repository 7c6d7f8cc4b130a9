"""One memory, one run at a time; a run that would do very much at once asks first; calls are counted before."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.crm_sync.both import BOTH, Both

from crm_sync.brake import braked
from crm_sync.budget import SPARE_CALLS, affordable, calls_of
from crm_sync.config import Options
from crm_sync.errors import RunStopped
from crm_sync.holders import this_process
from crm_sync.model import SALESFORCE, Activity
from crm_sync.plan import Plan
from crm_sync.run import State, Sync
from fake_core.clock import FrozenClock


def plan(*, create: str | None = None, delete: str = "", update: bool = False) -> Plan:
    made = Plan(Activity("Task"))
    made.create, made.delete = create, delete
    if update:
        made.write[SALESFORCE] = {"Subject": "x"}
    return made


# -- the lease ---------------------------------------------------------------------------------------------------


@pytest.mark.rule("F68", "I3")
def test_a_second_run_is_refused_and_the_first_is_fenced(tmp_path: Path) -> None:
    """While one holds the state another is told who; once it was taken over, the first one writes nothing more."""
    clock = FrozenClock()
    first, second = (State(f"sqlite:///{tmp_path / 'sync.db'}") for _ in range(2))

    with first.leased("first", clock, seconds=60):
        first.set_setting("x", 1)
        with pytest.raises(RunStopped, match="first holds the state until"), second.leased("second", clock, seconds=60):
            pass
        clock.advance(59)
        first.set_setting("x", 2)  # each write prolongs it
        clock.advance(59)
        with pytest.raises(RunStopped), second.leased("second", clock, seconds=60):
            pass
        clock.advance(1)
        with second.leased("second", clock, seconds=60):
            with pytest.raises(RunStopped, match="taken over"):
                first.set_setting("x", 3)
            second.set_setting("y", 1)

    assert (2, 1) == (second.setting("x"), second.setting("y"))


@pytest.mark.rule("F68")
def test_who_comes_back_or_is_known_to_be_dead_loses_the_lease_at_once(tmp_path: Path) -> None:
    """A process that died leaves its lease; itself started again, or whoever knows of its death, goes on."""
    clock = FrozenClock()
    dead, again, other = (State(f"sqlite:///{tmp_path / 'sync.db'}") for _ in range(3))
    held = dead.leased("host process 1", clock, seconds=60)
    held.__enter__()  # and never leaves

    with again.leased("host process 1", clock, seconds=60):
        again.set_setting("x", 1)
    held = dead.leased("host process 1", clock, seconds=60)
    held.__enter__()
    with other.leased("host process 2", clock, seconds=60, dead=["host process 1"]):
        other.set_setting("x", 2)

    assert ("", 2) == (other.lease_holder(), other.setting("x"))


@pytest.mark.rule("F68")
def test_the_holder_of_this_host_is_dead_when_its_process_is(tmp_path: Path) -> None:
    """The lease of a process of this host that no longer runs may be taken; a living one and another host keep it."""
    mine, _ = this_process("")

    assert [] == this_process(mine)[1]
    assert [] == this_process("elsewhere process 1")[1]
    assert mine == this_process(mine)[0]
    gone = mine.replace(str(os.getpid()), "4194305")  # beyond the greatest process number
    assert [gone] == this_process(gone)[1]


@pytest.mark.rule("F68", "I3")
def test_two_syncs_over_one_state(both: Both) -> None:
    """The second run of two at once reads and writes nothing, and says why."""
    both.configure(task=BOTH)
    both.ph_task(action="Call")
    both.run()
    both.ph_task(action="Review")
    assert both.config is not None
    late = Sync(both.config, session=both.sync_session, clock=both.clock, state=both.state, holder="late")

    with both.state.leased("early", both.clock, seconds=60):
        report = late.run()

    assert "early holds the state" in report.stopped
    assert 1 == len(both.sf_tasks())
    both.clock.advance(1)
    assert "" == late.run().stopped
    assert 2 == len(both.sf_tasks())


@pytest.mark.rule("F68", "I5")
@pytest.mark.parametrize("taken", [True, False])
def test_who_waited_too_long_sends_nothing_more(
    both: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    """Salesforce asks a run to wait for as long as its lease is: another one may have taken over and gone on, and what
    the first one would send again is of yesterday. Nobody else there, it goes on.
    """
    both.state = State(f"sqlite:///{tmp_path / 'sync.db'}")
    both.configure(task=BOTH)
    task = both.ph_task(action="First")
    both.settle()
    both.ph_edit("tasks", task, action="Second")
    assert both.config is not None
    session = both.network.session()
    other = Sync(both.config, session=session, clock=both.clock, state=State(both.state.url), holder="other")
    sleep, waited = both.clock.sleep, []

    def meanwhile(seconds: float) -> None:
        sleep(seconds)
        waited.append(seconds)
        if taken:
            both.ph_edit("tasks", task, action="Third")
            assert not other.run().stopped

    monkeypatch.setattr(both.clock, "sleep", meanwhile)
    both.wire.arm(None)
    both.wire.answer = ("PATCH", 503, [{"errorCode": "SERVER_UNAVAILABLE", "message": "wait"}])
    both.wire.answer_headers = {"Retry-After": "900"}
    report = both.sync().run()

    assert [900] == waited
    assert taken is ("another run has taken over" in report.stopped)
    assert 1 + (not taken) == len(both.wire.writes)
    both.settle()
    wanted = "Third" if taken else "Second"
    assert [wanted] == [row["Subject"] for row in both.sf_tasks()] == [one["action"] for one in both.ph_tasks()]


@pytest.mark.rule("F68", "I9")
def test_a_long_reading_keeps_the_lease(both: Both, tmp_path: Path) -> None:
    """Pages that come slowly are no reason for another run to begin: nothing was written for longer than a lease."""
    both.state = State(f"sqlite:///{tmp_path / 'sync.db'}")
    both.configure(task=BOTH)
    assert both.config is not None
    other = Sync(both.config, session=both.sync_session, clock=both.clock, state=State(both.state.url), holder="other")
    sent, said = both.wire.send, []

    def slow(request: requests.PreparedRequest, **options: Any) -> requests.Response:
        both.clock.advance(700)
        both.wire.send = sent  # type: ignore[method-assign]
        said.append(other.run().stopped)
        both.wire.send = slow  # type: ignore[method-assign]
        return sent(request, **options)

    both.sf_task(Subject="Call")
    both.wire.send = slow  # type: ignore[method-assign]
    report = both.sync().run()
    both.wire.send = sent  # type: ignore[method-assign]

    assert ("", 1) == (report.stopped, report.section("Task:Task").created)
    assert len(said) > 4
    assert all("sync holds the state until" in one for one in said)


# -- the brake ---------------------------------------------------------------------------------------------------


@pytest.mark.rule("F25", "F13", "I6")
@pytest.mark.parametrize(
    ("deletions", "creations", "links", "stops"),
    [
        (50, 0, 60, ""),
        (51, 0, 60, "delete 51"),
        (51, 0, 300, ""),  # less than a fifth of what is known
        (0, 1_001, 0, ""),  # the first run has everything to make
        (0, 1_001, 10, "make 1001"),
        (0, 1_000, 10, ""),
        (0, 1_001, 6_000, ""),
    ],
)
def test_the_brake(deletions: int, creations: int, links: int, stops: str) -> None:
    """Very many deletions, or creations beside known pairs, stop a run before it acts."""
    plans = [plan(delete=SALESFORCE) for _ in range(deletions)] + [plan(create="Task") for _ in range(creations)]

    said = braked(plans, lambda: links, Options())

    assert bool(stops) == bool(said)
    assert stops in said


@pytest.mark.rule("F13", "I3", "I6")
def test_a_braked_run_writes_nothing_and_one_that_may_goes_on(both: Both) -> None:
    """The run says what it would do and how to let it; nothing is written, and no cursor moves."""
    both.options = {"brake_creations": 2, "brake_percent": 50}
    both.configure(task=BOTH)
    both.ph_task(action="Known")
    both.run()
    for n in range(3):
        both.ph_task(action=f"New {n}")

    report = both.run()

    assert "it would make 3 records where 1 pairs are known" in report.stopped
    assert (1, 0) == (len(both.sf_tasks()), sum(report.writes.values()))
    report = both.sync().run(allow_mass=True)
    assert ("", 4) == (report.stopped, len(both.sf_tasks()))


@pytest.mark.rule("F25", "I6")
def test_what_is_long_gone_is_no_pair_to_brake_by(both: Both) -> None:
    """Pairs of which both sides were deleted in the course of the years do not make a mass deletion look small."""
    state = both.state
    for n in range(4):
        link = state.add_link(sf_object="Task", sf_id=f"00T{n:015}", ids={"Task": f"t{n}"}, base={})
        if n < 3:
            state.change_link(link.id, sf_deleted=True)
        if n < 2:
            state.change_link(link.id, deleted={"Task": True})

    assert 2 == state.link_count()  # one that is whole, and one half of which is still there


# -- the budget --------------------------------------------------------------------------------------------------


@pytest.mark.rule("F62", "I11")
def test_the_calls_of_a_batch_are_known_before() -> None:
    """A creation takes two calls, a deletion one, and changes go two hundred at a time."""
    assert 2 == calls_of([plan(create=SALESFORCE)])
    assert 1 == calls_of([plan(delete=SALESFORCE)])
    assert 2 == calls_of([plan(update=True) for _ in range(200)])
    assert 4 == calls_of([plan(update=True) for _ in range(201)])
    assert 0 == calls_of([plan(create="Task"), plan(delete="Task"), plan()])


@pytest.mark.rule("F62", "I11")
@pytest.mark.parametrize("left", [0, 5, 6, 7, 8, 24, 25, 26, None])
def test_what_does_not_fit_into_the_day_waits(left: int | None) -> None:
    """The longest beginning of the plans whose calls fit is carried out."""
    plans = [plan(create=SALESFORCE) for _ in range(10)]

    done = affordable(plans, left)

    fits = [n for n in range(11) if left is None or 2 * n + SPARE_CALLS <= left]
    assert max(fits, default=0) == done


@pytest.mark.rule("F62", "I9", "I11")
def test_a_day_without_enough_calls_ends_between_two_records(both: Both) -> None:
    """The run stops before a batch it cannot finish, its cursor stays, and the next day makes the rest, once."""
    both.configure(task=BOTH)
    first = both.run()
    assert first.limit_remaining is not None
    for n in range(12):
        both.ph_task(action=f"Call {n}")
    both.options = {"sf_calls_reserved": first.limit_remaining - 24}
    both.configure(task=BOTH)

    report = both.run()

    made = len(both.sf_tasks())
    assert f"daily calls suffice for {made} of 12 records" in report.stopped
    assert 0 < made < 12
    both.options = {}
    both.configure(task=BOTH)
    both.settle()
    assert 12 == len(both.sf_tasks())

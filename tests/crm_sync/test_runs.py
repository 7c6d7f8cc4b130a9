"""What a run is, whatever it carries: quiet when nothing changed, cheap when little did, whole over pages and days."""

from __future__ import annotations

import pytest
from tests.crm_sync.both import ORG_FILE, Both

from crm_sync.sides.planhat import Planhat
from crm_sync.sides.salesforce import Salesforce


@pytest.mark.rule("I2", "I12", "F17")
def test_a_second_run_writes_nothing(both: Both) -> None:
    """Own writes are no news: then nothing is written and the memory stays as it is."""
    for number in range(3):
        both.sf_task(Subject=f"S{number}")
        both.ph_task(action=f"P{number}", description="<p>x</p>")
        both.ph_conversation(subject=f"C{number}")
    both.settle()
    before = both.state.content()

    assert both.run().settled

    after = both.state.content()
    for volatile in ("settings", "cursors"):
        before.pop(volatile), after.pop(volatile)
    assert before == after


def test_a_dry_run_only_reads(both: Both) -> None:
    """Nothing is written on either side or in the memory; the report says what would be."""
    both.sf_task()
    both.ph_task()
    before = both.state.content()
    both.wire.arm(None)

    report = both.run(dry_run=True)

    assert [] == both.wire.writes
    assert before == both.state.content()
    assert 2 == len(report.planned)


@pytest.mark.rule("I11", "P23")
def test_an_incremental_run_costs_what_changed(both: Both) -> None:
    """A quiet run over many records takes a handful of calls."""
    for number in range(30):
        both.sf_task(Subject=f"S{number}")
    both.settle()
    both.clock.advance(3600)
    both.wire.arm(None)
    both.run()
    quiet = len(both.wire.sent)
    both.sf_edit(both.sf_tasks()[0]["Id"], Subject="Edited")
    both.wire.arm(None)
    both.run()

    assert quiet <= 8
    assert len(both.wire.sent) <= quiet + 3


@pytest.mark.rule("P23", "F49", "F51", "I9")
def test_equal_stamps_are_not_skipped(both: Both) -> None:
    """Records of the very second of the last one seen are seen next time."""
    both.sf_task(Subject="First")
    both.ph_task(action="First in Planhat")
    both.run(tick=0)
    both.run(tick=0)
    both.sf_task(Subject="Same second")
    both.ph_task(action="Same moment")

    both.run(tick=0)

    names = {"First", "First in Planhat", "Same second", "Same moment"}
    assert names == {t["action"] for t in both.ph_tasks()}
    assert names == {t["Subject"] for t in both.sf_tasks()}


@pytest.mark.rule("F62", "A27")
def test_the_daily_limit() -> None:
    """The run ends in at most one further call, says so, and the next day's run continues."""
    both = Both(api_requests_max=60)
    for number in range(40):
        both.ph_task(action=f"P{number}")
    report = both.run()
    assert "daily" in report.stopped
    assert any("left for the next run" in r for r in report.section("Task:Task").skipped)
    used = len(both.sf_tasks_by_observer())

    for _ in range(20):
        both.clock.advance(86_401)
        both.run()

    assert used < 40 == len({t.get("sourceId") for t in both.ph_tasks()})


@pytest.mark.rule("F54", "I9")
def test_more_than_a_page(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages overlap, so that nothing is missed; nothing is done twice."""
    monkeypatch.setattr("crm_sync.sides.planhat.PAGE_ROWS", {"Task": 7, "Conversation": 7})
    for number in range(24):
        both.ph_task(action=f"P{number}")
        both.ph_conversation(subject=f"C{number}")

    both.settle()

    assert 48 == len(both.sf_tasks())


def test_the_sides_can_be_made_alone(both: Both) -> None:
    """Two sides over one session, without a state: what a diagnosis needs."""
    assert both.config is not None
    salesforce = Salesforce(both.config.salesforce, session=both.session, clock=both.clock)
    planhat = Planhat(both.config.partner, session=both.session, clock=both.clock)

    assert "00T" == salesforce.describe("Task").key_prefix
    assert 1 == len(planhat.parents())
    assert "Task" in ORG_FILE["objects"]

"""Failures of identity and creation that take a second program, or an org of their own: F03 to F16."""

from __future__ import annotations

import pytest
from tests.crm_contracts.failure_modes.conftest import Make, meanwhile
from tests.crm_sync.both import BOTH, KEY_FIELD, ORG_FILE, Both

from crm_contracts.world.fields import plain


@pytest.mark.rule("F03", "I3")
@pytest.mark.parametrize("at", range(6, 12))
def test_two_workers_create_one_key(both: Both, at: int) -> None:
    """A second worker with a memory of its own sends the same record, just before or after the first does."""
    both.sf_options = {"external_id_field": KEY_FIELD}
    both.configure(task=BOTH, conversation=BOTH)
    both.ph_task(action="Call")
    first, second = both.state, both.state.copy()

    def other() -> None:
        both.state, both.sync_session = second, both.session
        both.sync().run()
        both.state, both.sync_session = first, watched

    quiet, watched = both.sync_session, meanwhile(both, at, other)
    both.sync_session = watched
    both.run()
    both.sync_session = quiet

    both.settle()
    second.close()
    assert ["Call"] == [one["Subject"] for one in both.sf_tasks()]


def keyed_org(org: Make) -> Both:
    """An org whose external id is not unique, so that copies of a key can be."""
    both = org(objects={"Task": {"fields": {KEY_FIELD: {"type": "string(60)", "external_id": True}}}})
    both.sf_options = {"external_id_field": KEY_FIELD}
    both.configure(task=BOTH, conversation=BOTH)
    return both


@pytest.mark.rule("F05", "I3")
def test_a_key_that_two_records_bear(org: Make) -> None:
    """The external id is not unique, and two records have it: the sync picks none of them, the others go on."""
    both = keyed_org(org)
    task = both.ph_task(action="Call")
    for n in (1, 2):
        both.sf_create("Task", Subject=f"Twin {n}", **{KEY_FIELD: f"Task-{task}"})
    both.ph_task(action="Another")

    report = both.run()

    assert ["Another", "Twin 1", "Twin 2"] == sorted(one["Subject"] for one in both.sf_tasks())
    assert None is both.ph_get("tasks", task).get("sourceId")
    assert 1 == len(report.section("Task:Task").quarantined)


@pytest.mark.rule("F11", "I3")
def test_a_copy_that_took_the_key_along(org: Make) -> None:
    """The link stays with the first; the copy is an activity of its own, and edits go to the first alone."""
    both = keyed_org(org)
    task = both.ph_task(action="Call")
    both.run()
    copy = both.sf_task(Subject="The copy", **{KEY_FIELD: f"Task-{task}"})

    both.run()
    both.ph_edit("tasks", task, action="Edited")
    both.settle()

    assert ["Edited", "The copy"] == sorted(one["Subject"] for one in both.sf_tasks())
    assert [copy] == [one["sourceId"] for one in both.ph_tasks() if one["_id"] != task]


@pytest.mark.rule("F08", "P9", "I3")
def test_an_id_in_small_letters(both: Both) -> None:
    """18 characters in small letters name their record or are put aside; no second Salesforce Task comes of it."""
    sf_id = both.sf_task(Subject="Call")
    both.ph_task(action="Call", sourceId=sf_id.lower())

    both.run()
    both.run()

    assert [sf_id] == [one["Id"] for one in both.sf_tasks()]


@pytest.mark.rule("F12", "I4")
def test_a_first_run_can_be_looked_at_first(both: Both) -> None:
    """A dry run over two filled systems writes nothing and tells what it would create."""
    for n in range(3):
        both.sf_task(Subject=f"S{n}")
        both.ph_task(action=f"P{n}")

    both.wire.arm(None)
    report = both.run(dry_run=True)

    assert [] == both.wire.writes
    assert 6 == len([line for line in report.planned if "create" in line])
    assert (3, 3) == (len(both.sf_tasks()), len(both.ph_tasks()))


@pytest.mark.rule("F16", "I13", "I15")
def test_a_duplicate_rule_refuses(org: Make) -> None:
    """DUPLICATES_DETECTED is that record's own trouble: put aside with its reason, the others are sent."""
    rule = {"object": "Task", "name": "Same_Subject", "fields": ["Subject"]}
    both = org(**ORG_FILE, duplicate_rules=[rule])
    both.configure(task=BOTH, conversation=BOTH)
    both.sf_create("Task", Subject="Taken")
    both.ph_task(action="Taken")
    both.ph_task(action="Free")

    report = both.run()

    assert ["Free", "Taken"] == sorted(str(plain(one["Subject"])) for one in both.sf_tasks())
    (reason,) = report.section("Task:Task").quarantined.values()
    assert "DUPLICATES_DETECTED" in reason

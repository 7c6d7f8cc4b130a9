"""I10: one fault, or one death, at every request of a round; after recovery the world is the one without it.

Each scenario keeps one round small and looks at another kind of write: a Task carried over, a Task made in
Salesforce, a conflict, a completion whose Conversation continues the same Salesforce Task.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crm_contracts.world import Settings, Stage, ops
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK, Op
from crm_contracts.world.sweep import KINDS, single_faults, sweep
from fake_core.faults import KINDS as FAULT_KINDS

IN_SALESFORCE = ops.Create(side=SALESFORCE, act="act-1", fields={"Subject": "Call", "Description": "line"})
IN_PLANHAT = ops.Create(side=TASK, act="act-1", fields={"action": "Call", "description": "<p>line</p>"})

SCENARIOS: dict[str, list[Op]] = {
    "a Task arrives in Planhat": [IN_SALESFORCE, ops.Sync()],
    "a Task is made in Salesforce": [IN_PLANHAT, ops.Sync()],
    "a Conversation is made in Salesforce": [
        ops.Create(side=CONVERSATION, act="act-1", fields={"subject": "Met", "type": "note"}),
        ops.Sync(),
    ],
    "both sides were edited": [
        IN_SALESFORCE,
        ops.Sync(),
        ops.Tick(),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Subject": "A", "ActivityDate": "2026-02-03"}),
        ops.Tick(),
        ops.Edit(side=TASK, act="act-1", fields={"action": "B", "description": "<p>new</p>"}),
        ops.Sync(),
    ],
    "a Task is done in Planhat": [
        IN_SALESFORCE,
        ops.Sync(),
        ops.Tick(),
        ops.Complete(side=TASK, act="act-1"),
        ops.Sync(),
    ],
    "a Task is done before its first sync": [IN_PLANHAT, ops.Complete(side=TASK, act="act-1"), ops.Sync()],
}


@pytest.fixture(scope="module", params=[False, True], ids=["plain org", "external-id field"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    made = Stage(external_id=request.param)
    yield made
    made.close()


@pytest.mark.rule("P10")
@pytest.mark.parametrize("name", ["a Task is made in Salesforce", "a Task is done in Planhat"])
def test_a_death_or_a_lost_answer_leaves_the_same_world(stage: Stage, name: str) -> None:
    """Killed before or after any request, or left without its answer: nothing is lost and nothing is doubled."""
    swept = sweep(SCENARIOS[name], stage=stage, kinds=["lost_response"])

    assert 3 * swept.requests == swept.histories


@pytest.mark.nightly
@pytest.mark.rule("P10")
@pytest.mark.parametrize("conflict", ["newest", "planhat"])
@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_every_single_fault_leaves_the_same_world(stage: Stage, scenario: list[Op], conflict: str) -> None:
    """The same for every scenario, and for each request refused, broken off or carried out with an error."""
    swept = sweep(scenario, stage=stage, settings=Settings(conflict=conflict))

    assert swept.histories > 4 * swept.requests > 0


def test_a_sweep_tries_every_kind_everywhere() -> None:
    """Each request gets two deaths and every kind of fault its vendor knows; row locks only where rows are written."""
    write = {"vendor": "salesforce", "verb": "update", "object": "Task", "method": "PATCH"}
    read = {"vendor": "planhat", "verb": "list", "object": "Task", "method": "GET"}
    variants = list(single_faults([ops.Sync()], [write, read, read]))

    faults = [one for variant in variants for one in variant if isinstance(one, ops.InjectFault)]
    deaths = [one for variant in variants for one in variant if isinstance(one, ops.Sync) and one.crash_at]
    assert [(n, acted) for n in (1, 2, 3) for acted in (False, True)] == [(d.crash_at, d.acted) for d in deaths]
    assert set(KINDS) == {one.fault for one in faults if one.vendor == "salesforce"}
    assert {1, 2} == {one.nth for one in faults if one.vendor == "planhat"}
    assert set(KINDS) <= set(FAULT_KINDS)

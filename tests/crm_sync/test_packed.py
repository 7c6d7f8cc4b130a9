"""What a run holds of its records: little, and as it was read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.crm_sync.both import BOTH, Both
from tests.crm_sync.facts import Facts, sf

from crm_sync import state
from crm_sync.act import Actor
from crm_sync.lens import RECORDS_KEPT_MAX
from crm_sync.mapping import key_of
from crm_sync.model import SALESFORCE
from crm_sync.packed import WINDOW_BITS, Packed, Packing
from crm_sync.plan import Plan
from crm_sync.run import State

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
TEXTS = st.text(st.characters(codec=None), max_size=20)  # halves of surrogate pairs, too: JSON may tell of one
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(TEXTS, JSON, max_size=5), min_size=1, max_size=4))
@example([{"a": "\ud800", "b": 1.0}, {}, {"a": "x" * 3 * 2**WINDOW_BITS}, {"a": "x" * 3 * 2**WINDOW_BITS, "b": None}])
def test_packed_values_read_as_they_were(rows: list[dict[str, Any]]) -> None:
    """Names in their order, values with their types, whatever the first of the kind was."""
    packing = Packing()
    packed = [packing.values("Task", row) for row in rows]

    for row, one in zip(rows, packed, strict=True):
        assert list(row.items()) == list(one.items())
        assert [type(value) for value in row.values()] == [type(value) for value in one.values()]
        assert row == {**one}
        assert (len(row), str(row)) == (len(one), str(one))
        assert all(name in one and one.get(name) == row[name] for name in row)
        assert "no such name, " * 2 not in one
        assert 1 == one.get("no such name, " * 2, 1)


def test_what_all_of_a_kind_say_is_kept_once() -> None:
    """A long text that the first has takes next to nothing in each of the others; another kind has its own first."""
    packing, text = Packing(), "".join(map(chr, range(0x100, 0x200)))
    kept = [packing.values("Task", {"Id": n, "Description": text}) for n in range(3)]

    assert [True] * 3 == [len(one._data) < 50 for one in kept]
    assert len(packing.values("Event", {"Id": 1, "Description": text[::-1]})._data) < 50
    assert {"Id": 2, "Description": text} == kept[2]


@pytest.mark.rule("P8", "I3")
def test_a_run_that_makes_many_holds_little_of_each(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the last step: records and agreed values packed, of what was sent the key alone; nothing once it is done."""
    both.configure(task=BOTH)
    for n in range(6):
        both.sf_task(Subject=f"Call {n}", Description="text")
    held, plans = [], []

    def commit(self: Actor, plan: Plan, last: Any = Actor._commit) -> None:
        activity = plan.activity
        assert activity.link is not None
        held.append([type(one.values) for one in activity.replicas()] + [type(activity.link.base)])
        assert {"Task": {"sourceId": activity.link.sf_id}} == plan.write
        plans.append(plan)
        last(self, plan)

    monkeypatch.setattr(Actor, "_commit", commit)
    both.run()

    assert [[Packed] * 3] * 6 == held
    assert [(None, {})] * 6 == [(plan.activity.link, dict(plan.activity.rows)) for plan in plans]
    assert {"Call 3"} <= {task["action"] for task in both.ph_tasks()}
    monkeypatch.undo()
    both.settle()


def test_the_values_of_few_records_are_held_worked_out() -> None:
    """Of a thousand records those that were looked at last; they are the same when they are worked out again."""
    known, context = Facts(), Facts().context
    mapped = next(one for one in known.sections[0].fields if one.salesforce == "Subject")
    records = [sf(Subject=f"Call {n}") for n in range(3 * RECORDS_KEPT_MAX)]

    for _ in range(2):
        assert [f"Call {n}" for n in range(len(records))] == [key_of(one, mapped, context) for one in records]
        assert RECORDS_KEPT_MAX == len(context.worked_out._kept)


def test_intents_are_read_as_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """By ascending ids, some at a time, also while those that were read are closed."""
    monkeypatch.setattr(state, "INTENTS_READ_MAX", 2)
    memory = State()
    ids = memory.open_intents(SALESFORCE, NOW, [{"n": n} for n in range(7)])
    memory.close_intents(ids[:1])

    with memory.together():
        found = []
        for intent in memory.intents_of(ids[1:]):
            found.append((intent.id, intent.kind, intent.at, intent.body["n"]))
            memory.close_intents([intent.id])

    assert [(ids[n], SALESFORCE, NOW, n) for n in range(1, 7)] == found
    assert [] == memory.intents()
    assert [] == list(memory.intents_of([]))
    memory.close()

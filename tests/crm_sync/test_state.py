"""What the memory keeps under its lease is what its tables say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crm_sync.errors import RunStopped
from crm_sync.model import SALESFORCE
from crm_sync.report import Conflict
from crm_sync.run import State
from crm_sync.state import Pending
from fake_core.clock import FrozenClock

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
NAMES = ("a", "b", "c")
MODELS = ("Task", "Conversation")
OBJECTS = ("Task", "Event")


def sf_id(number: int) -> str:
    return f"00T{number:015d}"


class Stop(Exception):
    """Ends a transaction in its middle."""


@dataclass(frozen=True)
class Change:
    """One write; the same on whatever state it is done."""

    kind: str
    number: int = 0
    name: str = "a"
    model: str = "Task"
    sf_object: str = "Task"
    flag: bool = False

    def on(self, state: State) -> object:
        number, name, model, flag = self.number, self.name, self.model, self.flag
        at = NOW + timedelta(seconds=number)
        match self.kind:
            case "add":
                deleted = {model, SALESFORCE} if flag else set()
                ids = {model: f"p{number % 4}"}
                return state.add_link(
                    sf_object=self.sf_object, sf_id=sf_id(number), ids=ids, base={model: {"n": [name]}}, deleted=deleted
                )
            case "base":
                return state.change_link(number, base={model: {"Subject": name}}, sf_deleted=flag)
            case "ids":
                return state.change_link(number, ids={model: f"p{number}"}, seen={model: name if flag else ""})
            case "deleted":
                return state.change_link(number, deleted={model: flag}, dormant=flag)
            case "drop":
                state.drop_link(number)
            case "cursors" if flag:
                state.forget_cursor(name)
            case "cursors":
                state.move_cursors({name: at, "moved": at})
            case "setting":
                state.set_setting(name, "x" * 70_000 if flag else {"n": number})
            case "intents" if flag:
                state.close_intents([number])
            case "intents":
                return state.open_intents("update", at, [{"n": number}, {}])
            case "intent":
                return [state.change_intent(one, more=name) for one in state.intents()[:1]]
            case "pending" if flag:
                state.clear_pending("planhat", model, name)
            case "pending":
                state.set_pending(Pending("planhat", model, name, "waiting", "why", number, at, "then"))
            case "baseline":
                state.add_baseline("planhat", model, {name: str(number)})
            case "conflict":
                return state.log_conflict(name, at, Conflict("a", "f", "Task", SALESFORCE, "new", "old", "newest"))
        return None


LINKS = ("add", "base", "ids", "deleted", "drop")
KINDS = (*LINKS, "cursors", "setting", "intents", "intent", "pending", "baseline", "conflict")
CHANGES = st.builds(
    Change,
    st.sampled_from(KINDS),
    st.integers(0, 5),
    st.sampled_from(NAMES),
    st.sampled_from(MODELS),
    st.sampled_from(OBJECTS),
    st.booleans(),
)
#: One change in a transaction of its own, or several together; True: and then it is broken off.
STEPS = st.lists(st.tuples(st.lists(CHANGES, min_size=1, max_size=4), st.booleans()), max_size=8)
#: Of these the third has no link, the fourth no Salesforce record and the fifth no partner's record that is still free.
TWICE = [Change("add", 1), Change("add", 2), Change("ids", 3), Change("add", 1), Change("add", 5), Change("base", 1)]


def told(state: State) -> list[Any]:
    """Everything that can be asked."""
    said: list[Any] = [state.link(n) for n in range(8)]
    said += [state.link_of_salesforce(one, sf_id(n)) for one in OBJECTS for n in range(6)]
    said += [state.link_of(m, f"p{n}", one) for m in MODELS for n in range(6) for one in (*OBJECTS, None)]
    said += [state.half_deleted(one) for one in OBJECTS] + [state.links(), state.link_count()]
    said += [state.cursor(name) for name in (*NAMES, "moved")] + [state.setting(name) for name in NAMES]
    said += sorted(state.cursors().items())
    said += [state.intents(), state.pending(), [state.pending_item("planhat", m, n) for m in MODELS for n in NAMES]]
    said += [state.baseline("planhat", m) for m in MODELS] + [state.conflicts(), state.flag_at(NOW)]
    return said


@contextmanager
def two() -> Iterator[tuple[State, State]]:
    """One that holds the lease and keeps what it read, one that reads everything anew."""
    kept, anew = State(), State()
    with kept.leased("test", FrozenClock(), seconds=60):
        yield kept, anew
    kept.close()
    anew.close()


def tried(state: State, change: Change) -> Any:
    """What comes of a change: its answer, or how it was refused."""
    try:
        return change.on(state)
    except (sa.exc.IntegrityError, ValueError) as error:
        return type(error).__name__


def done(state: State, changes: list[Change], *, broken_off: bool) -> list[Any]:
    """What comes of one step."""
    if len(changes) == 1:
        return [tried(state, changes[0])]
    said: list[Any] = []
    with suppress(Stop), state.together():
        said += [tried(state, one) for one in changes]
        _break(broken_off)
    return said


def _break(really: bool) -> None:
    if really:
        raise Stop


@settings(max_examples=15)
@example([([Change(kind, 1, flag=flag)], False) for kind in KINDS for flag in (False, True)])
@example([([one], False) for one in TWICE])
@example([(TWICE, False), (TWICE, True)])
@given(STEPS)
def test_what_is_kept_under_the_lease_is_what_the_tables_say(steps: list[tuple[list[Change], bool]]) -> None:
    """Whatever is written, refused or taken back, one by one or together, both states answer the same."""
    with two() as (kept, anew):
        for changes, broken_off in steps:
            told(kept)
            assert done(anew, changes, broken_off=broken_off) == done(kept, changes, broken_off=broken_off)
        assert anew.content() == kept.content()
        assert told(anew) == told(kept)


def test_a_change_that_is_refused_takes_nothing_else_along() -> None:
    """Within one transaction a record that has its link already is refused, and the rest is kept."""
    with two() as (kept, anew):
        said = [done(state, TWICE, broken_off=False) for state in (kept, anew)]

        assert said[0] == said[1]
        assert [False, False, True, True, True, False] == [str(one).endswith("Error") for one in said[0]]
        assert 2 == kept.link_count()


def test_what_was_kept_ends_with_the_lease() -> None:
    """Between two leases anybody may write; the next run reads what they wrote."""
    clock = FrozenClock()
    state = State()
    with state.leased("test", clock, seconds=60):
        state.set_setting("a", 1)
        assert state.link(1) is None
    with state._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE settings SET value = ?", (json.dumps(2),))
        connection.exec_driver_sql("INSERT INTO links VALUES (1, 'Task', NULL, 0, 0, '{}', 1)")

    assert 2 == state.setting("a")
    with state.leased("test", clock, seconds=60):
        assert 2 == state.setting("a")
        assert state.link(1) is not None


@pytest.mark.rule("F68")
def test_who_lost_the_lease_keeps_nothing_of_what_it_tried_to_write() -> None:
    """A write that the fence refuses is in neither the tables nor what is kept."""
    clock = FrozenClock()
    state = State()
    with state.leased("first", clock, seconds=60):
        with state._engine.begin() as connection:
            connection.exec_driver_sql("UPDATE lease SET token = token + 1")
        with pytest.raises(RunStopped):
            state.set_setting("a", 1)

        assert state.setting("a") is None

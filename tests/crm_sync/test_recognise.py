"""Which record came of which creation in doubt: no network, no state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_sync.recognise import CLOCK_SKEW_SECONDS_MAX, CREATE_SECONDS_MAX, Begun, Found, recognise

AT = datetime(2026, 1, 5, 9, 0, 0, 250_000, tzinfo=UTC)
TELLING = frozenset({"Subject", "Description"})


def begun(number: int, **sent: Any) -> Begun:
    return Begun(number, AT + timedelta(seconds=number), sent, TELLING)


def found(name: str, *, touched: bool = False, deleted: bool = False, after: float = 1, **values: Any) -> Found:
    return Found(name, AT + timedelta(seconds=after), values, touched=touched, deleted=deleted)


@pytest.mark.rule("I3", "F02")
def test_a_record_may_say_anything_once_somebody_saved_it() -> None:
    """Our user made it since, and another person edited it: it is ours whatever it says."""
    edited = found("a", touched=True, Subject="Other")

    assert {1: "a"} == recognise([begun(1, Subject="Call")], [edited])


@pytest.mark.rule("I3", "F40")
def test_an_automation_may_have_changed_a_part() -> None:
    """Nobody saved it, and one of the telling texts is not as sent: it is still ours."""
    rewritten = found("a", Subject="[CS] Call", Description="line\r\nend ")

    assert {1: "a"} == recognise([begun(1, Subject="Call", Description="line\nend")], [rewritten])


@pytest.mark.rule("I4")
def test_what_says_nothing_of_it_is_a_stranger() -> None:
    """Made under our user's name, untouched, and nothing in it was sent: a person made it."""
    assert {} == recognise([begun(1, Subject="Call")], [found("a", Subject="Lunch", Priority="Normal")])


@pytest.mark.rule("F02")
@pytest.mark.parametrize("after", [-CLOCK_SKEW_SECONDS_MAX - 2, CREATE_SECONDS_MAX + 2])
def test_outside_the_window_it_is_another_record(after: float) -> None:
    """Older than the creation, or younger than its last attempt can be."""
    assert {} == recognise([begun(1, Subject="Call")], [found("a", after=after, Subject="Call")])


@pytest.mark.rule("I3")
def test_the_one_that_says_the_same_is_taken() -> None:
    """Of several possible records each creation gets the one that agrees with it."""
    records = [found("a", touched=True, Subject="Two"), found("b", touched=True, Subject="One")]

    assert {1: "b", 2: "a"} == recognise([begun(1, Subject="One"), begun(2, Subject="Two")], records)


@pytest.mark.rule("I3")
def test_nobody_goes_empty_while_another_could_move_on() -> None:
    """The first agrees better with the only record that the second can have: it takes its next best."""
    records = [found("a", Subject="Call", Description="long"), found("b", Subject="Call", Description="short")]
    creations = [begun(1, Subject="Call", Description="long"), begun(2, Description="long")]

    assert {1: "b", 2: "a"} == recognise(creations, records)


@pytest.mark.rule("P25")
def test_a_live_record_comes_before_a_deleted_one() -> None:
    """Both say the same; a deletion is believed when there is nothing else."""
    gone, live = found("a", deleted=True, Subject="Call"), found("b", Subject="Call")

    assert {1: "b"} == recognise([begun(1, Subject="Call")], [gone, live])
    assert {1: "a"} == recognise([begun(1, Subject="Call")], [gone])


@pytest.mark.rule("I4")
def test_without_knowing_who_we_are_everything_must_agree() -> None:
    """The org does not tell our user: one differing text is one too many."""
    creation = Begun(1, AT, {"Subject": "Call", "Description": "x"}, TELLING, must=TELLING)

    assert {} == recognise([creation], [found("a", Subject="Call", Description="y")])
    assert {1: "a"} == recognise([creation], [found("a", Subject="Call", Description="x")])


words = st.sampled_from(["Call", "Met", ""])


@pytest.mark.rule("I3", "I14")
@given(
    sent=st.lists(st.tuples(words, words), max_size=4),
    made=st.lists(st.tuples(words, words, st.booleans()), max_size=4),
)
def test_no_record_twice_and_none_is_left_that_could_be_had(
    sent: list[tuple[str, str]], made: list[tuple[str, str, bool]]
) -> None:
    """A partial bijection, the same on any day, and a creation without a record has none to itself."""
    creations = [begun(n, Subject=s, Description=d) for n, (s, d) in enumerate(sent)]
    records = [found(str(n), touched=t, Subject=s, Description=d) for n, (s, d, t) in enumerate(made)]

    taken = recognise(creations, records)

    assert len(taken) == len(set(taken.values()))
    assert taken == recognise(creations[::-1], records[::-1])
    spare = [record for record in records if record.id not in taken.values()]
    for one in creations:
        if one.id not in taken:
            assert {} == recognise([one], spare)

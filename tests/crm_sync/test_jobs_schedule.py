"""When jobs run: the seven cadences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_sync.errors import ConfigError
from crm_sync.jobs.schedule import CADENCES, WEEKDAYS, Schedule

SAVED = datetime(2026, 1, 5, 9, tzinfo=UTC)  # a Monday
ZONES = ["UTC", "Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kathmandu"]

moments = st.integers(0, 5 * 365 * 86_400).map(lambda seconds: SAVED + timedelta(seconds=seconds))
times = st.times().map(lambda at: at.replace(microsecond=0).isoformat())
schedules = st.one_of(
    st.fixed_dictionaries({"kind": st.just("minutes"), "every": st.integers(1, 3000)}),
    st.fixed_dictionaries({"kind": st.just("hourly"), "minute": st.integers(0, 59)}),
    st.fixed_dictionaries(
        {"kind": st.sampled_from(["daily", "workdays"]), "at": times, "zone": st.sampled_from(ZONES)}
    ),
    st.fixed_dictionaries(
        {"kind": st.just("weekly"), "at": times, "zone": st.sampled_from(ZONES), "weekday": st.sampled_from(WEEKDAYS)}
    ),
    st.fixed_dictionaries(
        {"kind": st.just("monthly"), "at": times, "zone": st.sampled_from(ZONES), "day": st.integers(1, 31)}
    ),
)


def runs(given: dict[str, Any], count: int, *, after: datetime = SAVED) -> list[str]:
    """The next runs, as texts."""
    schedule, found = Schedule.from_mapping(given), []
    moment = after
    for _ in range(count):
        following = schedule.next_after(moment, saved_at=SAVED)
        if following is None:
            break
        moment = following
        found.append(moment.strftime("%a %Y-%m-%d %H:%M"))
    return found


@pytest.mark.rule("T3")
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"kind": "once"}, []),
        ({"kind": "once", "at": "2026-01-06T10:00:00+01:00"}, ["Tue 2026-01-06 09:00"]),
        ({"kind": "minutes", "every": 45}, ["Mon 2026-01-05 09:45", "Mon 2026-01-05 10:30"]),
        ({"kind": "hourly"}, ["Mon 2026-01-05 10:00", "Mon 2026-01-05 11:00"]),
        ({"kind": "hourly", "minute": 20}, ["Mon 2026-01-05 09:20", "Mon 2026-01-05 10:20"]),
        ({"kind": "daily", "at": "09:00"}, ["Tue 2026-01-06 09:00", "Wed 2026-01-07 09:00"]),
        ({"kind": "daily", "at": "09:30"}, ["Mon 2026-01-05 09:30", "Tue 2026-01-06 09:30"]),
        ({"kind": "weekly", "weekday": "friday", "at": "18:30"}, ["Fri 2026-01-09 18:30", "Fri 2026-01-16 18:30"]),
        ({"kind": "monthly"}, ["Sun 2026-02-01 00:00", "Sun 2026-03-01 00:00"]),
        ({"kind": "monthly", "day": 31}, ["Sat 2026-01-31 00:00", "Sat 2026-02-28 00:00", "Tue 2026-03-31 00:00"]),
    ],
)
def test_cadences(given: dict[str, Any], expected: list[str]) -> None:
    """A job runs strictly after the moment it ran last, as its cadence says; a short month has its last day."""
    assert expected == runs(given, max(1, len(expected)))


@pytest.mark.rule("T3")
def test_workdays_leave_the_weekend_out() -> None:
    """Monday to Friday, nothing on Saturday and Sunday."""
    days = [text[:3] for text in runs({"kind": "workdays", "at": "06:00"}, 7)]

    assert ["Tue", "Wed", "Thu", "Fri", "Mon", "Tue", "Wed"] == days


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (datetime(2026, 3, 28, 12, tzinfo=UTC), ["Sun 2026-03-29 01:30", "Mon 2026-03-30 00:30"]),  # 02:30 is not there
        (datetime(2026, 10, 24, 12, tzinfo=UTC), ["Sun 2026-10-25 00:30", "Mon 2026-10-26 01:30"]),  # 02:30 comes twice
    ],
)
def test_a_day_has_one_run_also_when_clocks_change(after: datetime, expected: list[str]) -> None:
    """Half past two in Berlin: an hour later where clocks skip it, the first of two where they repeat it."""
    assert expected == runs({"kind": "daily", "at": "02:30", "zone": "Europe/Berlin"}, 2, after=after)


@given(given=schedules, moment=moments)
def test_the_next_run_is_later_and_nothing_is_left_out(given: dict[str, Any], moment: datetime) -> None:
    """The next run is strictly later; from anywhere before it, it is still the next one."""
    schedule = Schedule.from_mapping(given)
    following = schedule.next_after(moment, saved_at=SAVED)

    assert following is not None
    assert following > moment
    assert following == schedule.next_after(following - timedelta(seconds=1), saved_at=SAVED)
    between = moment + (following - moment) / 2
    assert following == schedule.next_after(between, saved_at=SAVED)


@given(given=schedules, moment=moments)
def test_a_run_falls_on_its_day_and_time(given: dict[str, Any], moment: datetime) -> None:
    """In the schedule's own zone a run is at the time that was asked for, unless that day does not have it."""
    following = Schedule.from_mapping(given).next_after(moment, saved_at=SAVED)
    assert following is not None
    zone = ZoneInfo(given.get("zone", "UTC"))
    local = following.astimezone(zone)

    if given["kind"] == "minutes":
        assert 0 == (following - SAVED).total_seconds() % (given["every"] * 60)
    elif given["kind"] == "hourly":
        assert (given["minute"], 0) == (local.minute, local.second)
    else:
        asked = datetime.combine(local.date(), datetime.fromisoformat(f"2026-01-01T{given['at']}").time())
        gap = local.replace(tzinfo=None) - asked
        assert gap in {timedelta(0), timedelta(hours=1)}
        if given["kind"] == "workdays":
            assert local.weekday() < 5
        if given["kind"] == "weekly":
            assert WEEKDAYS[local.weekday()] == given["weekday"]
        if given["kind"] == "monthly":
            last = (local + timedelta(days=1)).day == 1
            assert local.day == given["day"] or (last and local.day < given["day"])


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"kind": "yearly"}, "no cadence"),
        ({"kind": "daily", "every": 5}, r"schedule\.every"),
        ({"kind": "minutes", "every": 0}, "from 1 to"),
        ({"kind": "minutes", "every": True}, "from 1 to"),
        ({"kind": "hourly", "minute": 60}, "from 0 to 59"),
        ({"kind": "daily", "at": "25:00"}, "time of day"),
        ({"kind": "daily", "at": "09:00+01:00"}, "zone of its own"),
        ({"kind": "daily", "zone": "Mars/Olympus"}, "no time zone"),
        ({"kind": "weekly", "weekday": "someday"}, "none of monday"),
        ({"kind": "monthly", "day": 32}, "from 1 to 31"),
        ({"kind": "once", "at": "tomorrow"}, "no moment"),
        ({"kind": "once", "at": "2026-01-05T09:00:00"}, "has no zone"),
    ],
)
def test_what_is_no_schedule_says_which_key(given: dict[str, Any], why: str) -> None:
    """One line: the key, what it holds, what it may hold."""
    with pytest.raises(ConfigError, match=why):
        Schedule.from_mapping(given)


def test_every_cadence_can_be_made_of_its_name() -> None:
    """The seven cadences have defaults for everything else."""
    assert list(CADENCES) == [Schedule.from_mapping({"kind": kind}).kind for kind in CADENCES]

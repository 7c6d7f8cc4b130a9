"""Clock, ids, limits, store and the control plane: state is handed in, saved and restored whole."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from fake_core import ControlClient, Fake, FrozenClock, IdSource, MisuseError, RollingWindow, SteppedClock, Store

URL = "https://acme.notes.example"


def test_a_frozen_clock_moves_only_when_told() -> None:
    """Sleeping, advancing and setting are the only ways."""
    clock = FrozenClock(datetime(2026, 3, 1, tzinfo=UTC))
    clock.sleep(1.5)
    clock.advance(timedelta(minutes=1))

    assert datetime(2026, 3, 1, 0, 1, 1, 500_000, tzinfo=UTC) == clock.now() == clock.now()
    with pytest.raises(MisuseError, match="use set"):
        clock.advance(-1)
    with pytest.raises(MisuseError, match="no time zone"):
        clock.set(datetime(2026, 3, 1))  # noqa: DTZ001


def test_a_stepped_clock_never_says_the_same_twice() -> None:
    """Each look moves it on."""
    clock = SteppedClock(step_seconds=2)

    assert timedelta(seconds=2) == -(clock.now() - clock.now())


def test_ids_are_a_function_of_the_seed_and_the_order() -> None:
    """Same seed, same order, same ids; a dump brings them back."""
    one, other = IdSource(3), IdSource(3)
    first = [one.next("a"), one.hex(8), one.token(70), one.next("a"), one.next("b"), one.next("b")]
    state = one.dump()
    later = one.token(5)

    assert first == [other.next("a"), other.hex(8), other.token(70), other.next("a"), other.next("b"), 2]
    one.load(state)
    assert later == one.token(5)
    assert IdSource(4).token(5) != IdSource(3).token(5)


@given(
    st.lists(st.tuples(st.integers(0, 40_000), st.integers(1, 3)), max_size=40),
    st.integers(1, 12),
)
def test_a_rolling_window_holds_in_every_window(calls: list[tuple[int, int]], limit: int) -> None:
    """No period that ends at a call ever holds more than the limit, and a refusal means that one more would."""
    clock = FrozenClock()
    window = RollingWindow(clock, limit=limit, period=timedelta(days=1))
    taken: list[tuple[datetime, int]] = []
    for wait, count in calls:
        clock.advance(wait)
        granted = window.take(count)
        # the window counts in minutes: it may forget a call up to one minute before its day is over
        recent = sum(n for at, n in taken if at > clock.now() - timedelta(days=1, minutes=-1))
        remembered = sum(n for at, n in taken if at > clock.now() - timedelta(days=1))
        if granted:
            taken.append((clock.now(), count))
            assert recent + count <= limit
        else:
            assert remembered + count > limit
        if window.remaining() == 0:
            clock.advance(window.retry_after_seconds())
            assert window.remaining() > 0


def test_a_day_later_to_the_second_the_calls_are_free_again() -> None:
    """A rolling day is over after a day."""
    clock = FrozenClock()
    clock.advance(59.5)
    window = RollingWindow(clock, limit=1)

    assert [True, False] == [window.take(), window.take()]
    clock.advance(86_400)
    assert window.take()


def test_a_snapshot_holds_rows_and_parts(fake: Fake, write: Any, read: Any, control: ControlClient) -> None:
    """Restoring brings back the rows, the serial numbers and the counted calls."""
    write("a")
    taken = control.snapshot()
    at_snapshot = fake.store.snapshot()
    write("b")
    write("c")
    control.restore(taken)

    assert at_snapshot == fake.store.snapshot()
    assert (["a"], 1) == (read(), control.limits()["daily"]["used"])
    write("d")
    assert ["a", "d"] == read()


def test_reset_returns_to_the_beginning(fake: Fake, write: Any, read: Any, control: ControlClient) -> None:
    """Rows, parts, faults and journal."""
    before = fake.store.snapshot()
    write("a")
    control.add_fault(kind="unavailable")
    control.reset()

    assert (before, [], []) == (fake.store.snapshot(), control.faults(), control.journal())
    assert [] == read()


def test_a_refused_transaction_leaves_nothing(fake: Fake) -> None:
    """begin() inside begin() is a savepoint: the inner one can fail alone, the outer takes all with it."""
    table = fake.store.schema.tables["notes"]
    before = fake.store.contents()
    with pytest.raises(ZeroDivisionError), fake.store.begin() as connection:
        connection.execute(table.insert(), {"id": 1, "text": "outer"})
        raise ZeroDivisionError
    assert before == fake.store.contents()
    with fake.store.begin() as connection:
        connection.execute(table.insert(), {"id": 1, "text": "outer"})
        with pytest.raises(ZeroDivisionError), fake.store.begin():
            connection.execute(table.insert(), {"id": 2, "text": "inner"})
            raise ZeroDivisionError
    with fake.store.read() as connection:
        assert ["outer"] == list(connection.execute(sa.select(table.c.text)).scalars())


def test_a_snapshot_keeps_its_name(write: Any, read: Any, control: ControlClient) -> None:
    """Snapshots taken after a restore or a reset have names of their own: none hides an older one."""
    first = control.snapshot()
    write("a")
    second = control.snapshot()
    held = read()
    control.restore(first)
    third = control.snapshot()
    control.reset()
    fourth = control.snapshot()
    control.restore(second)

    assert 4 == len({first, second, third, fourth})
    assert held == read()


def test_what_is_no_snapshot_is_refused(fake: Fake, session: requests.Session, write: Any) -> None:
    """Nothing is lost when a restore is refused."""
    write("a")
    before = fake.store.snapshot()
    for nonsense in (b"", b"nonsense", (2).to_bytes(8, "big") + b"{}"):
        with pytest.raises(MisuseError, match="no snapshot of this fake"):
            fake.store.restore(nonsense)
    answer = session.post(
        f"{URL}/__understudy__/restore", data=b"x", headers={"Content-Type": "application/octet-stream"}
    )

    assert (400, before) == (answer.status_code, fake.store.snapshot())


def test_a_downloaded_snapshot_restores_another_fake(fake: Fake, session: requests.Session, write: Any) -> None:
    """A snapshot is bytes: a bug report can carry it."""
    write("a")
    image = session.get(f"{URL}/__understudy__/snapshot").content
    write("b")
    session.post(f"{URL}/__understudy__/restore", data=image, headers={"Content-Type": "application/octet-stream"})

    assert ["a"] == session.get(f"{URL}/notes").json()
    assert image == fake.store.snapshot()


def test_a_file_keeps_rows_and_parts(tmp_path: Path) -> None:
    """A store in a file is there again when opened again, its serial numbers too."""
    schema = sa.MetaData()
    table = sa.Table("t", schema, sa.Column("id", sa.Integer, primary_key=True))
    url = f"sqlite:///{tmp_path / 'org.sqlite'}"
    for expected in ([1], [1, 2], [1, 2, 3]):
        ids = IdSource()
        store = Store(url=url, schema=schema, parts={"ids": ids})
        store.mark_baseline()
        with store.begin() as connection:
            connection.execute(table.insert(), {"id": ids.next("t")})
        with store.read() as connection:
            assert expected == list(connection.execute(sa.select(table.c.id)).scalars())
        store.close()


def test_a_file_is_reset_and_restored_like_memory(tmp_path: Path) -> None:
    """The same calls, another place."""
    schema = sa.MetaData()
    table = sa.Table("t", schema, sa.Column("id", sa.Integer, primary_key=True))
    path = tmp_path / "org.sqlite"
    store = Store(url=f"sqlite:///{path}", schema=schema)
    store.mark_baseline()
    with store.begin() as connection:
        connection.execute(table.insert(), {"id": 5})
    store.reset()
    store.close()
    with sqlite3.connect(path) as raw:
        assert (0,) == raw.execute("SELECT count(*) FROM t").fetchone()
    raw.close()


@pytest.mark.parametrize("url", ["postgresql://localhost/x", "nonsense"])
def test_a_database_we_do_not_speak_is_refused(url: str) -> None:
    """One clear line that says what would do."""
    with pytest.raises(MisuseError, match="only sqlite"):
        Store(url=url, schema=sa.MetaData())


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """And is left alone."""
    path = tmp_path / "note.txt"
    path.write_text("not a database, and long enough to be read as a header: " * 30)
    before = path.read_bytes()
    with pytest.raises(MisuseError, match="not a database"):
        Store(url=f"sqlite:///{path}", schema=sa.MetaData())
    assert before == path.read_bytes()


@pytest.mark.parametrize(
    ("method", "name", "body", "status", "said"),
    [
        ("GET", "nothing", None, 404, "there are clock"),
        ("DELETE", "reset", None, 405, "reset takes POST"),
        ("POST", "clock", "{", 400, "not JSON"),
        ("POST", "clock", "[]", 400, "a JSON object"),
        ("POST", "clock", "{}", 400, "advance_seconds"),
        ("POST", "clock", '{"advance_seconds": "x"}', 400, "is a number"),
        ("POST", "clock", '{"now": "soon"}', 400, "no moment"),
        ("POST", "limits", '{"daily": -1}', 400, "whole number from 0"),
        ("POST", "limits", '{"hourly": 1}', 400, "there are daily"),
        ("POST", "restore", '{"id": "x"}', 400, "no snapshot 'x'"),
        ("POST", "seed", "{}", 400, "takes no seed data"),
    ],
)
def test_the_control_plane_says_what_is_wrong(
    session: requests.Session, method: str, name: str, body: str | None, status: int, said: str
) -> None:
    """What, where, what to do, in one JSON object."""
    answer = session.request(method, f"{URL}/__understudy__/{name}", data=body)

    assert status == answer.status_code
    assert said in answer.json()["error"]


def test_the_control_plane_moves_clock_and_limits(session: requests.Session, control: ControlClient) -> None:
    """What a test sets is what it reads."""
    moment = datetime(2030, 2, 3, 4, 5, tzinfo=UTC)
    assert moment == control.set_clock(moment) == control.now()
    assert moment + timedelta(seconds=60) == control.advance(60)
    assert {"now": "2030-02-03T04:06:00+00:00", "kind": "frozen"} == session.get(f"{URL}/__understudy__/clock").json()
    control.set_limit("daily", 3)
    assert {"daily": {"limit": 3, "used": 0, "remaining": 3}} == control.limits()
    assert {"url": URL, "token": "t"} == control.credentials()


def test_two_stores_of_the_same_rows_are_the_same_bytes() -> None:
    """Also the first one, whose tables are made, and a later one, whose empty database is read."""
    schema = sa.MetaData()
    table = sa.Table("notes", schema, sa.Column("id", sa.Integer, primary_key=True))
    stores = [Store(schema=schema) for _ in range(3)]
    for store in stores:
        with store.begin() as connection:
            connection.execute(sa.insert(table).values(id=1))

    assert 1 == len({store.contents() for store in stores})
    for store in stores:
        store.close()

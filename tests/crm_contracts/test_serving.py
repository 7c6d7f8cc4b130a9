"""`understudy serve` and `understudy env`, run as a user runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceMalformedRequest,
    SalesforceResourceNotFound,
)

from crm_contracts.vendors import VENDORS
from fake_core.clock import DEFAULT_MOMENT
from fake_core.control import ControlClient
from fake_core.errors import MisuseError

ROOT = Path(__file__).parents[2]
SALESFORCE_WORDS = [
    "url", "ca_file", "username", "password", "security_token", "client_id", "client_secret", "access_token",
    "refresh_token", "api_version",
]  # fmt: skip


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    roots = os.pathsep.join(str(ROOT / name) for name in ("mocks", "contracts", "sync"))
    return os.environ | {"UNDERSTUDY_HOME": str(tmp_path / "home"), "PYTHONPATH": roots}


def understudy(*words: str) -> list[str]:
    return [sys.executable, "-m", "crm_contracts", *words]


@contextmanager
def serving(environment: dict[str, str], *words: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    process = subprocess.Popen(
        understudy("serve", "--json", "--port", "0", *words), env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline()), process
    finally:
        process.terminate()
        rest, _ = process.communicate(timeout=30)
        assert "" == rest  # one line and nothing else


def client(told: dict[str, Any]) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = told["ca_file"] or True
    return session


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https and a frozen clock"])
def test_one_line_tells_everything_a_client_needs(environment: dict[str, str], tls: bool) -> None:
    """The words of the JSON line, in order, and each of them works; so does a clock that stands still till moved."""
    with serving(environment, *(["--tls", "--clock", "frozen"] if tls else [])) as (told, _):
        salesforce, planhat = told["salesforce"], told["planhat"]
        form = {
            "grant_type": "password",
            "username": salesforce["username"],
            "password": salesforce["password"] + salesforce["security_token"],
            "client_id": salesforce["client_id"],
            "client_secret": salesforce["client_secret"],
        }
        with client(salesforce) as session:
            entry = session.post(f"{salesforce['url']}/services/oauth2/token", data=form, timeout=30).json()
            headers = {"Authorization": f"Bearer {salesforce['access_token']}"}
            version = f"{salesforce['url']}/services/data/v{salesforce['api_version']}/"
            assert 200 == session.get(version, headers=headers, timeout=30).status_code
            refresh = {key: form[key] for key in ("client_id", "client_secret")}
            refresh |= {"grant_type": "refresh_token", "refresh_token": salesforce["refresh_token"]}
            assert (
                200 == session.post(f"{salesforce['url']}/services/oauth2/token", data=refresh, timeout=30).status_code
            )
            bearer = {"Authorization": f"Bearer {planhat['token']}"}
            tasks = session.get(f"{planhat['url']}/tasks", headers=bearer, timeout=30)
            assert [] == tasks.json()
            assert tasks.headers["Date"].endswith(" GMT")  # the fake's own; two would be joined by a comma
            assert 1 == tasks.headers["Date"].count(",")
            for vendor in VENDORS:
                assert vendor == session.get(told["control"][vendor], timeout=30).json()["vendor"]
                control = ControlClient(told[vendor]["url"], session)
                if tls:
                    assert DEFAULT_MOMENT + timedelta(hours=1) == control.advance(3600) == control.now()
                else:
                    with pytest.raises(MisuseError, match="serve --clock frozen"):
                        control.advance(3600)

    assert [*VENDORS, "control"] == list(told)
    assert SALESFORCE_WORDS == list(salesforce)
    assert ["url", "ca_file", "token", "tenant"] == list(planhat)
    assert ["url", "ca_file", "token", "service_id", "region"] == list(told["totango"])
    assert ["url", "ca_file", "token", "tenant", "user"] == list(told["marketo"])
    assert tls == salesforce["url"].startswith("https://") == (salesforce["ca_file"] is not None)
    assert salesforce["url"] == entry["instance_url"]  # the client stays where it came in


class NameService(requests.adapters.HTTPAdapter):
    """What DNS would do for a user of the served fake: *.salesforce.com is there. The client itself is unmodified."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        assert request.url is not None
        host = urlsplit(request.url).netloc
        request.headers["Host"] = host
        request.url = request.url.replace(f"https://{host}", self._url)
        return super().send(request, **options)


def test_simple_salesforce_against_the_served_fake(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Log-in by password over https, rows, a query, describe, limits and its exceptions, as against the real one."""
    with serving(environment, "salesforce", "--tls") as (told, _):
        words = told["salesforce"]
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", words["ca_file"])
        session = requests.Session()
        session.mount("https://", NameService(words["url"]))
        login = {key: words[key] for key in ("username", "password", "security_token")}
        sf: Any = Salesforce(**login, session=session)
        account = sf.Account.create({"Name": "Acme"})["id"]
        made = [sf.Task.create({"Subject": f"Call {n}", "WhatId": account})["id"] for n in range(3)]
        found = list(sf.query_all_iter("SELECT Id, What.Name FROM Task ORDER BY Id"))

        assert (made, {"Acme"}) == ([row["Id"] for row in found], {row["What"]["Name"] for row in found})
        assert 204 == sf.Task.update(made[0], {"Status": "Completed"})
        assert (True, "Completed") == tuple(sf.Task.get(made[0])[name] for name in ("IsClosed", "Status"))
        assert "Task" == sf.Task.describe()["name"]
        assert 100_000 == sf.limits()["DailyApiRequests"]["Max"]
        with pytest.raises(SalesforceMalformedRequest, match="No such column 'Nope'"):
            sf.Task.create({"Nope": 1})
        assert 204 == sf.Task.delete(made[0])
        with pytest.raises(SalesforceResourceNotFound):
            sf.Task.get(made[0])
        with pytest.raises(SalesforceAuthenticationFailed):
            Salesforce(**login | {"password": "wrong"}, session=session)
        session.close()


@pytest.mark.parametrize("kind", ["lost_request", "lost_response", "truncated"])
def test_a_broken_answer_is_an_error_for_the_client(environment: dict[str, str], kind: str) -> None:
    """Whatever breaks, no client may take it for an answer; a lost answer was acted on, a lost request was not."""
    with serving(environment, "planhat") as (told, _), client(told["planhat"]) as session:
        url = told["planhat"]["url"]
        session.headers["Authorization"] = f"Bearer {told['planhat']['token']}"
        fault = {"kind": kind, "verb": "create", "object": "Company"}
        session.post(f"{told['control']['planhat']}faults", json=fault, timeout=30).raise_for_status()
        with pytest.raises(requests.RequestException):
            session.post(f"{url}/companies", json={"name": "Acme"}, timeout=30)
        names = [company["name"] for company in session.get(f"{url}/companies", timeout=30).json()]

    assert ([] if kind == "lost_request" else ["Acme"]) == names


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly(environment: dict[str, str], how: signal.Signals) -> None:
    """Exit status 0, the port free, no process and no note left."""
    with serving(environment, "planhat") as (told, process):
        process.send_signal(how)
        assert 0 == process.wait(timeout=30)
        with client(told["planhat"]) as session, pytest.raises(requests.ConnectionError):
            session.get(told["planhat"]["url"], timeout=5)
    assert [] == list(Path(environment["UNDERSTUDY_HOME"]).glob("serving-*.json"))


def processes() -> dict[int, tuple[int, int]]:
    """Of each process that runs: its parent, and the group it is in."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            state, parent, group = path.read_text("utf-8", "replace").rpartition(")")[2].split()[:3]
            if state != "Z":
                found[int(path.parent.name)] = (int(parent), int(group))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="processes are read from /proc")
@pytest.mark.parametrize("who", ["understudy serve", "its server"])
def test_killed_it_leaves_nothing_behind(environment: dict[str, str], who: str) -> None:
    """Even a SIGKILL, which nobody can handle, ends all processes, though a client waits for a slow answer."""
    with serving(environment, "planhat") as (told, process), client(told["planhat"]) as session:
        url = told["planhat"]["url"]
        session.headers["Authorization"] = f"Bearer {told['planhat']['token']}"
        session.post(f"{told['control']['planhat']}faults", json={"kind": "delay", "seconds": 3600}, timeout=30)
        lost: list[requests.RequestException] = []

        def ask() -> None:
            try:
                requests.get(f"{url}/tasks", headers=dict(session.headers), timeout=300)
            except requests.RequestException as error:
                lost.append(error)

        waiting = threading.Thread(target=ask)
        waiting.start()
        while session.get(f"{told['control']['planhat']}faults", timeout=30).json()["faults"]:
            pass  # until the slow request has met its fault
        (server,) = (one for one, (parent, _) in processes().items() if parent == process.pid)
        group = [one for one, (_, group) in processes().items() if group == server]
        os.kill(process.pid if who == "understudy serve" else server, signal.SIGKILL)
        for _ in range(600):
            left = [one for one in group if one in processes()]
            if not left:
                break
            threading.Event().wait(0.1)
        waiting.join(timeout=30)

    assert (2, [], 1) == (len(group), left, len(lost))


def test_a_delay_holds_up_nobody_else(environment: dict[str, str]) -> None:
    """While one answer waits, another comes."""
    with serving(environment, "planhat") as (told, _), client(told["planhat"]) as session:
        url = told["planhat"]["url"]
        session.headers["Authorization"] = f"Bearer {told['planhat']['token']}"
        fault = {"kind": "delay", "verb": "list", "object": "Company", "seconds": 3}
        session.post(f"{told['control']['planhat']}faults", json=fault, timeout=30).raise_for_status()
        order = []

        def ask(path: str) -> None:
            answer = requests.get(url + path, headers=dict(session.headers), timeout=30)
            order.append((path, answer.status_code))

        slow = threading.Thread(target=ask, args=("/companies",))
        slow.start()
        while session.get(f"{told['control']['planhat']}faults", timeout=30).json()["faults"]:
            pass  # until the slow request has met its fault
        ask("/tasks")
        slow.join()

    assert [("/tasks", 200), ("/companies", 200)] == order


def test_env_prints_what_is_served(environment: dict[str, str]) -> None:
    """The same words as shell variables, with the CA for curl, requests and Node."""
    with serving(environment, "--tls") as (told, _):
        script = 'eval "$("$@")"; env'
        done = subprocess.run(
            ["bash", "-c", script, "bash", *understudy("env")],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        shown = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
        expected = {
            f"{vendor.upper()}_{name.upper()}": value for vendor in VENDORS for name, value in told[vendor].items()
        }
        url = f"{shown['PLANHAT_URL']}/tasks"
        curl = ["curl", "-s", "-H", f"Authorization: Bearer {shown['PLANHAT_TOKEN']}", url]
        trusted = {name: shown[name] for name in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")}
        answer = subprocess.run(curl, env=os.environ | trusted, capture_output=True, text=True, check=True)

    assert {name: str(value) for name, value in expected.items()} == {name: shown.get(name) for name in expected}
    assert "[]" == answer.stdout
    assert told["salesforce"]["ca_file"] == shown["NODE_EXTRA_CA_CERTS"]
    assert 1 == len(set(trusted.values()))


def test_the_ca_stays_the_same(environment: dict[str, str]) -> None:
    """Who trusted it once need not be told again; the server's own certificate is gone with it."""
    seen = []
    for _ in range(2):
        with serving(environment, "planhat", "--tls") as (told, _):
            seen.append(Path(told["planhat"]["ca_file"]).read_bytes())
    folder = Path(environment["UNDERSTUDY_HOME"]) / "tls"

    assert seen[0] == seen[1]
    assert ["ca-bundle.pem", "ca.key", "ca.pem"] == sorted(path.name for path in folder.iterdir())
    assert 0o600 == (folder / "ca.key").stat().st_mode & 0o777


def test_a_file_keeps_what_was_made(environment: dict[str, str], tmp_path: Path) -> None:
    """`--data sqlite:///FILE`, stopped and started again: the row is there, and the next id is another."""
    data = f"sqlite:///{tmp_path / 'org.sqlite'}"
    ids = []
    for _ in range(2):
        with serving(environment, "salesforce", "--data", data) as (told, _):
            words = told["salesforce"]
            with client(words) as session:
                session.headers["Authorization"] = f"Bearer {words['access_token']}"
                tasks = f"{words['url']}/services/data/v60.0/sobjects/Task"
                ids.append(session.post(tasks, json={"Subject": "Call"}, timeout=30).json()["id"])
                found = [session.get(f"{tasks}/{one}", timeout=30).status_code for one in ids]
                assert {200} == set(found)
    assert 2 == len(set(ids))


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--port", "70000"], 1, "choose another --port, or 0"),
        (["--host", "192.0.2.1", "--port", "0"], 1, "cannot listen on 192.0.2.1"),
        (["--port", "0", "planhat", "--data", "postgresql://x/y"], 1, "only sqlite"),
        (["--port", "0", "salesforce", "--org", "nonsense"], 1, "nonsense"),
        (["--port", "0", "hubspot"], 2, "'hubspot' is not one of"),
        (["--port", "0", "--org", "hubspot=x.toml"], 1, "no vendor 'hubspot'"),
        (["--port", "0", "--org", "planhat="], 1, "no file: write planhat=FILE"),
        (["--port", "0", "planhat", "--org", "planhat=none.toml"], 1, "none.toml: there is no such file"),
        (["--port", "0", "planhat", "--org", "totango=x.toml"], 1, "totango is not served: name it, too"),
        (["--port", "0", "planhat", "--org", "professional"], 1, "salesforce is not served: name it, too"),
        (["--port", "0", "--org", "professional", "--org", "salesforce=enterprise"], 1, "one org for each address"),
    ],
)
def test_what_cannot_be_served_is_said_in_one_line(
    environment: dict[str, str], words: list[str], status: int, said: str
) -> None:
    """What, where, what to do; nothing on standard output; exit status not zero."""
    done = subprocess.run(understudy("serve", *words), env=environment, capture_output=True, text=True, check=False)

    assert (status, "") == (done.returncode, done.stdout)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert status == 2 or 1 == len(done.stderr.splitlines())


def test_a_taken_port_is_refused(environment: dict[str, str]) -> None:
    """Before anything is started."""
    with serving(environment, "planhat") as (told, _):
        port = told["planhat"]["url"].rpartition(":")[2]
        done = subprocess.run(
            understudy("serve", "planhat", "--port", port), env=environment, capture_output=True, text=True, check=False
        )
    assert 1 == done.returncode
    assert "in use" in done.stderr


def test_env_without_a_server_says_so(environment: dict[str, str]) -> None:
    """One line, and what to do."""
    done = subprocess.run(understudy("env"), env=environment, capture_output=True, text=True, check=False)

    assert (1, "") == (done.returncode, done.stdout)
    assert "understudy: nothing is served now: start `understudy serve` in another shell\n" == done.stderr

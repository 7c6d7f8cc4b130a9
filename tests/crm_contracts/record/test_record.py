"""`understudy record`: the client meets the upstream as it would without us, and the evidence is kept."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from simple_salesforce.api import Salesforce

from crm_contracts.cli import understudy
from crm_contracts.record.evidence import Evidence
from crm_contracts.record.proxy import Proxy
from crm_contracts.traffic import UPSTREAM_HEADER, WITHHELD
from crm_contracts.traffic.har import read
from crm_contracts.vendors import create_fake
from fake_core.clock import FrozenClock
from fake_core.errors import MisuseError
from fake_core.fake import Application, Fake
from fake_core.faults import Fault
from fake_core.server import ServedFake, free_port

API = "/services/data/v60.0"


def make_fake() -> Fake:
    return create_fake("salesforce", clock=FrozenClock())


@contextmanager
def recorded(app: Application, file: Path, *, tls: bool = False, **options: Any) -> Iterator[ServedFake]:
    """A served proxy before a served *app*."""
    with ServedFake(app) as upstream:
        evidence = Evidence(file, source="a test", today=date(2026, 11, 21))
        proxy = Proxy(
            upstream.url,
            vendor="salesforce",
            clock=FrozenClock(),
            arrive=evidence.arrive,
            keep=evidence.keep,
            **options,
        )
        with ServedFake(proxy, tls=tls) as served:
            proxy.own = served.url
            yield served


def log_in(session: requests.Session, url: str, fake: Fake) -> requests.Response:
    words = fake.credentials(url)
    given = {"grant_type": "password", "client_id": words["client_id"], "client_secret": words["client_secret"]}
    given |= {"username": words["username"], "password": words["password"] + words["security_token"]}
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return session.post(f"{url}/services/oauth2/token", data=given, headers=kind, timeout=10)


def work(fake: Fake, url: str) -> list[tuple[int, str, list[tuple[str, str]], bytes]]:
    """What a client sees of a little work at *url*, byte for byte; the address is written as <url>."""
    seen = []

    def see(answer: requests.Response) -> requests.Response:
        body = answer.raw.read(decode_content=False)
        headers = [(name, value.replace(url, "<url>")) for name, value in answer.raw.headers.iteritems()]
        seen.append((answer.status_code, answer.reason, headers, body.replace(url.encode(), b"<url>")))
        answer._content = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
        return answer

    with requests.Session() as session:
        session.stream = True
        session.headers["Content-Type"] = "application/json"
        token = log_in(session, url, fake).json()["access_token"]
        session.headers["Authorization"] = f"Bearer {token}"
        made = see(session.post(f"{url}{API}/sobjects/Task/", json={"Subject": "Käse"}, timeout=10)).json()["id"]
        see(session.patch(f"{url}{API}/sobjects/Task/{made}", data=b'{"Priority":"High"}', timeout=10))
        see(session.get(f"{url}{API}/query?q=SELECT+Id,%20Subject+FROM+Task", timeout=10))
        see(session.get(f"{url}{API}/limits", timeout=10))
        see(session.post(f"{url}{API}/sobjects/Task", data=(part for part in (b'{"Nope":', b"1}")), timeout=10))
        see(session.head(f"{url}{API}/sobjects/Task/{made}", timeout=10))
        see(session.delete(f"{url}{API}/sobjects/Task/{made}", timeout=10))
        see(session.get(f"{url}{API}/sobjects/Task/{made}", timeout=10))
    return seen


def test_through_the_proxy_is_as_without_it(tmp_path: Path) -> None:
    """Status, reason, headers, several cookies, packed and empty bodies are those of the upstream, byte for byte."""
    plain, other = make_fake(), make_fake()
    with ServedFake(plain) as direct:
        expected = work(plain, direct.url)
    with recorded(other, tmp_path / "x.har") as served:
        assert expected == work(other, served.url)
    assert [201, 204, 200, 200, 400] == [status for status, *_ in expected][:5]
    assert any(body.startswith(b"\x1f\x8b") for *_, body in expected)
    assert sum(name == "Set-Cookie" for name, _ in expected[0][2]) > 1
    kept = read(tmp_path / "x.har")
    assert [200, *(status for status, *_ in expected)] == [call.status for call in kept.calls]
    assert ("a test", "2026-11-21") == (kept.source, kept.date)
    assert b'{"Nope":1}' == kept.calls[5].request


def test_the_evidence_holds_no_secret(tmp_path: Path) -> None:
    """Password, client secret and token of the session stand nowhere in the file; the rest of the exchange does."""
    fake = make_fake()
    words = fake.credentials("https://x.example")
    with recorded(fake, tmp_path / "x.har") as served, requests.Session() as session:
        session.get(f"{served.url}{API}/limits", headers={"Cookie": f"note={words['access_token']}"}, timeout=10)
        token = log_in(session, served.url, fake).json()["access_token"]
        session.get(f"{served.url}{API}/limits", headers={"Authorization": f"Bearer {token}"}, timeout=10)
    text = (tmp_path / "x.har").read_text()
    assert [] == [
        word for word in (token, words["client_secret"], words["password"], words["access_token"]) if word in text
    ]
    assert words["username"].replace("@", "%40") in text


def test_a_secret_that_shows_itself_late_is_taken_out_of_what_is_written(tmp_path: Path) -> None:
    """A note that quotes a token is written before the token is known to be one; it is gone afterwards."""
    file = tmp_path / "x.har"
    with recorded(make_fake(), file) as served:
        requests.get(f"{served.url}/services/data?note=quiet-as-a-mouse-1", timeout=10)
        assert "quiet-as-a-mouse-1" in file.read_text()
        requests.get(f"{served.url}{API}/limits", headers={"Authorization": "Bearer quiet-as-a-mouse-1"}, timeout=10)
    assert "quiet-as-a-mouse-1" not in file.read_text()
    assert [200, 401] == [call.status for call in read(file).calls]


def test_simple_salesforce_works_through_the_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that reads where to go from the answer to its log-in stays with the proxy; over TLS, by SOAP."""
    fake = make_fake()
    with recorded(fake, tmp_path / "x.har", tls=True) as served:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(served.ca_file))
        words = fake.credentials(served.url)
        token = requests.Session()
        with token:
            answer = log_in(token, served.url, fake).json()
        assert served.url == answer["instance_url"]
        client: Any = Salesforce(instance_url=answer["instance_url"], session_id=answer["access_token"], version="60.0")
        made = client.Task.create({"Subject": "Call"})
        assert [("Call", made["id"])] == [
            (row["Subject"], row["Id"]) for row in client.query_all("SELECT Id, Subject FROM Task")["records"]
        ]
        client.session.close()
    assert words["username"]
    calls = read(tmp_path / "x.har").calls
    assert [200, 201, 200] == [call.status for call in calls]
    assert "https://" not in calls[0].response.decode().partition("instance_url")[2].partition(",")[0]


class Odd:
    """An upstream whose answers are odd."""

    hosts = ()

    def __init__(self, answer: Callable[[Any, Any], Any]) -> None:
        self._answer = answer

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self._answer(environ, start_response)


def test_a_redirect_and_a_log_in_stay_with_us_unless_told_otherwise(tmp_path: Path) -> None:
    """The upstream's address in Location, and in serverUrl of a SOAP log-in, is ours; with rewrite off, as it was."""

    def answer(environ: Any, start_response: Any) -> Any:
        here = f"http://{environ['HTTP_HOST']}"
        if environ["PATH_INFO"].startswith("/services/Soap/u/"):
            start_response("200 OK", [("Content-Type", "text/xml")])
            return [f"<serverUrl>{here}/services/Soap/u/60.0/00D</serverUrl>".encode()]
        start_response("302 Found", [("Location", f"{here}/next"), ("Content-Length", "0")])
        return [b""]

    for rewrite in (True, False):
        with recorded(Odd(answer), tmp_path / f"{rewrite}.har", rewrite=rewrite) as served:
            got = requests.get(f"{served.url}/x", timeout=10, allow_redirects=False)
            soap = requests.post(f"{served.url}/services/Soap/u/60.0", data=b"<login/>", timeout=10)
            assert rewrite == (f"{served.url}/next" == got.headers["Location"])
            assert rewrite == (f"<serverUrl>{served.url}/services/Soap/u/60.0/00D</serverUrl>" == soap.text)
            assert served.url not in (tmp_path / f"{rewrite}.har").read_text()


def test_after_a_log_in_elsewhere_the_org_that_it_named_is_asked(tmp_path: Path) -> None:
    """A log-in host answers for no data: REST and SOAP calls go to the org, further log-ins to the log-in host."""
    heard = []

    def host(name: str, instance: str) -> Odd:
        def answer(environ: Any, start_response: Any) -> Any:
            heard.append((name, environ["PATH_INFO"]))
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps({"instance_url": instance}).encode() if "oauth2" in environ["PATH_INFO"] else b"{}"]

        return Odd(answer)

    with ServedFake(host("org", "")) as org, recorded(host("login", org.url), tmp_path / "x.har") as served:
        got = requests.post(f"{served.url}/services/oauth2/token", data={"grant_type": "password"}, timeout=10).json()
        assert {"instance_url": served.url} == got
        for path in (f"{API}/limits", "/services/Soap/u/60.0/00Dxx", "/services/Soap/u/60.0"):
            requests.get(f"{served.url}{path}", timeout=10)
    token, data, soap, login = heard
    assert ("login", "org", "org", "login") == (token[0], data[0], soap[0], login[0])
    assert org.url in read(tmp_path / "x.har").calls[1].url


def test_the_upstream_is_asked_for_what_can_be_looked_through(tmp_path: Path) -> None:
    """Of the codings that a client takes those go on that we can unpack; brotli that comes all the same passes."""
    heard = []

    def answer(environ: Any, start_response: Any) -> Any:
        heard.append(environ.get("HTTP_ACCEPT_ENCODING"))
        start_response("200 OK", [("Content-Encoding", "br"), ("Content-Length", "6")])
        return [b"\x8b\x04\x80{}\x03"]

    with recorded(Odd(answer), tmp_path / "x.har") as served, requests.Session() as session:
        got = [
            session.get(f"{served.url}/x", headers={"Accept-Encoding": given}, timeout=10, stream=True).raw.read()
            for given in ("gzip, deflate, br;q=0.9, zstd", "br")
        ]
    assert (["gzip, deflate", "identity"], [b"\x8b\x04\x80{}\x03"] * 2) == (heard, got)
    assert ["compressed with br"] * 2 == [call.answered(WITHHELD) for call in read(tmp_path / "x.har").calls]


def test_an_upstream_that_cannot_be_reached_is_a_502_and_is_kept_as_such(tmp_path: Path) -> None:
    """One line says what happened; the evidence says that this is no answer of the vendor's."""
    evidence = Evidence(tmp_path / "x.har", source="a test", today=date(2026, 11, 21))
    url = f"http://127.0.0.1:{free_port()}"
    proxy = Proxy(url, vendor="planhat", clock=FrozenClock(), arrive=evidence.arrive, keep=evidence.keep)
    with ServedFake(proxy) as served, ServedFake(make_fake(), tls=True) as secure:
        refused = requests.get(f"{served.url}/tasks", timeout=10)
        proxy.upstream = proxy._instance = secure.url
        untrusted = requests.get(f"{served.url}/tasks", timeout=10)
    assert (502, 502) == (refused.status_code, untrusted.status_code)
    assert f"understudy record: no answer from {url}: cannot connect" in refused.json()["error"]
    assert "TLS failed" in untrusted.json()["error"]
    calls = read(tmp_path / "x.har").calls
    assert [502, 502] == [call.status for call in calls]
    assert "cannot connect" in (calls[0].answered(UPSTREAM_HEADER) or "")


def test_a_connection_that_breaks_breaks_for_the_client_too(tmp_path: Path) -> None:
    """A lost answer is a 502, for nothing came; a body that breaks off breaks off for the client."""
    fake = make_fake()
    with recorded(fake, tmp_path / "x.har") as served:
        auth = {
            "Authorization": f"Bearer {fake.credentials(served.url)['access_token']}",
            "Accept-Encoding": "identity",
        }
        fake.script(Fault(kind="lost_response", vendor="salesforce"))
        assert 502 == requests.get(f"{served.url}{API}/limits", headers=auth, timeout=10).status_code
        fake.script(Fault(kind="truncated", vendor="salesforce"))
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            requests.get(f"{served.url}{API}/limits", headers=auth, timeout=10)
    lost, broken = read(tmp_path / "x.har").calls
    assert "the connection broke" in (lost.answered(UPSTREAM_HEADER) or "")
    assert (200, True) == (broken.status, 0 < len(broken.response) < 10_000)
    with pytest.raises(ValueError):
        json.loads(broken.response)


def test_many_clients_at_once_lose_nothing(tmp_path: Path) -> None:
    """Forty calls of eight threads are forty entries, in the order of arrival."""
    file = tmp_path / "x.har"
    with recorded(make_fake(), file) as served:

        def ask(number: int) -> None:
            for each in range(5):
                requests.get(f"{served.url}/services/data?n={number}.{each}", timeout=10)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    calls = read(file).calls
    assert {f"n={n}.{m}" for n in range(8) for m in range(5)} == {call.url.partition("?")[2] for call in calls}
    assert 40 == len(calls)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_the_command_leaves_a_whole_file_however_it_ends(tmp_path: Path, how: signal.Signals) -> None:
    """After Ctrl-C, and after a death, the file has every exchange that was answered; two upstreams are in one file."""
    file = tmp_path / "x.har"
    with ServedFake(make_fake()) as one, ServedFake(create_fake("planhat", clock=FrozenClock())) as two:
        command = [sys.executable, "-m", "crm_contracts", "record", "--port", "0", "-o", str(file)]
        command += ["--upstream", f"salesforce={one.url}", "--upstream", f"planhat={two.url}", "--source", "two fakes"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        urls = re.findall(r"(http://\S+) ->", "".join(lines))
        requests.get(f"{urls[0]}/services/data", timeout=10)
        requests.get(f"{urls[1]}/tasks", timeout=10)
        process.send_signal(how)
        _, told = process.communicate(timeout=20)
    found = read(file)
    assert [("salesforce", 200), ("planhat", 401)] == [(call.vendor, call.status) for call in found.calls]
    assert "two fakes" == found.source
    assert [file] == list(tmp_path.iterdir())
    if how == signal.SIGINT:
        assert (0, f"2 exchanges in {file}\n") == (process.returncode, told)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--upstream", "https://api.example.com", "-o", "x.har"], "does not tell whose it is"),
        (["--upstream", "ftp://api.planhat.com", "-o", "x.har"], "no address of a service"),
        (["--upstream", "https://api.planhat.com/tasks", "-o", "x.har"], "no address of a service"),
        (["--upstream", "https://api.planhat.com"], "name the evidence file"),
        (["--upstream", "https://api.planhat.com", "-o", "no/x.har"], "cannot be written"),
        (["--upstream", "https://api.planhat.com", "-o", "there.har"], "is there already"),
    ],
)
def test_a_wrong_call_is_one_line_and_writes_nothing(
    tmp_path: Path, words: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What, where, what to do."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.har").write_text("mine")
    done = CliRunner().invoke(understudy, ["record", *words])
    assert isinstance(done.exception, MisuseError)
    assert told in str(done.exception)
    assert "\n" not in str(done.exception)
    assert ["mine"] == [one.read_text() for one in tmp_path.iterdir()]


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    """The line names the port; nothing is written."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        words = ["record", "--upstream", "https://api.planhat.com", "-o", str(tmp_path / "x.har"), "--port", str(port)]
        result = CliRunner().invoke(understudy, words)
    assert str(port) in str(result.exception)
    assert isinstance(result.exception, MisuseError)
    assert [] == list(tmp_path.iterdir())

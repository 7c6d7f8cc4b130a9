"""`understudy compare`: each thing that differs from a recording is reported; what cannot be compared is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from crm_contracts.findings import Report
from crm_contracts.record import replay
from crm_contracts.record.compare_cli import compare
from crm_contracts.record.findings import report_of
from crm_contracts.record.identifiers import ids_in
from crm_contracts.record.names import Names
from crm_contracts.traffic import Call
from crm_contracts.traffic.har import Recording, read, write
from crm_contracts.traffic.scrubbed import reveals, scrubbed
from crm_contracts.traffic.tap import Tap, Traffic
from crm_contracts.vendors import HOSTS, create_fake
from fake_core.clock import SteppedClock
from fake_core.errors import MisuseError
from fake_core.fake import Fake
from fake_core.ids import IdSource
from fake_core.transport import InProcess

SALESFORCE, PLANHAT = HOSTS["salesforce"], HOSTS["planhat"]
API = f"{SALESFORCE}/services/data/v60.0"
FILE = Path("x.har")


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    """A recording of two fakes with other ids and another clock than those it is compared with."""
    traffic = Traffic()
    clock = SteppedClock(datetime(2026, 6, 1, tzinfo=UTC))
    fakes = [create_fake(vendor, clock=clock, ids=IdSource(77)) for vendor in ("salesforce", "planhat")]
    taps = [Tap(fake, vendor=fake.vendor, clock=clock, traffic=traffic) for fake in fakes]
    words = fakes[0].credentials(SALESFORCE)
    with requests.Session() as other:  # so that the recording's ids are not those of a fresh fake
        other.mount("https://", InProcess(fakes).adapter())
        other.headers["Authorization"] = f"Bearer {words['access_token']}"
        for kind, name in (("Account", "Name"), ("Contact", "LastName"), ("Task", "Subject")):
            other.post(f"{API}/sobjects/{kind}", json={name: "before"}).raise_for_status()
    with requests.Session() as session:
        session.mount("https://", InProcess(taps).adapter())
        form = {name: words[name] for name in ("client_id", "client_secret", "username")}
        form |= {"grant_type": "password", "password": words["password"] + words["security_token"]}
        token = session.post(f"{SALESFORCE}/services/oauth2/token", data=form).json()
        session.post(f"{SALESFORCE}/services/oauth2/token", data=form | {"password": "wrong-one"})
        session.headers["Authorization"] = f"Bearer {token['access_token']}"
        acme = session.post(f"{API}/sobjects/Account", json={"Name": "Acme", "AnnualRevenue": 4000}).json()["id"]
        owner = token["id"].rpartition("/")[2]
        body = {"LastName": "B", "Email": "A@B.example", "AccountId": acme[:15], "OwnerId": owner}
        person = session.post(f"{API}/sobjects/Contact", json=body).json()["id"]
        session.get(f"{API}/sobjects/Contact/{person}")
        session.get(f"{API}/query", params={"q": f"SELECT Id, Account.Name FROM Contact WHERE AccountId = '{acme}'"})
        session.get(f"{API}/sobjects/Account/{acme}")
        good, bad = {"attributes": {"type": "Task"}, "WhatId": acme}, {"attributes": {"type": "Task"}, "Nope": 1}
        session.post(f"{API}/composite/sobjects", json={"records": [good, bad]})
        session.delete(f"{API}/sobjects/Contact/{person}")
        session.delete(f"{API}/sobjects/Contact/{person}")
        session.get(f"{API}/limits")
        session.get(f"{API}/limits", headers={"Authorization": "Bearer abcdefghijklm"})
        session.headers["Authorization"] = f"Bearer {fakes[1].credentials(PLANHAT)['token']}"
        company = session.post(f"{PLANHAT}/companies", json={"name": "Acme"}).json()["_id"]
        session.post(f"{PLANHAT}/tasks", json={"companyId": company, "action": "Call"})
        session.get(f"{PLANHAT}/companies/{company}")
    for fake in fakes:
        fake.close()
    return scrubbed(traffic.calls)


def put(calls: Sequence[Call], **given: Any) -> Report:
    renumbered = [replace(call, number=number) for number, call in enumerate(calls, 1)]
    return report_of({FILE: Recording(calls=renumbered, source="a test", date="2026-11-21", **given)})


def checks(report: Report) -> set[tuple[str, str]]:
    """Which kind of difference was seen at which operation."""
    return {(one.operation, one.check.removeprefix("answers-differ-in-")) for one in report.findings}


def test_a_recording_of_a_faithful_service_agrees(calls: list[Call]) -> None:
    """Other ids, stamps, tokens and request ids are no difference; every exchange is compared."""
    report = put(calls)
    assert [] == [finding.seen for finding in report.findings]
    assert {"passed": len(calls)} == dict(report.counts)
    assert 2 == report.coverage["salesforce"]["createRecord"]


def test_records_that_the_evidence_never_made_are_made_from_what_it_shows(calls: list[Call]) -> None:
    """A recording that begins in the middle is compared: its account and contact are made from their rows."""
    report = put([calls[0], *calls[4:7]])
    assert {"passed": 4} == dict(report.counts)
    planhat = put(calls[-2:])
    assert ("passed", "passed") == tuple(one.state for one in planhat.results)


def test_a_browsers_file_is_compared_with_its_secrets_or_without(calls: list[Call]) -> None:
    """One that shows the token, and one from which it was left out, agree as ours do; no report shows it."""
    token = ("authorization", "Bearer 00D5500000001Ab!AQ4AQFx.b_2nT_zKq0Qw9mY7hB1cVdX")
    for shown in ((token,), ()):
        others = [
            replace(one, request_headers=(*(pair for pair in one.request_headers if pair[0] != token[0]), *shown))
            for one in calls[2:5]
        ]
        report = put([*others, replace(others[2], status=203)])
        assert [("passed", 3), ("failed", 1)] == list(report.counts.items())
        assert token[1].partition(" ")[2] not in repr(report)


def test_that_a_record_was_there_may_be_all_that_is_shown(calls: list[Call]) -> None:
    """A deletion says that there was one; a refusal because it is deleted, that there was one before."""
    report = put([calls[8]])
    assert {"passed": 1} == dict(report.counts)
    report = put([calls[9]])
    assert {"passed": 1} == dict(report.counts)


def test_what_starts_from_unknown_records_is_not_comparable(calls: list[Call]) -> None:
    """No row shows them: the exchanges are told and counted as neither agreed nor different."""
    report = put([calls[10], replace(calls[5], response=b'{"totalSize":0,"done":true,"records":[]}')])
    unknown, told = report.results[1], report.facts["exchanges"]
    assert "not run" == unknown.state
    assert "not comparable: it starts from a record that we do not have" in unknown.why
    assert "1 agree, 0 differ, 1 not comparable" in told
    ours = replace(calls[2], status=502, response_headers=(("x-understudy-upstream", "refused"),))
    packed = replace(calls[2], request=b"", request_headers=(("x-understudy-withheld", "compressed with br"),))
    assert [
        "not comparable: the recording has no answer of the vendor's",
        "not comparable: the recording does not have what was sent (compressed with br)",
    ] == [one.why for one in put([ours, packed]).results]


def test_what_follows_from_a_difference_is_not_judged_again(calls: list[Call]) -> None:
    """A create that differs is one finding; who needs its record is told to follow from it."""
    refused = replace(calls[2], request=b'{"Nope": 1}')
    report = put([calls[0], refused, calls[3]])
    assert {"createRecord"} == {operation for operation, _ in checks(report)}
    assert "which exchange 2 should have made" in report.results[2].why


def answer(status: int | None = None, edit: Callable[[Any], Any] | None = None, **headers: str | None) -> Any:
    """A fault to plant: another status, another body, other headers (None: taken away)."""

    def change(line: str, given: list[tuple[str, str]], body: bytes) -> tuple[str, list[tuple[str, str]], bytes]:
        if edit is not None:
            body = json.dumps(edit(json.loads(body))).encode()
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = [pair for pair in given if pair[0].lower() not in {*names, "content-length"}]
        kept += [(name, value) for name, value in names.items() if value is not None]
        return (f"{status} Planted" if status else line), kept, body

    return change


def without(key: str) -> Callable[[Any], Any]:
    return lambda data: {name: value for name, value in data.items() if name != key}


def with_(**given: Any) -> Callable[[Any], Any]:
    return lambda data: {**data, **given}


def first(**given: Any) -> Callable[[Any], Any]:
    return lambda data: [{**data[0], **given}, *data[1:]]


# What is planted: (the request that it spoils, by method, end of path and status; the fault; what has to be reported)
PLANTED = {
    "status of a create": ("POST /Account 201", answer(200), ("createRecord", "status")),
    "status of a second delete": ("DELETE 404", answer(400), ("deleteRecord", "status")),
    "status of a refused log-in": ("POST /token 400", answer(401), ("token", "status")),
    "error code": ("DELETE 404", answer(edit=first(errorCode="NOT_FOUND")), ("deleteRecord", "error-code")),
    "error message": ("DELETE 404", answer(edit=first(message="Entity is deleted")), ("deleteRecord", "value")),
    "error code of an item": (
        "POST /composite/sobjects 200",
        answer(edit=lambda data: [data[0], {**data[1], "errors": [{**data[1]["errors"][0], "statusCode": "X"}]}]),
        ("createRecords", "error-code"),
    ),
    "error of a log-in": ("POST /token 400", answer(edit=with_(error="invalid_client")), ("token", "error-code")),
    "missing key": ("GET /query 200", answer(edit=without("done")), ("query", "missing-key")),
    "missing key of a row": ("GET Contact 200", answer(edit=without("Email")), ("getRecord", "missing-key")),
    "extra key": ("POST /Account 201", answer(edit=with_(created=True)), ("createRecord", "extra-key")),
    "number as text": ("GET /query 200", answer(edit=with_(totalSize="1")), ("query", "type")),
    "decimal as integer": ("GET Account 200", answer(edit=with_(AnnualRevenue=4000)), ("getRecord", "type")),
    "null as empty text": ("GET Contact 200", answer(edit=with_(Phone="")), ("getRecord", "type")),
    "value": ("GET Contact 200", answer(edit=with_(Email="A@B.example")), ("getRecord", "value")),
    "stamp of another format": (
        "GET Contact 200",
        answer(edit=with_(CreatedDate="2026-06-01T00:00:00Z")),
        ("getRecord", "value"),
    ),
    "id of 15 characters": (
        "GET Contact 200",
        answer(edit=lambda data: {**data, "AccountId": data["AccountId"][:15]}),
        ("getRecord", "value"),
    ),
    "id of another record": (
        "GET Contact 200",
        answer(edit=lambda data: {**data, "AccountId": data["Id"]}),
        ("getRecord", "value"),
    ),
    "rows lost": ("GET /query 200", answer(edit=with_(records=[], totalSize=1)), ("query", "length")),
    "header lost": ("GET 401", answer(www_authenticate=None), ("limits", "header")),
    "header of another value": ("GET 401", answer(www_authenticate="Bearer"), ("limits", "header")),
    "header too many": ("POST /Account 201", answer(x_extra="1"), ("createRecord", "header")),
    "limits of another type": (
        "GET /limits 200",
        answer(edit=with_(DailyApiRequests={"Max": "15000", "Remaining": 1})),
        ("limits", "type"),
    ),
    "Planhat's status": ("POST /companies 200", answer(201), ("createCompany", "status")),
    "Planhat's key": ("GET /companies 200", answer(edit=without("name")), ("getCompany", "missing-key")),
    "Planhat's type": ("GET /companies 200", answer(edit=with_(followers="")), ("getCompany", "type")),
}


@pytest.mark.parametrize("name", PLANTED)
def test_each_planted_infidelity_is_reported(calls: list[Call], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake with one fault is reported at that operation, for that kind of difference."""
    where, change, expected = PLANTED[name]
    hits = []

    def planted(vendor: str, **options: Any) -> Fake:
        fake = create_fake(vendor, **options)
        app = fake.app

        def spoiled(environ: Any, start_response: Any) -> Iterator[bytes] | list[bytes]:
            told: list[Any] = []
            body = b"".join(app(environ, lambda line, headers, *_: told.extend([line, headers])))  # type: ignore[arg-type]
            line, headers = told
            method, _, rest = where.partition(" ")
            path, _, status = rest.rpartition(" ")
            if (method, status) == (environ["REQUEST_METHOD"], line[:3]) and path in environ["PATH_INFO"]:
                hits.append(line)
                line, headers, body = change(line, headers, body)
            start_response(line, headers)
            return [body]

        fake.app = spoiled
        return fake

    monkeypatch.setattr(replay, "create_fake", planted)
    report = put(calls[-3:] if name.startswith("Planhat") else calls[:-3])
    assert hits
    assert expected in {(operation, kind) for operation, kind in checks(report)}
    assert not report.ok


def test_a_finding_says_all_that_is_needed_to_mend_it(calls: list[Call]) -> None:
    """Operation, what stands there and here, the ledger's entry and grade, and data ready to be put in."""
    told = json.loads(calls[9].response)
    told[0]["message"] = "this entity is deleted"
    report = put([*calls[:9], replace(calls[9], response=json.dumps(told).encode())])
    (finding,) = report.findings
    assert ("deleteRecord", "answers-differ-in-value") == (finding.operation, finding.check)
    assert 'recorded "this entity is deleted", ours "entity is deleted"' in finding.seen
    assert "ENTITY_IS_DELETED" in finding.entry
    assert finding.grade
    assert finding.source
    shown = "\n".join(finding.shown)
    assert 'message = "this entity is deleted"' in shown
    assert 'source = "x.har, exchange 10, a test"' in shown
    assert "exchange 10: DELETE" in finding.where


def test_a_part_of_an_answer_says_nothing_of_the_rest(calls: list[Call]) -> None:
    """Where evidence shows an answer in part, what it leaves out is no difference; what it shows is compared."""
    part = replace(calls[2], response=b'{"success":true}', response_headers=())
    assert put([part], notes={1: {"partial": ["headers", "body"]}}).ok
    assert {("createRecord", "extra-key")} == checks(put([part]))
    wrong = replace(part, response=b'{"success":false}')
    assert {("createRecord", "value")} == checks(put([wrong], notes={1: {"partial": ["headers", "body"]}}))


def test_ids_are_found_behind_an_escaped_quote() -> None:
    """In a query of a URL, and between other signs; digits of the escape are none of the id."""
    whole = "0035500001H9kZuAAJ"
    assert [whole, whole] == list(ids_in(f"q=Id%3D%27{whole}%27 x={whole}, {whole}x a{whole}"))
    names, ours = Names(), "003Pc00000NsWSHIA3"
    assert names.bind(whole, ours)
    assert f"%27{ours}%27 %27{ours[:15]}%27" == names.ours(f"%27{whole}%27 %27{whole[:15]}%27")


def test_bound_ids_stay_bound() -> None:
    """One of theirs is one of ours, in both forms; another object's id is no candidate."""
    names = Names()
    theirs, ours = "001D000000IRFmaIAH", "0035500001H9kZuAAJ"
    assert not names.bind(theirs, ours)
    assert names.bind(theirs, theirs)
    assert names.bind(theirs, theirs)
    assert not names.bind(theirs, "001B000001Lp1G2IAJ")
    assert f"a {theirs} b {theirs[:15]}" == names.ours(f"a {theirs} b {theirs[:15]}")
    assert [ours] == names.strangers(f"{theirs} {ours} NotAnIdentifierAtAll")


def test_the_command_tells_by_its_exit_status(calls: list[Call], tmp_path: Path) -> None:
    """0: all agrees; 1: something differs; 2: a file that is none."""
    good, bad = tmp_path / "a" / "good.har", tmp_path / "b" / "bad.har"
    for file, given in ((good, calls[2:3]), (bad, [replace(calls[2], status=200)])):
        file.parent.mkdir()
        write(file, given, source="a test", date="2026-11-21")
    runner = CliRunner()
    held = runner.invoke(compare, [str(good.parent)])
    assert (0, True) == (held.exit_code, "1 agree, 0 differ" in held.output)
    failed = runner.invoke(compare, [str(tmp_path), "--format", "json"])
    assert 1 == failed.exit_code
    json.loads(failed.stdout)
    for words in ([str(tmp_path / "none.har")], [str(good), "--host", "x"], [str(good), "--org", "a", "--org", "b"]):
        wrong = runner.invoke(compare, words)
        assert isinstance(wrong.exception, MisuseError)
        assert 2 == getattr(wrong.exception, "exit_code", 0)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert isinstance(runner.invoke(compare, [str(empty)]).exception, MisuseError)


SEED = {
    "salesforce": {
        "Account": [{"Name": "Acme", "AccountNumber": "acme"}],
        "Contact": [{"LastName": "B", "AccountId": "@Account[0]"}],
    },
    "planhat": {"companies": [{"_id": "5c0000000000000000000001", "name": "Acme", "externalId": "acme"}]},
}


def test_what_an_integration_sends_is_compared_by_what_was_there(tmp_path: Path) -> None:
    """One vendor's id is a text to another; a parent that a row shows is made; who names what the file never shows is
    not comparable without the records that were there (--seed), and neither is what follows; with them all agrees.
    """
    traffic, clock = Traffic(), SteppedClock(datetime(2026, 6, 1, tzinfo=UTC))
    fakes = [create_fake(vendor, clock=clock, ids=IdSource(78)) for vendor in SEED]
    with requests.Session() as session:
        session.mount(
            "https://",
            InProcess([Tap(one, vendor=one.vendor, clock=clock, traffic=traffic) for one in fakes]).adapter(),
        )
        for fake in fakes:
            assert fake.seed is not None
            fake.seed(SEED[fake.vendor])
        session.headers["Authorization"] = f"Bearer {fakes[0].credentials(SALESFORCE)['access_token']}"
        query = "SELECT Id, LastName, Account.AccountNumber FROM Contact"
        found = session.get(f"{API}/query", params={"q": query}).json()["records"][0]
        task = {"attributes": {"type": "Task"}, "Planhat_Id__c": "5c0000000000000000000001", "Subject": "x"}
        session.patch(f"{API}/composite/sobjects/Task/Planhat_Id__c", json={"records": [task]})
        session.headers["Authorization"] = f"Bearer {fakes[1].credentials(PLANHAT)['token']}"
        item = {"sourceId": found["Id"], "name": found["LastName"], "companyId": "extid-acme"}
        assert 1 == session.put(f"{PLANHAT}/endusers", json=[item]).json()["created"]
        assert 1 == len(session.get(f"{PLANHAT}/endusers", params={"companyId": "extid-acme"}).json())
    for fake in fakes:
        fake.close()
    write(tmp_path / "x.har", scrubbed(traffic.calls), source="a test", date="2026-11-21")
    (tmp_path / "seed.json").write_text(json.dumps(SEED), "utf-8")
    words = [str(tmp_path / "x.har"), "--format", "json"]

    without = json.loads(CliRunner().invoke(compare, words).stdout)["results"]
    assert ["passed", "passed", "not run", "not run"] == [one["state"] for one in without]
    assert "names a company by its key acme" in without[2]["why"]
    assert "it shows what exchange 3 should have made" in without[3]["why"]
    seeded = CliRunner().invoke(compare, [*words, "--seed", str(tmp_path / "seed.json")])
    assert (0, ["passed"] * 4) == (seeded.exit_code, [one["state"] for one in json.loads(seeded.stdout)["results"]])


def test_our_own_file_keeps_who_is_who(calls: list[Call], tmp_path: Path) -> None:
    """Written and read again, a recording compares as before."""
    write(tmp_path / "x.har", calls, source="a test", date="2026-11-21")
    assert report_of({FILE: read(tmp_path / "x.har")}).ok


EVIDENCE = Path(__file__).parents[3] / "fixtures" / "evidence"


def test_our_evidence_says_where_it_comes_from_and_the_fakes_agree_with_it() -> None:
    """Each file of fixtures/evidence has source and date, shows no secret, and is answered as it was."""
    recordings = {file: read(file) for file in sorted(EVIDENCE.rglob("*.har"))}
    assert recordings
    for file, recording in recordings.items():
        assert recording.source, file
        assert recording.date, file
        assert recording.calls, file
        assert file.parent.name == recording.vendor
        assert not [call.url for call in recording.calls if reveals(call)]
    report = report_of(recordings)
    assert [] == [finding.seen for finding in report.findings]
    assert report.counts["passed"] > report.counts["not run"]

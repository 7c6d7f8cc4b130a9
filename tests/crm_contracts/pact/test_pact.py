"""Pact files: valid by the specification's schema, without secrets or doubles, the same for the same traffic."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from crm_contracts.pact import faults_of, write_pact
from crm_contracts.traffic import Call
from crm_contracts.traffic.tap import Tap, Traffic
from crm_contracts.vendors import HOSTS, create_fake
from fake_core.clock import SteppedClock
from fake_core.errors import MisuseError
from fake_core.transport import InProcess

SALESFORCE, PLANHAT = HOSTS["salesforce"], HOSTS["planhat"]
API = f"{SALESFORCE}/services/data/v60.0"


@pytest.fixture(scope="module")
def calls() -> Iterator[list[Call]]:
    """A little work with two vendors, some of it twice."""
    traffic = Traffic()
    fakes = {vendor: create_fake(vendor, clock=SteppedClock()) for vendor in ("salesforce", "planhat")}
    taps = [Tap(fake, vendor=vendor, clock=fake.clock, traffic=traffic) for vendor, fake in fakes.items()]
    words = fakes["salesforce"].credentials(SALESFORCE)
    with requests.Session() as session:
        session.mount("https://", InProcess(taps).adapter())
        form = {name: words[name] for name in ("client_id", "client_secret", "username", "password")}
        form["password"] += words["security_token"]
        log_in = session.post(f"{SALESFORCE}/services/oauth2/token", data={"grant_type": "password", **form}).json()
        session.headers["Authorization"] = f"Bearer {log_in['access_token']}"
        for _ in range(2):
            made = session.post(f"{API}/sobjects/Task", json={"Subject": "Call"}).json()["id"]
            session.get(f"{API}/sobjects/Task/{made}")
            session.get(f"{API}/query", params={"q": f"SELECT Id, CreatedDate FROM Task WHERE Id = '{made}'"})
        session.post(f"{API}/sobjects/Task", json={"Nope": 1})
        session.post(f"{API}/sobjects/Task", data=b"{broken", headers={"Content-Type": "application/json"})
        session.patch(f"{API}/sobjects/Task/{made}", json={"Subject": "Done"})
        session.get(f"{SALESFORCE}/__understudy__/journal")
        session.headers["Authorization"] = f"Bearer {fakes['planhat'].credentials(PLANHAT)['token']}"
        company = session.post(f"{PLANHAT}/companies", json={"name": "Acme"}).json()["_id"]
        session.get(f"{PLANHAT}/companies/{company}")
    yield traffic.calls
    for fake in fakes.values():
        fake.close()


@pytest.fixture
def pacts(calls: list[Call], tmp_path: Path) -> dict[str, Any]:
    files = write_pact(calls, "the sync", tmp_path / "pacts")
    assert ["the_sync-planhat.json", "the_sync-salesforce.json"] == [file.name for file in files]
    assert sorted(files) == sorted((tmp_path / "pacts").iterdir())
    return {file.stem.rpartition("-")[2]: json.loads(file.read_text()) for file in files}


def interaction(pact: Any, begins: str) -> Any:
    (one,) = [one for one in pact["interactions"] if one["description"].startswith(begins)]
    return one


def test_a_file_tells_who_asks_whom_and_what_is_answered(pacts: dict[str, Any]) -> None:
    """Consumer, provider and version 4; each interaction once, ids of the paths masked in the descriptions."""
    pact = pacts["salesforce"]
    assert ("the sync", "salesforce") == (pact["consumer"]["name"], pact["provider"]["name"])
    assert "4.0" == pact["metadata"]["pactSpecification"]["version"]
    task = "/services/data/v60.0/sobjects/Task"
    assert [
        "GET /services/data/v60.0/query is answered 200",
        f"GET {task}/{{id}} is answered 200",
        f"PATCH {task}/{{id}} is answered 204",
        f"POST {task} is answered 201",
        f"POST {task} is answered 400",
        f"POST {task} is answered 400 (2)",
        "POST /services/oauth2/token is answered 200",
    ] == [one["description"] for one in pact["interactions"]]
    assert ["GET", "POST"] == [one["request"]["method"] for one in pacts["planhat"]["interactions"]]


def test_ids_and_stamps_are_examples_and_the_rest_is_not(pacts: dict[str, Any]) -> None:
    """What another run would answer otherwise is matched by its form; the rules fit the examples they stand for."""
    read = interaction(pacts["salesforce"], "GET /services/data/v60.0/sobjects/Task/")
    (path,) = read["request"]["matchingRules"]["path"]["matchers"]
    assert re.fullmatch(path["regex"], read["request"]["path"])
    assert not re.fullmatch(path["regex"], read["request"]["path"] + "x")
    rules = read["response"]["matchingRules"]["body"]
    assert {"$.Id", "$.CreatedDate", "$.attributes.url"} <= set(rules)
    assert not {"$.Subject", "$.attributes.type"} & set(rules)
    content = read["response"]["body"]["content"]
    for key in ("Id", "CreatedDate"):
        assert re.fullmatch(rules[f"$.{key}"]["matchers"][0]["regex"], content[key])
    found = interaction(pacts["salesforce"], "GET /services/data/v60.0/query")
    assert re.fullmatch(
        found["request"]["matchingRules"]["query"]["q"]["matchers"][0]["regex"], found["request"]["query"]["q"][0]
    )
    assert "$.records[*].Id" in found["response"]["matchingRules"]["body"]
    state = read["providerStates"][0]
    assert ("a record of Task exists", True) == (state["name"], state["params"]["id"] in read["request"]["path"])
    assert "$._id" in interaction(pacts["planhat"], "GET /companies/")["response"]["matchingRules"]["body"]


def test_no_secret_is_in_a_file(pacts: dict[str, Any], calls: list[Call]) -> None:
    """Neither what was sent to log in nor what was answered; the token is matched by its kind alone."""
    text = json.dumps(pacts)
    sent = dict(part.split("=") for part in calls[0].request.decode().split("&"))
    token = json.loads(calls[0].response)["access_token"]
    assert [] == [word for word in (token, sent["client_secret"], sent["password"]) if word in text]
    log_in = interaction(pacts["salesforce"], "POST /services/oauth2/token")
    assert "type" == log_in["response"]["matchingRules"]["body"]["$.access_token"]["matchers"][0]["match"]


def test_the_same_calls_in_another_order_are_the_same_file(calls: list[Call], tmp_path: Path) -> None:
    """Threads may send them as they like."""
    shuffled = [replace(call, number=number) for number, call in enumerate([*calls[3:], *reversed(calls[:3])], 1)]
    both = [write_pact(given, "a", tmp_path / name) for given, name in ((calls, "1"), (shuffled, "2"))]
    assert [file.read_text() for file in both[0]] == [file.read_text() for file in both[1]]


def test_bodies_that_are_no_json_are_kept(tmp_path: Path, calls: list[Call]) -> None:
    """Broken JSON is its text, bytes are base64, no body is none, and what never got an answer is left out."""
    base = replace(calls[0], method="PUT", status=200, response_headers=(), request_headers=())
    odd = [
        replace(base, url=f"{SALESFORCE}/1", request=b"\xff\x00", response=b""),
        replace(
            base,
            url=f"{SALESFORCE}/2",
            request=b"plain",
            response=b"a,b\n1,2\n",
            response_headers=(("content-type", "text/csv"),),
        ),
        replace(base, url=f"{SALESFORCE}/3", status=0, response=b""),
        replace(base, url=f"{SALESFORCE}/4", status=502, response_headers=(("x-understudy-upstream", "refused"),)),
    ]
    (file,) = write_pact(odd, "a", tmp_path)
    binary, csv = json.loads(file.read_text())["interactions"]
    assert ("/wA=", "base64") == (binary["request"]["body"]["content"], binary["request"]["body"]["encoded"])
    assert "body" not in binary["response"]
    assert ("a,b\n1,2\n", "text/csv") == (csv["response"]["body"]["content"], csv["response"]["body"]["contentType"])


def broken(pact: dict[str, Any], *path: Any, value: Any = None) -> dict[str, Any]:
    """*pact* with another value at *path*, or without what stands there."""
    changed = copy.deepcopy(pact)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("consumer",), None),
        (("provider", "name"), 7),
        (("metadata", "pactSpecification", "version"), "3.0"),
        (("interactions", 0, "type"), "Asynchronous/Messages"),
        (("interactions", 0, "description"), None),
        (("interactions", 0, "response", "status"), "200"),
        (("interactions", 0, "response", "status"), 99),
        (("interactions", 0, "request", "query"), {"q": "text"}),
        (("interactions", 0, "request", "path"), "no-slash"),
        (("interactions", 0, "response", "headers"), {"content-type": "text"}),
        (("interactions", 0, "response", "body", "encoded"), None),
        (("interactions", 0, "response", "matchingRules", "body"), {"Id": {"matchers": [{"match": "type"}]}}),
        (("interactions", 0, "response", "matchingRules", "body", "$.x"), {"matchers": [{"match": "regex"}]}),
        (("interactions", 0, "response", "matchingRules", "body", "$.x"), {"matchers": [{"match": "telepathy"}]}),
        (("interactions", 0, "extra"), 1),
    ],
)
def test_the_schema_refuses_what_the_specification_does_not_know(pacts: dict[str, Any], path: Any, value: Any) -> None:
    """A file of ours fits; with one thing wrong, it does not."""
    assert [] == faults_of(pacts["salesforce"])
    assert [] != faults_of(broken(pacts["salesforce"], *path, value=value))


def test_a_folder_that_cannot_be_and_no_consumer_are_one_line(tmp_path: Path, calls: list[Call]) -> None:
    """What, where, what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(MisuseError, match="cannot be written"):
        write_pact(calls, "a", tmp_path / "file")
    with pytest.raises(MisuseError, match="needs a consumer"):
        write_pact(calls, " ", tmp_path)
    assert ["file"] == [one.name for one in tmp_path.iterdir()]

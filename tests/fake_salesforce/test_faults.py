"""Scripted faults at every API of the vendor: they answer in the shape of the API, or do not strike there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode
from xml.etree import ElementTree as ET

import pytest
from tests.fake_salesforce.conftest import HOST, Answer, Caller

from fake_core.control import ControlClient
from fake_core.errors import MisuseError
from fake_core.faults import Fault
from fake_core.transport import InProcess
from fake_salesforce.data_files import load
from fake_salesforce.state.long_requests import LongRequests

APIS: Mapping[str, Mapping[str, Any]] = load("faults.toml")["api"]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GRANT = urlencode({"grant_type": "password", "client_id": "c"}).encode()
ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com">'
    "<e:Header><SessionHeader><sessionId>{token}</sessionId></SessionHeader></e:Header><e:Body>{body}</e:Body></e:Envelope>"
)
LOGIN = "<login><username>u</username><password>p</password></login>"
CREATE = "<create><sObjects><type>Contact</type><LastName>c</LastName></sObjects></create>"
HANDSHAKE = [{"channel": "/meta/handshake", "id": "7"}]


def soap(org: Caller, body: str) -> Answer:
    return org.post("/services/Soap/u/59.0", data=ENVELOPE.format(token=org.token, body=body).encode())


# A call of each API that a fault within an operation could strike, if it struck there at all.
CALLS: dict[str, Callable[[Caller], Answer]] = {
    "login": lambda org: org.post("/services/oauth2/token", data=GRANT, headers=FORM),
    "oauth": lambda org: org.post("/services/oauth2/introspect", data=b"token=x", headers=FORM),
    "identity": lambda org: org.get("/services/oauth2/userinfo"),
    "pages": lambda org: org.get("/services/oauth2/authorize"),
    "versions": lambda org: org.get("/services/data"),
    "soap_login": lambda org: soap(org, LOGIN),
    "soap": lambda org: soap(org, CREATE),
    "bulk1": lambda org: org.get(
        "/services/async/59.0/job/x", headers={"Content-Type": "application/json", "X-SFDC-Session": org.token}
    ),
    "streaming": lambda org: org.post("/cometd/59.0", HANDSHAKE),
    "rest": lambda org: org.post("/composite/sobjects", {"records": [{"attributes": {"type": "Task"}}]}),
}


def rest(answer: Answer) -> str:
    [item] = answer.json
    assert {"message", "errorCode"} == set(item)
    return str(item["errorCode"])


def oauth(answer: Answer) -> str:
    assert ["error", "error_description"] == list(answer.json)
    return str(answer.json["error"])


def in_soap(answer: Answer) -> str:
    [fault] = ET.fromstring(answer.body).iter("{http://schemas.xmlsoap.org/soap/envelope/}Fault")
    code = str(fault.findtext("faultcode"))
    [detail] = fault.iterfind("detail/*")
    assert [f"sf:{one.text}" for one in detail if one.tag.endswith("exceptionCode")] == [code]
    return code.removeprefix("sf:")


def in_async(answer: Answer) -> str:
    assert {"exceptionCode", "exceptionMessage"} == set(answer.json)
    return str(answer.json["exceptionCode"])


def bayeux(answer: Answer) -> str:
    [told] = answer.json
    assert ("/meta/handshake", "7", False) == (told["channel"], told["id"], told["successful"])
    return str(told["error"])


SHAPES: dict[str, tuple[str, Callable[[Answer], str]]] = {
    "rest": ("application/json;charset=UTF-8", rest),
    "oauth": ("application/json;charset=UTF-8", oauth),
    "soap": ("text/xml;charset=UTF-8", in_soap),
    "async": ("application/json", in_async),
    "bayeux": ("application/json;charset=UTF-8", bayeux),
    "plain": ("text/plain;charset=UTF-8", lambda answer: answer.text),
    "page": ("text/html;charset=UTF-8", lambda answer: answer.text[answer.text.index("<h1>") :][4:9]),
}
TOLD: dict[
    str, list[tuple[int, str] | None]
] = {  # api: what the answer says to error_after, unavailable, session_expired, limit_reached; None: no strike
    "login": [(400, "unknown_error"), (503, "unknown_error"), None, (400, "rate_limit_exceeded")],
    "oauth": [(400, "unknown_error"), (503, "unknown_error"), None, None],
    "identity": [(500, "Internal Server Error"), (503, "Service Unavailable"), (403, "Bad_OAuth_Token"), None],
    "pages": [(500, "Error"), (503, "Error"), None, None],
    "versions": [(500, "UNKNOWN_EXCEPTION"), (503, "SERVER_UNAVAILABLE"), None, None],
    "soap_login": [(500, "UNKNOWN_EXCEPTION"), (503, "SERVER_UNAVAILABLE"), None, (500, "LOGIN_RATE_EXCEEDED")],
    "soap": [
        (500, "UNKNOWN_EXCEPTION"),
        (503, "SERVER_UNAVAILABLE"),
        (500, "INVALID_SESSION_ID"),
        (500, "REQUEST_LIMIT_EXCEEDED"),
    ],
    "bulk1": [(500, "InternalServerError"), (503, "Unknown"), (400, "InvalidSessionId"), (400, "ExceededQuota")],
    "streaming": [
        (500, "500::Internal Server Error"),
        (503, "503::Server Unavailable"),
        (401, "401::Authentication invalid"),
        (403, "403::Organization total events daily limit exceeded"),
    ],
    "rest": [
        (500, "UNKNOWN_EXCEPTION"),
        (503, "SERVER_UNAVAILABLE"),
        (401, "INVALID_SESSION_ID"),
        (403, "REQUEST_LIMIT_EXCEEDED"),
    ],
}
ANSWERED = ("error_after", "unavailable", "session_expired", "limit_reached")
SOQL = "SELECT Id FROM Task"
QUERIES: dict[str, Callable[[Caller], Answer]] = {
    "rest": lambda org: org.get("/query", query={"q": SOQL}),
    "soap": lambda org: soap(org, f"<query><queryString>{SOQL}</queryString></query>"),
}
COUNTED = {"soap": "REQUEST_LIMIT_EXCEEDED", "bulk1": "ExceededQuota", "rest": "REQUEST_LIMIT_EXCEEDED"}


def test_every_api_is_tried() -> None:
    """An API that is added to the table is one to try."""
    assert set(APIS) == set(CALLS) == set(TOLD)


@pytest.mark.ledger(
    "salesforce/fault-shape/login",
    "salesforce/fault-shape/oauth",
    "salesforce/fault-shape/identity",
    "salesforce/fault-shape/pages",
    "salesforce/fault-shape/versions",
    "salesforce/fault-shape/soap_login",
    "salesforce/fault-shape/soap",
    "salesforce/fault-shape/bulk1",
    "salesforce/fault-shape/streaming",
    "salesforce/fault-shape/rest",
    "salesforce/fault-shape/words/bayeux",
    "salesforce/fault-shape/words/plain",
    "salesforce/fault-shape/words/page",
)
@pytest.mark.parametrize("kind", ANSWERED)
@pytest.mark.parametrize("name", APIS)
def test_a_fault_speaks_as_the_api_that_it_strikes(org: Caller, name: str, kind: str) -> None:
    """Status, media type and form are those of the API's own refusals; where the fault means nothing it still waits."""
    expected = TOLD[name][ANSWERED.index(kind)]
    plain = CALLS[name](org) if expected is None else None
    org.fake.faults.add(Fault(kind=kind))
    answer = CALLS[name](org)

    assert (expected is None) == (kind in APIS[name].get("never", {}))
    if plain is not None:
        assert (plain.status, [0]) == (answer.status, [one["seen"] for one in org.fake.faults.list()])
    else:
        media, said = SHAPES[APIS[name]["shape"]]
        assert (expected, media) == ((answer.status, said(answer)), answer.headers["content-type"])
        assert [] == org.fake.faults.list()


@pytest.mark.ledger("salesforce/fault-shape/reading-calls", "salesforce/fault-shape/batches")
@pytest.mark.parametrize("name", APIS)
def test_a_row_fault_waits_for_a_call_that_has_rows(org: Caller, name: str) -> None:
    """A lock and a refused item pass over calls that have none, and strike those that write."""
    never = set(APIS[name].get("never", {}))
    for kind in ("row_locked", "item_refused", "lock_held"):
        org.fake.faults.add(Fault(kind=kind, seconds=10))
        CALLS[name](org)
        waits = [one["kind"] for one in org.fake.faults.list()]
        assert (kind, [kind] if {kind, "row_locked"} & never else []) == (kind, waits)
        org.fake.faults.clear()
    for kind, call in (("row_locked", QUERIES["rest"]), ("item_refused", lambda org: org.post("/sobjects/Task", {}))):
        org.fake.faults.add(Fault(kind=kind))
        assert call(org).status < 300
        assert [kind] == [one["kind"] for one in org.fake.faults.list()]
        org.fake.faults.clear()
    assert never & {"row_locked"} == ({"row_locked"} if name not in {"soap", "bulk1", "rest"} else set())


@pytest.mark.parametrize("name", APIS)
def test_a_delay_ends_as_the_api_that_it_strikes(org: Caller, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too long, or one too many at a time: a refusal in the form of the API; who counts no calls knows not too many."""
    media, said = SHAPES[APIS[name]["shape"]]
    plain = CALLS[name](org)
    org.fake.faults.add(Fault(kind="delay", seconds=700, times=None))
    told = {
        said(answer): answer.headers["content-type"]
        for answer in (CALLS[name](org), QUERIES.get(name, CALLS[name])(org))
    }
    assert {media} == set(told.values())
    assert ({"QUERY_TIMEOUT", "REQUEST_RUNNING_TOO_LONG"} if name in QUERIES else set(told)) == set(told)

    org.fake.faults.clear()
    org.fake.faults.add(Fault(kind="delay", seconds=1))
    monkeypatch.setattr(LongRequests, "full", lambda _self: True)
    answer = CALLS[name](org)
    assert name in COUNTED or plain.status == answer.status
    assert name not in COUNTED or (COUNTED[name], media) == (said(answer), answer.headers["content-type"])


def test_a_fault_that_no_call_could_meet_is_refused(org: Caller) -> None:
    """Who addresses a fault to calls that it means nothing to hears so, and why; among others it waits for one."""
    session = InProcess([org.fake]).session()
    control = ControlClient(f"https://{HOST}", session)
    for fault in ({"kind": "session_expired", "verb": "login"}, {"kind": "row_locked", "verb": "query"}):
        with pytest.raises(MisuseError, match=f"{fault['kind']} strikes no call of verb '{fault['verb']}': a "):
            control.add_fault(**fault)
    control.add_fault(kind="session_expired", verb="login", vendor="planhat")
    control.clear_faults()
    control.add_fault(kind="session_expired")

    assert 400 == CALLS["login"](org).status
    assert [401, 401] == [org.get("/limits").status for _ in range(2)]


@pytest.mark.parametrize("name", ["identity", "soap", "bulk1", "streaming", "rest"])
def test_the_session_is_over_wherever_it_ended(org: Caller, name: str) -> None:
    """The token that an API was shown is dead for every other."""
    org.fake.faults.add(Fault(kind="session_expired"))
    CALLS[name](org)

    assert 401 == org.get("/limits").status


def test_the_forms_that_a_client_asks_for(org: Caller) -> None:
    """XML of REST and of the OAuth endpoints, their forms, XML of Bulk API 1.0; a HEAD has no body."""
    org.fake.faults.add(Fault(kind="unavailable", times=None))
    as_xml = org.get("/sobjects", headers={"Accept": "application/xml"})
    by_suffix = org.get("/limits.xml")
    json_only = org.get("/composite", headers={"Accept": "application/xml"})
    form = org.post("/services/oauth2/token", data=GRANT + b"&format=urlencoded", headers=FORM)
    job = org.get("/services/async/59.0/job/x", headers={"X-SFDC-Session": org.token})
    head = org.call("HEAD", "/sobjects/Account/001000000000001")

    item = "<errorCode>SERVER_UNAVAILABLE</errorCode><message>Server Unavailable</message>"
    said = f"<Errors><Error>{item}</Error></Errors>"
    assert [True, True] == [one.text.endswith(said) for one in (as_xml, by_suffix)]
    assert "SERVER_UNAVAILABLE" == rest(json_only)
    assert {"error": ["unknown_error"], "error_description": ["retry your request"]} == parse_qs(form.text)
    assert "<exceptionCode>Unknown</exceptionCode>" in job.text
    assert (503, b"") == (head.status, head.body)


def test_what_is_no_message_of_streaming(org: Caller) -> None:
    """It is answered as by REST."""
    org.fake.faults.add(Fault(kind="limit_reached"))

    assert "REQUEST_LIMIT_EXCEEDED" == rest(org.post("/cometd/59.0", data=json.dumps({}).encode()))

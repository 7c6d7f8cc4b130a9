"""Change Data Capture: what happens to the rows of watched objects, as events at the control plane."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.fake_salesforce.bulk1_client import Bulk
from tests.fake_salesforce.conftest import Caller

from fake_core.clock import FrozenClock
from fake_core.control import ControlClient
from fake_core.errors import MisuseError
from fake_core.fake import Fake
from fake_core.testing import play
from fake_salesforce import OrgConfig, create_app

WATCHED = ["Account", "Contact", "Task", "Widget__c"]
EXTRA = {
    "change_data_capture": WATCHED,
    "objects": {
        "Widget__c": {
            "label": "Widget",
            "label_plural": "Widgets",
            "key_prefix": "a01",
            "name_field": {"label": "Name"},
        }
    },
}


@pytest.fixture(scope="module")
def _watching() -> Iterator[Fake]:
    fake = create_app(clock=FrozenClock(), org=OrgConfig(extra=EXTRA))
    yield fake
    fake.close()


@pytest.fixture
def cdc(_watching: Fake) -> Caller:
    _watching.reset()
    caller = Caller(_watching)
    caller.token = _watching.credentials("https://x")["access_token"]
    return caller


def told(cdc: Caller, since: int = -2, channel: str | None = None) -> list[dict[str, Any]]:
    """The payloads of the events."""
    assert cdc.fake.events is not None
    return [one["data"]["payload"] for one in cdc.fake.events(since, channel)["events"]]


def header(payload: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = payload["ChangeEventHeader"]
    return found


def soap(cdc: Caller, inner: str) -> None:
    """A call of the partner API."""
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com">'
        f"<e:Header><SessionHeader><sessionId>{cdc.token}</sessionId></SessionHeader></e:Header>"
        f"<e:Body>{inner}</e:Body></e:Envelope>"
    )
    headers = {"Content-Type": "text/xml", "SOAPAction": '""'}
    answer = cdc.call("POST", "/services/Soap/u/60.0", data=body.encode(), headers=headers)
    assert "<success>true</success>" in answer.text, answer.text


def kinds(payloads: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(header(one)["entityName"], header(one)["changeType"]) for one in payloads]


@pytest.mark.evidence(
    "assumed", "Change Data Capture Developer Guide; the JSON as clients of the Streaming API quote it"
)
def test_create(cdc: Caller) -> None:
    """All fields that are not null, parts below their compound, and the whole header."""
    made = cdc.make("Contact", FirstName="Ann", LastName="B", MailingCity="Rome", Email="A@b.de")
    assert cdc.fake.events is not None
    (event,) = cdc.fake.events(-2, None)["events"]
    payload = event["data"]["payload"]

    assert {"data", "channel"} == set(event)
    assert ("/data/ContactChangeEvent", 22) == (event["channel"], len(event["data"]["schema"]))
    assert {"FirstName": "Ann", "LastName": "B"} == payload["Name"]
    assert ({"City": "Rome"}, "a@b.de") == (payload["MailingAddress"], payload["Email"])
    assert "2026-01-05T09:00:00.000Z" == payload["CreatedDate"]
    assert not {"Id", "IsDeleted", "SystemModstamp", "Phone"} & set(payload)
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", header(payload)["transactionKey"])
    assert {
        "entityName": "Contact",
        "recordIds": [made],
        "changeType": "CREATE",
        "changeOrigin": "com/salesforce/api/rest/60.0",
        "sequenceNumber": 1,
        "commitTimestamp": 1_767_603_600_000,
        "commitUser": "005Ud0000000001IAA",
        "nulledFields": [],
        "diffFields": [],
        "changedFields": [],
    } == {key: value for key, value in header(payload).items() if key not in {"transactionKey", "commitNumber"}}


@pytest.mark.evidence("documented", "Change Data Capture Developer Guide: only changed fields, nulled ones listed")
def test_update(cdc: Caller) -> None:
    """Only what is different now; a field that became null is there and listed."""
    made = cdc.make("Contact", FirstName="Ann", LastName="B", Phone="1")
    cdc.clock.advance(5)
    cdc.patch(f"/sobjects/Contact/{made}", {"FirstName": None, "Phone": "1", "Title": "Dr"})
    payload = told(cdc)[-1]

    assert {"Name": {"FirstName": None}, "Title": "Dr", "LastModifiedDate": "2026-01-05T09:00:05.000Z"} == {
        key: value for key, value in payload.items() if key != "ChangeEventHeader"
    }
    assert ["Name.FirstName"] == header(payload)["nulledFields"]
    assert {"Name.FirstName", "Title", "LastModifiedDate"} == set(header(payload)["changedFields"])


@pytest.mark.evidence("documented", "Change Data Capture Developer Guide: a delete is its header")
def test_delete_and_undelete(cdc: Caller) -> None:
    """DELETE tells nothing but its header; UNDELETE tells the row again."""
    made = cdc.make("Task", Subject="x")
    cdc.delete(f"/sobjects/Task/{made}")
    assert ["ChangeEventHeader"] == list(told(cdc)[-1])
    soap(cdc, f"<undelete><ids>{made}</ids></undelete>")

    payloads = told(cdc)
    assert [("Task", "CREATE"), ("Task", "DELETE"), ("Task", "UNDELETE")] == kinds(payloads)
    assert ("x", "com/salesforce/api/soap/60.0") == (payloads[-1]["Subject"], header(payloads[-1])["changeOrigin"])


def test_what_cascades_is_told(cdc: Caller) -> None:
    """Rows that go with their parent have events in the same transaction, numbered in it."""
    account = cdc.make("Account", Name="x")
    cdc.make("Contact", LastName="y", AccountId=account)
    cdc.delete(f"/sobjects/Account/{account}")
    first, second = told(cdc)[-2:]

    assert [("Account", "DELETE"), ("Contact", "DELETE")] == kinds([first, second])
    assert (1, 2) == (header(first)["sequenceNumber"], header(second)["sequenceNumber"])
    assert header(first)["transactionKey"] == header(second)["transactionKey"]
    assert header(first)["commitNumber"] == header(second)["commitNumber"]


@pytest.mark.evidence("documented", "several changes of a row in one transaction make one event")
def test_one_event_for_a_row_and_transaction(cdc: Caller) -> None:
    """Made and changed at once it is a CREATE of the last values; made and deleted at once it is nothing."""
    requests: list[dict[str, Any]] = [
        {"method": "POST", "url": "/services/data/v60.0/sobjects/Account", "referenceId": "a", "body": {"Name": "1"}},
        {
            "method": "PATCH",
            "url": "/services/data/v60.0/sobjects/Account/@{a.id}",
            "referenceId": "b",
            "body": {"Name": "2"},
        },
    ]
    cdc.post("/composite", {"allOrNone": True, "compositeRequest": requests})
    assert [("CREATE", "2")] == [(header(one)["changeType"], one["Name"]) for one in told(cdc)]

    gone = {"method": "DELETE", "url": "/services/data/v60.0/sobjects/Account/@{a.id}", "referenceId": "c"}
    cdc.post("/composite", {"allOrNone": True, "compositeRequest": [*requests, gone]})
    assert 1 == len(told(cdc))


def test_what_is_rolled_back_is_not_told(cdc: Caller) -> None:
    """A refused row, and a call that is all or none, leave no event."""
    good = {"attributes": {"type": "Account"}, "Name": "x"}
    cdc.post("/sobjects/Account", {"Name": "x" * 300})
    cdc.post("/composite/sobjects", {"allOrNone": True, "records": [good, {"attributes": {"type": "Account"}}]})
    assert [] == told(cdc)
    cdc.post("/composite/sobjects", {"allOrNone": False, "records": [good, {"attributes": {"type": "Account"}}]})
    assert [("Account", "CREATE")] == kinds(told(cdc))


def test_an_update_that_changes_nothing_is_not_told(cdc: Caller) -> None:
    """Within the same second not even LastModifiedDate is another."""
    made = cdc.make("Account", Name="x")
    cdc.patch(f"/sobjects/Account/{made}", {"Name": "x"})
    assert 1 == len(told(cdc))


@pytest.mark.evidence("documented", "ChangeEventHeader: changeOrigin names API, version and client")
def test_who_and_by_which_api(cdc: Caller) -> None:
    """The client of Sforce-Call-Options, and the Bulk API under its own name."""
    cdc.post("/sobjects/Account", {"Name": "x"}, headers={"Sforce-Call-Options": "client=sync/1, defaultNamespace=y"})
    Bulk(cdc).load("insert", "Account", "Name\na\nb\n")
    cdc.fake.seed({"Account": [{"Name": "seeded"}]})  # type: ignore[misc]
    origins = [header(one)["changeOrigin"] for one in told(cdc)]

    assert [
        "com/salesforce/api/rest/60.0;client=sync/1",
        "com/salesforce/api/bulkapi/60.0",
        "com/salesforce/api/bulkapi/60.0",
        "",
    ] == origins
    assert {"005Ud0000000001IAA"} == {header(one)["commitUser"] for one in told(cdc)}


@pytest.mark.evidence("documented", "channels of all changes, of one object, of a custom object")
def test_channels(cdc: Caller) -> None:
    """One object's channel carries its events only."""
    cdc.make("Account", Name="x")
    cdc.make("Widget__c", Name="w")
    cdc.make("Lead", LastName="x", Company="y")  # not watched

    assert [("Widget__c", "CREATE")] == kinds(told(cdc, channel="/data/Widget__ChangeEvent"))
    assert 2 == len(told(cdc, channel="/data/ChangeEvents"))
    with pytest.raises(MisuseError, match="no channel '/data/LeadChangeEvent'"):
        told(cdc, channel="/data/LeadChangeEvent")


@pytest.mark.evidence("documented", "replay -1, -2 and an id; the refusal's words are quoted by streaming clients")
def test_replay(cdc: Caller) -> None:
    """After an id come the later ones; -1 tells where to begin; an id that never was is refused."""
    cdc.make("Account", Name="1")
    cdc.make("Account", Name="2")
    assert cdc.fake.events is not None
    whole = cdc.fake.events(-2, None)
    first, second = (one["data"]["event"]["replayId"] for one in whole["events"])

    assert first < second == whole["last"]
    assert ["2"] == [one["Name"] for one in told(cdc, first)]
    assert {"last": second, "events": []} == cdc.fake.events(-1, None)
    for wrong in (second + 1, -3):
        with pytest.raises(MisuseError, match="you provided was invalid"):
            told(cdc, wrong)


@pytest.mark.evidence("documented", "change events are kept three days")
@pytest.mark.ledger("salesforce/limit/change-events/retention")
def test_retention(cdc: Caller) -> None:
    """After 72 hours they are gone, and so is the replay id before them."""
    cdc.make("Account", Name="1")
    cdc.clock.advance(72 * 3_600 + 1)
    cdc.token = cdc.fake.credentials("https://x")["access_token"]
    cdc.make("Account", Name="2")

    assert ["2"] == [one["Name"] for one in told(cdc)]
    assert ["2"] == [one["Name"] for one in told(cdc, 1)]
    with pytest.raises(MisuseError, match="you provided was invalid"):
        told(cdc, 0)


def test_events_belong_to_the_org(cdc: Caller) -> None:
    """A snapshot holds them, a restore brings them back, and what comes after has other transactions."""
    cdc.make("Account", Name="1")
    kept = cdc.fake.store.snapshot()
    before = told(cdc)
    cdc.make("Account", Name="2")
    cdc.fake.store.restore(kept)
    assert before == told(cdc)
    cdc.make("Account", Name="3")
    keys = [header(one)["transactionKey"] for one in told(cdc)]
    assert len(set(keys)) == len(keys) == 2


def test_a_kept_org_goes_on(tmp_path: Any) -> None:
    """In a file the events stay, commit numbers go on rising, and the list may be another next time."""
    data = f"sqlite:///{tmp_path}/org.db"
    numbers = []
    for watched in (["Account"], ["Account", "Contact"], ["Contact"]):
        fake = create_app(clock=FrozenClock(), data=data, org=OrgConfig(extra={"change_data_capture": watched}))
        caller = Caller(fake)
        caller.token = fake.credentials("https://x")["access_token"]
        caller.make("Account", Name="x")
        caller.make("Contact", LastName="y")
        numbers = [header(one)["commitNumber"] for one in told(caller)]
        fake.close()

    assert 4 == len(numbers)
    assert sorted(set(numbers)) == numbers


def test_at_the_control_plane() -> None:
    """GET events, through the client of the control plane as well."""
    fake = create_app(clock=FrozenClock(), org=OrgConfig(extra={"change_data_capture": ["Account"]}))
    with play(fake, "https://understudy.my.salesforce.com") as played:
        control = ControlClient("https://understudy.my.salesforce.com", played.session)
        control.seed({"Account": [{"Name": "x"}]})
        found = control.events()
        assert ["x"] == [one["data"]["payload"]["Name"] for one in found["events"]]
        assert [] == control.events(since=found["last"], channel="/data/AccountChangeEvent")["events"]
        with pytest.raises(MisuseError, match="you provided was invalid"):
            control.events(since=99)
    fake.close()


def test_an_org_that_watches_nothing(org: Any) -> None:
    """Nothing is written down, and the door says so by being empty."""
    org.make("Account", Name="x")
    assert {"last": 0, "events": []} == org.fake.events(-2, None)


@pytest.mark.evidence("documented", "Limits and Allocations: five entities without the add-on")
@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ({"change_data_capture": ["Nope"]}, "'Nope' is no object whose changes can be watched"),
        ({"change_data_capture": ["Account", "account"]}, "Account stands there twice"),
        ({"change_data_capture": [17]}, "holds 17"),
        ({"change_data_capture": "Account"}, "make it a list"),
        (
            {"change_data_capture": ["Account", "Contact", "Task", "Event", "Lead", "Case"]},
            'holds 6 objects; without an add-on it is 5; take some out, or say features = ["change_data_capture_add',
        ),
    ],
)
def test_lists_that_cannot_be(extra: dict[str, Any], says: str) -> None:
    """One clear line."""
    with pytest.raises(MisuseError, match=re.escape(says)):
        create_app(org=OrgConfig(extra=extra))


def test_the_add_on() -> None:
    """With it there may be more than five."""
    names = ["Account", "Contact", "Task", "Event", "Lead", "Case"]
    extra = {"change_data_capture": names, "features": ["change_data_capture_add_on"]}
    with contextlib.closing(create_app(clock=FrozenClock(), org=OrgConfig(extra=extra))) as fake:
        caller = Caller(fake, fake.credentials("https://x")["access_token"])
        caller.make("Case", Subject="the sixth")

        assert ["Case"] == [header(one)["entityName"] for one in told(caller)]

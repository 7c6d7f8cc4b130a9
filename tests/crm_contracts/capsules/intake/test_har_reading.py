"""HAR files of every make, broken ones, and secrets: nothing is lost uncounted, and nothing secret goes through."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crm_contracts.capsules.intake import Intake, from_har
from crm_contracts.capsules.intake.har import HAR_BYTES_MAX
from crm_contracts.capsules.reading import from_text
from crm_contracts.capsules.writing import to_text
from crm_contracts.world.ops import InjectFault
from fake_core.errors import MisuseError

ORG = "https://acme.my.salesforce.com/services/data/v60.0"
TASK_ID = "00T5g00000AbCdEEAV"


def entry(url: str, answer: Any = None, *, method: str = "GET", at: int = 0, **more: Any) -> dict[str, Any]:
    """A HAR entry; *more*: status, body, headers, content."""
    request: dict[str, Any] = {"method": method, "url": url, "headers": more.get("headers", [])}
    if "body" in more:
        request["postData"] = {"mimeType": more.get("mime", "application/json"), "text": more["body"]}
    content = more.get(
        "content", {"mimeType": "application/json", "text": "" if answer is None else json.dumps(answer)}
    )
    return {
        "startedDateTime": f"2026-03-01T10:{at // 60:02}:{at % 60:02}.000Z",
        "time": 10,
        "request": request,
        "response": {"status": more.get("status", 200), "headers": more.get("answered", []), "content": content},
    }


def row(**fields: Any) -> dict[str, Any]:
    return {
        "attributes": {"type": "Task"},
        "Id": TASK_ID,
        "Subject": "Call",
        "AccountId": "0015g00000XyZaBAAV",
        **fields,
    }


def query(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"totalSize": len(rows), "done": True, "records": list(rows)}


LIST = f"{ORG}/query?q=SELECT+Id,Subject,AccountId+FROM+Task"
COMPANIES = entry(
    "https://api.planhat.com/companies?limit=100",
    [{"_id": "c1", "name": "Northwind", "sourceId": "0015g00000XyZaBAAV"}],
)


def read(folder: Path, *entries: Any, **given: Any) -> Intake:
    path = folder / "x.har"
    path.write_text(json.dumps({"log": {"entries": list(entries)}}), "utf-8")
    return from_har([path], profile="planhat", **given)


def subjects(made: Intake) -> list[Any]:
    return [op.to_dict().get("fields", {}).get("Subject") for op in made.capsule.start]


SECRET = "S3CR3T-do-not-mail"
SESSION = "00D5g0000012345!AQEAQFakeSessionFakeSessionFakeSession"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.c2lnbmF0dXJlLXBsYW50ZWQ"


def test_no_secret_comes_through_from_any_place(tmp_path: Path) -> None:
    """Headers, cookies, query, forms, JSON, answers, the URL's user, and what somebody pasted into a record."""
    planted = {
        name: f"{SECRET}-{name}" for name in ("bearer", "cookie", "query", "form", "json", "answer", "user", "sid")
    }
    pasted = " ".join([*planted.values(), SESSION, JWT, "password=hunter2hunter2", "Bearer abcdefghijk12345"])
    made = read(
        tmp_path,
        entry(
            "https://acme.my.salesforce.com/services/oauth2/token",
            {
                "access_token": SESSION,
                "refresh_token": planted["answer"],
                "id": "https://x/id/00D5g0000012345AAA/0055g000001AbCdAAA",
            },
            method="POST",
            body=f"grant_type=password&username=sync%40acme.example&password={planted['form']}&client_secret={SECRET}-app",
            mime="application/x-www-form-urlencoded",
        ),
        entry(
            f"https://robot:{planted['user']}@acme.my.salesforce.com/services/data/v60.0/query?q=SELECT+Id+FROM+Task"
            f"&sid={planted['sid']}"
            f"&access_token={planted['query']}",
            query(row(Subject="Call " + pasted, Description=pasted)),
            headers=[
                {"name": "Authorization", "value": f"Bearer {planted['bearer']}"},
                {"name": "Cookie", "value": f"sid={planted['cookie']}; lang=en"},
            ],
            at=1,
        ),
        entry(
            f"{ORG}/sobjects/Task/{TASK_ID}",
            [{"message": f"no {planted['json']}", "errorCode": "INVALID_FIELD"}],
            method="PATCH",
            status=400,
            body=json.dumps({"Subject": "x", "api_key": planted["json"]}),
            at=2,
        ),
        COMPANIES,
    )
    said = to_text(made.capsule) + made.tally.line()

    for secret in (*planted.values(), SECRET, SESSION, JWT, "hunter2hunter2", "abcdefghijk12345", "sync@acme.example"):
        assert secret not in said
    assert "[removed]" in said
    assert any("blacked out" in one for one in made.capsule.questions)


def test_an_error_does_not_tell_a_secret_either(tmp_path: Path) -> None:
    """A file that cannot be used is named by its place, not by its content."""
    path = tmp_path / "broken.har"
    path.write_text('{"log": {"entries": [{"token": "' + SECRET, "utf-8")

    with pytest.raises(MisuseError) as caught:
        from_har([path])
    assert SECRET not in str(caught.value)
    assert "line 1, column" in str(caught.value)


PACKED: dict[str, Callable[[bytes], dict[str, Any]]] = {
    "base64": lambda raw: {"text": base64.b64encode(raw).decode(), "encoding": "base64"},
    "gzip": lambda raw: {"text": base64.b64encode(gzip.compress(raw)).decode(), "encoding": "base64"},
    "deflate": lambda raw: {"text": base64.b64encode(zlib.compress(raw)).decode(), "encoding": "base64"},
    "raw deflate": lambda raw: {"text": base64.b64encode(zlib.compress(raw)[2:-4]).decode(), "encoding": "base64"},
}


@pytest.mark.parametrize("how", PACKED)
def test_a_body_is_unpacked(how: str, tmp_path: Path) -> None:
    """Base64, and still compressed within."""
    content = PACKED[how](json.dumps(query(row())).encode()) | {"mimeType": "application/json"}
    coding = [{"name": "Content-Encoding", "value": "deflate" if "deflate" in how else "gzip"}]
    made = read(tmp_path, entry(LIST, content=content, answered=coding), COMPANIES)

    assert ["Call"] == subjects(made)


@pytest.mark.parametrize(
    ("content", "coding", "why"),
    [
        (
            {"text": base64.b64encode(b"\x8b\x02\x80{}\x03").decode(), "encoding": "base64"},
            "br",
            "compressed with br, which is not unpacked here",
        ),
        (
            {"text": base64.b64encode(gzip.compress(b"x" * 500)[:20]).decode(), "encoding": "base64"},
            "gzip",
            "gzip that breaks off",
        ),
        ({"text": '{"totalSize": 1, "rec', "mimeType": "application/json"}, "", "JSON that breaks off or is broken"),
        ({"text": "!!!", "encoding": "base64", "mimeType": "application/json"}, "", "broken base64"),
        ({"size": 500, "mimeType": "application/json"}, "", "the file has none (export with content)"),
    ],
    ids=["br", "half a gzip", "half a JSON", "no base64", "without content"],
)
def test_a_body_that_cannot_be_read_is_said(content: dict[str, Any], coding: str, why: str, tmp_path: Path) -> None:
    """It is counted under the reason, and asked about with its entry."""
    answered = [{"name": "Content-Encoding", "value": coding}]
    made = read(tmp_path, entry(LIST, query(row())), entry(LIST, content=content, answered=answered, at=5), COMPANIES)

    assert f"1 ignored (1 answer that cannot be read: {why})" in made.tally.line()
    assert any(one.startswith("entry 2 ") and why in one for one in made.capsule.questions)


def test_a_write_whose_body_cannot_be_read_is_asked_about(tmp_path: Path) -> None:
    """What was written is not in the file, so that it cannot be replayed: nothing of that is passed over."""
    broken = entry(f"{ORG}/sobjects/Task/00T5g00000AbCdEFGH", method="PATCH", status=204, at=5)
    broken["request"]["postData"] = {"mimeType": "application/json", "text": '{"Subject": "Ca'}
    made = read(tmp_path, entry(LIST, query(row())), broken, COMPANIES)

    assert any(
        one.startswith("entry 2 ") and "JSON that breaks off" in one and "What was asked for?" in one
        for one in made.capsule.questions
    )


ODD: dict[str, Any] = {
    "no mapping": 7,
    "null": None,
    "no request": {"startedDateTime": "2026-03-01T10:00:00Z"},
    "no URL": {"request": {"method": "GET"}},
    "no time": {"request": {"method": "GET", "url": LIST}, "response": None},
    "a broken URL": entry("https://[::1/services/data"),
    "another host": entry("https://cdn.example/x", {}),
    "another host of ours": entry("http://127.0.0.1:8443/tasks", []),
    "a preflight": entry(LIST, method="OPTIONS"),
    "not modified": entry(LIST, status=304),
    "a web socket": entry("wss://acme.my.salesforce.com/cometd"),
    "a picture": entry("https://acme.my.salesforce.com/img/logo.png"),
    "Lightning": entry("https://acme.lightning.force.com/aura?r=1", {}, method="POST"),
    "a describe": entry(f"{ORG}/sobjects/Task/describe", {}),
    "another record": entry(f"{ORG}/sobjects/Lead", {"id": "00Q5g00000AbCdEEAV"}, method="POST", body="{}", status=201),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_entry_is_counted_and_left(name: str, tmp_path: Path) -> None:
    """Every entry is used or ignored for a reason; they sum to all."""
    made = read(tmp_path, ODD[name], entry(LIST, query(row())), COMPANIES)

    assert ["Call"] == subjects(made)
    assert (3, 2) == (made.tally.entries, sum(made.tally.used.values()))


def test_no_answer_at_all_is_a_broken_call(tmp_path: Path) -> None:
    """A null response, a status 0 and no body are one: the connection broke."""
    broken = entry(LIST, at=1)
    broken["response"] = None
    made = read(tmp_path, entry(LIST, query(row())), broken, COMPANIES)

    assert ["lost_request"] == [op.to_dict()["fault"] for op in made.capsule.ops if op.kind == "fault"]


def test_order_and_repetition_of_entries_do_not_matter(tmp_path: Path) -> None:
    """Entries are taken by their times; one that stands there twice counts once."""
    first, second = entry(LIST, query(row())), entry(LIST, query(row(Subject="Call 2")), at=300)
    there = read(tmp_path, first, second, COMPANIES).capsule
    back = read(tmp_path, COMPANIES, second, first, second)

    assert [op.to_dict() for op in there.ops] == [op.to_dict() for op in back.capsule.ops]
    assert 1 == back.tally.ignored["twice in the file"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b'{"log": {"entries": [{]}}', "line 1, column 23"),
        (b'{"log": {}}', "no log.entries"),
        (b"[]", "no log.entries"),
        (b"\xc3\x28", "no UTF-8"),
        (b"[" * 200_000, "cannot be read"),
        (b'{"log": {"entries": []}}', "no request to Salesforce"),
    ],
)
def test_what_is_no_har_is_refused_in_one_line(content: bytes, said: str, tmp_path: Path) -> None:
    """File, place, what to do."""
    path = tmp_path / "x.har"
    path.write_bytes(content)

    with pytest.raises(MisuseError) as caught:
        from_har([path])
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """The limit is said, and what to do."""
    path = tmp_path / "x.har"
    with path.open("wb") as file:
        file.truncate(HAR_BYTES_MAX + 1)

    with pytest.raises(MisuseError, match="500 MB"):
        from_har([path])


def test_the_composite_family_is_read_as_single_calls(tmp_path: Path) -> None:
    """A person's composite, batch, collection and tree are ops like single requests."""
    person = [{"name": "User-Agent", "value": "Mozilla/5.0"}]
    body = {"records": [{"attributes": {"type": "Task"}, "id": TASK_ID, "Subject": "By collection"}]}
    composite = {
        "compositeRequest": [
            {
                "method": "PATCH",
                "url": f"/services/data/v60.0/sobjects/Task/{TASK_ID}",
                "referenceId": "a",
                "body": {"Subject": "By composite"},
            }
        ]
    }
    batch = {
        "batchRequests": [
            {"method": "PATCH", "url": f"v60.0/sobjects/Task/{TASK_ID}", "richInput": {"Subject": "By batch"}}
        ]
    }
    collected = [{"id": TASK_ID, "success": True, "errors": []}]
    composed = {"compositeResponse": [{"httpStatusCode": 204, "referenceId": "a", "body": None}]}
    done = {"results": [{"statusCode": 204, "result": None}]}
    made = read(
        tmp_path,
        entry(LIST, query(row())),
        entry(f"{ORG}/composite/sobjects", collected, method="PATCH", body=json.dumps(body), headers=person, at=10),
        entry(f"{ORG}/composite", composed, method="POST", body=json.dumps(composite), headers=person, at=20),
        entry(f"{ORG}/composite/batch", done, method="POST", body=json.dumps(batch), headers=person, at=30),
        COMPANIES,
    )

    assert ["By collection", "By composite", "By batch"] == [
        op.to_dict()["fields"]["Subject"] for op in made.capsule.ops if op.kind == "edit"
    ]


def test_two_records_that_the_sync_made_for_one_are_expected_to_be_one(tmp_path: Path) -> None:
    """Made twice by the sync, and shown afterwards: that is what the capsule asks about."""
    link = {"sourceId": "00T5g00000AbCdFEAV"}
    partner = {"_id": "p1", "action": "Mail", "companyId": "c1", "createdAt": "2026-02-01T00:00:00Z"}
    create: dict[str, Any] = {
        "method": "POST",
        "body": json.dumps({"Subject": "Mail", "WhatId": "0015g00000XyZaBAAV"}),
        "status": 201,
    }
    made = read(
        tmp_path,
        COMPANIES,
        entry("https://api.planhat.com/tasks?limit=100", [partner], at=1),
        entry(f"{ORG}/sobjects/Task", {"id": "00T5g00000AbCdEEAV", "success": True}, at=2, **create),
        entry(f"{ORG}/sobjects/Task", {"id": "00T5g00000AbCdFEAV", "success": True}, at=300, **create),
        entry("https://api.planhat.com/tasks/p1", partner | link, at=301, method="PUT", body=json.dumps(link)),
    )

    assert {"act-1": {"salesforce": 1}} == dict(made.capsule.expect)
    assert any("act-1 has 2 Salesforce Tasks, all made by the sync" in one for one in made.capsule.questions)


ANSWER = '{"id": "00T5g00000AbCdEEAV", "success": true}'
BROKE_OFF: dict[str, dict[str, Any]] = {
    "its beginning": {"answered": [{"name": "Content-Length", "value": "41"}], "content": {"text": ANSWER[:9]}},
    "a status line": {"answered": [{"name": "content-length", "value": "41"}], "content": {"text": "\n"}},
    "the recorder says so": {"error": "net::ERR_INCOMPLETE_CHUNKED_ENCODING"},
    "our recorder answered": {
        "answered": [{"name": "x-understudy-upstream", "value": "the connection broke"}],
        "content": {"text": '{"error": "understudy record: no answer"}'},
        "status": 502,
    },
}


@pytest.mark.parametrize("how", BROKE_OFF)
def test_a_creation_whose_answer_broke_off_and_that_was_sent_again(how: str, tmp_path: Path) -> None:
    """The record that is seen later is what the lost answer told of: a fault, and one activity that is there twice."""
    error = BROKE_OFF[how].get("error")
    create: dict[str, Any] = {
        "method": "POST",
        "body": json.dumps({"Subject": "Kühl mail", "WhatId": "0015g00000XyZaBAAV"}),
        "status": 201,
    }
    lost = entry(f"{ORG}/sobjects/Task", None, at=2, **create | BROKE_OFF[how])
    lost["response"] |= {"_error": error} if error else {}
    ids = "00T5g00000AbCdEEAV", "00T5g00000AbCdFEAV"
    stamps = {"CreatedDate": "2026-03-01T10:00:02.000+0000", "AccountId": "0015g00000XyZaBAAV"}
    seen = [row(Id=one, Subject="Kühl mail", **stamps) for one in ids]
    partner = {"_id": "p1", "action": "Kühl mail", "companyId": "c1", "createdAt": "2026-02-01T00:00:00Z"}
    double = {"action": "Kühl mail", "companyId": "c1", "sourceId": ids[0]}
    made = read(
        tmp_path,
        COMPANIES,
        entry("https://api.planhat.com/tasks?limit=100", [partner], at=1),
        lost,
        entry(f"{ORG}/sobjects/Task", {"id": ids[1], "success": True}, at=3, **create),
        entry("https://api.planhat.com/tasks/p1", partner | {"sourceId": ids[1]}, at=4, method="PUT", body="{}"),
        entry(LIST, query(*seen), at=300),
        entry("https://api.planhat.com/tasks", double | {"_id": "p2"}, at=301, method="POST", body=json.dumps(double)),
    )

    faults = [(op.fault, op.verb) for op in made.capsule.ops if isinstance(op, InjectFault)]
    assert [("lost_response", "create")] == faults
    assert {"act-1": {"task": 1, "salesforce": 1}} == dict(made.capsule.expect)


def test_a_list_that_a_recorder_cut_is_no_broken_connection(tmp_path: Path) -> None:
    """Browsers keep the beginning of a long answer: what was read is asked about, and no fault is made of it."""
    cut: dict[str, Any] = {
        "answered": [{"name": "Content-Length", "value": "900"}],
        "content": {"text": '{"records": [{"Id'},
    }
    made = read(tmp_path, entry(LIST, None, **cut))

    assert [] == [op for op in made.capsule.ops if isinstance(op, InjectFault)]
    assert {"answers that cannot be read: JSON that breaks off or is broken": 1} == dict(made.tally.ignored)


def test_what_our_recorder_noted_tells_whose_a_request_is(tmp_path: Path) -> None:
    """A file of `understudy record` names the vendor of each call, wherever it went."""
    listed = entry("http://localhost:18444/tasks", [{"_id": "p1", "action": "Call", "companyId": "c1"}])
    stranger = listed | {"startedDateTime": "2026-03-01T10:00:09.000Z"}
    made = read(tmp_path, COMPANIES, listed | {"_understudy": {"vendor": "planhat"}}, stranger)

    assert ["act-1"] == [op.to_dict()["act"] for op in made.capsule.start]
    assert {"to localhost:18444: say --host localhost:18444=VENDOR": 1} == dict(made.tally.ignored)


def test_a_customers_name_becomes_a_handle_that_can_be_read(tmp_path: Path) -> None:
    """Letters lose their marks; what everybody's Planhat Task says of itself is not asked about."""
    companies = [{"_id": "c1", "name": "Kühne & Söhne Straße", "sourceId": "0015g00000XyZaBAAV"}]
    task = {"action": "Call", "companyId": "c1", "mainType": "task"}
    person = [{"name": "User-Agent", "value": "Mozilla/5.0"}]
    made = read(
        tmp_path,
        entry("https://api.planhat.com/companies?limit=100", companies),
        entry(
            "https://api.planhat.com/tasks", task | {"_id": "p1"}, method="POST", body=json.dumps(task), headers=person
        ),
        entry("https://api.planhat.com/tasks?limit=100", [task | {"_id": "p1"}], at=90),
    )

    assert {"kuhne-sohne-strasse": "Kühne & Söhne Straße"} == {
        handle: one.name for handle, one in made.capsule.customers.items()
    }
    assert not [one for one in made.capsule.questions if "mainType" in one]


def test_the_capsule_is_one_that_is_read(tmp_path: Path) -> None:
    """What is written is held to the schema."""
    made = read(tmp_path, entry(LIST, query(row())), COMPANIES)

    assert made.capsule.questions == from_text(to_text(made.capsule), name="x").questions


def test_ten_thousand_entries_are_read(tmp_path: Path) -> None:
    """Each of them counted."""
    entries = [entry(f"{LIST}&n={n}", query(row(Subject=f"Call {n // 1000}")), at=n % 3600) for n in range(10_000)]
    made = read(tmp_path, *entries, COMPANIES)

    assert 10_001 == made.tally.entries


def test_who_is_the_sync_can_be_said(tmp_path: Path) -> None:
    """A name that nobody has is an error; a part of a User-Agent names a caller."""
    robot = [{"name": "User-Agent", "value": "acme-sync/1.0"}]
    write: dict[str, Any] = {"method": "PATCH", "body": '{"Subject": "Other"}', "status": 204}
    entries = [
        entry(LIST, query(row()), headers=robot),
        entry(f"{ORG}/sobjects/Task/{TASK_ID}", at=9, headers=[{"name": "User-Agent", "value": "loader/2"}], **write),
        COMPANIES,
    ]

    assert [] == [op for op in read(tmp_path, *entries).capsule.ops if op.kind == "edit"]
    assert 1 == len([op for op in read(tmp_path, *entries, sync_users=["acme-sync"]).capsule.ops if op.kind == "edit"])
    with pytest.raises(MisuseError, match="--sync-user nobody"):
        read(tmp_path, *entries, sync_users=["nobody"])

"""Files, notes and attachments: bytes in, bytes out, and the rows that a version brings about."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from typing import Any

import pytest

GUIDE = ("documented", "REST API Developer Guide v66, Insert or Update Blob Data")
VERSION = ("documented", "Object Reference v62, ContentVersion")


def b64(data: bytes) -> str:
    return b64encode(data).decode()


def upload(org: Any, data: bytes = b"hello", **fields: Any) -> dict[str, Any]:
    """The row of a new version."""
    made = org.make("ContentVersion", **{"PathOnClient": "folder/greeting.txt", "VersionData": b64(data), **fields})
    row: dict[str, Any] = org.row("ContentVersion", made)
    return row


def multipart(row: dict[str, Any], **parts: bytes) -> tuple[bytes, dict[str, str]]:
    """The body and headers of a multipart message as the guide shows it."""
    head = b'--B\r\nContent-Disposition: form-data; name="entity_content";\r\nContent-Type: application/json\r\n\r\n'
    body = head + json.dumps(row).encode() + b"\r\n"
    for name, data in parts.items():
        about = f'--B\r\nContent-Type: image/jpeg\r\nContent-Disposition: form-data; name="{name}"; filename="x.jpg"'
        body += about.encode() + b"\r\n\r\n" + data + b"\r\n"
    return body + b"--B--", {"Content-Type": 'multipart/form-data; boundary="B"'}


@pytest.mark.evidence("recorded", "sObject Blob Get in public traffic: path in the row, application/octetstream")
def test_bytes_come_back_as_they_were(org: Any) -> None:
    """A row shows a path; the path gives the bytes."""
    data = bytes(range(256))
    row = upload(org, data)
    path = f"/services/data/v60.0/sobjects/ContentVersion/{row['Id']}/VersionData"
    assert path == row["VersionData"]
    answer = org.get(path)
    assert (200, "application/octetstream", data) == (answer.status, answer.headers["content-type"], answer.body)
    assert "sforce-limit-info" in answer.headers
    assert [{"VersionData": path}] == [
        {"VersionData": each["VersionData"]} for each in org.soql("SELECT VersionData FROM ContentVersion")
    ]


@pytest.mark.evidence(*VERSION)
def test_a_version_makes_its_document(org: Any) -> None:
    """The first version makes the file; name, type, size and checksum follow from it."""
    row = upload(org)
    document = org.row("ContentDocument", row["ContentDocumentId"])
    wanted = {
        "Title": "greeting",
        "FileExtension": "txt",
        "FileType": "TEXT",
        "ContentSize": 5,
        "Checksum": hashlib.md5(b"hello", usedforsecurity=False).hexdigest(),
        "TextPreview": "hello",
        "VersionNumber": "1",
        "IsLatest": True,
        "FirstPublishLocationId": row["OwnerId"],
    }
    assert wanted == {name: row[name] for name in wanted}
    shared = ("Title", "FileExtension", "FileType", "ContentSize", "OwnerId")
    assert {name: row[name] for name in shared} == {name: document[name] for name in shared}
    assert row["Id"] == document["LatestPublishedVersionId"]


@pytest.mark.evidence(*VERSION)
def test_first_publish_location(org: Any) -> None:
    """A file made for a row is linked to it at once, and to its owner."""
    account = org.make("Account", Name="a")
    row = upload(org, FirstPublishLocationId=account)
    links = org.soql(
        "SELECT LinkedEntityId, ShareType FROM ContentDocumentLink "
        f"WHERE ContentDocumentId = '{row['ContentDocumentId']}' ORDER BY LinkedEntityId"
    )
    assert [(account, "V"), (row["OwnerId"], "I")] == [(each["LinkedEntityId"], each["ShareType"]) for each in links]
    assert "P" == row["PublishStatus"]
    (found,) = org.soql("SELECT Id, (SELECT ContentDocumentId FROM ContentDocumentLinks) FROM Account")
    assert row["ContentDocumentId"] == found["ContentDocumentLinks"]["records"][0]["ContentDocumentId"]


@pytest.mark.evidence(*VERSION)
def test_a_second_version(org: Any) -> None:
    """A version of a given document is the latest; the old one stays and cannot be changed."""
    first = upload(org)
    second = upload(org, b"%PDF", PathOnClient="b.pdf", ContentDocumentId=first["ContentDocumentId"])
    assert ("2", True, "greeting", "PDF") == tuple(
        second[name] for name in ("VersionNumber", "IsLatest", "Title", "FileType")
    )
    assert not org.row("ContentVersion", first["Id"])["IsLatest"]
    document = org.row("ContentDocument", first["ContentDocumentId"])
    assert (second["Id"], 4) == (document["LatestPublishedVersionId"], document["ContentSize"])
    refused = org.patch(f"/sobjects/ContentVersion/{first['Id']}", {"Title": "x"})
    assert "FIELD_INTEGRITY_EXCEPTION" == refused.error[1]
    assert 204 == org.patch(f"/sobjects/ContentVersion/{second['Id']}", {"Title": "new"}).status
    assert "new" == org.row("ContentDocument", first["ContentDocumentId"])["Title"]
    again = upload(org)
    answer = org.post(
        "/sobjects/ContentVersion",
        {
            "PathOnClient": "c",
            "VersionData": b64(b"c"),
            "ContentDocumentId": again["ContentDocumentId"],
            "FirstPublishLocationId": org.make("Account", Name="a"),
        },
    )
    assert "FIELD_INTEGRITY_EXCEPTION" == answer.error[1]


@pytest.mark.evidence(*VERSION)
def test_deleting_a_document_takes_its_versions_and_links(org: Any) -> None:
    """Versions cannot be deleted; they go with their document."""
    row = upload(org, FirstPublishLocationId=org.make("Account", Name="a"))
    assert "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" == org.delete(f"/sobjects/ContentVersion/{row['Id']}").error[1]
    assert 204 == org.delete(f"/sobjects/ContentDocument/{row['ContentDocumentId']}").status
    assert [] == org.soql("SELECT Id FROM ContentVersion")
    assert 404 == org.get(f"/sobjects/ContentVersion/{row['Id']}/VersionData").status


@pytest.mark.evidence("assumed", "which fields a version cannot do without")
def test_a_file_needs_name_and_bytes(org: Any) -> None:
    """Neither a name nor bytes: both are missing; a link to elsewhere needs neither."""
    missing = org.post("/sobjects/ContentVersion", {"Title": "t"})
    assert (400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [PathOnClient, VersionData]") == missing.error
    row = org.row("ContentVersion", org.make("ContentVersion", ContentUrl="https://example.com/x", Title="t"))
    assert ("LINK", 0, None) == (row["FileType"], row["ContentSize"], row["VersionData"])


@pytest.mark.evidence(*GUIDE)
def test_multipart_insert_and_update(org: Any) -> None:
    """JSON in the first part, the bytes in another that is named like their field."""
    parent = org.make("Account", Name="a")
    data = b"\x00\xff\r\n--not the boundary\n"
    body, headers = multipart({"Name": "x.jpg", "ParentId": parent}, Body=data)
    made = org.post("/sobjects/Attachment", data=body, headers=headers)
    assert 201 == made.status, made.text
    path = f"/sobjects/Attachment/{made.json['id']}"
    assert (data, len(data)) == (org.get(f"{path}/Body").body, org.row("Attachment", made.json["id"])["BodyLength"])
    body, headers = multipart({"Name": "y.jpg"}, Body=b"12")
    assert 204 == org.patch(path, data=body, headers=headers).status
    assert (b"12", 2, "y.jpg") == (
        org.get(f"{path}/Body").body,
        org.row("Attachment", made.json["id"])["BodyLength"],
        org.row("Attachment", made.json["id"])["Name"],
    )


@pytest.mark.evidence(*GUIDE)
def test_multipart_error_is_that_of_a_row(org: Any) -> None:
    """The guide's example of a refused multipart insert: an id of the wrong object."""
    body, headers = multipart({"Name": "x", "ParentId": "005D0000001GiU7"}, Body=b"1")
    answer = org.post("/sobjects/Attachment", data=body, headers=headers)
    assert [
        {
            "message": "Parent ID: id value of incorrect type: 005D0000001GiU7",
            "errorCode": "MALFORMED_ID",
            "fields": ["ParentId"],
        }
    ] == answer.json


@pytest.mark.evidence("documented", "REST API Developer Guide v66, sObject Collections with Blob Data")
def test_multipart_collection(org: Any) -> None:
    """Records of a collection name their part and its field."""
    parent = org.make("Account", Name="a")
    records = [
        {
            "attributes": {"type": "Attachment", "binaryPartName": f"part{n}", "binaryPartNameAlias": "Body"},
            "Name": f"{n}",
            "ParentId": parent,
        }
        for n in (1, 2)
    ]
    body, headers = multipart({"allOrNone": False, "records": records}, part1=b"one", part2=b"two")
    answer = org.post("/composite/sobjects", data=body, headers=headers)
    made = [each["id"] for each in answer.json]
    assert [b"one", b"two"] == [org.get(f"/sobjects/Attachment/{each}/Body").body for each in made]
    records[0]["attributes"] |= {"binaryPartName": "none"}
    body, headers = multipart({"records": records}, part1=b"one")
    assert "INVALID_MULTIPART_REQUEST" == org.post("/composite/sobjects", data=body, headers=headers).error[1]


@pytest.mark.parametrize(
    "body", [b"", b"--B--", b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n{\r\n--B--', b"x"]
)
@pytest.mark.evidence("assumed", "texts of broken multipart messages")
def test_broken_multipart(org: Any, body: bytes) -> None:
    """A message that is none is refused, and nothing is written."""
    before = org.rows
    answer = org.post(
        "/sobjects/Attachment", data=body or b" ", headers={"Content-Type": "multipart/form-data; boundary=B"}
    )
    assert 400 == answer.status
    assert before == org.rows


@pytest.mark.evidence("assumed", "text for a value that is no base64")
def test_base64_that_is_none(org: Any) -> None:
    """Text that is no base64 is refused by the reader of the body."""
    answer = org.post("/sobjects/ContentVersion", {"PathOnClient": "a", "VersionData": "no base64!"})
    assert "JSON_PARSER_ERROR" == answer.error[1]


@pytest.mark.evidence("documented", "Object Reference v62, ContentNote")
def test_a_note_is_a_file(org: Any) -> None:
    """A note, its document and its versions are one thing under one id; new lines are taken out."""
    note = org.make("ContentNote", Title="Call", Content=b64(b"<p>a &amp; b</p>\n"))
    row = org.row("ContentNote", note)
    assert ("SNOTE", "snote", 16, "a & b") == tuple(
        row[name] for name in ("FileType", "FileExtension", "ContentSize", "TextPreview")
    )
    assert "069" == note[:3]
    assert b"<p>a &amp; b</p>" == org.get(f"/sobjects/ContentNote/{note}/Content").body
    assert ("Call", "SNOTE") == tuple(org.row("ContentDocument", note)[name] for name in ("Title", "FileType"))
    assert 204 == org.patch(f"/sobjects/ContentNote/{note}", {"Content": b64(b"second")}).status
    versions = org.soql("SELECT Id, VersionNumber, IsLatest FROM ContentVersion ORDER BY VersionNumber")
    assert [("1", False), ("2", True)] == [(each["VersionNumber"], each["IsLatest"]) for each in versions]
    assert versions[1]["Id"] == org.row("ContentNote", note)["LatestPublishedVersionId"]
    assert b"second" == org.get(f"/sobjects/ContentVersion/{versions[1]['Id']}/VersionData").body
    assert 204 == org.patch(f"/sobjects/ContentNote/{note}", {"Title": "Mail"}).status
    assert "Mail" == org.row("ContentDocument", note)["Title"]
    assert 204 == org.delete(f"/sobjects/ContentNote/{note}").status
    assert [404, 404] == [org.get(f"/sobjects/{name}/{note}").status for name in ("ContentDocument", "ContentNote")]


@pytest.mark.parametrize("content", [b"a & b", b"1 < 2", b"<script>x</script>"])
@pytest.mark.evidence("assumed", "text widely reported for ContentNote; which tags are allowed is recalled")
def test_a_note_must_be_escaped(org: Any, content: bytes) -> None:
    """Bare special characters and tags that a note cannot hold."""
    answer = org.post("/sobjects/ContentNote", {"Title": "t", "Content": b64(content)})
    assert (400, "FIELD_INTEGRITY_EXCEPTION") == answer.error[:2]
    assert answer.error[2].startswith("Note Can't Be Saved Because It Contains HTML Tags")


@pytest.mark.evidence("assumed", "text of a link that is there already: recalled")
def test_a_file_is_linked_once(org: Any) -> None:
    """The same file and the same row: one link."""
    account = org.make("Account", Name="a")
    document = upload(org)["ContentDocumentId"]
    org.make("ContentDocumentLink", ContentDocumentId=document, LinkedEntityId=account, ShareType="V")
    answer = org.post("/sobjects/ContentDocumentLink", {"ContentDocumentId": document, "LinkedEntityId": account})
    text = f"Document with ID: {document} is already linked with the entity with ID: {account}"
    assert (400, "DUPLICATE_VALUE", text) == answer.error
    assert 204 == org.delete(f"/sobjects/Account/{account}").status
    assert 1 == len(org.soql(f"SELECT Id FROM ContentDocumentLink WHERE ContentDocumentId = '{document}'"))


def test_files_are_not_read_with_rows(org: Any) -> None:
    """The row's own table holds a mark of 32 characters, however long the file."""
    upload(org, b"x" * 100_000)
    with org.fake.store.read() as conn:
        (mark,) = conn.exec_driver_sql("SELECT VersionData FROM ContentVersion").scalars()
    assert 32 == len(mark)


def test_files_survive_a_snapshot(org: Any) -> None:
    """Bytes belong to the org: a snapshot and reset treat them as rows."""
    row = upload(org)
    kept = org.fake.store.snapshot()
    org.fake.store.reset()
    org.fake.store.restore(kept)
    assert b"hello" == org.get(f"/sobjects/ContentVersion/{row['Id']}/VersionData").body

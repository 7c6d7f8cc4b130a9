"""Files, notes and attachments: what follows from a file's bytes, and the rows that a version brings about.

Rule 1: a ContentVersion without ContentDocumentId makes its ContentDocument, a link for its owner and, with
FirstPublishLocationId, one to that row; with ContentDocumentId it is the next version of that file.
Rule 2: the newest version is the file's: IsLatest, LatestPublishedVersionId, title, size and type follow it.
Rule 3: a ContentNote is a file of type SNOTE under the same id; each new content is a new version.
Rule 4: a file is linked to a row once.
Source: Object Reference v62, ContentVersion, ContentDocument, ContentDocumentLink, ContentNote, Attachment, Document;
what is assumed stands beside the rule.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from fake_salesforce import data_files
from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import blobs, inside
from fake_salesforce.operations.save import Save

NOTE_TYPE, NOTE_EXTENSION = "SNOTE", "snote"
_FILE_FIELDS = ("Title", "Description", "FileType", "FileExtension", "ContentSize", "ContentModifiedDate",
                "SharingOption", "SharingPrivacy", "OwnerId", "PublishStatus")  # fmt: skip
_SHARED = ("Title", "Description", "OwnerId", "SharingOption", "SharingPrivacy")


def _facts() -> Mapping[str, Any]:
    return data_files.load("files.toml")


# --- attachments and documents ----------------------------------------------------------------------


def attached_body(save: Save) -> None:
    """Attachment, Document: BodyLength counts the bytes of Body."""
    for value in blobs.keep(save).values():
        save.new["BodyLength"] = len(value)


# --- versions ---------------------------------------------------------------------------------------


def version(save: Save) -> None:
    """ContentVersion: everything that follows from the file's name, its bytes and the version before it."""
    new = save.new
    if save.old is None:
        _new_version(save)
    elif not save.old["IsLatest"]:
        raise salesforce_error("FIELD_INTEGRITY_EXCEPTION.old_version")
    for value in blobs.keep(save).values():
        new["ContentSize"] = len(value)
        new["Checksum"] = new["VersionData"]
        new["TextPreview"] = preview(value, new["FileType"])
        new["ContentModifiedDate"] = (save.old is None and new["ContentModifiedDate"]) or save.stamp
    new["ContentModifiedById"] = save.user


def _new_version(save: Save) -> None:
    new = save.new
    missing = [] if new["ContentUrl"] or new["PathOnClient"] else ["PathOnClient"]
    if not new["ContentUrl"] and new["VersionData"] is None:
        missing.append("VersionData")
    if missing:
        raise salesforce_error("REQUIRED_FIELD_MISSING", fields=tuple(missing))
    before = None
    if new["ContentDocumentId"] is not None:
        if new["FirstPublishLocationId"] is not None:
            raise salesforce_error("FIELD_INTEGRITY_EXCEPTION.published_twice")
        before = _latest(save, new["ContentDocumentId"])
    else:
        new["ContentDocumentId"] = save.org.mint("069")
    path = new["PathOnClient"] or ""
    name = re.split(r"[/\\]", path)[-1]
    stem, dot, extension = name.rpartition(".")
    new["FileExtension"] = extension.lower()[:40] or None if dot else None
    types: Mapping[str, str] = _facts()["file_types"]
    new["FileType"] = "LINK" if new["ContentUrl"] else types.get(new["FileExtension"] or "", "UNKNOWN")
    if new["Title"] is None:
        new["Title"] = before["Title"] if before is not None else (stem if dot else name) or new["ContentUrl"][:255]
    new["VersionNumber"] = "1" if before is None else str(int(before["VersionNumber"]) + 1)
    new["IsLatest"] = 1
    new["ContentSize"] = 0
    if new["FirstPublishLocationId"] is None:
        new["FirstPublishLocationId"] = before["FirstPublishLocationId"] if before is not None else new["OwnerId"]
    if not new["FirstPublishLocationId"].startswith("005"):
        new["PublishStatus"] = "P"


def _latest(save: Save, document: str) -> dict[str, Any]:
    versions = inside.children(save.org, save.conn, "ContentVersion", "ContentDocumentId", document)
    found = next((each for each in versions if each["IsLatest"]), None)
    if found is None:
        raise salesforce_error("INVALID_CROSS_REFERENCE_KEY")
    return found


def preview(value: bytes, file_type: str | None) -> str | None:
    """The beginning of a text file, without the tags of HTML and notes."""
    facts = _facts()["text_preview"]
    if file_type not in facts["file_types"]:
        return None
    text = value[: 8 * facts["characters"]].decode(errors="ignore")
    if file_type in {"HTML", NOTE_TYPE}:
        text = html.unescape(re.sub(r"<[^>]*>", " ", text))
    return " ".join(text.split())[: facts["characters"]] or None


def version_saved(save: Save) -> None:
    """ContentVersion: the file's own row, and who and what it is linked to."""
    new = save.new
    document = new["ContentDocumentId"]
    file = {name: new[name] for name in _FILE_FIELDS}
    file |= {"LatestPublishedVersionId": new["Id"]}
    if save.old is not None:
        stamps = {"LastModifiedDate": save.stamp, "LastModifiedById": save.user, "SystemModstamp": save.stamp}
        inside.change(save.org, save.conn, "ContentDocument", document, {**file, **stamps})
        return
    if new["VersionNumber"] == "1":
        inside.make(save.org, save.conn, "ContentDocument", {**file, "Id": document}, user=save.user, at=save.stamp)
        link(save, document, new["OwnerId"], "I")
        if new["FirstPublishLocationId"] != new["OwnerId"]:
            link(save, document, new["FirstPublishLocationId"], "V")
        return
    for each in inside.children(save.org, save.conn, "ContentVersion", "ContentDocumentId", document):
        if each["IsLatest"] and each["Id"] != new["Id"]:
            values = {"IsLatest": 0, "SystemModstamp": save.stamp}
            inside.change(save.org, save.conn, "ContentVersion", each["Id"], values)
    stamps = {"LastModifiedDate": save.stamp, "LastModifiedById": save.user, "SystemModstamp": save.stamp}
    inside.change(save.org, save.conn, "ContentDocument", document, {**file, **stamps})


def link(save: Save, document: str, entity: str, share_type: str) -> None:
    """A ContentDocumentLink that nobody wrote."""
    values = {"ContentDocumentId": document, "LinkedEntityId": entity, "ShareType": share_type}
    inside.make(save.org, save.conn, "ContentDocumentLink", values, user=save.user, at=save.stamp)


def document_saved(save: Save) -> None:
    """ContentDocument: its title, description and owner are those of the latest version, and of the note."""
    if save.old is None:
        return
    values = {name: save.new[name] for name in _SHARED if save.new.get(name) != save.old.get(name)}
    if values:
        inside.change(save.org, save.conn, "ContentVersion", save.new["LatestPublishedVersionId"], values)
        inside.change(save.org, save.conn, "ContentNote", save.new["Id"], values)


# --- links ------------------------------------------------------------------------------------------


def new_link(save: Save) -> None:
    """ContentDocumentLink: once for each row; its file must have content of its own."""
    if save.old is not None:
        return
    document, entity = save.new["ContentDocumentId"], save.new["LinkedEntityId"]
    for each in inside.children(save.org, save.conn, "ContentDocumentLink", "ContentDocumentId", document):
        if each["LinkedEntityId"] == entity:
            raise salesforce_error("DUPLICATE_VALUE.link", entity=entity, document=document)


# --- notes ------------------------------------------------------------------------------------------


def note(save: Save) -> None:
    """ContentNote: its content is HTML, and a version of its own."""
    new = save.new
    if save.old is None:
        new.update(FileType=NOTE_TYPE, FileExtension=NOTE_EXTENSION)
    value = new["Content"]
    if isinstance(value, bytes):
        value = new["Content"] = value.replace(b"\r", b"").replace(b"\n", b"")
        _refuse_markup(value)
    elif save.old is None:
        value = new["Content"] = b""
    for kept in blobs.keep(save).values():
        new["ContentSize"] = len(kept)
        new["TextPreview"] = preview(kept, NOTE_TYPE)
        new["ContentModifiedDate"] = save.stamp
        new["LatestPublishedVersionId"] = save.org.mint("068")


_BARE = re.compile(rb"&(?!#?[A-Za-z0-9]{1,32};)")
_TAG = re.compile(rb"<(/?)([A-Za-z][A-Za-z0-9]*)\b[^<>]*>")


def _refuse_markup(value: bytes) -> None:
    allowed = {each.encode() for each in _facts()["note"]["tags"]}
    rest = _TAG.sub(lambda found: b"" if found[2].lower() in allowed else found[0], value)
    if b"<" in rest or b">" in rest or _BARE.search(rest):
        raise salesforce_error("FIELD_INTEGRITY_EXCEPTION.note_markup")


def note_saved(save: Save) -> None:
    """ContentNote: the file and the version behind it."""
    new, org, conn = save.new, save.org, save.conn
    user = save.user
    file = {
        "Title": new["Title"],
        "OwnerId": new["OwnerId"],
        "FileType": NOTE_TYPE,
        "FileExtension": NOTE_EXTENSION,
        "ContentSize": new["ContentSize"],
        "ContentModifiedDate": new["ContentModifiedDate"],
        "SharingPrivacy": new["SharingPrivacy"],
        "LatestPublishedVersionId": new["LatestPublishedVersionId"],
    }
    if save.old is None:
        inside.make(org, conn, "ContentDocument", {**file, "Id": new["Id"]}, user=user, at=save.stamp)
        link(save, new["Id"], new["OwnerId"], "I")
    else:
        stamps = {"LastModifiedDate": save.stamp, "LastModifiedById": user, "SystemModstamp": save.stamp}
        inside.change(org, conn, "ContentDocument", new["Id"], {**file, **stamps})
        if save.old["LatestPublishedVersionId"] == new["LatestPublishedVersionId"]:
            inside.change(org, conn, "ContentVersion", new["LatestPublishedVersionId"], {"Title": new["Title"]})
            return
    versions = inside.children(org, conn, "ContentVersion", "ContentDocumentId", new["Id"])
    for each in versions:
        if each["IsLatest"]:
            inside.change(org, conn, "ContentVersion", each["Id"], {"IsLatest": 0, "SystemModstamp": save.stamp})
    content = blobs.get(org, conn, new["Id"], "Content") or b""
    made = {
        **file,
        "Id": new["LatestPublishedVersionId"],
        "ContentDocumentId": new["Id"],
        "PathOnClient": f"{new['Title']}.{NOTE_EXTENSION}"[:500],
        "VersionNumber": str(len(versions) + 1),
        "IsLatest": 1,
        "ContentModifiedById": user,
        "FirstPublishLocationId": new["OwnerId"],
        "TextPreview": new["TextPreview"],
        "VersionData": blobs.put(org, conn, new["LatestPublishedVersionId"], "VersionData", content),
        "Checksum": new["Content"],
    }
    inside.make(org, conn, "ContentVersion", made, user=user, at=save.stamp)

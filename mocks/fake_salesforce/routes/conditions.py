"""Conditional requests on rows and describes.

Rule 1: a row's moment is its LastModifiedDate, in whole seconds; a describe's is the last change of rights in the org,
or that of the org's row: objects and fields do not change while the org runs.
Rule 2: ETags are for rows of Account only; a row's tag is a hash of the whole row. On other rows If-Match and
If-None-Match are not looked at, and no condition is on DELETE.
Rule 3: a condition that cannot be read is 400 on PATCH and POST, and is not looked at on GET and HEAD.
Rule 4: where a tag and a date are both given, the tag decides (RFC 9110).
Source: REST API Developer Guide v66, Conditional Request Headers; Execute Dependent Requests in a Single API Call (the
headers of rows and of a describe's 304); ETag and Last-Modified of a describe recorded by CumulusCI.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import rows
from fake_salesforce.routes.answers import Answer
from fake_salesforce.routes.http import Call, json_bytes
from fake_salesforce.schema.metadata import SObject
from fake_salesforce.wire import jsontext

_MATCH, _NONE_MATCH = "HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"
_SINCE, _UNLESS = "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE"
_CONDITIONS = (_SINCE, _UNLESS, _MATCH, _NONE_MATCH)
_TAGGED = "Account"
_TAGS = re.compile(r'\s*(?:W/)?"[^"]*"\s*(?:,\s*(?:W/)?"[^"]*"\s*)*')
_TAG = re.compile(r'"([^"]*)"')
_READS = frozenset({"GET", "HEAD"})


def check(call: Call, sobject: SObject, record_id: str) -> Answer | None:
    """A 304 to answer with, None to go on; raises 412 when a condition does not hold, 400 for one nobody can read."""
    environ = call.environ
    if not any(name in environ for name in _CONDITIONS):
        return None
    reading = environ["REQUEST_METHOD"] in _READS
    text = rows.last_modified(call.org, sobject=sobject, record_id=record_id)
    if text is None:
        return None
    modified = _read_stamp(text)
    tagged = sobject.name == _TAGGED
    match = _tags(environ.get(_MATCH), strict=not reading) if tagged else None
    none_match = _tags(environ.get(_NONE_MATCH), strict=not reading) if tagged else None
    tag = "" if match is None and none_match is None else _row_tag(call, sobject, record_id)
    if match is not None:
        if not _among(tag, match):
            raise salesforce_error("PRECONDITION_FAILED.tag")
    else:
        unless = _moment(environ.get(_UNLESS), strict=not reading)
        if unless is not None and modified > unless:
            raise salesforce_error("ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE")
    if none_match is not None:
        if not _among(tag, none_match):
            return None
        if reading:
            return call.not_modified(_http(modified), tag=tag)
        raise salesforce_error("PRECONDITION_FAILED.tag")
    since = _moment(environ.get(_SINCE), strict=False)
    if since is not None and modified <= since and reading:
        return call.not_modified(_http(modified), tag=(tag or _row_tag(call, sobject, record_id)) if tagged else None)
    return None


def tag_headers(sobject: SObject, row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """ETag and Last-Modified of a whole row; none for an object without tags, as the guide's sample of a User shows."""
    if sobject.name != _TAGGED:
        return ()
    tag, modified = ("ETag", f'"{_hash(row)}"'), row.get("LastModifiedDate")
    return (tag,) if modified is None else (tag, ("Last-Modified", _http(_read_stamp(modified))))


def has_tags(sobject: SObject) -> bool:
    """Rows of *sobject* have ETags."""
    return sobject.name == _TAGGED


def _row_tag(call: Call, sobject: SObject, record_id: str) -> str:
    return _hash(rows.get(call.org, sobject=sobject, record_id=record_id, base=call.base))


def _hash(row: Mapping[str, Any]) -> str:
    """Base64 of a SHA-1, as the guide's samples look; the version in the row's url does not count."""
    text = jsontext.compact([value for key, value in row.items() if key != "attributes"])
    return base64.b64encode(hashlib.sha1(text.encode(errors="replace"), usedforsecurity=False).digest()).decode()


def _tags(header: str | None, *, strict: bool) -> list[str] | None:
    """The tags of a header, `*` for any row, None when it is not there."""
    if header is None:
        return None
    if header.strip() == "*":
        return ["*"]
    if _TAGS.fullmatch(header) is None:
        if strict:
            raise salesforce_error("INVALID_HEADER.condition", value=header)
        return None
    return _TAG.findall(header)


def _among(tag: str, given: list[str]) -> bool:
    """*tag* is one of *given*; the ending that compression adds to it does not count."""
    return "*" in given or tag in {one.removesuffix("-gzip") for one in given}


def describe(call: Call, build: Callable[[], Mapping[str, Any]], *, kept_as: tuple[str, ...] | None = None) -> Answer:
    """The describe that *build* makes, or a 304; compact even for a client that asked for pretty JSON (recorded).

    *kept_as*: the schema keeps the text under this name, for to write a long one takes longer than all the rest; that
    of the host named last, since a client may name any number of them.
    """
    modified = _metadata_changed(call)
    shown = _http(modified)
    unless = _moment(call.environ.get(_UNLESS), strict=False)
    if unless is not None and modified > unless:
        raise salesforce_error("ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE")
    tag = f"{zlib.crc32(' '.join((shown, call.base, call.environ['PATH_INFO'])).encode(errors='replace')):08x}"
    since = _moment(call.environ.get(_SINCE), strict=False)
    if since is not None and modified <= since:
        return call.not_modified(shown, tag=tag)
    more = [("ETag", f'"{tag}"'), ("Last-Modified", shown)]
    if kept_as is None or call.xml:
        return call.json(build(), pretty=False, more=more)
    kept = call.org.schema.described
    host, body = kept.get(kept_as, ("", b""))
    if host != call.base_url:
        body = json_bytes(build())
        kept[kept_as] = call.base_url, body
    return call.json_of(body, more=more)


def _metadata_changed(call: Call) -> datetime:
    """When the org was made, or rights in it last changed: a describe shows what its caller may see."""
    org = call.org.whole
    sobject = org.schema.sobject("Organization")
    assert sobject is not None, "every schema has the org's own object"
    began = rows.last_modified(org, sobject=sobject, record_id=org.org_id)
    assert began is not None, "every org has its own row, which no client can delete"
    changed = [rows.newest(org, one) for one in map(org.schema.sobject, _RIGHTS) if one is not None]
    return _read_stamp(max([began, *(one for one in changed if one is not None)]))


_RIGHTS = ("FieldPermissions", "ObjectPermissions", "PermissionSet", "PermissionSetAssignment", "Profile")


def _http(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def _read_stamp(text: str) -> datetime:
    return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)


def _moment(header: str | None, *, strict: bool) -> datetime | None:
    if header is None:
        return None
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        if strict:
            raise salesforce_error("INVALID_HEADER.condition", value=header) from None
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

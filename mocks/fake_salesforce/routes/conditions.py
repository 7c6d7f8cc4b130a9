"""Conditional requests on rows and describes: If-Modified-Since and If-Unmodified-Since.

Rule: a row's moment is its LastModifiedDate, in whole seconds; a describe's is that of the org's row, since what it
describes never changes; a date nobody can read is ignored.
Source: REST API Developer Guide, Conditional Request Headers. ETags (If-Match, If-None-Match), which
the vendor has for Account rows only, are not faked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from fake_salesforce.errors import salesforce_error
from fake_salesforce.metadata import SObject
from fake_salesforce.operations import rows
from fake_salesforce.operations.not_faked import not_faked
from fake_salesforce.routes.http import Answer, Call

_TAGS = ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH")
_SINCE, _UNLESS = "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE"
_TAGGED = "Account"


def check(call: Call, sobject: SObject, record_id: str) -> Answer | None:
    """A 304 to answer with, None to go on; raises 412 when the row was modified since."""
    environ = call.environ
    if sobject.name == _TAGGED and any(tag in environ for tag in _TAGS):
        raise not_faked("etags")
    since, unless = _moment(environ.get(_SINCE)), _moment(environ.get(_UNLESS))
    if since is None and unless is None:
        return None
    text = rows.last_modified(call.org, sobject=sobject, record_id=record_id)
    if text is None:
        return None
    modified = _read_stamp(text)
    if unless is not None and modified > unless:
        raise salesforce_error("ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE")
    if since is not None and modified <= since and environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
        return call.not_modified(format_datetime(modified, usegmt=True))
    return None


def describe(call: Call, build: Callable[[], Mapping[str, Any]]) -> Answer:
    """The describe that *build* makes, or a 304; compact even for a client that asked for pretty JSON (recorded)."""
    modified = _org_began(call)
    since = _moment(call.environ.get(_SINCE))
    if since is not None and modified <= since:
        return call.not_modified(format_datetime(modified, usegmt=True))
    return call.json(build(), pretty=False, more=[("Last-Modified", format_datetime(modified, usegmt=True))])


def _org_began(call: Call) -> datetime:
    org = call.org
    sobject = org.schema.sobject("Organization")
    assert sobject is not None, "every schema has the org's own object"
    text = rows.last_modified(org, sobject=sobject, record_id=org.org_id)
    assert text is not None, "every org has its own row, which no client can delete"
    return _read_stamp(text)


def _read_stamp(text: str) -> datetime:
    return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)


def _moment(header: str | None) -> datetime | None:
    if header is None:
        return None
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

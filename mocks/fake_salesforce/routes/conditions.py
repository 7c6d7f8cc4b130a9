"""Conditional requests on a row: If-Modified-Since and If-Unmodified-Since.

Rule: a row's moment is its LastModifiedDate, in whole seconds; a date nobody can read is ignored.
Source: REST API Developer Guide, Conditional Request Headers. ETags (If-Match, If-None-Match), which
the vendor has for Account rows only, are not faked.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

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
    modified = datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    if unless is not None and modified > unless:
        raise salesforce_error("ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE")
    if since is not None and modified <= since and environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
        return call.not_modified(format_datetime(modified, usegmt=True))
    return None


def _moment(header: str | None) -> datetime | None:
    if header is None:
        return None
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

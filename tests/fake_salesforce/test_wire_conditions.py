"""ETags on rows of Account, dates on rows and describes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

GUIDE = "REST API Developer Guide, Conditional Request Headers"
FUTURE, PAST = "Wed, 01 Jan 2098 00:00:00 GMT", "Tue, 10 Aug 2015 00:00:00 GMT"


@pytest.fixture
def path(org: Any) -> str:
    return f"/sobjects/Account/{org.make('Account', Name='x')}"


def tag(org: Any, path: str) -> str:
    found: str = org.get(path).headers["etag"]
    return found


@pytest.mark.evidence("documented", f"{GUIDE}: ETag, a hash of the content")
def test_a_row_of_account_has_a_tag(org: Any, path: str) -> None:
    """It looks as the guide's samples do, moves with the row, even within a second, and back with it."""
    first = tag(org, path)
    assert re.fullmatch(r'"[A-Za-z0-9+/]{27}="', first)
    assert first == tag(org, path) == org.get(f"{path}?fields=Name").headers["etag"]

    org.patch(path, {"Phone": "1"})
    second = tag(org, path)
    org.patch(path, {"Phone": None})

    assert first != second
    assert first == tag(org, path)


def test_other_rows_have_none(org: Any) -> None:
    """No ETag, and the conditions on it are not looked at."""
    path = f"/sobjects/Contact/{org.make('Contact', LastName='x')}"

    assert "etag" not in org.get(path).headers
    assert 204 == org.patch(path, {"Title": "y"}, headers={"If-Match": '"abc"'}).status


@pytest.mark.evidence("documented", f"{GUIDE}: If-Match")
def test_if_match(org: Any, path: str) -> None:
    """The row is changed or read when one of the tags is its own; else 412 and nothing is done."""
    own, other = tag(org, path), '"Jbjuzw7dbhaEG3fd90kJbx6A0ow=-gzip"'
    before = org.rows
    refused = [
        org.patch(path, {"Phone": "1"}, headers={"If-Match": other}),
        org.get(path, headers={"If-Match": other}),
    ]
    assert ([412, 412], before) == ([one.status for one in refused], org.rows)

    compressed = own[:-1] + '-gzip"'
    for given in (own, compressed, f"{other}, {own}", "*", f"W/{own}"):
        assert 200 == org.get(path, headers={"If-Match": given}).status
    assert 204 == org.patch(path, {"Phone": "1"}, headers={"If-Match": own}).status
    assert 412 == org.patch(path, {"Phone": "2"}, headers={"If-Match": own}).status


@pytest.mark.evidence("documented", f"{GUIDE}: If-None-Match")
def test_if_none_match(org: Any, path: str) -> None:
    """304 for GET and HEAD, 412 for PATCH, when the tag is the row's own."""
    own = tag(org, path)
    for method in ("GET", "HEAD"):
        same = org.call(method, path, headers={"If-None-Match": f'"x", {own}'})
        assert (304, b"", own) == (same.status, same.body, same.headers["etag"])
        assert "content-type" not in same.headers
    assert 412 == org.patch(path, {"Phone": "1"}, headers={"If-None-Match": own}).status
    assert 200 == org.get(path, headers={"If-None-Match": '"x"'}).status
    assert 204 == org.patch(path, {"Phone": "1"}, headers={"If-None-Match": '"x"'}).status


@pytest.mark.evidence("documented", f"{GUIDE}: an invalid header value on PATCH or POST is 400")
@pytest.mark.parametrize(
    "headers", [{"If-Match": "abc"}, {"If-None-Match": '"a'}, {"If-Unmodified-Since": "yesterday"}, {"If-Match": ""}]
)
def test_a_condition_nobody_can_read(org: Any, path: str, headers: dict[str, str]) -> None:
    """400 on PATCH; GET goes on."""
    before = org.rows

    assert 400 == org.patch(path, {"Phone": "1"}, headers=headers).status
    assert before == org.rows
    assert 200 == org.get(path, headers=headers).status


@pytest.mark.evidence("documented", f"{GUIDE}: DELETE requests are not supported")
def test_delete_has_no_condition(org: Any, path: str) -> None:
    """The row is deleted whatever the headers say."""
    assert 204 == org.delete(path, headers={"If-Match": '"abc"', "If-Unmodified-Since": PAST}).status


@pytest.mark.evidence("documented", f"{GUIDE}: dates on sObject Describe and Describe Global")
@pytest.mark.parametrize("path", ["/sobjects", "/sobjects/", "/sobjects/Account/describe"])
def test_dates_on_describes(org: Any, path: str) -> None:
    """304 with ETag and Last-Modified since the org's metadata last changed; 412 for If-Unmodified-Since before."""
    whole = org.get(path)
    assert 200 == org.get(path, headers={"If-Modified-Since": PAST}).status
    same = org.get(path, headers={"If-Modified-Since": whole.headers["last-modified"]})

    assert (304, b"") == (same.status, same.body)
    assert [whole.headers[name] for name in ("etag", "last-modified")] == [
        same.headers[name] for name in ("etag", "last-modified")
    ]
    assert re.fullmatch(r'"[0-9a-f]{8}"', same.headers["etag"])
    assert 412 == org.get(path, headers={"If-Unmodified-Since": PAST}).status
    assert 200 == org.get(path, headers={"If-Unmodified-Since": FUTURE}).status


def test_dates_on_rows(org: Any, path: str) -> None:
    """A date in any of the vendor's time zones; 412 on GET too; a tag that matches outranks a date."""
    own = tag(org, path)
    org.clock.set(org.clock.now() + timedelta(hours=1))

    assert 304 == org.get(path, headers={"If-Modified-Since": "Mon, 05 Jan 2026 02:00:00 MST"}).status
    assert 200 == org.get(path, headers={"If-Modified-Since": "Mon, 05 Jan 2026 01:59:59 MST"}).status
    assert 412 == org.get(path, headers={"If-Unmodified-Since": PAST}).status
    assert 200 == org.get(path, headers={"If-Unmodified-Since": PAST, "If-Match": own}).status
    assert 200 == org.get(path, headers={"If-Modified-Since": FUTURE, "If-None-Match": '"x"'}).status


@pytest.mark.evidence("documented", "REST API Developer Guide, Describe Global: permissions count, too")
def test_rights_that_change_move_a_describe(org: Any) -> None:
    """A describe is of what its caller may see: a new permission set is a change of it."""
    before = org.get("/sobjects").headers["last-modified"]
    org.clock.set(org.clock.now() + timedelta(hours=1))
    made = org.post("/sobjects/PermissionSet", {"Name": "More", "Label": "More"})
    assert 201 == made.status, made.text

    assert 200 == org.get("/sobjects", headers={"If-Modified-Since": before}).status
    assert before != org.get("/sobjects").headers["last-modified"]

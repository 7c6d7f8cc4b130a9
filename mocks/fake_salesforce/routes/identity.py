"""Who the token belongs to: the identity URL and userinfo; a link that opens the user interface for them.

Rule 1: a bad token here is answered in plain text with 403, not with the JSON of the REST resources.
Rule 2: the token stands in the Authorization header, or in `oauth_token` or `access_token` of query or form; any scope
will do.
Rule 3: `version` fills the places that URLs leave open; `format=xml` answers in XML.
Rule 4: the link of singleaccess is new each time; the page behind it is not faked.
Source: identity recorded by SwiftlySalesforce; the plain-text refusals are matched by the sf command line tools
(client-derived); parameters: Salesforce Help, Identity URLs; the XML elements are assumed. Singleaccess: Salesforce
Help, Generate a Frontdoor URL to Bridge Into UI Sessions, and what `sf org open` reads of it; its refusals are assumed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fake_salesforce import record_ids
from fake_salesforce.errors import SalesforceError
from fake_salesforce.operations import login
from fake_salesforce.routes.answers import Answer
from fake_salesforce.routes.http import JSON_TYPE, RESULT_CACHE, VERSION_MAX, Call, form_fields
from fake_salesforce.wire import jsontext
from fake_salesforce.wire.xmltext import sayable

_URLS = {  # key: path, with the places the client fills in itself left open
    "enterprise": "/services/Soap/c/{version}/%(org)s",
    "metadata": "/services/Soap/m/{version}/%(org)s",
    "partner": "/services/Soap/u/{version}/%(org)s",
    "rest": "/services/data/v{version}/",
    "sobjects": "/services/data/v{version}/sobjects/",
    "search": "/services/data/v{version}/search/",
    "query": "/services/data/v{version}/query/",
    "recent": "/services/data/v{version}/recent/",
    "tooling_soap": "/services/Soap/T/{version}/%(org)s",
    "tooling_rest": "/services/data/v{version}/tooling/",
    "profile": "/%(user)s",
    "feeds": "/services/data/v{version}/chatter/feeds",
    "groups": "/services/data/v{version}/chatter/groups",
    "users": "/services/data/v{version}/chatter/users",
    "feed_items": "/services/data/v{version}/chatter/feed-items",
    "feed_elements": "/services/data/v{version}/chatter/feed-elements",
    "custom_domain": "",
}


def identity(call: Call, org_id: str, user_id: str) -> Answer:
    """GET /id/{organization}/{user}"""
    return _with_user(call, lambda user: _identity(call, org_id, user_id, user), "user")


def userinfo(call: Call) -> Answer:
    """GET or POST /services/oauth2/userinfo"""
    return _with_user(call, lambda user: _userinfo(call, user), "userinfo")


def single_access(call: Call) -> Answer:
    """GET or POST /services/oauth2/singleaccess[?redirect_uri=]"""
    return _with_user(call, lambda _user: _frontdoor(call), "OAuth")


def _frontdoor(call: Call) -> dict[str, Any]:
    words = {"otp": call.org.ids.hex(64)}
    try:
        path = form_fields(call).get("redirect_uri")
    except (ValueError, SalesforceError):
        path = None
    if path:
        words["startURL"] = path
    return {"frontdoor_uri": f"{call.base_url}/secur/frontdoor.jsp?{urlencode(words)}"}


def _with_user(call: Call, answer: Callable[[Mapping[str, Any]], Mapping[str, Any] | Answer], root: str) -> Answer:
    token = shown_token(call)
    if token is None:
        return plain("Missing_OAuth_Token", 403)
    session = call.org.sessions.use(token, call.now)
    user = None if session is None else login.user_row(call.org, session.user_id)
    if user is None or not user["IsActive"]:
        return plain("Bad_OAuth_Token", 403)
    body = answer(user)
    if isinstance(body, Answer):
        return body
    return _xml(root, body) if _wants_xml(call) else _json(body)


def shown_token(call: Call) -> str | None:
    """The token the call shows, "" when it cannot be read; None when it shows none."""
    header = call.environ.get("HTTP_AUTHORIZATION")
    if header is not None:
        match = _AUTHORIZATION.fullmatch(header)
        return match[1] if match is not None else ""
    try:
        form = form_fields(call)
    except (ValueError, SalesforceError):  # too many fields; longer than is read, or broken compression
        return None
    return form.get("oauth_token", form.get("access_token"))


_AUTHORIZATION = re.compile(r"(?:Bearer|OAuth)\s+(\S+)\s*", re.IGNORECASE)


def _wants_xml(call: Call) -> bool:
    named = call.query.get("format", "")
    accept = call.environ.get("HTTP_ACCEPT", "").split(",")[0].partition(";")[0].strip().lower()
    return named == "xml" or (not named and accept == "application/xml")


def _identity(call: Call, org_id: str, user_id: str, user: Mapping[str, Any]) -> Mapping[str, Any] | Answer:
    if record_ids.canonical(org_id) != call.org.org_id:
        return plain("Wrong_Org", 403)
    if record_ids.canonical(user_id) != user["Id"]:
        return plain("Bad_Id", 404)
    base = call.base_url
    return {
        "id": _identity_url(call, user),
        "asserted_user": True,
        "user_id": user["Id"],
        "organization_id": call.org.org_id,
        "username": user["Username"],
        "nick_name": user.get("CommunityNickname"),
        "display_name": user["Name"],
        "email": user["Email"],
        "email_verified": True,
        "first_name": user["FirstName"],
        "last_name": user["LastName"],
        "timezone": _timezone(call, user),
        "photos": _photos(base),
        "addr_street": user.get("Street"),
        "addr_city": user.get("City"),
        "addr_state": user.get("State"),
        "addr_country": user.get("Country"),
        "addr_zip": user.get("PostalCode"),
        "mobile_phone": user.get("MobilePhone"),
        "mobile_phone_verified": False,
        "is_lightning_login_user": False,
        "status": {"created_date": None, "body": None},
        "urls": _urls(call, user),
        "active": bool(user["IsActive"]),
        "user_type": "STANDARD",
        "language": user.get("LanguageLocaleKey") or "en_US",
        "locale": user.get("LocaleSidKey") or "en_US",
        "utcOffset": _utc_offset_ms(call, user),
        "last_modified_date": user["LastModifiedDate"][:19] + "Z",
        "is_app_installed": True,
    }


def _userinfo(call: Call, user: Mapping[str, Any]) -> dict[str, Any]:
    photos = _photos(call.base_url)
    return {
        "sub": _identity_url(call, user),
        "user_id": user["Id"],
        "organization_id": call.org.org_id,
        "preferred_username": user["Username"],
        "nickname": user.get("CommunityNickname"),
        "name": user["Name"],
        "email": user["Email"],
        "email_verified": True,
        "given_name": user["FirstName"],
        "family_name": user["LastName"],
        "zoneinfo": _timezone(call, user),
        "photos": photos,
        "profile": f"{call.base_url}/{user['Id']}",
        "picture": photos["picture"],
        "address": {"country": user.get("Country")} if user.get("Country") else {},
        "urls": _urls(call, user),
        "active": bool(user["IsActive"]),
        "user_type": "STANDARD",
        "language": user.get("LanguageLocaleKey") or "en_US",
        "locale": user.get("LocaleSidKey") or "en_US",
        "utcOffset": _utc_offset_ms(call, user),
        "updated_at": user["LastModifiedDate"][:19] + "Z",
        "is_app_installed": True,
    }


def _identity_url(call: Call, user: Mapping[str, Any]) -> str:
    return f"{call.base_url}/id/{call.org.org_id}/{user['Id']}"


def _urls(call: Call, user: Mapping[str, Any]) -> dict[str, str]:
    words = {"org": call.org.org_id, "user": user["Id"]}
    found = {key: call.base_url + path % words for key, path in _URLS.items()}
    version = call.query.get("version")
    if version is None:
        return found
    number = f"{VERSION_MAX}.0" if version.lower() == "latest" else version.lower().removeprefix("v")
    return {key: url.replace("{version}", number) for key, url in found.items()}


def _photos(base: str) -> dict[str, str]:
    return {"picture": f"{base}/profilephoto/005/F", "thumbnail": f"{base}/profilephoto/005/T"}


def _timezone(call: Call, user: Mapping[str, Any]) -> str:
    return user.get("TimeZoneSidKey") or call.org.config.timezone


def _utc_offset_ms(call: Call, user: Mapping[str, Any]) -> int:
    """Milliseconds east of UTC in winter, as the recording has it: daylight saving is left out."""
    try:
        zone = ZoneInfo(_timezone(call, user))
    except (ZoneInfoNotFoundError, ValueError):
        return 0
    offset = call.now.astimezone(zone).utcoffset()
    saving = call.now.astimezone(zone).dst()
    assert offset is not None
    return int((offset - (saving or offset * 0)).total_seconds() * 1000)


def _json(body: Mapping[str, Any]) -> Answer:
    headers = [("Content-Type", JSON_TYPE), ("Cache-Control", RESULT_CACHE)]
    return Answer(jsontext.compact(body).encode(), 200, headers)


def _xml(root: str, body: Mapping[str, Any]) -> Answer:
    head = f'<?xml version="1.0" encoding="UTF-8"?><{root} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    headers = [("Content-Type", "application/xml;charset=UTF-8"), ("Cache-Control", RESULT_CACHE)]
    return Answer(f"{head}{_elements(body)}</{root}>".encode(), 200, headers)


def _elements(body: Mapping[str, Any]) -> str:
    parts = []
    for key, one in body.items():
        if one is None:
            parts.append(f'<{key} xsi:nil="true"/>')
        elif isinstance(one, Mapping):
            parts.append(f"<{key}>{_elements(one)}</{key}>")
        else:
            text = one if isinstance(one, str) else jsontext.compact(one)
            parts.append(f"<{key}>{escape(sayable(text))}</{key}>")
    return "".join(parts)


def plain(text: str, status: int) -> Answer:
    """A refusal: plain text."""
    return Answer(text.encode(), status, [("Content-Type", "text/plain;charset=UTF-8")])

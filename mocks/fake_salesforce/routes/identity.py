"""Who the token belongs to: the identity URL and userinfo.

Rule: a bad token here is answered in plain text with 403, not with the JSON of the REST resources.
Source: identity recorded by SwiftlySalesforce; the plain-text refusals are matched by the sf
command line tools (client-derived).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fake_salesforce import jsontext, record_ids
from fake_salesforce.errors import SalesforceError
from fake_salesforce.operations import login
from fake_salesforce.routes.http import JSON_TYPE, RESULT_CACHE, Answer, Call

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
    return _with_user(call, lambda user: _identity(call, org_id, user_id, user))


def userinfo(call: Call) -> Answer:
    """GET or POST /services/oauth2/userinfo"""
    return _with_user(call, lambda user: _json(_userinfo(call, user)))


def _with_user(call: Call, answer: Callable[[Mapping[str, Any]], Answer]) -> Answer:
    if "HTTP_AUTHORIZATION" not in call.environ:
        return _plain("Missing_OAuth_Token", 403)
    try:
        call.authenticate()
    except SalesforceError:
        return _plain("Bad_OAuth_Token", 403)
    user = login.user_row(call.org, call.session_user)
    if user is None:
        return _plain("Bad_OAuth_Token", 403)
    return answer(user)


def _identity(call: Call, org_id: str, user_id: str, user: Mapping[str, Any]) -> Answer:
    if record_ids.canonical(org_id) != call.org.org_id:
        return _plain("Wrong_Org", 403)
    if record_ids.canonical(user_id) != user["Id"]:
        return _plain("Bad_Id", 404)
    base = call.base_url
    body = {
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
    return _json(body)


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
    return {key: call.base_url + path % words for key, path in _URLS.items()}


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


def _plain(text: str, status: int) -> Answer:
    return Answer(text.encode(), status, [("Content-Type", "text/plain;charset=UTF-8")])

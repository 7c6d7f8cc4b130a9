"""Log-in, sessions, identity."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from fake_salesforce.org import ADMIN, APP, INTEGRATION

TOKEN = "/services/oauth2/token"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
KEYS = ["access_token", "instance_url", "id", "token_type", "issued_at", "signature"]
APP_WORDS = {"client_id": APP.client_id, "client_secret": APP.client_secret}


def form(**words: str) -> dict[str, Any]:
    from urllib.parse import urlencode

    return {"data": urlencode(words).encode(), "headers": FORM}


@pytest.mark.evidence("recorded", "OpenStax cassettes: OAuth password flow")
@pytest.mark.parametrize("secret", [ADMIN.password, ADMIN.password + ADMIN.security_token])
def test_oauth_password(anyone: Any, secret: str) -> None:
    """Password, or password and security token: the six keys in order, the headers of the token endpoint."""
    answer = anyone.post(TOKEN, **form(grant_type="password", username=ADMIN.username, password=secret, **APP_WORDS))

    body = answer.json
    assert (200, KEYS) == (answer.status, list(body))
    assert "https://understudy.my.salesforce.com" == body["instance_url"]
    assert body["id"].startswith("https://understudy.my.salesforce.com/id/00D")
    assert "1767603600000" == body["issued_at"]
    digest = hmac.new(APP.client_secret.encode(), (body["id"] + body["issued_at"]).encode(), hashlib.sha256).digest()
    assert base64.b64encode(digest).decode() == body["signature"]
    assert "application/json;charset=UTF-8" == answer.headers["content-type"]
    assert ("false", "Thu, 01 Jan 1970 00:00:00 GMT") == (answer.headers["x-readonlymode"], answer.headers["expires"])
    assert body["access_token"][:16] == body["id"].split("/")[-2][:15] + "!"
    anyone.token = body["access_token"]
    assert 200 == anyone.get("/limits").status


def test_client_credentials_by_basic_header(anyone: Any) -> None:
    """The app's own user; the client may stand in a Basic header, as simple-salesforce sends it."""
    basic = base64.b64encode(f"{APP.client_id}:{APP.client_secret}".encode()).decode()
    sent = form(grant_type="client_credentials")
    sent["headers"] = FORM | {"Authorization": f"Basic {basic}"}
    anyone.token = anyone.post(TOKEN, **sent).json["access_token"]

    assert INTEGRATION.username == anyone.get("/services/oauth2/userinfo").json["preferred_username"]


def test_refresh_token(anyone: Any) -> None:
    """A refresh token gives a new access token, and no new refresh token."""
    refresh = anyone.fake.credentials("https://x")["refresh_token"]
    answer = anyone.post(TOKEN, **form(grant_type="refresh_token", refresh_token=refresh, client_id=APP.client_id))

    assert 200 == answer.status
    assert "refresh_token" not in answer.json
    anyone.token = answer.json["access_token"]
    assert 200 == anyone.get("/limits").status


@pytest.mark.parametrize(
    ("words", "error", "description"),
    [
        ({"grant_type": "password", "username": ADMIN.username, "password": "wrong", **APP_WORDS},
         "invalid_grant", "authentication failure"),
        ({"grant_type": "password", "username": "nobody@x", "password": "x", **APP_WORDS},
         "invalid_grant", "authentication failure"),
        ({"grant_type": "password", "username": ADMIN.username, "password": ADMIN.password, "client_id": "x",
          "client_secret": "y"}, "invalid_client_id", "client identifier invalid"),
        ({"grant_type": "password", "username": ADMIN.username, "password": ADMIN.password, "client_id": APP.client_id,
          "client_secret": "y"}, "invalid_client", "invalid client credentials"),
        ({"grant_type": "refresh_token", "refresh_token": "x", **APP_WORDS}, "invalid_grant",
         "expired access/refresh token"),
        ({"grant_type": "magic", **APP_WORDS}, "unsupported_grant_type", "grant type not supported"),
        ({}, "invalid_request", "missing required parameter: grant_type"),
        ({"grant_type": "password", **APP_WORDS}, "invalid_request", "missing required parameter: username"),
    ],
)  # fmt: skip
def test_refused_token(anyone: Any, words: dict[str, str], error: str, description: str) -> None:
    """Each refusal has the vendor's two keys; nobody is logged in by it."""
    answer = anyone.post(TOKEN, **form(**words))

    assert 400 == answer.status
    assert f'{{"error":"{error}","error_description":"{description}"}}' == answer.text


@pytest.mark.parametrize(
    "grant",
    [
        "assertion",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "hybrid_refresh",
    ],
)
def test_grants_that_are_not_faked(anyone: Any, grant: str) -> None:
    """A grant the vendor has and this fake has not is no unsupported grant."""
    answer = anyone.post(TOKEN, **form(grant_type=grant, code="x", **APP_WORDS))

    assert (501, "NOT_FAKED") == answer.error[:2]


SOAP = """<?xml version="1.0" encoding="utf-8" ?>
<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/">
<env:Body><n1:login xmlns:n1="urn:partner.soap.sforce.com"><n1:username>{}</n1:username><n1:password>{}</n1:password>
</n1:login></env:Body></env:Envelope>"""


@pytest.mark.evidence("client-derived", "simple-salesforce and jsforce: what they read")
@pytest.mark.parametrize(("api", "namespace"), [("u", "partner"), ("c", "enterprise")])
def test_soap_login(anyone: Any, api: str, namespace: str) -> None:
    """The log-in answer names server, session and user in default-namespace elements."""
    body = SOAP.format(ADMIN.username, ADMIN.password + ADMIN.security_token).encode()
    answer = anyone.post(
        f"/services/Soap/{api}/59.0", data=body, headers={"Content-Type": "text/xml", "SOAPAction": "login"}
    )

    text = answer.text
    assert (200, "text/xml;charset=UTF-8") == (answer.status, answer.headers["content-type"])
    assert f'xmlns="urn:{namespace}.soap.sforce.com"' in text
    assert f"<serverUrl>https://understudy.my.salesforce.com/services/Soap/{api}/59.0/00D" in text
    assert "<passwordExpired>false</passwordExpired>" in text
    assert "<sessionSecondsValid>7200</sessionSecondsValid>" in text
    anyone.token = text.split("<sessionId>")[1].split("</sessionId>")[0]
    assert 200 == anyone.get("/limits").status


def test_soap_fault(anyone: Any) -> None:
    """A wrong password is a 500 with the sf: elements clients look for."""
    answer = anyone.post("/services/Soap/u/59.0", data=SOAP.format(ADMIN.username, "no").encode())

    words = "Invalid username, password, security token; or user locked out."
    assert 500 == answer.status
    assert "<faultcode>sf:INVALID_LOGIN</faultcode>" in answer.text
    assert f"<faultstring>INVALID_LOGIN: {words}</faultstring>" in answer.text
    assert f"<sf:exceptionMessage>{words}</sf:exceptionMessage>" in answer.text


def test_soap_fault_of_no_xml(anyone: Any) -> None:
    """The code stands before the text of a fault once."""
    answer = anyone.post("/services/Soap/u/59.0", data=b"<a")

    assert "<faultstring>XML_PARSER_ERROR: the envelope could not be read: " in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        b"<a/>",
        SOAP.replace("n1:login", "n1:logout").encode(),
        b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><x>&c;</x>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
    ],
)
def test_soap_that_is_no_login(anyone: Any, body: bytes) -> None:
    """Broken, foreign or hostile XML is a fault."""
    answer = anyone.post("/services/Soap/u/59.0", data=body)

    assert 500 == answer.status
    assert "<soapenv:Fault>" in answer.text
    assert "root:" not in answer.text


@pytest.mark.parametrize(
    ("headers", "scheme", "expected"),
    [
        ({}, "http", "http://127.0.0.1:8443"),
        ({"X-Forwarded-Proto": "https"}, "http", "https://127.0.0.1:8443"),
        ({"X-Forwarded-Proto": "https", "X-Forwarded-Host": "sf.example"}, "http", "https://sf.example"),
    ],
)
def test_urls_follow_the_client(anyone: Any, headers: dict[str, str], scheme: str, expected: str) -> None:
    """Log-in keeps the client at the scheme, name and port it came by."""
    anyone.scheme, anyone.host = scheme, "127.0.0.1:8443"
    sent = form(grant_type="password", username=ADMIN.username, password=ADMIN.password, **APP_WORDS)
    sent["headers"] = FORM | headers
    soap = anyone.post(
        "/services/Soap/u/59.0", data=SOAP.format(ADMIN.username, ADMIN.password).encode(), headers=headers
    )

    assert expected == anyone.post(TOKEN, **sent).json["instance_url"]
    assert f"<serverUrl>{expected}/services" in soap.text


INVALID = b'[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]'


@pytest.mark.evidence("recorded", "heroku/sf-functions-python: 401")
@pytest.mark.parametrize("header", ["Bearer nonsense", "OAuth 00Dxx!y", None])
def test_bad_session(anyone: Any, header: str | None) -> None:
    """401 with WWW-Authenticate: Token and without the API usage."""
    answer = anyone.get("/sobjects/Account/1", headers={"Authorization": header} if header else {})

    assert (401, INVALID, "Token") == (answer.status, answer.body, answer.headers["www-authenticate"])
    assert "sforce-limit-info" not in answer.headers


@pytest.mark.parametrize("header", ["Basic abc", "nonsense", "Bearer", ""])
def test_header_of_no_known_form(anyone: Any, header: str) -> None:
    """A header that is neither Bearer nor OAuth."""
    answer = anyone.get("/limits", headers={"Authorization": header})

    assert b'[{"message":"INVALID_HEADER_TYPE","errorCode":"INVALID_AUTH_HEADER"}]' == answer.body
    assert 401 == answer.status


def test_both_schemes(org: Any) -> None:
    """Bearer and OAuth name the same session; the scheme's case does not matter."""
    statuses = [
        org.get("/limits", headers={"Authorization": f"{scheme} {org.token}"}).status
        for scheme in ("Bearer", "OAuth", "bearer")
    ]
    assert [200, 200, 200] == statuses


def test_sessions_end_two_hours_after_their_last_use(org: Any) -> None:
    """Each call moves the end; two hours of silence end the session."""
    for _ in range(3):
        org.clock.advance(7_199)
        assert 200 == org.get("/limits").status
    org.clock.advance(7_200)

    answer = org.get("/limits")
    assert (401, INVALID) == (answer.status, answer.body)


def test_revoke(org: Any) -> None:
    """A revoked token is dead; an unknown one is refused."""
    answer = org.post("/services/oauth2/revoke", **form(token=org.token))
    assert (200, b"") == (answer.status, answer.body)
    assert 401 == org.get("/limits").status
    again = org.post("/services/oauth2/revoke", **form(token=org.token))
    assert (400, "unsupported_token_type") == (again.status, again.json["error"])


@pytest.mark.evidence("recorded", "SwiftlySalesforce: identity")
def test_identity(org: Any) -> None:
    """The identity URL of the resources list answers who the caller is."""
    url = org.get("").json["identity"]
    body = org.get(url.removeprefix("https://understudy.my.salesforce.com")).json

    assert url == body["id"]
    assert (ADMIN.username, "Ada Admin", -28_800_000) == (body["username"], body["display_name"], body["utcOffset"])
    assert "https://understudy.my.salesforce.com/services/data/v{version}/" == body["urls"]["rest"]
    assert ["id", "asserted_user", "user_id", "organization_id", "username"] == list(body)[:5]


def test_userinfo(org: Any) -> None:
    """userinfo speaks OpenID's words."""
    body = org.get("/services/oauth2/userinfo").json

    assert (ADMIN.username, "Ada", "Admin") == (body["preferred_username"], body["given_name"], body["family_name"])
    assert body["sub"].endswith(body["user_id"])


@pytest.mark.parametrize("path", ["/services/oauth2/userinfo", "/id/00Dxx0000000001/005xx0000000001"])
def test_bad_token_at_the_identity_is_plain_text(anyone: Any, path: str) -> None:
    """Here a bad token is 403 and plain text."""
    missing, bad = anyone.get(path), anyone.get(path, headers={"Authorization": "Bearer x"})

    assert (403, b"Missing_OAuth_Token") == (missing.status, missing.body)
    assert (403, b"Bad_OAuth_Token") == (bad.status, bad.body)


def test_sessions_survive_a_snapshot(org: Any) -> None:
    """Who is logged in is part of the org's state."""
    snapshot = org.fake.store.snapshot()
    org.post("/services/oauth2/revoke", **form(token=org.token))
    assert 401 == org.get("/limits").status
    org.fake.store.restore(snapshot)

    assert 200 == org.get("/limits").status


def test_expired_session_fault_ends_the_session(org: Any) -> None:
    """After the fault the same token stays dead: the client must log in again."""
    from fake_core.faults import Fault

    org.fake.faults.add(Fault(kind="session_expired", verb="limits"))
    assert [401, 401] == [org.get("/limits").status, org.get("/limits").status]
    assert json.loads(INVALID) == org.get("/limits").json


def test_a_user_without_a_password_cannot_log_in(org: Any) -> None:
    """A user that clients made or renamed has no password: not even the empty one."""
    other = org.soql("SELECT Id FROM User WHERE Username LIKE 'integration%'")[0]["Id"]
    assert 204 == org.patch(f"/sobjects/User/{other}", {"Username": "renamed@understudy.example"}).status

    answer = org.post("/services/Soap/u/59.0", data=SOAP.format("renamed@understudy.example", "").encode())
    assert 500 == answer.status

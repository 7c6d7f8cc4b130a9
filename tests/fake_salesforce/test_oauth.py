"""The web-server flow with and without PKCE, the user-agent flow, refresh tokens, revoke and introspect."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree as ET

import jwt
import pytest
from tests.fake_salesforce.conftest import Answer, Caller

from fake_core.clock import FrozenClock
from fake_salesforce import OrgConfig, create_app
from fake_salesforce.connected_apps import ConnectedApp
from fake_salesforce.org import ADMIN, APP, INTEGRATION, UserConfig

AUTHORIZE, TOKEN = "/services/oauth2/authorize", "/services/oauth2/token"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CALLBACK = "https://app.example/callback"
SECRET = "a secret of this test"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
Make = Callable[..., Caller]


def app(**words: Any) -> ConnectedApp:
    known = {"client_id": "3MVG9.test", "client_secret": SECRET, "callback_urls": (CALLBACK, "myapp://done")}
    return ConnectedApp(**{**known, **words})


@pytest.fixture
def make() -> Iterator[Make]:
    """Orgs of this test; `make(ConnectedApp, **OrgConfig)`."""
    fakes = []

    def make_one(*apps: ConnectedApp, **config: Any) -> Caller:
        fakes.append(create_app(clock=FrozenClock(), org=OrgConfig(apps=apps or (app(),), **config)))
        return Caller(fakes[-1])

    yield make_one
    for each in fakes:
        each.close()


def post(caller: Caller, path: str, headers: dict[str, str] | None = None, /, **words: str) -> Answer:
    return caller.post(path, data=urlencode(words).encode(), headers=FORM | (headers or {}))


def asked(**words: str) -> str:
    known = {"response_type": "code", "client_id": "3MVG9.test", "redirect_uri": CALLBACK}
    return f"{AUTHORIZE}?{urlencode({**known, **words})}"


def yes(caller: Caller, **words: str) -> dict[str, str]:
    """Log in and allow in one post; what arrives at the callback."""
    answer = post(caller, asked(**words), username=ADMIN.username, pw=ADMIN.password, decision="allow")
    assert 302 == answer.status, answer.text
    return arrived(answer)


def arrived(answer: Answer) -> dict[str, str]:
    parts = urlsplit(answer.headers["location"])
    return {key: value for key, (value,) in parse_qs(parts.query or parts.fragment).items()}


def trade(caller: Caller, code: str, **words: str) -> Answer:
    known = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "client_id": "3MVG9.test"}
    return post(caller, TOKEN, **{**known, "client_secret": SECRET, **words})


def refused(answer: Answer) -> tuple[int, str, str]:
    return answer.status, answer.json["error"], answer.json["error_description"]


# --- the pages --------------------------------------------------------------------------------------


def test_a_person_logs_in_allows_and_arrives_with_a_code(make: Make) -> None:
    """Log-in page, consent page, callback with the state; the second time no question is asked."""
    org = make()
    page = org.get(asked(state="a b", login_hint="ada@x.example"))
    assert (200, "text/html;charset=UTF-8") == (page.status, page.headers["content-type"])
    assert 'name="pw"' in page.text
    assert 'value="ada@x.example"' in page.text

    page = post(org, asked(state="a b"), username=ADMIN.username.upper(), pw=ADMIN.password)
    assert 'name="decision" value="allow"' in page.text
    cookie = {"Cookie": page.headers["set-cookie"].partition(";")[0]}
    assert "HttpOnly" in page.headers["set-cookie"]

    allowed = post(org, asked(state="a b"), cookie, decision="allow")
    assert (302, "a b") == (allowed.status, arrived(allowed)["state"])
    assert allowed.headers["location"].startswith(f"{CALLBACK}?code=aPrx")

    again = org.call("GET", asked(), headers=cookie)
    assert (302, True) == (again.status, "code" in arrived(again))
    assert 200 == org.call("GET", asked(prompt="consent"), headers=cookie).status
    assert 'name="pw"' in org.call("GET", asked(prompt="login"), headers=cookie).text


def test_a_wrong_password_at_the_page(make: Make) -> None:
    """The page again, with a word about it."""
    answer = post(make(), asked(), username=ADMIN.username, pw="no", decision="allow")
    assert (200, True) == (answer.status, "Please check your username and password." in answer.text)


@pytest.mark.evidence("client-derived", "Salesforce Help, OAuth 2.0 Authorization Errors; the text as widely reported")
def test_denied(make: Make) -> None:
    """The callback hears of a no."""
    answer = post(make(), asked(state="s"), username=ADMIN.username, pw=ADMIN.password, decision="deny")
    assert (
        f"{CALLBACK}?error=access_denied&error_description=end-user+denied+authorization&state=s"
        == answer.headers["location"]
    )


@pytest.mark.evidence("client-derived", "syndesis issue 1277, sfdx-mass-action-scheduler issue 29")
@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ({"client_id": "x"}, "error=invalid_client_id&amp;error_description=client%20identifier%20invalid"),
        (
            {"redirect_uri": "https://evil.example/"},
            "error=redirect_uri_mismatch&amp;error_description=redirect_uri%20must%20match%20configuration",
        ),
    ],
)
def test_nobody_is_sent_to_an_unknown_address(make: Make, words: dict[str, str], shown: str) -> None:
    """An unknown app and an unknown callback are told on the page."""
    answer = make().get(asked(**words))
    assert (400, True, False) == (answer.status, shown in answer.text, "location" in answer.headers)


def test_what_comes_from_outside_is_escaped(make: Make) -> None:
    """A hint or state with markup stays text."""
    answer = make().get(asked(login_hint='"><script>', state="<b>"))
    assert ("<script>" in answer.text, "<b>" in answer.text) == (False, False)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ({"response_type": "fish"}, "unsupported_response_type"),
        ({"scope": "api wave_api"}, "invalid_scope"),
        ({"immediate": "true"}, "immediate_unsuccessful"),
    ],
)
def test_other_mistakes_are_told_at_the_callback(make: Make, words: dict[str, str], error: str) -> None:
    answer = make().get(asked(state="s", **words))
    assert (302, error, "s") == (answer.status, arrived(answer)["error"], arrived(answer)["state"])


def test_immediate_works_after_an_approval(make: Make) -> None:
    """A user who is logged in and has approved sees no page."""
    org = make()
    page = post(org, asked(), username=ADMIN.username, pw=ADMIN.password, decision="allow")
    cookie = {"Cookie": page.headers["set-cookie"].partition(";")[0]}
    assert "code" in arrived(org.call("GET", asked(immediate="true"), headers=cookie))


# --- codes ------------------------------------------------------------------------------------------

KEYS = [
    "access_token", "refresh_token", "signature", "scope", "id_token", "instance_url", "id", "token_type", "issued_at",
]  # fmt: skip


@pytest.mark.evidence("documented", "REST API Developer Guide, web server flow")
def test_a_code_becomes_tokens_once(make: Make) -> None:
    """All keys in order; used again the code is expired, and so it is after fifteen minutes."""
    org = make()
    code = yes(org)["code"]
    body = trade(org, code).json
    assert KEYS == list(body)
    assert "refresh_token openid web api id" == body["scope"]
    org.token = body["access_token"]
    assert 200 == org.get("/limits").status
    assert (400, "invalid_grant", "expired authorization code") == refused(trade(org, code))

    late = yes(org)["code"]
    org.clock.advance(900)
    assert (400, "invalid_grant", "expired authorization code") == refused(trade(org, late))
    assert (400, "invalid_grant", "invalid authorization code") == refused(trade(org, "aPrxNothing"))


def test_a_code_is_for_its_app_and_callback(make: Make) -> None:
    """Another app has no use for it, nor has another callback; the secret is asked for."""
    org = make(app(), app(client_id="other"))
    code = yes(org)["code"]
    assert (400, "invalid_grant", "invalid authorization code") == refused(trade(org, code, client_id="other"))
    mismatch = trade(org, code, redirect_uri="myapp://done")
    assert (400, "redirect_uri_mismatch", "redirect_uri must match configuration") == refused(mismatch)
    assert "invalid_client" == trade(org, code, client_secret="no").json["error"]
    basic = base64.b64encode(f"3MVG9.test:{SECRET}".encode()).decode()
    words = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    assert 200 == post(org, TOKEN, {"Authorization": f"Basic {basic}"}, **words).status


@pytest.mark.evidence("client-derived", "n8n issue 32421; jsforce sends no method with its SHA-256")
@pytest.mark.parametrize(
    ("challenge", "verifier", "status"),
    [
        ({"code_challenge": CHALLENGE}, VERIFIER, 200),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S256"}, VERIFIER, 200),
        ({"code_challenge": VERIFIER, "code_challenge_method": "plain"}, VERIFIER, 200),
        ({"code_challenge": CHALLENGE}, "w" * 64, 400),
        ({"code_challenge": CHALLENGE}, "", 400),
        ({}, VERIFIER, 400),
    ],
)
def test_pkce(make: Make, challenge: dict[str, str], verifier: str, status: int) -> None:
    """A code that was asked for with a challenge needs its verifier; a public app needs no secret then."""
    org = make(app(secret_required=False))
    words = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "client_id": "3MVG9.test"}
    if verifier:
        words["code_verifier"] = verifier
    answer = post(org, TOKEN, code=yes(org, **challenge)["code"], **words)
    assert status == answer.status
    assert 200 == status or (400, "invalid_grant", "invalid code verifier") == refused(answer)


@pytest.mark.evidence("client-derived", "HappySoup.io issue 252: the callback it was sent to")
def test_an_app_may_insist_on_pkce(make: Make) -> None:
    """Without a challenge the callback hears the vendor's words."""
    answer = make(app(pkce_required=True)).get(asked())
    query = "error=invalid_request&error_description=missing+required+code+challenge"
    assert f"{CALLBACK}?{query}" == answer.headers["location"]


def test_scopes(make: Make) -> None:
    """Only what was asked for is granted: no refresh token, no ID token, and no REST without `api`."""
    org = make()
    body = trade(org, yes(org, scope="id web")["code"]).json
    assert ("id web", False, False) == (body["scope"], "refresh_token" in body, "id_token" in body)
    org.token = body["access_token"]
    assert (401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API") == org.get(
        "/limits"
    ).error
    assert 200 == org.get("/services/oauth2/userinfo").status


def test_only_admin_approved_users(make: Make) -> None:
    """Approved users are not asked; the others are sent back."""
    org = make(app(self_authorize=False, approved_users=(ADMIN.username,)))
    let_in = post(org, asked(), username=ADMIN.username, pw=ADMIN.password)
    kept_out = post(org, asked(), username=INTEGRATION.username, pw=INTEGRATION.password)
    assert (True, "invalid_app_access") == ("code" in arrived(let_in), arrived(kept_out)["error"])


def test_id_token_and_keys(make: Make) -> None:
    """The ID token is signed by the published key, for the app, with the nonce; the key follows from the org."""
    org = make()
    body = trade(org, yes(org, nonce="n1")["code"]).json
    (key,) = org.get("/id/keys").json["keys"]
    claims = jwt.decode(
        body["id_token"], jwt.PyJWK(key), algorithms=["RS256"], audience="3MVG9.test", options={"verify_exp": False}
    )
    discovered = org.get("/.well-known/openid-configuration").json

    assert (body["id"], "n1", discovered["issuer"]) == (claims["sub"], claims["nonce"], claims["iss"])
    assert "https://understudy.my.salesforce.com/id/keys" == discovered["jwks_uri"]
    assert 120 == claims["exp"] - claims["iat"]
    assert jwt.get_unverified_header(body["id_token"])["kid"] == key["kid"]
    assert key == make().get("/id/keys").json["keys"][0]


def test_user_agent_flow(make: Make) -> None:
    """Tokens behind #; a refresh token only for an app with a scheme of its own."""
    org = make()
    web = yes(org, response_type="token", state="s")
    own = yes(org, response_type="token", redirect_uri="myapp://done")
    assert ("s", False, True) == (web["state"], "refresh_token" in web, "refresh_token" in own)
    org.token = web["access_token"]
    assert 200 == org.get("/limits").status


# --- refresh tokens, revoke, introspect -------------------------------------------------------------


def refresh(org: Caller, token: str, **words: str) -> Answer:
    return post(org, TOKEN, grant_type="refresh_token", refresh_token=token, client_id="3MVG9.test", **words)


def test_refresh_keeps_the_scope(make: Make) -> None:
    """A new access token of the same scopes, and no refresh token in the answer."""
    org = make()
    body = trade(org, yes(org, scope="api refresh_token")["code"]).json
    answer = refresh(org, body["refresh_token"]).json
    assert ("api refresh_token", False) == (answer["scope"], "refresh_token" in answer)


def test_rotation(make: Make) -> None:
    """With rotation each use gives a new token, and the old one is dead; its sessions live on."""
    org = make(app(rotate_refresh=True))
    body = trade(org, yes(org)["code"]).json
    new = refresh(org, body["refresh_token"]).json["refresh_token"]
    assert new != body["refresh_token"]
    assert (400, "invalid_grant", "expired access/refresh token") == refused(refresh(org, body["refresh_token"]))
    org.token = body["access_token"]
    assert 200 == org.get("/limits").status
    assert 200 == refresh(org, new).status


@pytest.mark.parametrize(("by_use", "status"), [(False, 400), (True, 200)])
def test_refresh_tokens_end_by_policy(make: Make, *, by_use: bool, status: int) -> None:
    """An hour after the issue, or after the last use."""
    org = make(app(refresh_seconds=3_600, refresh_by_use=by_use))
    token = trade(org, yes(org)["code"]).json["refresh_token"]
    org.clock.advance(1_800)
    assert 200 == refresh(org, token).status
    org.clock.advance(1_800)
    assert status == refresh(org, token).status
    org.clock.advance(3_600)
    assert (400, "invalid_grant", "expired access/refresh token") == refused(refresh(org, token))


def test_the_sixth_approval_revokes_the_first(make: Make) -> None:
    """A user has at most five refresh tokens of an app."""
    org = make()
    tokens = [trade(org, yes(org)["code"]).json["refresh_token"] for _ in range(6)]
    assert [400, 200, 200] == [refresh(org, tokens[each]).status for each in (0, 1, 5)]


@pytest.mark.evidence("documented", "Salesforce Help, Revoke OAuth Tokens")
def test_revoking_a_refresh_token_ends_its_sessions(make: Make) -> None:
    """An access token's end leaves the refresh token; the refresh token's end leaves nothing."""
    org = make()
    body = trade(org, yes(org)["code"]).json
    assert 200 == post(org, "/services/oauth2/revoke", token=body["access_token"]).status
    second = refresh(org, body["refresh_token"]).json["access_token"]
    assert 200 == org.get("/services/oauth2/revoke", query={"token": body["refresh_token"]}).status
    org.token = second
    assert (401, 400) == (org.get("/limits").status, refresh(org, body["refresh_token"]).status)


def test_revoke_for_a_script(make: Make) -> None:
    """A GET may ask for JavaScript."""
    answer = make().get("/services/oauth2/revoke", query={"token": "x", "callback": "done"})
    assert (200, 'done({"error":"invalid_token"});') == (answer.status, answer.text)


def test_introspect(make: Make) -> None:
    """The app's own tokens are active with their claims; others' and dead ones are not active."""
    org = make(app(), app(client_id="other"))
    body = trade(org, yes(org)["code"]).json
    words = {"client_id": "3MVG9.test", "client_secret": SECRET}
    found = post(org, "/services/oauth2/introspect", token=body["access_token"], **words).json

    assert {"active": True, "username": ADMIN.username, "sub": body["id"], "token_type": "access_token"} == {
        key: found[key] for key in ("active", "username", "sub", "token_type")
    }
    assert (7_200, found["iat"]) == (found["exp"] - found["iat"], found["nbf"])
    kept = post(org, "/services/oauth2/introspect", token=body["refresh_token"], **words).json
    assert ("refresh_token", False) == (kept["token_type"], "exp" in kept)
    other = words | {"client_id": "other"}
    for token, client in ((body["access_token"], other), ("nothing", words)):
        assert {"active": False} == post(org, "/services/oauth2/introspect", token=token, **client).json
    assert "invalid_client" == post(org, "/services/oauth2/introspect", token="x", client_id="other",
                                    client_secret="no").json["error"]  # fmt: skip


# --- the device flow --------------------------------------------------------------------------------


def poll(org: Caller, code: str) -> Answer:
    return post(org, TOKEN, grant_type="device", client_id="3MVG9.test", code=code)


@pytest.mark.evidence("documented", "Salesforce Help, OAuth 2.0 Device Flow for IoT Integration")
def test_device(make: Make) -> None:
    """The device waits, asks too soon, and gets its tokens once after the user's yes."""
    org = make()
    begun = post(org, TOKEN, response_type="device_code", client_id="3MVG9.test", scope="api refresh_token").json
    assert ["device_code", "user_code", "verification_uri", "interval"] == list(begun)
    assert begun["verification_uri"].endswith("/setup/connect")
    assert "authorization_pending" == poll(org, begun["device_code"]).json["error"]
    assert "slow_down" == poll(org, begun["device_code"]).json["error"]
    org.clock.advance(5)
    assert "authorization_pending" == poll(org, begun["device_code"]).json["error"]

    page = post(org, "/setup/connect", username=ADMIN.username, pw=ADMIN.password, user_code=begun["user_code"].lower())
    assert "Allow Access?" in page.text
    cookie = {"Cookie": page.headers["set-cookie"].partition(";")[0]}
    assert (
        "go back to your device"
        in post(org, "/setup/connect", cookie, user_code=begun["user_code"], decision="allow").text
    )
    body = poll(org, begun["device_code"]).json
    assert ("api refresh_token", True) == (body["scope"], "refresh_token" in body)
    assert (400, "invalid_grant", "invalid device code") == refused(poll(org, begun["device_code"]))


def test_device_denied_and_expired(make: Make) -> None:
    """A no is told to the device; codes end after ten minutes."""
    org = make()
    first, second = (post(org, TOKEN, response_type="device_code", client_id="3MVG9.test").json for _ in range(2))
    words = {"username": ADMIN.username, "pw": ADMIN.password, "decision": "deny"}
    post(org, "/setup/connect", user_code=first["user_code"], **words)
    assert "access_denied" == poll(org, first["device_code"]).json["error"]
    org.clock.advance(600)
    assert "invalid_grant" == poll(org, second["device_code"]).json["error"]
    assert "That code is not valid" in post(org, "/setup/connect", user_code=second["user_code"], **words).text


# --- hosts, users, formats --------------------------------------------------------------------------


@pytest.mark.evidence("client-derived", "pub-sub-api-node-client issue 58")
def test_client_credentials_on_the_orgs_own_host(make: Make) -> None:
    """The log-in hosts do not know which org is meant; the grant has no scopes of people."""
    org = make(app(run_as=INTEGRATION.username))
    words = {"grant_type": "client_credentials", "client_id": "3MVG9.test", "client_secret": SECRET}
    assert "openid api id" == post(org, TOKEN, **words).json["scope"]
    org.host = "login.salesforce.com"
    assert (400, "invalid_grant", "request not supported on this domain") == refused(post(org, TOKEN, **words))


@pytest.mark.parametrize(
    ("sandbox", "host", "status"),
    [
        (False, "login.salesforce.com", 200),
        (False, "test.salesforce.com", 400),
        (True, "test.salesforce.com", 200),
        (True, "login.salesforce.com", 400),
        (True, "understudy--dev.sandbox.my.salesforce.com", 200),
    ],
)
def test_sandbox_hosts(make: Make, *, sandbox: bool, host: str, status: int) -> None:
    """A sandbox logs in at test, production at login; the identity URL stays at that host."""
    org = make(sandbox=sandbox)
    org.host = host
    words = {"client_id": "3MVG9.test", "client_secret": SECRET, "username": ADMIN.username, "password": ADMIN.password}
    answer = post(org, TOKEN, grant_type="password", **words)
    assert status == answer.status
    if status == 200:
        assert answer.json["id"].startswith(f"https://{host}/id/00D")
    else:
        assert (400, "invalid_grant", "authentication failure") == refused(answer)


PASSWORD = {"grant_type": "password", "client_id": "3MVG9.test", "client_secret": SECRET}


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ({"locked": True}, "inactive_org"),
        ({"logins_per_hour": 1}, "rate_limit_exceeded"),
    ],
)
def test_the_org_keeps_everybody_out(make: Make, config: dict[str, Any], error: str) -> None:
    org = make(**config)
    words = {**PASSWORD, "username": ADMIN.username, "password": ADMIN.password}
    answers = [post(org, TOKEN, **words) for _ in range(2)]
    assert (400, error) == (answers[-1].status, answers[-1].json["error"])


def test_lockout(make: Make) -> None:
    """Ten wrong passwords lock the user out for fifteen minutes; a right one before that forgets them."""
    org = make()

    def attempt(password: str) -> int:
        return post(org, TOKEN, **PASSWORD, username=ADMIN.username, password=password).status

    for _ in range(9):
        assert 400 == attempt("wrong")
    assert 200 == attempt(ADMIN.password)
    for _ in range(10):
        assert 400 == attempt("wrong")
    assert 400 == attempt(ADMIN.password)
    org.clock.advance(900)
    assert 200 == attempt(ADMIN.password)


def test_inactive_user(make: Make) -> None:
    """A user who was deactivated gets no more tokens."""
    org = make()
    body = trade(org, yes(org)["code"]).json
    waiting = yes(org)["code"]
    org.token = org.fake.credentials("https://x")["access_token"]
    other = post(org, TOKEN, **PASSWORD, username=INTEGRATION.username, password=INTEGRATION.password)
    org.token = other.json["access_token"]
    assert 204 == org.patch(f"/sobjects/User/{body['id'][-18:]}", {"IsActive": False}).status
    assert (400, "inactive_user", "user is inactive") == refused(refresh(org, body["refresh_token"]))
    assert "inactive_user" == trade(org, waiting).json["error"]


@pytest.mark.parametrize(
    ("headers", "query", "media", "begins"),
    [
        ({}, "", "application/json;charset=UTF-8", '{"error":"unsupported_grant_type"'),
        ({}, "?format=urlencoded", "application/x-www-form-urlencoded;charset=UTF-8", "error=unsupported_grant_type&"),
        ({"Accept": "application/xml"}, "", "application/xml;charset=UTF-8", '<?xml version="1.0" encod'),
        ({"Accept": "application/xml"}, "?format=json", "application/json;charset=UTF-8", '{"error"'),
    ],
)  # fmt: skip
def test_formats(make: Make, headers: dict[str, str], query: str, media: str, begins: str) -> None:
    """`format` or the Accept header say how the token endpoint answers."""
    answer = post(make(), TOKEN + query, headers, grant_type="magic")
    assert (400, media, begins) == (answer.status, answer.headers["content-type"], answer.text[: len(begins)])


def test_get_of_the_token_endpoint(make: Make) -> None:
    assert (400, "invalid_request", "must use HTTP POST") == refused(make().get(TOKEN))


def test_multipart_form(make: Make) -> None:
    """Some tools send the form in parts."""
    parts = {**PASSWORD, "username": ADMIN.username, "password": ADMIN.password}
    body = "".join(f'--B\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in parts.items())
    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    assert 200 == make().post(TOKEN, data=f"{body}--B--\r\n".encode(), headers=headers).status


def test_a_user_outside_the_trusted_network_needs_the_token(make: Make) -> None:
    org = make(users=(UserConfig(username="far@x.example", password="p", security_token="T", trusted=False),))
    statuses = [
        post(org, TOKEN, **PASSWORD, username="FAR@x.example", password=secret).status for secret in ("p", "pT", "T")
    ]
    assert [400, 200, 400] == statuses


def test_codes_and_approvals_survive_a_snapshot(make: Make) -> None:
    """What was granted is part of the org's state: a code that is spent is whole again when time goes back."""
    org = make()
    code = yes(org)["code"]
    snapshot = org.fake.store.snapshot()
    assert [200, 400] == [trade(org, code).status, trade(org, code).status]
    org.fake.store.restore(snapshot)
    assert 200 == trade(org, code).status


def test_default_app_knows_the_sf_command_line(anyone: Any) -> None:
    words = {"response_type": "code", "client_id": APP.client_id, "redirect_uri": "http://localhost:1717/OauthRedirect"}
    assert 200 == anyone.get(f"{AUTHORIZE}?{urlencode(words)}").status


def test_what_xml_cannot_say_is_replaced(make: Make) -> None:
    """A control character in the host that a client names: the answer is XML nevertheless."""
    org = make()
    body = trade(org, yes(org)["code"]).json
    path = body["id"].removeprefix("https://understudy.my.salesforce.com")
    asked = {"oauth_token": body["access_token"], "format": "xml"}
    answer = org.get(path, query=asked, headers={"X-Forwarded-Host": "a\x01b"})
    assert "a\ufffdb" in ET.fromstring(answer.text).findtext("photos/picture", "")


def test_identity_by_query_and_in_xml(make: Make) -> None:
    """The token may stand in the query; a version fills the URLs; XML when asked for."""
    org = make()
    body = trade(org, yes(org)["code"]).json
    path = body["id"].removeprefix("https://understudy.my.salesforce.com")
    found = org.get(path, query={"oauth_token": body["access_token"], "version": "latest"}).json
    assert "https://understudy.my.salesforce.com/services/data/v67.0/" == found["urls"]["rest"]
    answer = org.get(path, query={"oauth_token": body["access_token"], "format": "xml"})
    assert "application/xml;charset=UTF-8" == answer.headers["content-type"]
    assert f"<username>{ADMIN.username}</username>" in answer.text
    assert '<addr_street xsi:nil="true"/>' in answer.text
    sent = post(org, "/services/oauth2/userinfo", access_token=body["access_token"])
    assert body["id"] == sent.json["sub"]
    for wrong, status, text in (
        (path[:-18] + "005000000000001AAA", 404, "Bad_Id"),
        ("/id/00D000000000001/x", 403, "Wrong_Org"),
    ):
        answer = org.get(wrong, query={"oauth_token": body["access_token"]})
        assert (status, text) == (answer.status, answer.text)

"""Who may what over SOAP: log-in, passwords, and the rights of a user."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from fake_core.clock import FrozenClock
from fake_salesforce import OrgConfig, create_app
from fake_salesforce.org import ADMIN, INTEGRATION, UserConfig

from .conftest import EXTRA, HOST, Answer, Caller
from .soap_client import PARTNER, code, envelope, one, query, result, sobject

USERS = (
    ADMIN,
    INTEGRATION,
    UserConfig(username="far@x.example", password="p", security_token="T", trusted=False),
    UserConfig(username="old@x.example", password="old-password", password_expired=True),
    UserConfig(username="out@x.example", password="p", login_refused="PASSWORD_LOCKOUT"),
    UserConfig(username="gone@x.example", password="p", active=False),
)


@pytest.fixture(scope="module")
def _own() -> Iterator[Any]:
    fake = create_app(clock=FrozenClock(), org=OrgConfig(users=USERS, extra=EXTRA))
    yield fake
    fake.close()


@pytest.fixture
def own(_own: Any) -> Caller:
    _own.reset()
    return Caller(_own)


def log_in(caller: Caller, username: str, secret: str, header: str = "") -> Answer:
    inner = f"<urn:login><urn:username>{username}</urn:username><urn:password>{secret}</urn:password></urn:login>"
    return caller.post(PARTNER, data=envelope("", inner, header))


INVALID = "Invalid username, password, security token; or user locked out."


@pytest.mark.parametrize(
    ("username", "secret", "expected"),
    [
        ("nobody@x.example", "p", "INVALID_LOGIN"),
        ("gone@x.example", "p", "INVALID_LOGIN"),
        ("far@x.example", "p", "LOGIN_MUST_USE_SECURITY_TOKEN"),
        ("far@x.example", "wrong", "LOGIN_MUST_USE_SECURITY_TOKEN"),
        ("out@x.example", "p", "PASSWORD_LOCKOUT"),
        ("out@x.example", "wrong", "INVALID_LOGIN"),
    ],
)
def test_refused_logins(own: Caller, username: str, secret: str, expected: str) -> None:
    answer = log_in(own, username, secret)
    found, message = code(answer)
    assert (expected, True) == (found, "<sf:LoginFault " in answer.text)
    assert expected == "PASSWORD_LOCKOUT" or message.startswith(INVALID)


def test_a_locked_org(own: Caller) -> None:
    fake = create_app(clock=FrozenClock(), org=OrgConfig(locked=True))
    try:
        assert "ORG_LOCKED" == code(log_in(Caller(fake), ADMIN.username, ADMIN.password))[0]
    finally:
        fake.close()


def test_login_scope(own: Caller) -> None:
    """An organization id of this org is fine, that of another is not."""
    org_id = one(log_in(own, ADMIN.username, ADMIN.password).text, "organizationId")
    header = "<urn:LoginScopeHeader><urn:organizationId>{}</urn:organizationId></urn:LoginScopeHeader>"
    assert 200 == log_in(own, ADMIN.username, ADMIN.password, header.format(org_id[:15])).status
    assert "INVALID_LOGIN" == code(log_in(own, ADMIN.username, ADMIN.password, header.format("00D000000000000")))[0]


def test_sandbox_host(own: Caller) -> None:
    own.host = "test.salesforce.com"
    assert "INVALID_LOGIN" == code(log_in(own, ADMIN.username, ADMIN.password))[0]


def test_an_expired_password(own: Caller) -> None:
    """The log-in says so; nothing works until a new password is set, which then is the only one."""
    answer = log_in(own, "old@x.example", "old-password")
    assert "true" == one(answer.text, "passwordExpired")
    own.token, user_id = one(answer.text, "sessionId"), re.findall("<userId>(.*?)</userId>", answer.text)[0]
    assert (403, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD") == own.get("/limits").error[:2]

    def call(inner: str) -> Answer:
        return own.post(PARTNER, data=envelope(own.token, inner))

    assert "INVALID_OPERATION_WITH_EXPIRED_PASSWORD" == code(call("<urn:getUserInfo/>"))[0]
    change = f"<urn:setPassword><urn:userId>{user_id}</urn:userId><urn:password>{{}}</urn:password></urn:setPassword>"
    assert "INVALID_NEW_PASSWORD" == code(call(change.format("short")))[0]
    assert 200 == call(change.format("brand-new-1")).status
    assert 200 == own.get("/limits").status
    assert [500, 200] == [log_in(own, "old@x.example", each).status for each in ("old-password", "brand-new-1")]
    assert "false" == one(log_in(own, "old@x.example", "brand-new-1").text, "passwordExpired")


def test_passwords_of_others(own: Caller) -> None:
    """An administrator resets a password; what was set survives a snapshot and a reset forgets it."""
    own.token = own.fake.credentials(f"https://{HOST}")["access_token"]
    user_id = own.soql(f"SELECT Id FROM User WHERE Username = '{INTEGRATION.username}'")[0]["Id"]
    inner = f"<urn:resetPassword><urn:userId>{user_id}</urn:userId></urn:resetPassword>"
    made = one(result(own.post(PARTNER, data=envelope(own.token, inner))), "password")
    assert "true" == one(log_in(own, INTEGRATION.username, made).text, "passwordExpired")
    assert 500 == log_in(own, INTEGRATION.username, INTEGRATION.password).status
    own.fake.reset()
    assert 200 == log_in(own, INTEGRATION.username, INTEGRATION.password).status


# --- rights and options of a save -------------------------------------------------------------------

RIGHTS = ["read", "create", "edit", "delete"]
BLIND = {
    "profiles": {
        "Blind": {
            "like": "Minimum Access - Salesforce",
            "permissions": {"api_enabled": True},
            "objects": {"Contact": RIGHTS},
        },
    },
    "sharing": {"Contact": "Private", "Account": "Private"},
}


def test_rights_are_those_of_rest(own: Caller) -> None:
    """Objects without rights are not there, rows of others are not found, by every call."""
    blind = UserConfig(username="blind@x.example", password="p", profile="Blind")
    fake = create_app(clock=FrozenClock(), org=OrgConfig(users=(ADMIN, blind), extra=BLIND))
    try:
        admin = Caller(fake, fake.credentials(f"https://{HOST}")["access_token"])
        contact = admin.make("Contact", LastName="Hidden")
        account = admin.make("Account", Name="Hidden")
        token = one(log_in(Caller(fake), "blind@x.example", "p").text, "sessionId")

        def call(inner: str) -> str:
            return Caller(fake).post(PARTNER, data=envelope(token, inner)).text

        before = fake.store.contents()
        answers = [
            call(query("SELECT Id, Name FROM Contact")),
            call(query("SELECT Id FROM Account")),
            call(f"<urn:retrieve><urn:fieldList>Name</urn:fieldList><urn:sObjectType>Contact</urn:sObjectType><urn:ids>{contact}</urn:ids></urn:retrieve>"),
            call("<urn:describeSObject><urn:sObjectType>Account</urn:sObjectType></urn:describeSObject>"),
            call(f"<urn:update>{sobject('Contact', Id=contact, LastName='x')}</urn:update>"),
            call(f"<urn:delete><urn:ids>{contact}</urn:ids><urn:ids>{account}</urn:ids></urn:delete>"),
            call(f"<urn:merge><urn:request><urn:masterRecord><ns:type>Contact</ns:type><ns:Id>{contact}</ns:Id>"
                 f"</urn:masterRecord><urn:recordToMergeIds>{contact}</urn:recordToMergeIds></urn:request></urn:merge>"),
        ]  # fmt: skip
        assert [] == [text for text in answers if "Hidden" in text or "<success>true" in text]
        assert ("<size>0</size>" in answers[0], "INVALID_TYPE" in answers[1], "INVALID_TYPE" in answers[3]) == (
            True,
        ) * 3
        assert before == fake.store.contents()
        admin.delete(f"/sobjects/Contact/{contact}")
        gone = fake.store.contents()
        for name in ("undelete", "emptyRecycleBin"):
            assert "<success>false</success>" in call(f"<urn:{name}><urn:ids>{contact}</urn:ids></urn:{name}>")
        assert gone == fake.store.contents()
        other = f"<urn:resetPassword><urn:userId>{fake_user(admin)}</urn:userId></urn:resetPassword>"
        assert "INSUFFICIENT_ACCESS" in call(other)
    finally:
        fake.close()


def fake_user(admin: Caller) -> str:
    found: str = admin.soql(f"SELECT Id FROM User WHERE Username = '{ADMIN.username}'")[0]["Id"]
    return found

"""Who a user name and a password belong to, and why a log-in fails; the log-in of SOAP.

Rule 1: users are rows of User; passwords and security tokens are the org's `Passwords`.
Rule 2: why a log-in failed is never told: wrong user, wrong password, wrong token and a locked-out user read the same.
What is told comes after a right password.
Rule 3: from a trusted address the password alone is enough, and password + token works as well; a user whose
`trusted` is false needs both, and is told about the token.
Rule 4: production logs in at login.salesforce.com, a sandbox at test.salesforce.com; any other host is the org's own.
Source: SOAP API Developer Guide, login(); texts and grades in `data/login.toml`.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from fake_core.errors import VendorError
from fake_salesforce import data_files
from fake_salesforce.operations.oauth.refused import OAuthRefused
from fake_salesforce.org import Org
from fake_salesforce.state.sessions import SOAP_CLIENT, Session

PRODUCTION_HOST, SANDBOX_HOST = "login.salesforce.com", "test.salesforce.com"


class SoapRefused(VendorError):
    """The SOAP endpoint answers with a fault of this code."""

    def __init__(self, code: str, /, **words: str) -> None:
        row = data_files.load("login.toml")["soap"].get(code)
        assert row is not None, f"{code} is raised but has no row in login.toml"
        self.code = code
        self.text: str = row["message"].format(**words)
        self.fault: str = row["fault"]
        super().__init__(self.text)


def user_row(org: Org, user_id: str) -> Mapping[str, Any] | None:
    """The User row with this id."""
    return _user_where(org, "Id", user_id)


def user_named(org: Org, username: str) -> Mapping[str, Any] | None:
    """The User row with this user name, in any letter case."""
    return _user_where(org, "Username", username.strip().lower())


def wrong_host(org: Org, host: str) -> bool:
    """*host* is the log-in host of the other kind of org."""
    return host == (PRODUCTION_HOST if org.config.sandbox else SANDBOX_HOST)


def check_password(org: Org, *, username: str, secret: str, host: str) -> Mapping[str, Any]:
    """The active user whose password, or password followed by security token, is *secret*; raises SoapRefused."""
    name = username.strip().lower()
    at = org.clock.now().timestamp()
    user = user_named(org, name)
    known = None if user is None else org.passwords.of(username=name, user_id=user["Id"])
    if user is None or known is None or wrong_host(org, host) or org.approvals.locked(name, at):
        raise SoapRefused("INVALID_LOGIN")
    allowed = [known.password + known.security_token]
    if known.trusted:
        allowed.append(known.password)
    if not any(hmac.compare_digest(secret.encode(), one.encode()) for one in allowed):
        org.approvals.failed(name, at, org.config.login_attempts_max)
        raise SoapRefused("INVALID_LOGIN" if known.trusted else "LOGIN_MUST_USE_SECURITY_TOKEN")
    if not user["IsActive"]:
        raise SoapRefused("INVALID_LOGIN")
    org.approvals.succeeded(name)
    admit(org, user)
    return user


def admit(org: Org, user: Mapping[str, Any]) -> None:
    """Raise SoapRefused when the org or the user's settings keep out a user whose identity is proven."""
    if org.config.locked:
        raise SoapRefused("ORG_LOCKED")
    username = user["Username"].lower()
    refused = next((one.login_refused for one in org.config.users if one.username.lower() == username), "")
    if refused:
        raise SoapRefused(refused)
    if not org.approvals.log_in(user["Id"], org.clock.now().timestamp(), org.config.logins_per_hour):
        raise SoapRefused("LOGIN_RATE_EXCEEDED")


_OAUTH_KEYS = {  # what OAuth says where SOAP has a code of its own; all else is "authentication failure"
    "ORG_LOCKED": "inactive_org",
    "LOGIN_RATE_EXCEEDED": "rate",
    "LOGIN_DURING_RESTRICTED_DOMAIN": "ip_restricted",
    "LOGIN_DURING_RESTRICTED_TIME": "login_hours",
}


def as_oauth(refused: SoapRefused) -> OAuthRefused:
    """The same refusal in OAuth's words."""
    return OAuthRefused(_OAUTH_KEYS.get(refused.code, "authentication_failure"))


def password_expired(org: Org, user: Mapping[str, Any]) -> bool:
    """The user must set a new password before anything else."""
    known = org.passwords.of(username=user["Username"], user_id=user["Id"])
    return known is not None and known.expired


def soap_login(
    org: Org, *, username: str, secret: str, host: str, organization: str | None = None
) -> tuple[Session, Mapping[str, Any]]:
    """A new session and its user; raises SoapRefused.

    *organization* is the id of a LoginScopeHeader, which is for portal users: an id of another org refuses.
    """
    if organization is not None and organization[:15] != org.org_id[:15]:
        raise SoapRefused("INVALID_LOGIN")
    user = check_password(org, username=username, secret=secret, host=host)
    session = org.sessions.open(user_id=user["Id"], client_id=SOAP_CLIENT, now=org.clock.now())
    session.password_due = password_expired(org, user)
    return session, user


def _user_where(org: Org, column: str, value: str) -> Mapping[str, Any] | None:
    user = org.schema.sobject("User")
    assert user is not None, "every schema has User"
    with org.store.read() as conn:
        found = conn.execute(_where(user.table, column), {"value": value}).first()
    return None if found is None else dict(zip(user.table.columns.keys(), found, strict=True))


@lru_cache(maxsize=64)
def _where(table: sa.Table, column: str) -> sa.Select[Any]:
    return sa.select(table).where(table.c[column] == sa.bindparam("value"))

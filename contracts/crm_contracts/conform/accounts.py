"""Real accounts: their credentials from the environment, and the guard before the first check.

Rule 1: a variable is the vendor's name and the credential's, as `understudy env` prints them: SALESFORCE_ACCESS_TOKEN.
Rule 2: nothing is written to an account before it is known to be none of production. Salesforce says so itself
(Organization: IsSandbox, OrganizationType); a Developer Edition org has to be allowed once, a production org twice, the
second time by its id. Who has no flag for it (Planhat, Totango) is named by `--account VENDOR=NAME`, and that has to
be the name in the credentials.
Rule 3: a log-in goes to a sandbox's log-in host unless one is named.
Rule 4: the forms of an id with 15 and 18 characters name the same org. Case counts in the first 15; the last three say
it, so an 18 that lost it on its way (a spreadsheet) still names its org.
Source: REST API Developer Guide, OAuth flows; Object Reference, Organization; Field Types, ID.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests

from crm_contracts.conform.access.salesforce import checksum
from crm_contracts.conform.target import Target, session_of
from crm_contracts.vendors import HOSTS
from fake_core.clock import Clock
from fake_core.errors import MisuseError

__all__ = ["Allowed", "NoAccount", "account"]

CREDENTIALS = {
    "salesforce": [
        "url",
        "access_token",
        "username",
        "password",
        "security_token",
        "client_id",
        "client_secret",
        "refresh_token",
        "login_url",
        "api_version",
    ],
    "planhat": ["url", "token", "tenant"],
    "totango": ["url", "token", "service_id", "region", "account"],
    "marketo": ["url", "token", "tenant", "user"],
}
SANDBOX_LOGIN = "https://test.salesforce.com"
PRODUCTION_LOGIN = "login.salesforce.com"
LOCAL = {"localhost", "127.0.0.1", "::1"}
_ORG_ID = re.compile(r"00D[0-9A-Za-z]{12}(?:[A-Za-z0-5]{3})?", re.ASCII | re.IGNORECASE)


class NoAccount(Exception):
    """There is no account to ask: why, in words for a "not run"."""


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """What the caller said about accounts. *production* is the first word, *production_org* the second: the org's id.

    Raises MisuseError for an id that is none.
    """

    developer_edition: bool = False
    production: bool = False
    production_org: str = ""
    accounts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = self.production_org
        if not given:
            return
        if _ORG_ID.fullmatch(given) is None:
            raise MisuseError(f"--write-to-production-org {given}: an org's id is 00D and 12 or 15 more characters")
        whole = given[:15] + checksum(given[:15])
        if len(given) > 15 and given != whole and not _lost_its_case(given):
            raise MisuseError(
                f"--write-to-production-org {given}: there is no such id: the last three characters of"
                f" {given[:15]} are {whole[15:]}, not {given[15:]}; copy it again"
            )


def account(
    vendor: str,
    environment: Mapping[str, str],
    allowed: Allowed,
    *,
    clock: Clock,
    budget: int | None,
    session: requests.Session | None = None,
) -> Target:
    """The account of *vendor* whose credentials stand in *environment*.

    Raises NoAccount where there are none, MisuseError where it must not be touched or refuses the log-in.
    """
    given = _given(vendor, environment)
    session = session or session_of()
    if vendor == "salesforce":
        given = _log_in(given, session)
    elif "token" not in given:
        raise NoAccount("no sandbox")
    url = given.get("url") or HOSTS[vendor]
    _check_url(vendor, url)
    target = Target(
        vendor=vendor, kind="account", url=url, credentials=given, session=session, clock=clock, budget=budget
    )
    if vendor == "salesforce":
        _check_org(target, allowed)
    else:
        _check_name(target, allowed)
    return target


def _given(vendor: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Rule 1."""
    words = CREDENTIALS.get(vendor, ["url", "token"])
    return {word: environment[name] for word in words if environment.get(name := f"{vendor}_{word}".upper())}


def _check_url(vendor: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOCAL:
        raise MisuseError(f"{vendor.upper()}_URL={url}: credentials go over https only")


def _log_in(given: dict[str, Any], session: requests.Session) -> dict[str, Any]:
    """An access token for what is given. Raises NoAccount, MisuseError with the vendor's words. Rule 3."""
    if given.get("access_token") and given.get("url"):
        return given
    forms = {
        "refresh_token": ("client_id", "refresh_token"),
        "password": ("client_id", "client_secret", "username", "password"),
        "client_credentials": ("client_id", "client_secret", "url"),
    }
    grant = next((grant for grant, words in forms.items() if all(word in given for word in words)), None)
    if grant is None:
        if not given:
            raise NoAccount("no sandbox")
        raise NoAccount(
            "no sandbox: set SALESFORCE_URL with SALESFORCE_ACCESS_TOKEN, or SALESFORCE_CLIENT_ID with"
            " SALESFORCE_CLIENT_SECRET, SALESFORCE_USERNAME and SALESFORCE_PASSWORD"
        )
    host = given["url"] if grant == "client_credentials" else given.get("login_url", SANDBOX_LOGIN)
    _check_url("salesforce", host)
    if urlsplit(host).hostname == PRODUCTION_LOGIN and "login_url" not in given:
        raise MisuseError(f"{host} is the log-in of production: name it in SALESFORCE_LOGIN_URL to mean it")
    form = {word: given[word] for word in forms[grant] if word != "url"} | {"grant_type": grant}
    if grant == "password":
        form["password"] += given.get("security_token", "")
    try:
        answer = session.post(f"{host.rstrip('/')}/services/oauth2/token", data=form, timeout=60)
        told = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise MisuseError(f"salesforce: no log-in at {host}: {error}") from error
    if answer.status_code != 200:
        raise MisuseError(f"salesforce: {host} refuses the log-in: {told.get('error_description', told)}")
    return given | {"access_token": told["access_token"], "url": told["instance_url"]}


def _check_org(target: Target, allowed: Allowed) -> None:
    """Rule 2, Salesforce."""
    version = target.credentials.get("api_version", "60.0")
    soql = "SELECT+Id,Name,IsSandbox,OrganizationType+FROM+Organization"
    answer = target.call("GET", f"/services/data/v{version}/query?q={soql}")
    try:
        (org,) = answer.json["records"]
    except (ValueError, LookupError, TypeError) as error:
        raise MisuseError(f"salesforce: {target.url} does not say what org it is: {answer.status}") from error
    if org["IsSandbox"] is True:
        return
    kind, org_id = org["OrganizationType"], str(org["Id"])
    if kind == "Developer Edition":
        if not (allowed.developer_edition or _told_twice(allowed, org_id)):
            raise MisuseError(
                f"salesforce: {org['Name']} ({org_id}) is a Developer Edition org, no sandbox: say"
                " --allow-developer-edition to have records made and deleted there"
            )
    elif not _told_twice(allowed, org_id):
        raise MisuseError(
            f"salesforce: {org['Name']} ({org_id}) is {kind}, and IsSandbox is false: this is production. Nothing was"
            f" written. To mean it, say both --i-know-this-is-production and --write-to-production-org {org_id}"
        )


def _told_twice(allowed: Allowed, org_id: str) -> bool:
    """Rule 4."""
    given = allowed.production_org
    whole = org_id[:15] + checksum(org_id[:15])
    return allowed.production and (
        given in {whole[:15], whole} or (_lost_its_case(given) and given.lower() == whole.lower())
    )


def _lost_its_case(record_id: str) -> bool:
    """Whether this may be an id of 18 characters in small letters only, or in capitals only."""
    return len(record_id) == 18 and record_id in {record_id.lower(), record_id.upper()}


def _check_name(target: Target, allowed: Allowed) -> None:
    """Rule 2, who has no flag."""
    vendor, word = target.vendor, target.access.account_word or "tenant"
    name = str(target.credentials.get(word, ""))
    variable = f"{vendor}_{word}".upper()
    if not name:
        raise MisuseError(f"{vendor}: set {variable}: {vendor} has no sandbox flag, so the account has to be named")
    if vendor not in allowed.accounts:
        raise MisuseError(
            f"{vendor}: no account of it says whether it is for tests: say --account {vendor}={name} to have records"
            " made and deleted there"
        )
    if allowed.accounts[vendor] != name:
        raise MisuseError(f"{vendor}: --account {vendor}={allowed.accounts[vendor]} is not {variable}, which is {name}")

"""simple-salesforce from PyPI, unmodified: in this process at the vendor's host names, and over https on a port."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from fake_core.clock import FrozenClock
from fake_core.fake import Fake
from fake_core.faults import Fault
from fake_core.testing import Played, play, serve_in_thread
from fake_salesforce import OrgConfig, create_app

EXTRA = {
    "objects": {
        "Account": {"fields": {"Region_Code__c": {"label": "Region Code", "type": "string(20)", "external_id": True}}},
        "Contact": {
            "fields": {"Key__c": {"label": "Key", "type": "string(20)", "external_id": True, "unique": True}},
        },
    }
}
Login = Callable[..., Any]


def content(raised: pytest.ExceptionInfo[Any]) -> Any:
    """The vendor's list of errors, as the client parsed it."""
    return raised.value.content


@pytest.fixture(scope="module")
def fake() -> Iterator[Fake]:
    made = create_app(clock=FrozenClock(), org=OrgConfig(extra=EXTRA))
    yield made
    made.close()


@pytest.fixture(params=["in this process", "https"])
def played(request: pytest.FixtureRequest, fake: Fake) -> Iterator[Played]:
    """The same fake, reached without and with a socket."""
    if request.param == "https":
        with serve_in_thread(fake, tls=True) as served:
            yield served
    else:
        with play(fake, "https://understudy.my.salesforce.com") as here:
            yield here


@pytest.fixture
def login(played: Played) -> Login:
    """Log in with the given words, wherever the fake is."""
    host = played.url.removeprefix("https://")

    def log_in(**words: Any) -> Any:
        if "127.0.0.1" in host or "localhost" in host:
            # The client writes https://<domain>.salesforce.com itself: only the test's own name lookup is bent.
            words["session"] = _Redirected(played.session, host)
        return Salesforce(version="59.0", **words)

    return log_in


class _Redirected(requests.Session):
    """A session that carries every call for *.salesforce.com to the port where the fake is served."""

    def __init__(self, like: requests.Session, host: str) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = like.verify
        self._host = host

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        for name in ("login.salesforce.com", "understudy.my.salesforce.com"):
            url = url.replace(f"https://{name}", f"https://{self._host}")
        return super().request(method, url, *args, **kwargs)


@pytest.fixture
def sf(login: Login, played: Played) -> Any:
    """A client logged in by SOAP with username, password and security token."""
    words = played.credentials
    return login(username=words["username"], password=words["password"], security_token=words["security_token"])


def test_login_by_password_over_soap(sf: Any, played: Played) -> None:
    """The client takes session and host from the SOAP answer and stays at the host it came by."""
    assert "!" in sf.session_id
    assert sf.sf_instance in {played.url.removeprefix("https://"), "login.salesforce.com"}
    assert sf.limits()["DailyApiRequests"]["Max"] == 100_000


def test_login_by_oauth(login: Login, played: Played) -> None:
    """Password flow, client credentials on a My Domain host, and a ready session."""
    words = played.credentials
    app = {"consumer_key": words["client_id"], "consumer_secret": words["client_secret"]}
    password = login(
        username=words["username"], password=words["password"] + words["security_token"], domain="understudy.my", **app
    )
    own = login(domain="understudy.my", **app)
    ready = login(instance_url="https://understudy.my.salesforce.com", session_id=words["access_token"])

    for client in (password, own, ready):
        assert client.query("SELECT COUNT() FROM User")["totalSize"] == 2


def test_refused_login(login: Login, played: Played) -> None:
    """A wrong password is SalesforceAuthenticationFailed, by SOAP and by OAuth."""
    words = played.credentials
    with pytest.raises(SalesforceAuthenticationFailed, match="INVALID_LOGIN"):
        login(username=words["username"], password="wrong", security_token="")
    with pytest.raises(SalesforceAuthenticationFailed, match="invalid_grant"):
        login(
            username=words["username"],
            password="wrong",
            consumer_key=words["client_id"],
            consumer_secret=words["client_secret"],
        )


def test_rows(sf: Any) -> None:
    """create gives the JSON, update and delete the status, get the row."""
    made = sf.Contact.create({"LastName": "Smith", "Email": "Example@Example.com"})
    assert {"id": made["id"], "success": True, "errors": []} == made
    assert 204 == sf.Contact.update(made["id"], {"LastName": "Jones", "FirstName": "John"})
    row = sf.Contact.get(made["id"])
    assert ("John Jones", "example@example.com") == (row["Name"], row["Email"])
    assert 204 == sf.Contact.delete(made["id"])
    assert {"objectDescribe", "recentItems"} == set(sf.Contact.metadata())


def test_upsert(sf: Any) -> None:
    """By external id: 201 for a new row, 200 for a known one (204 for an old version)."""
    assert 201 == sf.Contact.upsert("Key__c/k%2F1@x", {"LastName": "x"})
    assert 200 == sf.Contact.upsert("Key__c/k%2F1@x", {"LastName": "y"})
    assert "y" == sf.Contact.get_by_custom_id("Key__c", "k/1@x")["LastName"]


def test_query_over_several_pages(sf: Any) -> None:
    """query, query_more and query_all_iter walk the locator's pages."""
    for start in range(0, 2_200, 200):
        records = [
            {"attributes": {"type": "Contact"}, "LastName": f"n{number:05}"} for number in range(start, start + 200)
        ]
        results = sf.restful("composite/sobjects", method="POST", json={"records": records})
        assert all(one["success"] for one in results)
    soql = "SELECT Id, LastName FROM Contact ORDER BY LastName"
    first = sf.query(soql)
    assert (2_200, False, 2_000) == (first["totalSize"], first["done"], len(first["records"]))
    assert 200 == len(sf.query_more(first["nextRecordsUrl"], identifier_is_url=True)["records"])
    names = [row["LastName"] for row in sf.query_all_iter(soql)]
    assert [f"n{number:05}" for number in range(2_200)] == names
    gone = sf.query("SELECT Id FROM Contact LIMIT 1")["records"][0]["Id"]
    sf.Contact.delete(gone)
    assert 2_199 == sf.query_all("SELECT Id FROM Contact")["totalSize"]
    assert 2_200 == sf.query_all("SELECT Id FROM Contact", include_deleted=True)["totalSize"]


def test_describes(sf: Any) -> None:
    """Global and object describe."""
    assert {"Account", "Contact", "Task"} <= {one["name"] for one in sf.describe()["sobjects"]}
    assert "Key__c" in {field["name"] for field in sf.Contact.describe()["fields"]}


def test_updated_and_deleted(sf: Any, played: Played) -> None:
    """The client formats the window with the +00:00 of its datetimes."""
    kept, gone = (sf.Contact.create({"LastName": name})["id"] for name in ("kept", "gone"))
    sf.Contact.delete(gone)
    played.clock.advance(120)
    end = played.clock.now()
    start = end - timedelta(days=10)

    assert [kept] == sf.Contact.updated(start, end)["ids"]
    assert [gone] == [one["id"] for one in sf.Contact.deleted(start, end)["deletedRecords"]]


def test_limits(sf: Any) -> None:
    """The limits resource, and the usage the client reads from the header."""
    before = sf.limits()["DailyApiRequests"]
    assert 100_000 == before["Max"]
    sf.query("SELECT Id FROM User")
    usage = sf.api_usage["api-usage"]
    assert (before["Max"] - before["Remaining"] + 1, 100_000) == (usage.used, usage.total)


def test_exception_classes(sf: Any, played: Played) -> None:
    """Each status has its exception class, and the content is the vendor's list."""
    for _ in range(2):
        sf.Account.create({"Name": "x", "Region_Code__c": "EU"})
    with pytest.raises(SalesforceMoreThanOneRecord) as many:
        sf.Account.upsert("Region_Code__c/EU", {"Name": "y"})
    with pytest.raises(SalesforceMalformedRequest) as malformed:
        sf.Account.create({})
    with pytest.raises(SalesforceMalformedRequest) as soql:
        sf.query("SELEKT Id FROM Account")
    with pytest.raises(SalesforceResourceNotFound) as missing:
        sf.Account.get("001Ud0000000zzz")
    played.fake.faults.add(Fault(kind="limit_reached", verb="create"))
    with pytest.raises(SalesforceRefusedRequest) as refused:
        sf.Account.create({"Name": "y"})
    played.fake.faults.add(Fault(kind="error_after", verb="create"))
    with pytest.raises(SalesforceGeneralError) as general:
        sf.Account.create({"Name": "y"})
    with pytest.raises(SalesforceGeneralError) as not_faked:
        sf.toolingexecute("query?q=SELECT+Id+FROM+ApexClass")

    assert 2 == len(content(many))
    assert "REQUIRED_FIELD_MISSING" == content(malformed)[0]["errorCode"]
    assert "unexpected token: SELEKT" == content(soql)[0]["message"]
    assert (404, "NOT_FOUND") == (missing.value.status, content(missing)[0]["errorCode"])
    assert (403, "REQUEST_LIMIT_EXCEEDED") == (refused.value.status, content(refused)[0]["errorCode"])
    assert (500, 501) == (general.value.status, not_faked.value.status)
    assert 3 == sf.query("SELECT COUNT() FROM Account")["totalSize"]  # error_after: the third was made


def test_expired_session(sf: Any, login: Login, played: Played) -> None:
    """A client that knows the password logs in again by itself; one with a session only is told."""
    session_only = login(
        instance_url="https://understudy.my.salesforce.com", session_id=played.credentials["access_token"]
    )
    played.clock.advance(7_200)

    with pytest.raises(SalesforceExpiredSession) as expired:
        session_only.limits()
    assert (401, "INVALID_SESSION_ID") == (expired.value.status, content(expired)[0]["errorCode"])
    assert 100_000 == sf.limits()["DailyApiRequests"]["Max"]

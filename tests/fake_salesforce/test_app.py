"""Routing, versions, describes over HTTP, queries page by page, and what is not faked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.fake_salesforce.conftest import HOST, Caller

from fake_core.clock import FrozenClock
from fake_core.errors import MisuseError
from fake_core.fake import BODY_KEY
from fake_core.ids import IdSource
from fake_salesforce import OrgConfig, create_app
from fake_salesforce.app import OPEN_ROUTES, ROUTES
from fake_salesforce.operations.not_faked import resources
from fake_salesforce.org import APP
from fake_salesforce.wire.meaning import meaning

DATA = "/services/data/v60.0"


# --- versions and resources -----------------------------------------------------------------------------------------


@pytest.mark.evidence("documented", "REST API Developer Guide, Versions; anchors recorded")
def test_versions(anyone: Any) -> None:
    """31 to 67, ascending, without a session, labels by season."""
    answer = anyone.get("/services/data/")

    labels = {one["version"]: one["label"] for one in answer.json}
    assert (200, 37) == (answer.status, len(answer.json))
    assert {"label": "Summer '14", "url": "/services/data/v31.0", "version": "31.0"} == answer.json[0]
    assert ("Winter '25", "Summer '26", "Winter '18") == (labels["62.0"], labels["67.0"], labels["41.0"])


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("v30.0", (410, "GONE", "The requested resource no longer exists")),
        ("v68.0", (404, "NOT_FOUND", "The requested resource does not exist")),
        ("viAmABadVersion", (404, "NOT_FOUND", "The requested resource does not exist")),
        ("60.0", (404, "NOT_FOUND", "The requested resource does not exist")),
    ],
)
def test_versions_that_are_none(org: Any, version: str, expected: Any) -> None:
    """Retired versions are gone, nonsense is not found, whatever the method: no resource below could refuse it."""
    assert expected == org.get(f"/services/data/{version}/sobjects/Account/1").error
    assert expected == org.patch(f"/services/data/{version}/sobjects/Account", {}).error
    assert expected == org.post(f"/services/data/{version}/sobjects/Account/001000000000001", {}).error
    assert expected == org.delete(f"/services/data/{version}").error


def test_resources(org: Any) -> None:
    """Paths below the version, but identity is an absolute URL."""
    body = org.get(DATA).json

    assert f"{DATA}/sobjects" == body["sobjects"]
    assert body["identity"].startswith("https://understudy.my.salesforce.com/id/00D")


@pytest.mark.parametrize(
    "path", ["", "/limits", "/sobjects", "/sobjects/Account", "/sobjects/Account/describe", "/composite"]
)
def test_a_slash_at_the_end_makes_no_difference(org: Any, path: str) -> None:
    """Clients are not of one mind about the last slash."""
    plain, slashed = org.get(DATA + path), org.get(f"{DATA}{path}/")

    assert (200, 200) == (plain.status, slashed.status)
    assert list(plain.json) == list(slashed.json)


@pytest.mark.evidence("client-derived", "public issue: HTTP Method 'PATCH' not allowed")
def test_method_not_allowed(org: Any) -> None:
    """405 lists what is allowed, without blanks, in the text and in Allow."""
    answer = org.patch("/sobjects/Account", {})

    assert (405, "METHOD_NOT_ALLOWED", "HTTP Method 'PATCH' not allowed. Allowed are GET,HEAD,POST") == answer.error
    assert "GET,HEAD,POST" == answer.headers["allow"]


@pytest.mark.evidence("client-derived", "restforce issue 134, POST of a row: the four methods, in another order")
def test_a_row_says_the_same_of_every_method(org: Any) -> None:
    """POST makes a row at the path that ends in Id and is no method of a row, alone and in a composite."""
    account = org.make("Account", Name="a")
    one = {"method": "PUT", "url": f"/services/data/v60.0/sobjects/Account/{account}", "referenceId": "a"}
    (inside,) = org.post("/composite", {"compositeRequest": [one]}).json["compositeResponse"]

    for method in ("PUT", "POST"):
        answer = org.call(method, f"/sobjects/Account/{account}", {})
        assert f"HTTP Method '{method}' not allowed. Allowed are DELETE,GET,HEAD,PATCH" == answer.error[2]
        assert "DELETE,GET,HEAD,PATCH" == answer.headers["allow"]
    assert "DELETE,GET,HEAD,PATCH,POST" == org.call("PUT", "/sobjects/Account/Id", {}).headers["allow"]
    assert "HTTP Method 'PUT' not allowed. Allowed are DELETE,GET,HEAD,PATCH" == inside["body"][0]["message"]


def test_session_comes_before_routing(anyone: Any) -> None:
    """Without a session a path that does not exist is 401, not 404."""
    assert [401, 401] == [anyone.get("/no/such").status, anyone.call("PUT", "/limits", {}).status]


def test_headers_of_an_answer(org: Any) -> None:
    """The headers recorded in 2024 that do not depend on the network."""
    headers = org.get("/limits").headers

    assert "application/json;charset=UTF-8" == headers["content-type"]
    assert "no-cache,must-revalidate,max-age=0,no-store,private" == headers["cache-control"]
    assert ("nosniff", "none", "Accept-Encoding") == (
        headers["x-content-type-options"],
        headers["x-robots-tag"],
        headers["vary"],
    )
    assert headers["x-request-id"] == headers["x-sfdc-request-id"]
    assert 32 == len(headers["x-request-id"])
    assert "sfdcedge" == headers["server"]


def test_describe_over_http(org: Any) -> None:
    """Global, basic and full describe; an unknown object is 404."""
    assert {"encoding": "UTF-8", "maxBatchSize": 200}.items() <= org.get("/sobjects/").json.items()
    assert ["objectDescribe", "recentItems"] == list(org.get("/sobjects/account").json)
    assert "Planhat_Id__c" in [field["name"] for field in org.get("/sobjects/Task/describe").json["fields"]]
    assert 404 == org.get("/sobjects/Nope/describe").status


def test_a_describe_links_to_the_host_that_was_asked(org: Any) -> None:
    """Its text is kept for the next caller, who may have come by another name; an object's is its own."""
    seen = []
    for host, name in (("a.example", "Task"), ("b.example", "Task"), ("b.example", "Event"), ("a.example", "Task")):
        told = org.get(f"/sobjects/{name}/describe", headers={"Host": host}).json
        seen.append((told["name"], told["urls"]["uiDetailTemplate"]))

    assert [("Task", "a"), ("Task", "b"), ("Event", "b"), ("Task", "a")] == [
        (name, url.removeprefix("https://").partition(".")[0]) for name, url in seen
    ]


# --- queries --------------------------------------------------------------------------------------------------------


def make_many(org: Any, count: int) -> None:
    for start in range(0, count, 200):
        records = [
            {"attributes": {"type": "Account"}, "Name": f"n{number:05}"}
            for number in range(start, min(start + 200, count))
        ]
        assert all(one["success"] for one in org.post("/composite/sobjects", {"records": records}).json)


SOQL = {"q": "SELECT Name FROM Account ORDER BY Name"}


@pytest.mark.evidence("recorded", "heroku/sf-functions-python: nextRecordsUrl")
def test_pages(org: Any) -> None:
    """2000 rows a page; the next page's path is a locator and the offset, before the records."""
    make_many(org, 2_001)
    first = org.get("/query/", query=SOQL).json
    last = org.get(first["nextRecordsUrl"]).json

    assert ["totalSize", "done", "nextRecordsUrl", "records"] == list(first)
    assert (2_001, False, 2_000) == (first["totalSize"], first["done"], len(first["records"]))
    assert first["nextRecordsUrl"].startswith(f"{DATA}/query/01g")
    assert first["nextRecordsUrl"].endswith("-2000")
    assert (2_001, True, ["n02000"]) == (last["totalSize"], last["done"], [row["Name"] for row in last["records"]])
    assert ["totalSize", "done", "records"] == list(last)


def test_batch_size_and_free_offsets(org: Any) -> None:
    """Sforce-Query-Options within 200 and 2000; the client may choose the offset."""
    make_many(org, 450)
    small = org.get("/query", query=SOQL, headers={"Sforce-Query-Options": "batchSize=1"}).json
    assert 200 == len(small["records"])
    path, _, _ = small["nextRecordsUrl"].rpartition("-")
    assert ["n00300", 150] == [(page := org.get(f"{path}-300").json)["records"][0]["Name"], len(page["records"])]
    assert "n00000" == org.get(f"{path}-0").json["records"][0]["Name"]
    for bad in (f"{path}-450", f"{path}-99999999", f"{DATA}/query/01gUd0000000zzzAAA-200", f"{DATA}/query/x"):
        assert (400, "INVALID_QUERY_LOCATOR") == org.get(bad).error[:2]


def test_pages_do_not_shift(org: Any) -> None:
    """Rows written between two pages neither appear nor push others out; a locator ends after two days."""
    make_many(org, 300)
    first = org.get("/query", query=SOQL, headers={"Sforce-Query-Options": "batchSize=200"}).json
    org.make("Account", Name="a first one")
    second = org.get(first["nextRecordsUrl"]).json
    assert "n00200" == second["records"][0]["Name"]

    snapshot = org.fake.store.snapshot()
    org.fake.store.restore(snapshot)
    assert second == org.get(first["nextRecordsUrl"]).json
    org.clock.advance(2 * 24 * 3600)
    org.token = org.fake.credentials("https://x")["access_token"]
    assert (400, "INVALID_QUERY_LOCATOR") == org.get(first["nextRecordsUrl"]).error[:2]


def test_count_has_no_records(org: Any) -> None:
    """COUNT() answers in totalSize."""
    make_many(org, 3)

    answer = org.get("/query", query={"q": "select count() from account"})
    assert b'{"totalSize":3,"done":true,"records":[]}' == answer.body


def test_query_refused(org: Any) -> None:
    """SOQL's refusals are the vendor's list of one."""
    status, code, message = org.get("/query", query={"q": "SELECT Bacon__c FROM Account LIMIT 2"}).error

    assert (400, "INVALID_FIELD") == (status, code)
    assert message.startswith("\nSELECT Bacon__c FROM Account LIMIT 2\n       ^\nERROR at Row:1:Column:8\n")


# --- what is not faked ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, row in resources().items() if "path" in row])
def test_not_faked(org: Any, name: str) -> None:
    """A resource that the vendor has and the fake has not answers 501 and says which."""
    path = resources()[name]["path"].replace("<sobject>", "Account").replace("/*", "/some/thing")
    answer = org.get(path)

    status, code, message = answer.error
    assert (501, "NOT_FAKED") == (status, code)
    assert message.startswith(f"{name} is not faked: ")


@pytest.mark.parametrize("path", ["", "/LogCall", "/LogCall/describe", "/LogCall/defaultValues/001Ud0000000001IAA"])
def test_quick_actions_are_not_faked(org: Any, path: str) -> None:
    """Of the org and of an object, whatever is asked of them."""
    for stem in ("/quickActions", "/sobjects/Account/quickActions"):
        for answer in (org.get(f"{stem}{path}"), org.post(f"{stem}{path}", {})):
            assert (501, "NOT_FAKED") == answer.error[:2]
            assert answer.error[2].endswith("uickActions is not faked: quick actions")


def test_every_row_of_not_faked_has_a_reason() -> None:
    """The ledger is generated from the list: no row without why."""
    assert [] == [name for name, row in resources().items() if not row.get("why")]


def test_operation_ids_are_unique() -> None:
    """One operation id, one route."""
    names = [row[2] for row in OPEN_ROUTES + ROUTES]
    assert sorted(set(names)) == sorted(names)


# --- meaning, determinism, seed, files ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "expected"),
    [
        ("POST", "/services/oauth2/token", "", b"", ("login", "")),
        ("POST", "/services/Soap/u/59.0", "", b"", ("login", "")),
        ("POST", f"{DATA}/sobjects/task/", "", b"{}", ("create", "Task")),
        ("GET", f"{DATA}/sobjects/Task/00T", "", b"", ("read", "Task")),
        ("PATCH", f"{DATA}/sobjects/Task/00T", "", b"", ("update", "Task")),
        ("POST", f"{DATA}/sobjects/Task/00T", "_HttpMethod=PATCH", b"", ("update", "Task")),
        ("DELETE", f"{DATA}/sobjects/Task/00T", "", b"", ("delete", "Task")),
        ("PATCH", f"{DATA}/sobjects/Task/Ext__c/a", "", b"", ("upsert", "Task")),
        ("GET", f"{DATA}/sobjects/Task/describe", "", b"", ("describe", "Task")),
        ("GET", f"{DATA}/sobjects/Task/updated/", "", b"", ("list", "Task")),
        ("GET", f"{DATA}/query/", "q=SELECT+Id,(SELECT+Id+FROM+Tasks)+FROM+account", b"", ("query", "Account")),
        ("POST", f"{DATA}/composite/sobjects", "", b'{"records":[{"attributes":{"type":"Task"}}]}', ("create", "Task")),
        ("PATCH", f"{DATA}/composite/sobjects/Task/Ext__c", "", b"{}", ("upsert", "Task")),
        ("DELETE", f"{DATA}/composite/sobjects", "ids=00Tx", b"", ("delete", "Task")),
        ("POST", f"{DATA}/composite", "",
         b'{"compositeRequest":[{"method":"PATCH","url":"/services/data/v60.0/sobjects/Task/1"}]}', ("update", "Task")),
        ("POST", f"{DATA}/composite", "", b"[[[", ("other", "")),
        ("GET", f"{DATA}/limits", "", b"", ("limits", "")),
        ("GET", "/nowhere", "", b"", ("other", "")),
    ],
)  # fmt: skip
def test_meaning(method: str, path: str, query: str, body: bytes, expected: tuple[str, str]) -> None:
    """Faults and the journal name a call by verb and object."""
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, BODY_KEY: body}
    assert expected == tuple(meaning(environ))


def test_same_seed_same_bytes(org: Any) -> None:
    """Two orgs of one seed and one clock answer byte for byte alike."""

    def run() -> list[Any]:
        fake = create_app(clock=FrozenClock(), ids=IdSource(7))
        caller = type(org)(fake, fake.credentials("https://x")["access_token"])
        answers = [
            caller.post("/sobjects/Account", {"Name": "x"}),
            caller.get("/query", query=SOQL),
            caller.get("/nope"),
        ]
        fake.close()
        return [(one.status, one.headers, one.body) for one in answers]

    assert run() == run()


def test_same_seed_same_store() -> None:
    """Two orgs that were made alike are the same bytes, indexes included: nothing in them has an order by chance."""

    def made() -> bytes:
        fake = create_app(clock=FrozenClock(), ids=IdSource(7))
        fake.seed({"Account": [{"Name": "A"}]})  # type: ignore[misc]
        snapshot = fake.store.snapshot()
        fake.close()
        return snapshot

    assert made() == made()


def test_seed(org: Any) -> None:
    """Seeded rows go through the door of the clients, may refer to one another, and come all or not at all."""
    from fake_core.errors import MisuseError

    made = org.fake.seed({"Account": [{"Name": "A"}], "Contact": [{"LastName": "L", "AccountId": "@Account[0]"}]})
    assert made["Account"][0] == org.row("Contact", made["Contact"][0])["AccountId"]
    before = org.rows
    with pytest.raises(MisuseError, match=r"Account\[1\].*REQUIRED_FIELD_MISSING"):
        org.fake.seed({"Account": [{"Name": "B"}, {}]})
    with pytest.raises(MisuseError, match="Nope"):
        org.fake.seed({"Nope": []})
    assert before == org.rows


def test_an_org_kept_in_a_file(tmp_path: Any) -> None:
    """Rows and serial numbers survive a restart."""
    url = f"sqlite:///{tmp_path / 'org.sqlite'}"
    first = create_app(clock=FrozenClock(), data=url)
    made = first.seed({"Account": [{"Name": "A"}]})["Account"][0]  # type: ignore[misc]
    first.close()
    second = create_app(clock=FrozenClock(), data=url)
    other = second.seed({"Account": [{"Name": "B"}]})["Account"][0]  # type: ignore[misc]
    second.close()

    assert made[:14] == other[:14]
    assert made != other


def test_users_are_rows() -> None:
    """The org's users can be queried; their ids do not change with their number of rows."""
    fake = create_app(clock=FrozenClock(), org=OrgConfig())
    with fake.store.read() as conn:
        names = [row[0] for row in conn.exec_driver_sql('SELECT "Username" FROM "User" ORDER BY "Id"')]
    fake.close()

    assert ["admin@understudy.example", "integration@understudy.example"] == names


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, Date Literals: the running user's time zone")
def test_days_begin_where_the_caller_is(org: Any) -> None:
    """TODAY is the day of the user who asks, not that of the org or of UTC."""
    org.make("Task", Subject="x", ActivityDate="2026-01-05")
    org.clock.set(datetime(2026, 1, 5, 3, tzinfo=UTC))  # still the 4th in Los Angeles, the org's zone
    (user,) = org.soql("SELECT Id, TimeZoneSidKey FROM User WHERE FirstName = 'Ada'")
    soql = "SELECT Subject FROM Task WHERE ActivityDate = TODAY"

    assert ("America/Los_Angeles", []) == (user["TimeZoneSidKey"], org.soql(soql))
    assert 204 == org.patch(f"/sobjects/User/{user['Id']}", {"TimeZoneSidKey": "Asia/Tokyo"}).status
    assert ["x"] == [row["Subject"] for row in org.soql(soql)]


@pytest.mark.parametrize("zone", ["UTC", "Mars/Base", ""])
def test_a_zone_that_no_user_can_have(zone: str) -> None:
    """The vendor's list of zones has no UTC: a tester who asks for it is told what to write."""
    with pytest.raises(MisuseError, match="UTC is GMT there"):
        create_app(org=OrgConfig(timezone=zone))


@pytest.mark.parametrize("zone", ["GMT", "Europe/Berlin", "Pacific/Kiritimati"])
def test_an_org_in_any_zone_of_the_list(zone: str) -> None:
    """The org's zone is that of its users."""
    fake = create_app(clock=FrozenClock(), org=OrgConfig(timezone=zone))
    users = Caller(fake, fake.credentials(f"https://{HOST}")["access_token"]).soql("SELECT TimeZoneSidKey FROM User")
    fake.close()

    assert [zone] * 2 == [row["TimeZoneSidKey"] for row in users]


def test_credentials_survive_a_reset(org: Any) -> None:
    """The access token that is printed at the start still works after a reset."""
    token = org.fake.credentials("https://x")["access_token"]
    org.fake.reset()
    org.token = token

    assert 200 == org.get("/limits").status


def test_many_threads(org: Any) -> None:
    """A server's threads log in, write and read at the same time: every row is there once, none is answered 500."""
    from concurrent.futures import ThreadPoolExecutor

    def work(number: int) -> list[int]:
        form = f"grant_type=client_credentials&client_id={APP.client_id}&client_secret={APP.client_secret}"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        token = anyone.post("/services/oauth2/token", data=form.encode(), headers=headers).json["access_token"]
        caller = type(org)(org.fake, token)
        statuses = [caller.post("/sobjects/Account", {"Name": f"t{number}", "Key__c": f"k{number // 2}"}).status]
        statuses.append(caller.get("/query", query=SOQL).status)
        return statuses

    anyone = type(org)(org.fake)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(work, range(80)))
    assert [201] * 40 + [400] * 40 == sorted(one[0] for one in answers)
    assert {200} == {one[1] for one in answers}
    assert 40 == len(org.soql(SOQL["q"]))

"""What a naive fake gets wrong about Salesforce: at least one test for each point, numbered as in reviews. 1 to 16.

The list of acceptance: each point is driven through HTTP, also where another test looks closer. 17 to 32 and
33 to 50 are in the files beside this one.
"""

from __future__ import annotations

import re

import pytest

from .bulk1_client import Bulk
from .bulk2 import load, new_query
from .conftest import DATA, Caller
from .naive import ids_of, typed

GONE = "000000000009999"


def checksum(text: str) -> str:
    """The three letters after a 15-character id, as the vendor's manual has it."""
    groups = (text[at : at + 5] for at in range(0, 15, 5))
    values = (sum(1 << bit for bit, char in enumerate(group) if char.isascii() and char.isupper()) for group in groups)
    return "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[value] for value in values)


@pytest.mark.evidence("recorded", "id pairs of CumulusCI, OpenStax and sf-functions recordings")
@pytest.mark.parametrize(
    ("short", "letters"),
    [
        ("00QOx00000aLVDo", "MAO"),
        ("001B000001Lp1G2", "IAJ"),
        ("a00B000000FSjVU", "IA1"),
        ("0035500001H9kZu", "AAJ"),
        ("001D000000IRFma", "IAH"),
        ("003Pc00000NsWSH", "IA3"),
        ("A00000000000000", "BAA"),
    ],
)
def test_01_the_checksum_of_the_tests_is_the_recorded_one(short: str, letters: str) -> None:
    """The measure the next tests use is right."""
    assert letters == checksum(short)


@pytest.mark.evidence("recorded", "CumulusCI, OpenStax: id, attributes.url, Location and lookups have 18 characters")
@pytest.mark.parametrize("sobject", ["Account", "Contact", "Lead", "Task", "Event", "Opportunity", "Case", "Campaign"])
def test_01_ids_are_18_characters_with_a_valid_checksum(org: Caller, sobject: str) -> None:
    """In the answer to a create, the Location, rows, look-ups, urls and queries."""
    needed = {
        "Account": {"Name": "a"},
        "Contact": {"LastName": "c"},
        "Lead": {"LastName": "l", "Company": "c"},
        "Event": {"StartDateTime": "2026-01-05T10:00:00Z", "DurationInMinutes": 5},
        "Opportunity": {"Name": "o", "StageName": "Prospecting", "CloseDate": "2026-02-01"},
        "Campaign": {"Name": "c"},
    }
    answer = org.post(f"/sobjects/{sobject}", needed.get(sobject, {}))
    found = answer.json["id"]
    row = org.row(sobject, found[:15])
    (queried,) = org.soql(f"SELECT Id, OwnerId FROM {sobject} WHERE Id = '{found[:15]}'")

    for each in (found, row["Id"], row["OwnerId"], row["CreatedById"], queried["Id"], queried["OwnerId"]):
        assert re.fullmatch("[0-9A-Za-z]{18}", each), each
        assert each[15:] == checksum(each[:15])
    for path in (answer.headers["location"], row["attributes"]["url"], queried["attributes"]["url"]):
        assert f"{DATA}/sobjects/{sobject}/{found}" == path


@pytest.mark.evidence("recorded", "sf-functions: consecutive inserts count 0-9, A-Z, a-z")
def test_02_two_ids_may_differ_in_case_only(org: Caller) -> None:
    """Base 62: `…A` and `…a` are two rows, in paths, in SOQL and in look-ups."""
    rows = [{"Name": f"n{n}"} for n in range(124)]
    ids = ids_of(org, "Account", rows)
    assert sorted(ids, key=lambda one: one[:15]) == ids
    by_lower: dict[str, list[str]] = {}
    for one in ids:
        by_lower.setdefault(one[:15].lower(), []).append(one)
    upper, lower = next(pair for pair in by_lower.values() if len(pair) == 2)

    names = [rows[ids.index(one)]["Name"] for one in (upper, lower)]
    assert names == [org.row("Account", one[:15])["Name"] for one in (upper, lower)]
    for one, name in zip((upper, lower), names, strict=True):
        assert [name] == [row["Name"] for row in org.soql(f"SELECT Name FROM Account WHERE Id = '{one[:15]}'")]
        contact = org.make("Contact", LastName="x", AccountId=one[:15])
        assert one == org.row("Contact", contact)["AccountId"]


@pytest.mark.evidence("recorded", "sf-functions and CumulusCI: update and delete")
def test_03_patch_and_delete_answer_204_and_nothing(org: Caller) -> None:
    """No body, no Content-Type."""
    account = org.make("Account", Name="a")

    for answer in (
        org.patch(f"/sobjects/Account/{account}", {"Phone": "1"}),
        org.delete(f"/sobjects/Account/{account}"),
    ):
        assert (204, b"") == (answer.status, answer.body)
        assert "content-type" not in answer.headers


@pytest.mark.evidence("recorded", "every recorded refusal is a list")
def test_04_errors_are_lists_of_objects(org: Caller) -> None:
    """Whatever refuses: session, path, method, body, field, query."""
    account = org.make("Account", Name="a")
    nobody = Caller(org.fake)
    refused = [
        (401, nobody.get("/sobjects")),
        (404, org.get("/sobjects/Nope")),
        (404, org.get(f"/sobjects/Account/{'001' + GONE[3:]}")),
        (404, org.get("/nope")),
        (405, org.call("PUT", f"/sobjects/Account/{account}", {"Name": "x"})),
        (400, org.post("/sobjects/Account", {})),
        (400, org.post("/sobjects/Account", data=b"{")),
        (400, org.post("/sobjects/Account", {"Nope__c": 1})),
        (400, org.get("/query", query={"q": "SELEKT"})),
        (400, org.patch("/sobjects/Account/001000000000000IB1", {"Name": "x"})),
    ]

    for status, answer in refused:
        assert status == answer.status, answer.text
        assert "application/json;charset=UTF-8" == answer.headers["content-type"]
        (error,) = answer.json
        assert {"errorCode", "message"} <= set(error) <= {"errorCode", "message", "fields"}


@pytest.mark.evidence("recorded", "CumulusCI, sf-functions, OpenStax; parser text of texei 113")
def test_05_fields_is_there_for_dml_errors_only(org: Caller) -> None:
    """INVALID_FIELD, parser, NOT_FOUND, query and session errors have none; ENTITY_IS_DELETED has an empty list."""
    account = org.make("Account", Name="a")
    org.delete(f"/sobjects/Account/{account}")
    without = [
        org.post("/sobjects/Account", {"FavoritePet__c": "x"}),
        org.post("/sobjects/Account", data=b"{"),
        org.post("/sobjects/Contact", {"LastName": "x", "Birthdate": ""}),
        org.get("/sobjects/Nope"),
        org.get("/sobjects/Account/INVALID ID"),
        org.get("/query", query={"q": "SELECT Bacon__c FROM Account LIMIT 2"}),
        org.get("/query", query={"q": "SELEKT Id"}),
        Caller(org.fake).get("/limits"),
    ]
    gone = org.delete(f"/sobjects/Account/{account}")
    missing = org.post("/sobjects/Account", {})

    assert [True] * len(without) == ["fields" not in one.json[0] for one in without]
    assert (404, b'[{"message":"entity is deleted","errorCode":"ENTITY_IS_DELETED","fields":[]}]') == (
        gone.status,
        gone.body,
    )
    assert [["message", "errorCode", "fields"], ["Name"]] == [list(missing.json[0]), missing.json[0]["fields"]]


@pytest.mark.evidence("recorded", "CumulusCI: collections; REST API Developer Guide: tree")
def test_06_collections_and_trees_say_status_code(org: Caller) -> None:
    """statusCode, message, fields - and Bulk's own words in a cell."""
    made = org.post("/composite/sobjects", {"records": [typed("Account")]}).json
    tree = org.post(
        "/composite/tree/Account", {"records": [{"attributes": {"type": "Account", "referenceId": "r1"}}]}
    ).json
    bulk = load(org, "Account", "Name,Phone\n,1\n")
    bulk.finish()

    error = {
        "statusCode": "REQUIRED_FIELD_MISSING",
        "message": "Required fields are missing: [Name]",
        "fields": ["Name"],
    }
    assert [{"success": False, "errors": [error]}] == made
    assert {"hasErrors": True, "results": [{"referenceId": "r1", "errors": [error]}]} == tree
    assert "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --" == bulk.rows("failedResults")[1][1]


@pytest.mark.evidence("documented", "REST API Developer Guide v62, sObject Rows by External ID")
@pytest.mark.parametrize("version", [31, 42, 45, 46, 60, 66, 67])
def test_07_upsert_answers(org: Caller, version: int) -> None:
    """`created` only from v46; an update is 204 and empty up to v45, 200 with the body from v46."""
    path = f"/services/data/v{version}.0/sobjects/Account/Key__c/k1"
    made, changed = org.patch(path, {"Name": "a"}), org.patch(path, {"Name": "b"})

    body = {"id": made.json["id"], "success": True, "errors": []}
    assert 201 == made.status
    if version < 46:
        assert body == made.json
        assert (204, b"") == (changed.status, changed.body)
    else:
        assert body | {"created": True} == made.json
        assert (200, body | {"created": False}) == (changed.status, changed.json)


@pytest.mark.evidence("recorded", "sf-functions, OpenStax: unknown object; SalesforceSharp against a live org")
def test_08_the_two_not_founds(org: Caller) -> None:
    """errorCode comes first; what is neither an id nor an external id field has words of its own."""
    unknown = org.post("/sobjects/Nope", {"Name": "x"})
    version = org.get("/services/data/viAmABadVersion/sobjects")

    assert (404, b'[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]') == (
        unknown.status,
        unknown.body,
    )
    assert (404, unknown.body) == (version.status, version.body)
    for wrong in ("INVALID ID", "-1", "null"):
        for answer in (org.get(f"/sobjects/Account/{wrong}"), org.patch(f"/sobjects/Account/{wrong}", {"Name": "x"})):
            words = f"Provided external ID field does not exist or is not accessible: {wrong}"
            assert (404, "NOT_FOUND", words) == answer.error
    answer = org.patch("/sobjects/Account/Namez/x", {"Name": "x"})
    assert (404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: Namez") == answer.error


@pytest.mark.evidence("recorded", "sf-functions: sub-queries; CumulusCI: Owner and What")
def test_09_nothing_to_relate_is_null(org: Caller) -> None:
    """No children: null, not a list. No parent: the whole key is null."""
    account = org.make("Account", Name="a")
    org.make("Contact", LastName="c")

    (parent,) = org.soql("SELECT Id, (SELECT Id FROM Contacts), Parent.Name FROM Account")
    (child,) = org.soql("SELECT Account.Name, Account.Owner.Name FROM Contact")
    assert (account, None, None) == (parent["Id"], parent["Contacts"], parent["Parent"])
    assert None is child["Account"]

    org.make("Contact", LastName="d", AccountId=account)
    (parent,) = org.soql("SELECT (SELECT LastName FROM Contacts) FROM Account")
    assert ["totalSize", "done", "records"] == list(parent["Contacts"])
    (found,) = parent["Contacts"]["records"]
    assert (1, True, "d") == (parent["Contacts"]["totalSize"], parent["Contacts"]["done"], found["LastName"])


@pytest.mark.evidence("recorded", "sf-functions: query")
def test_10_a_row_has_attributes_and_what_was_selected(org: Caller) -> None:
    """attributes first, then the order of SELECT; Id only when it is selected."""
    account = org.make("Account", Name="a", Phone="1")

    (row,) = org.soql("SELECT Phone, Name FROM Account")
    (with_id,) = org.soql("SELECT Name, Id, Owner.Name FROM Account")

    url = f"{DATA}/sobjects/Account/{account}"
    assert [("attributes", {"type": "Account", "url": url}), ("Phone", "1"), ("Name", "a")] == list(row.items())
    assert ["attributes", "Name", "Id", "Owner"] == list(with_id)
    assert ["attributes", "Name"] == list(with_id["Owner"])
    assert re.fullmatch(f"{DATA}/sobjects/User/005[0-9A-Za-z]{{15}}", with_id["Owner"]["attributes"]["url"])


@pytest.mark.evidence("recorded", "sf-functions: FROM Random__c answers random__c; a create with the key name")
def test_11_answers_use_the_casing_of_the_describe(org: Caller) -> None:
    """Names are taken in any case, in bodies, paths, queries and parameters."""
    made = org.post("/sobjects/aCCOUNT", {"nAME": "Global Media", "region_code__C": "r1"})
    account = made.json["id"]

    (row,) = org.soql("select name, REGION_CODE__C, owner.alias from account where NAME = 'Global Media'")
    assert ["attributes", "Name", "Region_Code__c", "Owner"] == list(row)
    assert f"{DATA}/sobjects/Account/{account}" == row["attributes"]["url"] == made.headers["location"]
    got = org.get(f"/sobjects/account/{account}?fields=name,region_code__c").json
    assert ["attributes", "Name", "Region_Code__c", "Id"] == list(got)
    assert 200 == org.get("/sobjects/ACCOUNT/region_code__c/r1").status
    assert 204 == org.patch(f"/sobjects/account/{account}", {"pHONE": "1"}).status
    assert "Account" == org.get("/sobjects/account/describe").json["name"]


@pytest.mark.evidence("recorded", "CumulusCI and sf-functions: numbers")
def test_12_doubles_have_a_decimal_part_and_integers_none(org: Caller) -> None:
    """Looked at as text: 4000 and 4000.0 are one number to a parser."""
    org.make("Opportunity", Name="o", StageName="Prospecting", CloseDate="2026-02-01", Amount=4000, Probability=10)
    account = org.make("Account", Name="a", AnnualRevenue=300, NumberOfEmployees=7, BillingLatitude=1)

    text = org.get(f"/sobjects/Account/{account}").text
    assert '"AnnualRevenue":300.0,' in text
    assert '"NumberOfEmployees":7,' in text
    assert '"BillingLatitude":1.0,' in text
    text = org.get("/query?q=SELECT+Amount,Probability,ExpectedRevenue,FiscalYear+FROM+Opportunity").text
    assert '"Amount":4000.0,"Probability":10.0,"ExpectedRevenue":400.0,"FiscalYear":2026}' in text
    text = org.get("/query?q=SELECT+SUM(Amount)+s,COUNT(Id)+c,AVG(Amount)+a,MAX(FiscalYear)+m+FROM+Opportunity").text
    assert '"s":4000.0,"c":1,"a":4000.0,"m":2026}' in text


@pytest.mark.evidence("recorded", "OpenStax, CumulusCI: stamps in JSON, XML and Bulk 1.0; clients: Bulk 2.0 CSV")
def test_13_the_four_forms_of_a_datetime(org: Caller) -> None:
    """`.000+0000` in JSON, `.000Z` in XML and CSV, epoch milliseconds in Bulk 1.0 JSON; stamps have no milliseconds."""
    org.clock.advance(0.789)
    event = org.make("Event", StartDateTime="2024-11-07T08:00:00+01:00", DurationInMinutes=30)

    row = org.row("Event", event)
    assert "2024-11-07T07:00:00.000+0000" == row["StartDateTime"] == row["ActivityDateTime"]
    assert ["2026-01-05T09:00:00.000+0000"] * 2 == [row["CreatedDate"], row["SystemModstamp"]]
    assert ("2024-11-07", "2024-11-07T07:30:00.000+0000") == (row["EndDate"], row["EndDateTime"])
    xml = org.get(f"/sobjects/Event/{event}", headers={"Accept": "application/xml"}).text
    assert "<StartDateTime>2024-11-07T07:00:00.000Z</StartDateTime>" in xml

    job = new_query(org, "SELECT StartDateTime, CreatedDate FROM Event")
    job.finish()
    assert ["2024-11-07T07:00:00.000Z", "2026-01-05T09:00:00.000Z"] == job.rows("results")[1]
    bulk = Bulk(org)
    made = bulk("POST", "/job", '{"operation":"query","object":"Event","contentType":"JSON"}', "application/json")
    batch = bulk.batch(made.json["id"], "SELECT StartDateTime FROM Event", "application/json")
    bulk.finish(made.json["id"], batch)
    (result,) = bulk("GET", f"/job/{made.json['id']}/batch/{batch}/result").json
    (found,) = bulk("GET", f"/job/{made.json['id']}/batch/{batch}/result/{result}").json
    assert 1730962800000 == found["StartDateTime"]


@pytest.mark.evidence("recorded", "OpenStax: select count()")
def test_14_count_is_in_total_size(org: Caller) -> None:
    """COUNT() has no rows."""
    ids_of(org, "Account", [{"Name": str(n)} for n in range(17)])

    assert b'{"totalSize":17,"done":true,"records":[]}' == org.get("/query?q=select+count()+from+Account").body


@pytest.mark.evidence("recorded", "SwiftlySalesforce: AggregateResult; CumulusCI: expr0")
def test_15_aggregate_results(org: Caller) -> None:
    """A type, no url; expr0, expr1 count what has no alias; a group keeps its name."""
    ids_of(org, "Account", [{"Name": "a", "Industry": "Media"}, {"Name": "b", "Industry": "Media"}])

    (row,) = org.soql("SELECT COUNT(Id) FROM Account")
    assert {"attributes": {"type": "AggregateResult"}, "expr0": 2} == row
    (row,) = org.soql("SELECT MAX(Name), industry, COUNT(Id) cnt, MIN(Name) FROM Account GROUP BY Industry")
    assert ["attributes", "expr0", "Industry", "cnt", "expr1"] == list(row)
    assert ["b", "Media", 2, "a"] == list(row.values())[1:]
    (row,) = org.soql("SELECT Owner.Name, COUNT(Id) FROM Account GROUP BY Owner.Name")
    assert ["attributes", "Name", "expr0"] == list(row)


@pytest.mark.evidence("recorded", "sf-functions: 10,000 rows of random__c; django-salesforce changes the offset")
def test_16_locators(org: Caller) -> None:
    """A path before records, `01g…` and the next offset, to be moved freely; a queryAll goes on below query."""
    for _ in range(3):
        ids_of(org, "Account", [{"Name": f"{n:03}"} for n in range(200)])
    small = {"Sforce-Query-Options": "batchSize=200"}

    first = org.get("/query?q=SELECT+Id+FROM+Account+ORDER+BY+Name", headers=small).json
    assert ["totalSize", "done", "nextRecordsUrl", "records"] == list(first)
    assert (600, False, 200) == (first["totalSize"], first["done"], len(first["records"]))
    locator = re.fullmatch(DATA + "/query/(01g[0-9A-Za-z]{15})-200", first["nextRecordsUrl"])
    assert locator
    assert locator[1][15:] == checksum(locator[1][:15])
    second = org.get(first["nextRecordsUrl"]).json
    last = org.get(second["nextRecordsUrl"]).json
    assert f"{DATA}/query/{locator[1]}-400" == second["nextRecordsUrl"]
    assert (["totalSize", "done", "records"], True) == (list(last), last["done"])
    assert 600 == len({row["Id"] for page in (first, second, last) for row in page["records"]})

    assert second == org.get(first["nextRecordsUrl"]).json
    middle = org.get(f"/query/{locator[1]}-399").json
    assert [second["records"][-1], last["records"][0]] == middle["records"][:2]
    assert "INVALID_QUERY_LOCATOR" == org.get(f"/query/{locator[1]}-600").error[1]
    everything = org.get("/queryAll?q=SELECT+Id+FROM+Account", headers=small).json
    assert re.fullmatch(DATA + "/query/01g[0-9A-Za-z]{15}-200", everything["nextRecordsUrl"])

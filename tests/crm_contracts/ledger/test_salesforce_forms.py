"""Resources and versions of Salesforce, what recurring series need, and forms of Bulk API 2.0: from its guides."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from tests.crm_contracts.ledger.world import TIMES
from tests.fake_salesforce.bulk2 import new_query
from tests.fake_salesforce.conftest import HOST, Caller

from crm_contracts.ledger import entries
from crm_contracts.ledger.entry import Entry
from fake_core.clock import FrozenClock
from fake_salesforce import create_app

SALESFORCE = entries("salesforce")


def each(prefix: str) -> list[Any]:
    """A case for each entry of *prefix*, named by its id."""
    return [pytest.param(one, id=one.id) for one in SALESFORCE if one.id.startswith(prefix)]


@pytest.fixture(scope="module")
def org() -> Iterator[Caller]:
    fake = create_app(clock=FrozenClock())
    yield Caller(fake, fake.credentials(f"https://{HOST}")["access_token"])
    fake.close()


# --- versions -------------------------------------------------------------------------------------------------------

LISTED = (
    "tooling", "metadata", "eclair", "folders", "prechatForms", "contact-tracing", "jsonxform", "chatter", "payments",
    "tabs", "appMenu", "quickActions", "queryAll", "commerce", "wave", "iot", "analytics", "search",
    "smartdatadiscovery", "identity", "composite", "parameterizedSearch", "fingerprint", "theme", "nouns", "domino",
    "event", "serviceTemplates", "recent", "connect", "licensing", "limits", "process", "dedupe", "async-queries",
    "query", "jobs", "localizedvalue", "mobile", "emailConnect", "consent", "tokenizer", "compactLayouts",
    "knowledgeManagement", "sobjects", "actions", "support",
)  # fmt: skip
# The versions that are not retired, with the seasons of the first and the last: three of them are a year.
VERSIONS = [float(number) for number in range(31, 68)]
SEASONS = ("Summer", "Winter", "Spring")


@pytest.mark.ledger("salesforce/shape/resources")
def test_the_resources_of_a_version(org: Caller) -> None:
    """They are listed in this order with their paths, but the identity, which is a URL."""
    shown = org.get("").json

    assert list(LISTED) == list(shown)
    assert {name: f"/services/data/v60.0/{name}" for name in LISTED if name != "identity"} == {
        name: path for name, path in shown.items() if name != "identity"
    }
    assert shown["identity"].startswith(f"https://{HOST}/id/00D")


@pytest.mark.ledger("salesforce/shape/versions")
def test_a_version_has_the_name_of_its_season(org: Caller) -> None:
    """Winter, Spring, Summer: three a year, Winter before the year begins."""
    shown = {float(one["version"]): one["label"] for one in org.get("/services/data").json}
    told = [f"{SEASONS[number % 3]} '{14 + (number + 2) // 3}" for number in range(len(VERSIONS))]

    assert ("Summer '14", "Winter '15", "Spring '20", "Spring '24", "Summer '26") == (
        told[0], told[1], told[48 - 31], told[60 - 31], told[-1]
    )  # fmt: skip
    assert dict(zip(VERSIONS, told, strict=True)) == shown


@pytest.mark.ledger("salesforce/shape/resources-since")
@pytest.mark.parametrize(
    ("path", "first"),
    [("/limits/recordCount", 40), ("/parameterizedSearch?q=Acme", 36), ("/jobs/ingest", 41), ("/jobs/query", 47)],
)
def test_a_resource_is_not_there_before_its_version(org: Caller, path: str, first: int) -> None:
    """It is NOT_FOUND in the version before, and there from the first on."""
    before, then = (org.get(f"/services/data/v{number}.0{path}") for number in (first - 1, first))

    assert (404, "NOT_FOUND", "The requested resource does not exist") == before.error
    assert 200 == then.status


@pytest.mark.ledger("salesforce/shape/limits-by-app")
def test_limits_that_show_a_map_for_each_app(org: Caller) -> None:
    """These three name the apps of the org below them; the others do not."""
    shown = org.get("/limits").json
    apps = {name: set(limit) - {"Max", "Remaining"} for name, limit in shown.items()}

    assert {
        "DailyBulkApiBatches": {"Understudy"},
        "DailyGenericStreamingApiEvents": {"Understudy"},
        "DailyStreamingApiEvents": {"Understudy"},
        "PermissionSets": {"CreateCustom"},
    } == {name: below for name, below in apps.items() if below}
    assert {"Max": 0, "Remaining": 0} == shown["DailyStreamingApiEvents"]["Understudy"]


# --- series ---------------------------------------------------------------------------------------------------------

VALUES: dict[str, Any] = {
    "RecurrenceInterval": 1,
    "RecurrenceDayOfWeekMask": 62,
    "RecurrenceDayOfMonth": 7,
    "RecurrenceInstance": "Last",
    "RecurrenceMonthOfYear": "January",
}
NEEDS = {
    "RecursDaily": {"RecurrenceInterval"},
    "RecursEveryWeekday": {"RecurrenceDayOfWeekMask"},
    "RecursMonthly": {"RecurrenceDayOfMonth", "RecurrenceInterval"},
    "RecursMonthlyNth": {"RecurrenceInterval", "RecurrenceInstance", "RecurrenceDayOfWeekMask"},
    "RecursWeekly": {"RecurrenceInterval", "RecurrenceDayOfWeekMask"},
    "RecursYearly": {"RecurrenceDayOfMonth", "RecurrenceMonthOfYear"},
    "RecursYearlyNth": {"RecurrenceDayOfWeekMask", "RecurrenceInstance", "RecurrenceMonthOfYear"},
}


@pytest.mark.ledger("salesforce/shape/recurrence/*")
@pytest.mark.parametrize("one", each("salesforce/shape/recurrence/"))
def test_what_a_series_needs(org: Caller, one: Entry) -> None:
    """Of all choices of the pattern's fields one is taken: that of the type; of tasks as of events."""
    kind = one.id.rpartition("/")[2]
    task = {"RecurrenceStartDateOnly": "2026-01-05", "RecurrenceEndDateOnly": "2026-01-31"}
    event = {**TIMES, "RecurrenceStartDateTime": "2026-01-05T09:00:00Z", "RecurrenceEndDateOnly": "2026-01-31"}
    event["StartDateTime"] = event["RecurrenceStartDateTime"]

    def taken(sobject: str, fields: tuple[str, ...]) -> bool:
        values = {name: VALUES[name] for name in fields}
        span = task if sobject == "Task" else event
        answer = org.post(f"/sobjects/{sobject}", {"IsRecurrence": True, "RecurrenceType": kind, **span, **values})
        assert answer.status == 201 or answer.error[1] == "FIELD_INTEGRITY_EXCEPTION", answer.text
        return answer.status == 201

    choices = [fields for size in range(len(VALUES) + 1) for fields in combinations(VALUES, size)]
    assert [NEEDS[kind]] == [set(fields) for fields in choices if taken("Task", fields)]
    assert taken("Event", tuple(NEEDS[kind]))


# --- Bulk API 2.0 ---------------------------------------------------------------------------------------------------

CHUNKED = {
    "Account", "Campaign", "CampaignMember", "Case", "Contact", "Event", "Lead", "Note", "Opportunity", "Task", "User",
}  # fmt: skip
NOT_CHUNKED = {"Product2", "Contract", "Order", "Organization", "CampaignMemberStatus", "Asset"}


@pytest.mark.ledger("salesforce/shape/bulk-query/chunked")
def test_which_objects_are_cut_into_chunks(org: Caller) -> None:
    """A query job says so of the objects of the list."""
    names = sorted(CHUNKED | NOT_CHUNKED)
    shown = {name: new_query(org, f"SELECT Id FROM {name}").poll()["isPkChunkingSupported"] for name in names}

    assert {name: name in CHUNKED for name in names} == shown


def finished(org: Caller, version: str, soql: str) -> str:
    """The path of a query job of *version* whose results are there."""
    path = f"/services/data/v{version}/jobs/query"
    path += f"/{org.post(path, {'operation': 'query', 'query': soql}).json['id']}"
    assert "JobComplete" in [org.get(path).json["state"] for _ in range(3)]
    return path


@pytest.mark.ledger("salesforce/shape/bulk-query/columns_as_asked_since")
@pytest.mark.parametrize(("version", "head"), [("49.0", '"Id","Name"'), ("50.0", '"Name","Id"')])
def test_the_order_of_columns(org: Caller, version: str, head: str) -> None:
    """As the query asks for them from v50 on; before, by their names."""
    assert f"{head}\n" == org.get(f"{finished(org, version, 'SELECT Name, Id FROM Account')}/results").text


@pytest.mark.ledger("salesforce/shape/bulk-query/result_pages_since")
@pytest.mark.parametrize(("version", "status"), [("57.0", 404), ("58.0", 200)])
def test_pages_of_results(org: Caller, version: str, status: int) -> None:
    """Their links are there from v58 on."""
    assert status == org.get(f"{finished(org, version, 'SELECT Id FROM Account')}/resultPages").status

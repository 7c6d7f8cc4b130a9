"""Limits of Salesforce at their edge: what is still taken, and what is not any more."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from tests.crm_contracts.ledger.salesforce_tables import EDITIONS, OCCURRENCES
from tests.crm_contracts.ledger.world import World
from tests.fake_salesforce.bulk1_client import Bulk
from tests.fake_salesforce.bulk2 import load, new_job, new_query
from tests.fake_salesforce.conftest import HOST, Answer, Caller
from tests.fake_salesforce.test_recurrence import due, task
from tests.fake_salesforce.test_storage import CONCURRENT, FULL, ROWS_OF_A_MB, Gate, fill

from crm_contracts.ledger import entries
from crm_contracts.ledger.entry import Entry
from fake_core.clock import FrozenClock
from fake_core.faults import Fault
from fake_salesforce import OrgConfig, create_app, data_files

SALESFORCE = entries("salesforce")


def each(prefix: str) -> list[Any]:
    """A case for each entry of *prefix*, named by its id."""
    return [pytest.param(one, id=one.id) for one in SALESFORCE if one.id.startswith(prefix)]


def key_of(one: Entry) -> str:
    return one.id.rpartition("/")[2]


def caller(**config: Any) -> Caller:
    """The administrator of a new org."""
    clock = config.pop("clock", None) or FrozenClock()
    fake = create_app(clock=clock, org=OrgConfig(**config))
    return Caller(fake, fake.credentials(f"https://{HOST}")["access_token"])


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World("contacts_to_multiple_accounts", "shared_activities")
    yield made
    made.fake.close()


# --- /limits and editions -------------------------------------------------------------------------------------------


@pytest.mark.ledger(
    "salesforce/limit/PermissionSets/nested",
    "salesforce/limit/DailyAsyncApexTests/since",
    "salesforce/limit/DailyBulkApiBatches/before",
)
def test_what_limits_shows_by_version(world: World) -> None:
    """A limit below another, one that is shown from a version on, one that had another name before a version."""
    shown = {version: world.org.get(f"/services/data/v{version}.0/limits").json for version in (48, 49, 55, 56)}

    assert {"Max": 1_000, "Remaining": 1_000} == shown[56]["PermissionSets"]["CreateCustom"]
    assert (False, True) == tuple("DailyAsyncApexTests" in shown[version] for version in (55, 56))
    assert (True, False) == tuple("DailyBulkApiRequests" in shown[version] for version in (48, 49))
    assert (False, True) == tuple("DailyBulkApiBatches" in shown[version] for version in (48, 49))


@pytest.mark.ledger("salesforce/edition/*")
@pytest.mark.parametrize("one", each("salesforce/edition/"))
def test_what_an_edition_gives(one: Entry) -> None:
    """Calls, storage and the edition's name are shown; one long request more than it allows is refused."""
    organization, calls, data, files, most = EDITIONS[key_of(one)]
    clock = Gate()
    org = caller(clock=clock, edition=key_of(one))
    shown = org.get("/limits").json
    [kind] = org.soql("SELECT OrganizationType FROM Organization")
    org.fake.faults.add(Fault(kind="delay", verb="describe", times=most, seconds=60))
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda: answers.append(org.get("/sobjects/Task/describe")), daemon=True)
        for _ in range(most)
    ]
    for thread in threads[1:]:
        thread.start()
    clock.until_sleeping(most - 1)
    clock.move(20)
    let_in = org.get("/limits").status
    threads[0].start()
    clock.until_sleeping(most)
    clock.move(20)
    refused = org.get("/limits").error
    clock.move(60)
    for thread in threads:
        thread.join(30)
    org.fake.close()

    assert organization == kind["OrganizationType"]
    assert [calls, data, files] == [
        shown[name]["Max"] for name in ("DailyApiRequests", "DataStorageMB", "FileStorageMB")
    ]
    assert (200, CONCURRENT, [200] * most) == (let_in, refused, [one.status for one in answers])


# --- storage --------------------------------------------------------------------------------------------------------


def full_world(rows: int) -> World:
    """An org with 1 MB of data, of which so many rows of 2 KB are taken."""
    made = World("shared_activities", data_storage_mb=1)
    fill(made.org, rows)
    return made


@pytest.mark.ledger("salesforce/limit/storage-kb/Campaign", "salesforce/limit/storage-kb/other")
@pytest.mark.parametrize(("rows", "status"), [(ROWS_OF_A_MB - 4, 201), (ROWS_OF_A_MB - 3, 400)])
def test_a_campaign_takes_as_much_as_four_tasks(rows: int, status: int) -> None:
    """8 KB: it fits into the room of four rows of 2 KB, and not into that of three; then the org is full."""
    made = full_world(rows)
    answer = made.org.post("/sobjects/Campaign", {"Name": "c"})
    after = [made.org.post("/sobjects/Task", {}).status for _ in range(4)]
    made.fake.close()

    assert (status, [400] * 4 if status == 201 else [201] * 3 + [400]) == (answer.status, after)


@pytest.mark.ledger("salesforce/limit/storage-kb/CampaignMember", "salesforce/limit/storage-kb/free")
def test_members_take_half_and_settings_nothing() -> None:
    """Two members fit where one task does; in a full org whatever is a setting, a person or a link is still made."""
    parents = ("Account", "Contact", "Opportunity", "Event", "Task")
    made = full_world(ROWS_OF_A_MB - 4 - 3 - 1 - len(parents))  # a campaign, three leads, two members
    has = {name: made.make(name) for name in parents}
    campaign, leads = made.make("Campaign"), [made.make("Lead") for _ in range(3)]
    members = [{"CampaignId": campaign, "LeadId": lead} for lead in leads]
    statuses = [made.org.post("/sobjects/CampaignMember", one).status for one in members]
    alone = {"User", "Group", "GroupMember", "PermissionSet", "Pricebook2", "Product2", "PricebookEntry", "Document"}
    alone |= {"ContentVersion", "QueueSobject", "ObjectPermissions", "FieldPermissions", "PermissionSetAssignment"}
    below: dict[str, dict[str, Any]] = {
        "AccountContactRole": {"AccountId": has["Account"], "ContactId": has["Contact"]},
        "Asset": {"Name": "a", "AccountId": has["Account"]},
        "Attachment": {"Name": "a", "Body": "eA==", "ParentId": has["Account"]},
        "CampaignMemberStatus": {"CampaignId": campaign, "Label": "Called"},
        "ContentDocumentLink": {"ContentDocumentId": made.document(), "LinkedEntityId": has["Account"]},
        "EventRelation": {"EventId": has["Event"], "RelationId": has["Contact"]},
        "OpportunityContactRole": {"OpportunityId": has["Opportunity"], "ContactId": has["Contact"]},
        "TaskRelation": {"TaskId": has["Task"], "RelationId": has["Contact"], "IsWhat": False},
    }
    made_rows = [made.make(sobject) for sobject in sorted(alone)]
    made_rows += [made.org.make(sobject, **body) for sobject, body in below.items()]
    task_status = made.org.post("/sobjects/Task", {}).error
    made.fake.close()

    assert [201, 201, 400] == statuses
    assert (len(alone) + len(below), FULL) == (len(set(made_rows)), task_status)


@pytest.mark.ledger("salesforce/limit/file-storage/*")
@pytest.mark.parametrize("one", each("salesforce/limit/file-storage/"))
def test_files_count_by_their_size(one: Entry) -> None:
    """A megabyte of file storage takes a file of 1,048,576 bytes and not a byte more."""
    sobject, made = key_of(one), World(file_storage_mb=1)
    name = {"Attachment": "Body", "Document": "Body", "ContentVersion": "VersionData"}[sobject]
    made.make(sobject, **{name: base64.b64encode(b"x" * 1_048_576).decode()})
    one_byte = {**made.least(sobject), name: base64.b64encode(b"x").decode()}
    refused = made.org.post(f"/sobjects/{sobject}", one_byte).error
    made.fake.close()

    assert FULL == refused


# --- series ---------------------------------------------------------------------------------------------------------

MONDAY = date(2026, 1, 5)
# The fields of a pattern, the last day of a series of as many as allowed, and the next day that it falls on.
PATTERNS: dict[str, tuple[dict[str, Any], date, date]] = {
    "RecursDaily": ({"RecurrenceInterval": 1}, MONDAY + timedelta(99), MONDAY + timedelta(100)),
    "RecursEveryWeekday": ({"RecurrenceDayOfWeekMask": 62}, MONDAY + timedelta(137), MONDAY + timedelta(140)),
    "RecursWeekly": (
        {"RecurrenceInterval": 1, "RecurrenceDayOfWeekMask": 2},
        MONDAY + timedelta(52 * 7),
        MONDAY + timedelta(53 * 7),
    ),
    "RecursMonthly": ({"RecurrenceInterval": 1, "RecurrenceDayOfMonth": 5}, date(2030, 12, 31), date(2031, 1, 5)),
    "RecursMonthlyNth": (
        {"RecurrenceInterval": 1, "RecurrenceInstance": "First", "RecurrenceDayOfWeekMask": 2},
        date(2030, 12, 31),
        date(2031, 1, 31),
    ),
    "RecursYearly": (
        {"RecurrenceDayOfMonth": 5, "RecurrenceMonthOfYear": "January"}, date(2035, 12, 31), date(2036, 1, 5),
    ),
    "RecursYearlyNth": (
        {"RecurrenceInstance": "First", "RecurrenceDayOfWeekMask": 2, "RecurrenceMonthOfYear": "January"},
        date(2035, 12, 31),
        date(2036, 1, 31),
    ),
}  # fmt: skip


@pytest.mark.ledger("salesforce/limit/recurrence/*")
@pytest.mark.parametrize("one", each("salesforce/limit/recurrence/"))
def test_the_most_occurrences(world: World, one: Entry) -> None:
    """As many as the vendor's page says, and one more is refused."""
    kind = key_of(one)
    fields, last, next_ = PATTERNS[kind]
    good = task(world.org, kind, str(MONDAY), str(last), **fields)
    assert 201 == good.status, good.text
    assert OCCURRENCES[kind] == len(due(world.org, good.json["id"]))
    assert "FIELD_INTEGRITY_EXCEPTION" == task(world.org, kind, str(MONDAY), str(next_), **fields).error[1]


# --- searches -------------------------------------------------------------------------------------------------------


def hits(org: Caller, words: str) -> int:
    answer = org.get("/search", query={"q": f"FIND {{{words}}} IN NAME FIELDS RETURNING Account(Id)"})
    assert 200 == answer.status, answer.text
    return len(answer.json["searchRecords"])


@pytest.mark.ledger(
    "salesforce/limit/sosl/rows_max",
    "salesforce/limit/sosl/query_chars_max",
    "salesforce/limit/sosl/operators_chars_max",
    "salesforce/limit/sosl/term_chars_min",
)
def test_the_edges_of_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """10,000 characters are searched for, 4,000 with operators; two make a term; the most rows are two thousand."""
    org = caller()
    for _ in range(3):
        org.make("Account", Name="Acme")
    many = "acme " * 1_999 + "acme"  # 9,999 characters
    long = [hits(org, many.replace(" ", " " * blanks, 1)) for blanks in (2, 3)]
    # AND is an operator up to 4,000 characters; beyond, any of the words will do
    both = [hits(org, f"acme AND{' ' * blanks}nobody") for blanks in (4_000 - 14, 4_001 - 14)]
    short = [org.get("/search", query={"q": f"FIND {{{words}}}"}).status for words in ("ab", "a")]
    limits = data_files.load("search.toml")["limits"]
    assert 2_000 == limits["rows_max"]
    monkeypatch.setitem(limits, "rows_max", 2)
    cut = hits(org, "acme")
    org.fake.close()

    assert ([3, 0], [0, 3], [200, 400], 2) == (long, both, short, cut)


# --- Bulk -----------------------------------------------------------------------------------------------------------

COLUMNS = "Name,Description,Site,Phone"
SHEETS: dict[str, tuple[str, str, str]] = {
    "field_chars_max": (
        "Name\n" + "x" * 131_072 + "\n", "Name\n" + "x" * 131_073 + "\n", "Exceeded max field size: 131073",
    ),
    "record_chars_max": (
        f"{COLUMNS}\n" + ",".join(["x" * 100_000] * 4) + "\n",
        f"{COLUMNS}\n" + ",".join(["x" * 100_000] * 3 + ["x" * 100_001]) + "\n",
        "Exceeded max length for one record: 400001",
    ),
    "fields_max": (
        ",".join(["Name"] * 5_000) + "\nA\n", ",".join(["Name"] * 5_001) + "\nA\n", "Exceeded max number of columns",
    ),
}  # fmt: skip


@pytest.mark.ledger(
    "salesforce/limit/bulk2/field_chars_max",
    "salesforce/limit/bulk2/record_chars_max",
    "salesforce/limit/bulk2/fields_max",
)
@pytest.mark.parametrize("name", SHEETS)
def test_how_large_a_sheet_is(world: World, name: str) -> None:
    """A sheet at the limit is not refused for it; one beyond is, as a whole."""
    at_limit, beyond, message = SHEETS[name]
    ends = [load(world.org, "Account", data).finish() for data in (at_limit, beyond)]

    assert (False, True) == tuple(message in str(end.get("errorMessage")) for end in ends)
    assert "Failed" == ends[1]["state"]


@pytest.mark.ledger("salesforce/limit/bulk2/batch_rows", "salesforce/limit/bulk2/day_rows_max")
def test_what_a_job_takes_of_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """10,000 rows are a batch of the day's, one more two; the day's last row fits, and the one after it does not."""
    org = caller()
    used = []
    for rows in (10_000, 10_001):
        before = org.fake.limits["bulk_batches"].used()
        load(org, "Account", "Name\n" + "a\n" * rows).change("Aborted")
        used.append(org.fake.limits["bulk_batches"].used() - before)
    org.fake.close()
    assert [1, 2] == used

    limits = data_files.load("bulk.toml")["limits"]
    assert 150_000_000 == limits["day_rows_max"]
    monkeypatch.setitem(limits, "day_rows_max", 3)
    org = caller()
    load(org, "Account", "Name\na\nb\n")
    jobs = [new_job(org, "Account") for _ in range(2)]
    assert [201, 201] == [job.upload("Name\na\n").status for job in jobs]
    closed = [job.change("UploadComplete") for job in jobs]
    org.fake.close()

    assert [200, 400] == [one.status for one in closed]
    assert "EXCEEDEDQUOTA" == closed[1].error[1]


@pytest.mark.ledger("salesforce/limit/bulk-pace/rows_each_poll", "salesforce/limit/bulk-pace/query_rows_each_poll")
def test_how_many_rows_a_look_works_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at a job saves, or finds, as many rows as the table says, and the next look goes on."""
    pace = data_files.load("bulk.toml")["pace"]
    assert (20_000, 50_000) == (pace["rows_each_poll"], pace["query_rows_each_poll"])
    monkeypatch.setitem(pace, "rows_each_poll", 1)
    monkeypatch.setitem(pace, "query_rows_each_poll", 2)
    org = caller()
    job = load(org, "Account", "Name\na\nb\nc\n")
    saved = [job.poll()["numberRecordsProcessed"] for _ in range(4)]
    query = new_query(org, "SELECT Id FROM Account")
    found = [query.poll()["numberRecordsProcessed"] for _ in range(3)]
    org.fake.close()

    assert ([0, 1, 2, 3], [0, 2, 3]) == (saved, found)


@pytest.mark.ledger("salesforce/limit/bulk-pace/step_rows")
def test_how_many_rows_a_transaction_saves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are saved in transactions of as many as the table says, whatever a look works on."""
    from fake_salesforce.operations.bulk import ingest

    steps: list[int] = []
    step = ingest._step

    def counted(*given: Any) -> int:
        steps.append(step(*given))
        return steps[-1]

    pace = data_files.load("bulk.toml")["pace"]
    assert 2_000 == pace["step_rows"]
    monkeypatch.setitem(pace, "step_rows", 400)
    monkeypatch.setattr(ingest, "_step", counted)
    org = caller()
    load(org, "Account", "Name\n" + "a\n" * 900).finish()
    org.fake.close()

    assert [400, 400, 100] == steps


@pytest.mark.ledger("salesforce/limit/bulk-pace/query_seconds")
def test_how_long_a_bulk_query_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """A query that takes longer than the table says fails its job; ten minutes are allowed."""
    pace = data_files.load("bulk.toml")["pace"]
    assert 600 == pace["query_seconds"]
    org = caller()
    load(org, "Account", "Name\n" + "a\n" * 400).finish()
    text = "SELECT Id FROM Account WHERE Name LIKE '%b%' OR Name LIKE '%a%' ORDER BY Name"
    good = new_query(org, text).finish()
    monkeypatch.setitem(pace, "query_seconds", 0)
    bad = new_query(org, text).finish()
    org.fake.close()

    assert ("JobComplete", "Failed") == (good["state"], bad["state"])
    assert "QUERY_TIMEOUT" in bad["errorMessage"]


@pytest.mark.ledger("salesforce/limit/bulk1/chunk_rows", "salesforce/limit/bulk1/chunk_rows_max")
@pytest.mark.parametrize(
    ("name", "number", "header", "batches"),
    [("chunk_rows", 2, "TRUE", 3), ("chunk_rows_max", 4, "chunkSize=5", 2), ("chunk_rows_max", 5, "chunkSize=5", 1)],
)
def test_how_large_a_chunk_is(
    monkeypatch: pytest.MonkeyPatch, name: str, number: int, header: str, batches: int
) -> None:
    """A query with PK chunking is split into batches of the table's size, unless the header says a smaller one."""
    facts = data_files.load("bulk.toml")["bulk1"]
    assert (100_000, 250_000) == (facts["chunk_rows"], facts["chunk_rows_max"])
    monkeypatch.setitem(facts, name, number)
    org = caller()
    for _ in range(5):
        org.make("Account", Name="a")
    bulk = Bulk(org)
    job = bulk.job("query", "Account", **{"Sforce-Enable-PKChunking": header})
    first = bulk.batch(job, "SELECT Name FROM Account")
    assert "NotProcessed" == bulk.state(job, first)
    listed = bulk("GET", f"/job/{job}/batch").text
    org.fake.close()

    assert 1 + batches == listed.count("<id>")


@pytest.mark.ledger(
    "salesforce/limit/bulk1/batch_ms", "salesforce/limit/bulk1/row_us", "salesforce/limit/bulk1/active_percent"
)
@pytest.mark.parametrize(("rows", "total", "active"), [(1, 104, 78), (25, 200, 150)])
def test_how_long_a_batch_took(world: World, rows: int, total: int, active: int) -> None:
    """100 ms and 4 ms for each row; three quarters of it were active."""
    bulk = Bulk(world.org)
    job = bulk.job("insert", "Contact")
    info = bulk.finish(job, bulk.batch(job, "LastName\n" + "A\n" * rows))

    assert (str(total), str(active)) == (info["totalProcessingTime"], info["apiActiveProcessingTime"])

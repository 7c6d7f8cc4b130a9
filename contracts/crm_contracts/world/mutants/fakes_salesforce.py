"""Planted bugs of the Salesforce fake, as far as they matter to a sync."""

from __future__ import annotations

from crm_contracts.world.mutants.model import Mutant, Text

__all__ = ["FAKE_SALESFORCE"]

RECORDS = "fake_salesforce.operations.records."
QUERY = "fake_salesforce.operations.query."
TESTS = "tests/fake_salesforce/"

FAKE_SALESFORCE = (
    Mutant(
        "upsert by key inserts twice",
        "F01",
        "A second upsert with the same external id makes a second row.",
        (
            Text(f"{RECORDS}upsert", "found = rows_with(conn, prep, field, value)", "found = []"),
            Text(f"{RECORDS}insert", "for field in prep.unique:", "for field in ():"),
        ),
    ),
    Mutant(
        "DUPLICATE_VALUE is not raised",
        "F03",
        "Two rows may have one value in a unique field.",
        (Text(f"{RECORDS}refuse_duplicate", "", "return"),),
        tests=(
            f"{TESTS}test_rows.py",
            "tests/crm_contracts/failure_modes/test_over_http_identity.py::test_two_workers_create_one_key",
        ),
    ),
    Mutant(
        "an edit moves no LastModifiedDate",
        "F55",
        "An update leaves both stamps as they were.",
        (Text(f"{RECORDS}change", "for name in UPDATE_STAMPS:", "for name in ():"),),
    ),
    Mutant(
        "an edit moves no SystemModstamp",
        "F55",
        "An update moves the date of the edit alone.",
        (Text(f"{RECORDS}change", "for name in UPDATE_STAMPS:", 'for name in ("LastModifiedDate",):'),),
    ),
    Mutant(
        "stamps of everybody's clock",
        "F56",
        "A new row is stamped a day early.",
        (
            Text(
                f"{RECORDS}compose",
                "at = stamp(caller.now)",
                "from datetime import timedelta\n    at = stamp(caller.now - timedelta(days=1))",
            ),
        ),
    ),
    Mutant(
        "an undelete moves no stamp",
        "F15",
        "A row that comes out of the recycle bin shows no change.",
        (
            Text(
                "fake_salesforce.operations.undelete.bring_back",
                '"SystemModstamp": at, "MasterRecordId": None',
                '"MasterRecordId": None',
            ),
        ),
        scenario="F55 taken out of the recycle bin long after, and edited",
    ),
    Mutant(
        "queryAll hides deleted rows",
        "F25",
        "What is in the recycle bin is not shown by queryAll.",
        (Text(f"{QUERY}found", "include_deleted=include_deleted", "include_deleted=False"),),
    ),
    Mutant(
        "a deletion leaves no trace",
        "F24",
        "A deleted row is gone from its table at once.",
        (Text("fake_salesforce.operations.removal.bury", "if prep.has_bin: gone =", "if False:\n        gone ="),),
        scenario="F22 deleted here and edited there",
    ),
    Mutant(
        "a deletion moves no stamp",
        "F25",
        "A deleted row keeps the stamps of its last edit.",
        (Text("fake_salesforce.operations.removal.bury", '"SystemModstamp": at, "LastModifiedDate": at', ""),),
        tests=(f"{TESTS}test_recycle_and_convert.py::test_a_deletion_is_a_change",),
    ),
    Mutant(
        "nextRecordsUrl repeats a page",
        "F54",
        "The second page of a query is the first once more.",
        (
            Text(
                "fake_salesforce.operations.paging.page",
                "cursor.result.page(start, after)",
                "cursor.result.page(0, after - start)",
            ),
        ),
        tests=(f"{TESTS}test_query_pages.py",),
    ),
    Mutant(
        "204 and nothing stored",
        "F70",
        "An update is accepted and its values are thrown away.",
        (
            Text(
                f"{RECORDS}change",
                "value in new.items() if value != old[name]",
                'value in new.items() if value != old[name] and name not in {"Subject", "Description"}',
            ),
        ),
    ),
    Mutant(
        "a creation answers another id",
        "F61",
        "The answer to a creation names a row that is not there.",
        (
            Text(
                f"{RECORDS}insert",
                'record_id: str = new["Id"]',
                'record_id: str = new["Id"][:14] + "A" + new["Id"][15:]',
            ),
        ),
    ),
    Mutant(
        "per-item failures are successes",
        "F60",
        "An item of a collection that was refused says success.",
        (
            Text(
                "fake_salesforce.operations.collections._item",
                'return {"success": False, "errors": [among_many(error).as_item("statusCode")]}',
                'return {"success": True, "errors": [], "id": None}',
            ),
        ),
        tests=(f"{TESTS}test_collections.py",),
    ),
    Mutant(
        "a collection stops at a refusal",
        "F60",
        "allOrNone is taken for true whatever it says.",
        (Text("fake_salesforce.operations.collections._run", "if all_or_none and not all(", "if not all("),),
        tests=(f"{TESTS}test_collections.py",),
    ),
    Mutant(
        "a deleted row can be edited",
        "F22",
        "ENTITY_IS_DELETED is not raised.",
        (Text(f"{RECORDS}_living", 'if prep.has_bin and row["IsDeleted"]:', "if False:"),),
        tests=(f"{TESTS}test_rows.py", f"{TESTS}test_recycle_and_convert.py"),
    ),
    Mutant(
        "AccountId does not follow WhatId",
        "F29",
        "A new activity belongs to no account.",
        (Text("fake_salesforce.operations.derive._account_of", "", "return None"),),
        tests=(f"{TESTS}test_activities.py",),
    ),
)

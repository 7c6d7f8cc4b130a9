"""What a row of Salesforce starts with, and what becomes of it when the row it points at is deleted."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from tests.crm_contracts.ledger.salesforce_tables import (
    DEFAULTS,
    DELETED_WITH,
    FILE_TYPES,
    KEPT_FROM_DELETION,
    PREVIEWED,
)
from tests.crm_contracts.ledger.world import SERIES, TIMES, World

from crm_contracts.ledger import entries
from crm_contracts.ledger.entry import Entry

SALESFORCE = entries("salesforce")
# Their rows are those of tasks and events.
VIEWS = ("ActivityHistory", "OpenActivity")


def each(prefix: str, *, dotted: bool = False) -> list[Any]:
    """A case for each entry of *prefix*, named by its id."""
    found = [one for one in SALESFORCE if one.id.startswith(prefix) and (not dotted or "." in one.id)]
    return [pytest.param(one, id=one.id) for one in found]


def path_of(one: Entry) -> str:
    """The object and the name of the field that an entry is about."""
    return one.id.rpartition("/")[2]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World("contacts_to_multiple_accounts", "shared_activities")
    yield made
    made.fake.close()


@pytest.fixture(scope="module")
def rows(world: World) -> dict[str, dict[str, Any]]:
    """Rows by object, each made of the least; filled as they are asked for."""
    return {}


def row_of(world: World, rows: dict[str, dict[str, Any]], sobject: str) -> dict[str, Any]:
    if sobject not in rows:
        if sobject == "Organization":
            record_id = world.one("SELECT Id FROM Organization")
        elif sobject == "ContentDocument":
            record_id = world.document()
        else:
            record_id = world.make(sobject)
        rows[sobject] = world.org.row(sobject, record_id)
    return rows[sobject]


@pytest.mark.ledger("salesforce/default/*.*")
@pytest.mark.parametrize("one", each("salesforce/default/", dotted=True))
def test_a_default_is_there(world: World, rows: dict[str, dict[str, Any]], one: Entry) -> None:
    """What was not sent has its default; of a picklist the describe marks it, and no other value."""
    sobject, _, name = path_of(one).partition(".")
    value = DEFAULTS[path_of(one)]
    fields = world.org.get(f"/sobjects/{sobject}/describe").json["fields"]
    [field] = [each for each in fields if each["name"] == name]

    if field["type"] == "picklist":
        assert [value] == [each["value"] for each in field["picklistValues"] if each["defaultValue"]]
    if sobject not in VIEWS:
        assert value == row_of(world, rows, sobject)[name]


# --- what a deletion does to those that point there -----------------------------------------------------------------

SERIES_OF = {
    "Task": SERIES,
    "Event": {
        **TIMES,
        "IsRecurrence": True,
        "RecurrenceType": "RecursDaily",
        "RecurrenceInterval": 1,
        "RecurrenceStartDateTime": TIMES["StartDateTime"],
        "RecurrenceEndDateOnly": "2026-02-03",
    },
}


def made_below(world: World, sobject: str, name: str, target: str) -> tuple[str, str, str]:
    """A row of *sobject* whose reference *name* points at a new row: the object of that row, its id, and the id."""
    if name == "RecurrenceActivityId":
        main = world.org.make(sobject, **SERIES_OF[sobject])
        return (
            sobject,
            main,
            world.one(f"SELECT Id FROM {sobject} WHERE RecurrenceActivityId = '{main}' AND Id != '{main}'"),
        )
    if sobject == "ContentVersion":
        version = world.make(sobject)
        return target, world.org.row(sobject, version)[name], version
    if target == "ContentDocument":
        parent = world.document()
    elif (sobject, name) == ("AccountContactRelation", "ContactId"):
        parent = world.in_account()
    elif sobject == "QueueSobject":
        parent = world.make("Group", Type="Queue")
    else:
        parent = world.make(target)
    if sobject == "PricebookEntry":
        product, book = (parent, None) if name == "Product2Id" else (None, parent)
        more = world.priced(product or world.make("Product2"), book or world.make("Pricebook2"))
    elif sobject == "CampaignMember":
        more = {"ContactId": None, "LeadId": parent} if name == "LeadId" else {name: parent}
    else:
        more = {name: parent}
    return target, parent, world.make(sobject, **more)


@pytest.mark.ledger("salesforce/side-effect/on-delete/*")
@pytest.mark.parametrize("one", each("salesforce/side-effect/on-delete/"))
def test_what_a_deletion_does_to_those_that_point_there(world: World, one: Entry) -> None:
    """`cascade`: they are deleted, too. `restrict`: the deletion is refused, and both rows stay."""
    path = path_of(one)
    sobject, _, name = path.partition(".")
    goes = path in DELETED_WITH
    target, parent, child = made_below(world, sobject, name, DELETED_WITH[path] if goes else KEPT_FROM_DELETION[path])
    [before] = world.org.soql(f"SELECT {name} FROM {sobject} WHERE Id = '{child}'")
    answer = world.org.delete(f"/sobjects/{target}/{parent}")
    after = [
        len(world.org.soql(f"SELECT Id FROM {kind} WHERE Id = '{which}'"))
        for kind, which in ((target, parent), (sobject, child))
    ]

    assert parent == before[name]
    if goes:
        assert (204, [0, 0]) == (answer.status, after), answer.text
    else:
        assert (400, "DELETE_FAILED", [1, 1]) == (*answer.error[:2], after)


# --- what follows from something else -------------------------------------------------------------------------------


@pytest.mark.ledger("salesforce/derived/ContentVersion.FileType", "salesforce/derived/ContentVersion.TextPreview")
def test_what_a_file_is_told_by_its_name(world: World) -> None:
    """The extension says the type, any other is UNKNOWN; of a text the first 255 characters are shown."""
    text = base64.b64encode(b"x" * 300).decode()
    for extension, kind in FILE_TYPES.items():
        version = world.make("ContentVersion", PathOnClient=f"f.{extension}", VersionData=text)
        row = world.org.row("ContentVersion", version)
        preview = "x" * 255 if kind in PREVIEWED else None
        assert (extension, kind, preview) == (extension, row["FileType"], row["TextPreview"])


@pytest.mark.ledger(
    "salesforce/derived/Case.CaseNumber",
    "salesforce/derived/Contract.ContractNumber",
    "salesforce/derived/Order.OrderNumber",
)
@pytest.mark.parametrize(
    ("sobject", "field"), [("Case", "CaseNumber"), ("Contract", "ContractNumber"), ("Order", "OrderNumber")]
)
def test_numbers_count_on(world: World, sobject: str, field: str) -> None:
    """Eight digits, each one more than the last; a number is not given twice when its row is deleted."""
    first, second = (world.make(sobject) for _ in range(2))
    numbers = [world.org.row(sobject, one)[field] for one in (first, second)]
    world.org.delete(f"/sobjects/{sobject}/{second}")
    numbers.append(world.org.row(sobject, world.make(sobject))[field])

    assert [f"{int(numbers[0]) + step:08}" for step in range(3)] == numbers

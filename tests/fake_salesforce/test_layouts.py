"""Layouts and compact layouts: the shapes of the guides' samples, for what the caller may see."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Caller
from .layouts_org import MASTER, _org, typed
from .secured import logged_in

__all__ = ["_org", "typed"]

LAYOUTS = (
    "documented",
    "REST API Developer Guide v66, sObject Layouts; SOAP API Developer Guide, DescribeLayoutResult",
)
COMPACT = ("documented", "REST API Developer Guide v66, sObject CompactLayouts and Compact Layouts")
OURS = ("assumed", "which field stands where is a rule of this fake")


def layout(org: Caller, name: str, version: str = "60.0") -> dict[str, Any]:
    answer = org.get(f"/services/data/v{version}/sobjects/{name}/describe/layouts/{MASTER}")
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def items(sections: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The items of *sections* by the name of their first field."""
    return {
        item["layoutComponents"][0]["value"]: item
        for section in sections
        for row in section["layoutRows"]
        for item in row["layoutItems"]
        if item["layoutComponents"]
    }


@pytest.mark.evidence(*LAYOUTS)
def test_keys_in_their_order(typed: Caller) -> None:
    """Layouts, mappings and whether one has to choose; the keys are those of the samples, in their order."""
    answer = typed.get("/sobjects/Account/describe/layouts/")
    assert ["layouts", "recordTypeMappings", "recordTypeSelectorRequired"] == list(answer.json)
    (one,) = answer.json["layouts"]
    assert [
        "buttonLayoutSection",
        "detailLayoutSections",
        "editLayoutSections",
        "feedView",
        "highlightsPanelLayoutSection",
        "id",
        "multirowEditLayoutSections",
        "offlineLinks",
        "quickActionList",
        "relatedContent",
        "relatedLists",
        "saveOptions",
    ] == list(one)
    assert one["id"].startswith("00h")
    (mapping,) = answer.json["recordTypeMappings"]
    assert sorted(mapping) == list(mapping)
    assert (MASTER, one["id"], True) == (mapping["recordTypeId"], mapping["layoutId"], mapping["master"])
    assert [False] == answer.json["recordTypeSelectorRequired"]
    assert one == layout(typed, "Account")


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.evidence(*LAYOUTS)
def test_items(typed: Caller) -> None:
    """An item has the field's describe, what may be edited, and how the layout behaves."""
    details = {each["name"]: each for each in typed.get("/sobjects/Account/describe").json["fields"]}
    found = items(layout(typed, "Account")["detailLayoutSections"])
    name = found["Name"]
    assert [
        "editableForNew",
        "editableForUpdate",
        "label",
        "layoutComponents",
        "placeholder",
        "required",
        "uiBehavior",
    ] == list(name)
    (component,) = name["layoutComponents"]
    assert ["details", "displayLines", "tabOrder", "type", "value"] == list(component)
    assert component["details"] == details["Name"]
    assert (True, True, True, "Required") == (
        name["editableForNew"], name["editableForUpdate"], name["required"], name["uiBehavior"]
    )  # fmt: skip
    assert "Account Owner" == found["OwnerId"]["label"]
    assert "Id" not in found


@pytest.mark.evidence("documented", "SOAP API Developer Guide, FieldLayoutComponent and DescribeLayoutItem")
def test_compound_fields_are_one_item_to_read_and_several_to_edit(typed: Caller) -> None:
    one = layout(typed, "Account")
    reading, editing = items(one["detailLayoutSections"]), items(one["editLayoutSections"])
    (address,) = reading["BillingAddress"]["layoutComponents"]
    assert "address" == address["fieldType"]
    assert {"BillingStreet", "BillingCity", "BillingCountry"} <= {each["value"] for each in address["components"]}
    assert "BillingStreet" not in reading
    assert "BillingAddress" not in editing
    assert editing["BillingStreet"]["editableForUpdate"]


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.evidence(*OURS)
def test_where_fields_stand(typed: Caller) -> None:
    """Addresses, long texts and system fields have sections of their own; gaps are placeholders."""
    sections = {each["heading"]: each for each in layout(typed, "Account")["detailLayoutSections"]}
    assert ["Account Information", "Address Information", "Description Information", "System Information"] == list(
        sections
    )
    assert {"Description", "Notes__c"} == set(items([sections["Description Information"]]))
    assert "Tier__c" in items([sections["Account Information"]])
    created = items([sections["System Information"]])["CreatedById"]
    assert ["CreatedById", ", ", "CreatedDate"] == [each["value"] for each in created["layoutComponents"]]
    assert not created["editableForUpdate"]
    for section in sections.values():
        assert section["rows"] == len(section["layoutRows"])
        assert all(row["numItems"] == section["columns"] == len(row["layoutItems"]) for row in section["layoutRows"])


@pytest.mark.evidence(*LAYOUTS)
def test_record_types_choose_the_layout(typed: Caller) -> None:
    """With record types `layouts` is null, a mapping has the picklists, and a layout is asked for by record type."""
    answer = typed.get("/sobjects/Case/describe/layouts").json
    assert answer["layouts"] is None
    assert [True] == answer["recordTypeSelectorRequired"]
    mappings = {each["name"]: each for each in answer["recordTypeMappings"]}
    assert ["Complaint", "Question", "Master"] == list(mappings)
    offered = {
        name: [
            value["value"]
            for each in mappings[name]["picklistsForRecordType"]
            if each["picklistName"] == "Priority"
            for value in each["picklistValues"]
        ]
        for name in mappings
    }
    assert {"Complaint": ["High"], "Question": ["High", "Medium", "Low"], "Master": ["High", "Medium", "Low"]} == (
        offered
    )
    by_type = typed.get(mappings["Complaint"]["urls"]["layout"])
    assert (200, mappings["Complaint"]["layoutId"]) == (by_type.status, by_type.json["id"])


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.evidence("documented", "SOAP API Developer Guide, DescribeLayoutSaveOption: of cases and leads")
def test_save_options(typed: Caller) -> None:
    for name, label in (
        ("Case", "Assign using active assignment rules"),
        ("Lead", "Assign using active assignment rule"),  # both labels: assumed
    ):
        (option,) = layout(typed, name)["saveOptions"]
        assert ("UseDefaultAssignmentRule", "Sforce-Auto-Assign", "AssignmentRuleHeader", label) == tuple(
            option[key] for key in ("name", "restHeaderName", "soapHeaderName", "label")
        )
    assert [] == layout(typed, "Contact")["saveOptions"]


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.evidence("documented", "SOAP API Developer Guide, RelatedList and RelatedListColumn")
def test_related_lists(typed: Caller) -> None:
    lists = {each["name"]: each for each in layout(typed, "Account")["relatedLists"]}
    contacts = lists["Contacts"]
    assert ("AccountId", "Contact", "Contacts", False) == (
        contacts["field"], contacts["sobject"], contacts["label"], contacts["custom"]
    )  # fmt: skip
    assert "Contact.Name" == contacts["columns"][0]["field"]
    assert (True, "Account__c") == (lists["Sites__r"]["custom"], lists["Sites__r"]["field"])


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.parametrize(
    ("key", "first"),
    [
        ("buttons", 32), ("colors", 32), ("multirowEditLayoutSections", 35), ("parentLayoutId", 35),
        # Not told by the guide: when these came is assumed.
        ("collapsed", 36), ("layoutSectionId", 36), ("uiBehavior", 46),
    ],
)  # fmt: skip
@pytest.mark.evidence(
    "documented", "SOAP API Developer Guide: 'available in API version 35.0 and later', 32.0 and later"
)
def test_versions(typed: Caller, key: str, first: int) -> None:
    """A key is there from its version on, and not in the version before."""
    url = "/services/data/v{}.0/sobjects/Account/describe/layouts"
    there = [f'"{key}":' in typed.get(url.format(version)).text for version in (31, first - 1, first, 67)]
    assert [False, False, True, True] == there


@pytest.mark.evidence("documented", "REST API Developer Guide v66, Get Global Publisher Layouts")
def test_global(typed: Caller) -> None:
    """Global is no object: a layout with nothing on it, and no record types."""
    answer = typed.get("/sobjects/Global/describe/layouts/").json
    (one,) = answer["layouts"]
    assert (None, [], [], []) == (
        one["buttonLayoutSection"], one["detailLayoutSections"], one["relatedLists"], answer["recordTypeMappings"]
    )  # fmt: skip
    assert typed.get("/sobjects/Global/describe").status == 404


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.evidence("documented", "REST API Developer Guide v66, sObject Named Layouts: UserAlt")
def test_named(typed: Caller) -> None:
    """The describe lists the names of layouts; another name is not found."""
    (info,) = typed.get("/sobjects/User/describe").json["namedLayoutInfos"]
    answer = typed.get(info["urls"]["layout"])
    assert ("UserAlt", 200, 1) == (info["name"], answer.status, len(answer.json["layouts"]))
    assert typed.get("/sobjects/User/describe/namedLayouts/Other").status == 404
    assert typed.get("/sobjects/Account/describe/namedLayouts/UserAlt").status == 404


@pytest.mark.evidence("documented", "REST API Developer Guide v66, sObject ApprovalLayouts: no approval layouts")
def test_approval(typed: Caller) -> None:
    assert {"approvalLayouts": []} == typed.get("/sobjects/Account/describe/approvalLayouts/").json


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.evidence(*COMPACT)
def test_compact(typed: Caller) -> None:
    """An object that nobody made a compact layout for has the system's, whose id is null."""
    answer = typed.get("/sobjects/Account/describe/compactLayouts/").json
    assert ["compactLayouts", "defaultCompactLayoutId", "recordTypeCompactLayoutMappings", "urls"] == list(answer)
    (one,) = answer["compactLayouts"]
    assert ["actions", "fieldItems", "id", "imageItems", "label", "name", "objectType"] == list(one)
    assert ("SYSTEM", "System Default", None, "Account") == (one["name"], one["label"], one["id"], one["objectType"])
    assert ["Call", "Send Email", "Map", "Read News", "View Website"] == [each["label"] for each in one["actions"]]
    assert "CallHighlightAction" == one["actions"][0]["name"]
    assert ["Account Name", "Account Phone", "Website", "Account Owner"] == [
        each["label"] for each in one["fieldItems"]
    ]
    (other,) = typed.get("/sobjects/Campaign/describe/compactLayouts").json["compactLayouts"]
    assert 4 == len(other["fieldItems"])
    component = one["fieldItems"][0]["layoutComponents"][0]
    assert ["components", "details", "displayLines", "tabOrder", "type", "value"] == list(component)
    assert "Name" == component["details"]["name"]
    (mapping,) = answer["recordTypeCompactLayoutMappings"]
    assert (MASTER, "Master", None, "SYSTEM") == (
        mapping["recordTypeId"], mapping["recordTypeName"], mapping["compactLayoutId"], mapping["compactLayoutName"]
    )  # fmt: skip
    for url in (answer["urls"]["primary"], mapping["urls"]["compactLayout"]):
        assert one == typed.get(url).json


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.evidence(
    "documented", "REST API Developer Guide v66, sObject CompactLayouts: actions; the fields: assumed"
)
def test_what_a_compact_layout_shows(typed: Caller) -> None:
    """The fields of the highlights, those of the first objects by name, and what can be done from there."""
    fields = {
        "Account": "Name Phone Website OwnerId",
        "Contact": "Name Title AccountId Phone Email",
        "Lead": "Name Title Company Phone Email",
        "Opportunity": "Name AccountId CloseDate Amount OwnerId",
        "Case": "CaseNumber Subject Status Priority",
        "Task": "Subject WhoId WhatId ActivityDate Status",
        "Event": "Subject WhoId WhatId StartDateTime EndDateTime",
        "User": "Name Title Email Phone",
    }
    actions = {
        "Account": ["Call", "Send Email", "Map", "Read News", "View Website"],
        "Contact": ["Call", "Send Email", "Map"],
        "Lead": ["Call", "Send Email", "Map"],
    }
    names = {"Call": "Call", "Send Email": "Email", "Map": "Map", "Read News": "News", "View Website": "Website"}
    told = {name: typed.get(f"/sobjects/{name}/describe/compactLayouts").json["compactLayouts"][0] for name in fields}
    assert {name: words.split() for name, words in fields.items()} == {
        name: [each["layoutComponents"][0]["value"] for each in one["fieldItems"]] for name, one in told.items()
    }
    for name, one in told.items():
        wanted = [(f"{names[label]}HighlightAction", label) for label in actions.get(name, [])]
        assert (name, wanted) == (name, [(each["name"], each["label"]) for each in one["actions"]])


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.evidence(*COMPACT)
def test_compact_layouts_of_several(typed: Caller) -> None:
    answer = typed.get("/compactLayouts?q=Account,Contact,Site__c").json
    assert ["Account", "Contact", "Site__c"] == list(answer)
    assert typed.get("/compactLayouts?q=Nope").status == 404
    many = ",".join(["Account"] * 101)
    assert typed.get(f"/compactLayouts?q={many}").error[:2] == (400, "ILLEGAL_QUERY_PARAMETER_VALUE")
    assert typed.get("/compactLayouts").status == 400


@pytest.mark.parametrize(
    "path",
    [
        "/sobjects/Nope__c/describe/layouts",
        "/sobjects/RecordType/describe/layouts",
        "/sobjects/RecordType/describe/compactLayouts",
        "/sobjects/Account/describe/layouts/0125000000000abAAA",
        "/sobjects/Account/describe/compactLayouts/secondary",
        "/sobjects/Task/listviews",
        "/sobjects/Account/listviews/00BUd0000000001IAA",
        "/services/data/v31.0/sobjects/Account/listviews",
    ],
)
@pytest.mark.evidence("assumed", "what is not there answers as any other resource")
def test_not_found(typed: Caller, path: str) -> None:
    assert typed.get(path).error == (404, "NOT_FOUND", "The requested resource does not exist")


@pytest.mark.parametrize("path", ["layouts", f"layouts/{MASTER}", "compactLayouts", "approvalLayouts"])
@pytest.mark.evidence("documented", "REST API Developer Guide v66, Conditional Request Headers: describes")
def test_conditions(typed: Caller, path: str) -> None:
    """As describes: a stamp, and 304 for who has the newest. HEAD has the headers alone."""
    url = f"/sobjects/Account/describe/{path}"
    first = typed.get(url)
    since = {"If-Modified-Since": first.headers["last-modified"]}
    assert (304, b"") == (typed.get(url, headers=since).status, typed.get(url, headers=since).body)
    head = typed.call("HEAD", url)
    assert (200, b"", first.headers["etag"]) == (head.status, head.body, head.headers["etag"])
    refused = typed.patch(url, {})
    assert (405, "GET,HEAD") == (refused.status, refused.headers["allow"])


@pytest.mark.evidence("documented", "Salesforce Security Guide: field-level security is for layouts, too")
def test_a_layout_shows_what_the_caller_may_see(typed: Caller) -> None:
    """No field and no related list that the caller may not see, and nothing to edit for who may only read."""
    clerk = logged_in(typed, "clerk")
    one = layout(clerk, "Account")
    found = items(one["detailLayoutSections"])
    assert {"Phone", "Site"} <= items(layout(typed, "Account")["detailLayoutSections"]).keys()
    assert not {"Phone", "Site"} & found.keys()
    assert "Contacts" not in {each["name"] for each in one["relatedLists"]}
    assert not any(item["editableForUpdate"] for item in found.values())
    assert [] == one["buttonLayoutSection"]["detailButtons"]
    compact = clerk.get("/sobjects/Account/describe/compactLayouts/primary").json
    assert "Phone" not in [each["layoutComponents"][0]["value"] for each in compact["fieldItems"]]
    assert clerk.get("/sobjects/Contact/describe/layouts").status == 404
    view = clerk.get("/sobjects/Account/listviews").json["listviews"][0]
    assert "phone" not in clerk.get(view["describeUrl"]).json["query"]


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.evidence("assumed", "which fields stand where, and how many, is a rule of this fake")
def test_how_much_a_layout_shows(typed: Caller) -> None:
    """Five rows and four columns of each related list; three buttons; six lines of a long text."""
    whole = layout(typed, "Account")
    items = [
        item for part in whole["detailLayoutSections"] for row in part["layoutRows"] for item in row["layoutItems"]
    ]
    lines = {one["value"]: one["displayLines"] for item in items for one in item["layoutComponents"]}

    assert {5} == {one["limitRows"] for one in whole["relatedLists"]}
    assert 4 == max(len(one["columns"]) for one in whole["relatedLists"])
    assert [(word, word) for word in ("Edit", "Delete", "Clone")] == [
        (one["name"], one["label"]) for one in whole["buttonLayoutSection"]["detailButtons"]
    ]
    assert (1, 1, 4, 6) == tuple(lines[name] for name in ("Name", "Tier__c", "Tags__c", "Description"))


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.evidence(*OURS)
def test_how_wide_a_section_is(typed: Caller) -> None:
    """Two columns, and one for long texts, to read as to edit; who saved the row is not edited at all."""
    one, wanted = layout(typed, "Account"), {"Account": 2, "Address": 2, "Description": 1}
    read, edit = (
        {each["heading"].removesuffix(" Information"): each for each in one[f"{kind}LayoutSections"]}
        for kind in ("detail", "edit")
    )
    assert {**wanted, "System": 2} == {name: each["columns"] for name, each in read.items()}
    assert wanted == {name: each["columns"] for name, each in edit.items()}
    assert {1} == {len(row["layoutItems"]) for row in read["Description"]["layoutRows"]}
    assert {2} == {len(row["layoutItems"]) for row in read["Account"]["layoutRows"]}


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.evidence(
    "recorded", "a layout of Account: its owner is not edited there; that every owner is not: assumed"
)
def test_what_a_layout_does_not_let_edit(typed: Caller) -> None:
    """The owner and who saved the row, when, are shown and not edited; a field beside them is."""
    for name in ("Account", "Lead", "Site__c"):
        one = layout(typed, name)
        shown = {**items(one["editLayoutSections"]), **items(one["detailLayoutSections"])}
        behaviour = {
            field: (shown[field]["editableForNew"], shown[field]["editableForUpdate"], shown[field]["uiBehavior"])
            for field in ("OwnerId", "CreatedById", "LastModifiedById")
        }
        assert dict.fromkeys(behaviour, (False, False, "Readonly")) == behaviour
    account = items(layout(typed, "Account")["editLayoutSections"])
    assert (True, True, "Edit") == tuple(
        account["ParentId"][key] for key in ("editableForNew", "editableForUpdate", "uiBehavior")
    )
    assert "Readonly" == account["OwnerId"]["uiBehavior"]


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.evidence(*OURS)
def test_who_saved_a_row_and_when(typed: Caller) -> None:
    """Two items, each a person and a time with a comma between; on the page they are called by what was done."""
    told = {
        item["label"]: [each["value"] for each in item["layoutComponents"]]
        for section in layout(typed, "Account")["detailLayoutSections"]
        if section["heading"] == "System Information"
        for row in section["layoutRows"]
        for item in row["layoutItems"]
    }
    assert {
        "Created By": ["CreatedById", ", ", "CreatedDate"],
        "Last Modified By": ["LastModifiedById", ", ", "LastModifiedDate"],
    } == told


def test_every_layout_is_one(typed: Caller) -> None:
    """Each object of the org either has a whole layout or none; in JSON and in XML."""
    for each in typed.get("/sobjects").json["sobjects"]:
        answer = typed.get(f"/sobjects/{each['name']}/describe/layouts/{MASTER}")
        assert answer.status == (200 if each["layoutable"] else 404), each["name"]
        if each["layoutable"]:
            assert answer.json["detailLayoutSections"]
            assert answer.json["editLayoutSections"]
    answer = typed.get("/sobjects/Account/describe/layouts", headers={"Accept": "application/xml"})
    assert b"<DescribeLayoutResult " in answer.body

"""Prices and what an opportunity is made of; contracts and orders as far as their own fields go.

Rule 1: a product has its standard price before it is in another price book, once in each.
Rule 2: a line has a price or a total, not both; the other follows, and so do the opportunity's amount and quantity.
Rule 3: an opportunity with lines keeps its amount: a client's is ignored.
Source: Object Reference v62, PricebookEntry, OpportunityLineItem, Opportunity, Contract, Order; the texts of refusals
are quoted in public issues or assumed.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import inside
from fake_salesforce.operations.save import Save

STATUS_CODES: Final = {"Draft": "Draft", "In Approval Process": "InApproval", "Activated": "Activated"}


def price(save: Save) -> None:
    """PricebookEntry: the product's name and code, and its standard price first."""
    new = save.new
    product = inside.row(save.org, save.conn, "Product2", new["Product2Id"])
    book = inside.row(save.org, save.conn, "Pricebook2", new["Pricebook2Id"])
    if product is None or book is None:
        return
    new["Name"], new["ProductCode"] = product["Name"], product["ProductCode"]
    if save.old is not None:
        return
    others = inside.children(save.org, save.conn, "PricebookEntry", "Product2Id", new["Product2Id"])
    if any(each["Pricebook2Id"] == new["Pricebook2Id"] for each in others):
        raise salesforce_error("DUPLICATE_VALUE.price")
    if not book["IsStandard"]:
        books = {each["Pricebook2Id"] for each in others}
        rows = [inside.row(save.org, save.conn, "Pricebook2", each) for each in books]
        if not any(each is not None and each["IsStandard"] for each in rows):
            raise salesforce_error("STANDARD_PRICE_NOT_DEFINED")


def line(save: Save) -> None:
    """OpportunityLineItem: price, total, and what it shows of its product."""
    new, given = save.new, save.given
    if save.old is None:
        entry = _entry(save)
        product = inside.row(save.org, save.conn, "Product2", entry["Product2Id"])
        deal = inside.row(save.org, save.conn, "Opportunity", new["OpportunityId"])
        new["PricebookEntryId"], new["Product2Id"] = entry["Id"], entry["Product2Id"]
        new["ListPrice"], new["ProductCode"] = entry["UnitPrice"], entry["ProductCode"]
        names = (deal and deal["Name"], product and product["Name"])
        new["Name"] = " ".join(each for each in names if each)[:376]
        if new["UnitPrice"] is None and new["TotalPrice"] is None:
            new["UnitPrice"] = entry["UnitPrice"]
    if {"UnitPrice", "TotalPrice"} <= given and new["UnitPrice"] is not None and new["TotalPrice"] is not None:
        raise salesforce_error("FIELD_INTEGRITY_EXCEPTION.two_prices", fields=("UnitPrice", "TotalPrice"))
    share = 1 - (new["Discount"] or 0) / 100
    quantity = new["Quantity"]
    if "TotalPrice" in given and new["TotalPrice"] is not None:
        new["UnitPrice"] = round(new["TotalPrice"] / (quantity * share), 2) if quantity and share else 0.0
    else:
        new["TotalPrice"] = round((new["UnitPrice"] or 0) * quantity * share, 2)


def _entry(save: Save) -> dict[str, Any]:
    """The price the line is made with; raises when the line names none."""
    new = save.new
    if new["PricebookEntryId"] is not None:
        found = inside.row(save.org, save.conn, "PricebookEntry", new["PricebookEntryId"])
        assert found is not None, "references were checked"
        return found
    if new["Product2Id"] is None:
        raise salesforce_error("REQUIRED_FIELD_MISSING", fields=("PricebookEntryId",))
    entries = inside.children(save.org, save.conn, "PricebookEntry", "Product2Id", new["Product2Id"])
    deal = inside.row(save.org, save.conn, "Opportunity", new["OpportunityId"])
    book = None if deal is None else deal["Pricebook2Id"]
    entries = [each for each in entries if book in {None, each["Pricebook2Id"]}]
    if not entries:
        raise salesforce_error("REQUIRED_FIELD_MISSING", fields=("PricebookEntryId",))
    return entries[0]


def line_saved(save: Save) -> None:
    """The opportunity adds up its lines."""
    deal_id = save.new["OpportunityId"]
    lines = inside.children(save.org, save.conn, "OpportunityLineItem", "OpportunityId", deal_id)
    deal = inside.row(save.org, save.conn, "Opportunity", deal_id)
    if deal is None:
        return
    values: dict[str, Any] = {"HasOpportunityLineItem": int(bool(lines)), "SystemModstamp": save.stamp}
    if lines:
        values["Amount"] = round(sum(each["TotalPrice"] for each in lines), 2)
        values["TotalOpportunityQuantity"] = sum(each["Quantity"] for each in lines)
        if deal["Probability"] is not None:
            values["ExpectedRevenue"] = round(values["Amount"] * deal["Probability"] / 100, 2)
        if deal["Pricebook2Id"] is None:
            entry = inside.row(save.org, save.conn, "PricebookEntry", lines[0]["PricebookEntryId"])
            values["Pricebook2Id"] = None if entry is None else entry["Pricebook2Id"]
    inside.change(save.org, save.conn, "Opportunity", deal_id, values)


def line_gone(save: Save, _bury: Callable[[str, Mapping[str, Any]], None]) -> None:
    """As `line_saved`, for a line that was deleted."""
    line_saved(save)


def keep_amount(save: Save) -> None:
    """Opportunity: with lines its amount is their sum, whatever a client says."""
    if save.old is not None and save.old["HasOpportunityLineItem"]:
        for name in ("Amount", "TotalOpportunityQuantity"):
            save.new[name] = save.old[name]


def contract(save: Save) -> None:
    """Contract and Order: the category of the status; Contract: when it ends."""
    new = save.new
    new["StatusCode"] = STATUS_CODES.get(new["Status"], new["StatusCode"])
    if save.changed("Status") and new["StatusCode"] == "Activated" and new["ActivatedDate"] is None:
        new["ActivatedDate"], new["ActivatedById"] = save.stamp, save.user
    if "ContractTerm" in new:
        new["EndDate"] = _end(new["StartDate"], new["ContractTerm"])


def _end(start: str | None, months: int | None) -> str | None:
    """The last day of a term of *months* that begins on *start*."""
    if start is None or months is None:
        return None
    first = date.fromisoformat(start)
    at = first.year * 12 + first.month - 1 + months
    year, month = at // 12, at % 12 + 1
    day = date(year, month, min(first.day, monthrange(year, month)[1]))
    return (day - timedelta(days=1)).isoformat()

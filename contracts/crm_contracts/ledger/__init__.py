"""The ledger: every behaviour of a fake has an id, an evidence grade, a source, and a test that holds it.

Rule 1: an entry is made from the data that drives the fake: the documents, the tables of errors, limits, switches and
rows, the files of objects and models. What only code does is a row of the fake's `data/behaviours.toml`.
Rule 2: nothing is in the ledger twice, and an id stays as it is for as long as the behaviour does.
Rule 3: which test holds an entry is read from the tests (`held`): none is written down that nobody checks.
"""

from __future__ import annotations

from crm_contracts.ledger.collected import all_entries, entries, entry_for, find, near
from crm_contracts.ledger.entry import GRADES, KINDS, Entry
from crm_contracts.ledger.overview import render_ledger
from crm_contracts.ledger.pages import render_page
from crm_contracts.ledger.tables import data_of
from crm_contracts.vendors import VENDORS

__all__ = [
    "GRADES",
    "KINDS",
    "VENDORS",
    "Entry",
    "all_entries",
    "data_of",
    "entries",
    "entry_for",
    "find",
    "near",
    "render_ledger",
    "render_page",
]

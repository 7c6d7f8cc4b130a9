"""Every name of the schema can stand wherever its describe says it can, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from fake_salesforce.errors import SalesforceError
from fake_salesforce.schema.object_files import load_schema
from fake_salesforce.soql.restrictions import restrictions

# Without those that answer no query without a filter of their own: see test_query_clauses.py.
NAMES = [each.name for each in load_schema().sobjects if each.queryable and each.name not in restrictions()]


def code(org: Any, text: str) -> str | None:
    """None when the query runs, else the code of its refusal."""
    try:
        assert org.query(text).records is not None
    except SalesforceError as error:
        return error.code
    return None


@pytest.mark.parametrize("name", NAMES)
def test_fields(org: Any, name: str) -> None:
    """A field filters, sorts and groups exactly when its describe says so; a compound is for SELECT only."""
    sobject = org.schema.sobject(name)
    assert code(org, f"SELECT FIELDS(ALL) FROM {name} LIMIT 200") is None
    for field in sobject.fields:
        if field.type in ("address", "location"):
            assert code(org, f"SELECT {field.name} FROM {name} ORDER BY Id") is None
            assert "INVALID_FIELD" == code(org, f"SELECT Id FROM {name} WHERE {field.name} = null"), field.name
            continue
        expected = {True: None, False: "INVALID_FIELD"}
        assert expected[field.filterable] == code(org, f"SELECT Id FROM {name} WHERE {field.name} = null"), field.name
        assert expected[field.sortable] == code(org, f"SELECT Id FROM {name} ORDER BY {field.name} DESC"), field.name
        assert expected[field.groupable] == code(
            org, f"SELECT {field.name}, COUNT(Id) FROM {name} GROUP BY {field.name}"
        ), field.name


@pytest.mark.parametrize("name", NAMES)
def test_relationships(org: Any, name: str) -> None:
    """Each parent and child relationship can be selected; parents filter, sort and group too."""
    sobject = org.schema.sobject(name)
    for reference in sobject.references:
        parent = reference.relationship_name
        known = [target for target in reference.reference_to if org.schema.sobject(target)]
        if parent is None or not known or len(known) < len(reference.reference_to) == 1:
            continue
        assert code(org, f"SELECT {parent}.Id FROM {name} WHERE {parent}.Id = null ORDER BY {parent}.Id") is None, (
            parent
        )
        label = "Name" if len(reference.reference_to) > 1 else org.schema.sobject(known[0]).name_field.name
        assert code(org, f"SELECT COUNT(Id) FROM {name} WHERE {parent}.{label} LIKE 'a%'") is None, parent
        if len(reference.reference_to) > 1:
            assert (
                code(
                    org, f"SELECT {parent}.Type, COUNT(Id) n FROM {name} GROUP BY {parent}.Type ORDER BY COUNT(Id) DESC"
                )
                is None
            ), parent
            assert (
                code(org, f"SELECT TYPEOF {parent} WHEN {known[0]} THEN Id, CreatedById ELSE Name END FROM {name}")
                is None
            ), parent
    for child in org.schema.children(sobject):
        if child.name is not None:
            assert (
                code(
                    org, f"SELECT Id, (SELECT Id, {child.field.name} FROM {child.name} ORDER BY Id LIMIT 3) FROM {name}"
                )
                is None
            ), child.name

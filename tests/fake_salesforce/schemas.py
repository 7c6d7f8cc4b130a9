"""A schema as tests look into it, and the one of the example org file."""

from __future__ import annotations

import tomllib
from pathlib import Path

from fake_salesforce.schema.metadata import Field, Schema, SObject
from fake_salesforce.schema.object_files import load_schema

ORG_FILE = Path(__file__).parents[2] / "fixtures" / "orgs" / "planhat.toml"


def get(schema: Schema, name: str) -> SObject:
    """The object of that name, which is there."""
    found = schema.sobject(name)
    assert found is not None, name
    return found


def field_of(schema: Schema, path: str) -> Field:
    """The field at `Object.Field`, which is there."""
    name, _, field = path.partition(".")
    found = get(schema, name).field(field)
    assert found is not None, path
    return found


def planhat_org() -> Schema:
    """The schema of the example org file."""
    return load_schema(tomllib.loads(ORG_FILE.read_text("utf-8")))

"""Keyables: how a record is named in a path, in a bulk item, and as the company of another record.

Source: help articles on external and source ids and on uniqueness; the Task page for prefixes in companyId values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fake_core.switches import Switches
from fake_planhat.errors import PlanhatError
from fake_planhat.models import COMPANY, Model
from fake_planhat.models.fields import OBJECT_ID, inspected
from fake_planhat.models.model import Document
from fake_planhat.operations.call import Call, present
from fake_planhat.operations.rows import Work
from fake_planhat.store import reference_id

PREFIXES = {"extid-": "externalId", "srcid-": "sourceId"}
_PREFIX_LENGTH = 6


def parse(model: Model, text: str) -> tuple[str, str] | None:
    """*text* as (key, value): `_id`, or a prefixed key that *model* has; None for anything else."""
    prefix = text[:_PREFIX_LENGTH]
    if prefix in PREFIXES:
        value = text[_PREFIX_LENGTH:]
        return (model.key_of(PREFIXES[prefix]), value) if prefix in model.prefixes and value else None
    record_id = text.lower()
    return ("_id", record_id) if OBJECT_ID.fullmatch(record_id) else None


def parse_path(model: Model, text: str, *, switches: Switches) -> tuple[str, str]:
    """parse() for the id in a path; raises PlanhatError (malformed_id, unknown_id)."""
    key = parse(model, text)
    if key is None:
        raise malformed(text, switches=switches)
    return key


def malformed(text: str, *, switches: Switches) -> PlanhatError:
    """The answer for an id in a path that no record can have."""
    if switches["malformed_id"] == 404:
        return PlanhatError("no_route")
    return PlanhatError("malformed_id", value=text, path="_id")


def not_found(switches: Switches) -> PlanhatError:
    """The answer for an id that names nothing."""
    error = PlanhatError("unknown_id")
    error.status = switches["unknown_id"]
    return error


def only(documents: list[Document], *, switches: Switches) -> Document:
    """The record an id in a path names; raises PlanhatError (unknown_id, ambiguous)."""
    if not documents:
        raise not_found(switches)
    if len(documents) > 1 and switches["ambiguous_external_id"] == "refuse":
        raise PlanhatError("ambiguous", path="externalId")
    return min(documents, key=lambda one: str(one["_id"]))


def find_by_path(work: Work, model: Model, text: str, *, switches: Switches) -> Document:
    """The record that *text*, the id in a path, names; raises PlanhatError."""
    key, value = parse_path(model, text, switches=switches)
    return only(work[model.name].find(key, value), switches=switches)


def company_of(work: Work, value: Any, *, switches: Switches, path: str = "companyId") -> Document:
    """The company that *value* of *path* names, prefixed or not; raises PlanhatError."""
    text = reference_id(value)
    key = parse(COMPANY, text)
    if key is None:
        raise PlanhatError("cast", kind="ObjectId", value=inspected(value), path=path)
    found = work[COMPANY.name].find(*key)
    if not found:
        raise PlanhatError("unknown_company") if path == "companyId" else PlanhatError("unknown_reference", path=path)
    return only(found, switches=switches)


def matching_key(model: Model, item: Mapping[str, Any]) -> tuple[str, str] | None:
    """The keyable a bulk item is matched by: the first present one in the model's order."""
    for key in model.keyables:
        value = item.get(key)
        if present(value) and isinstance(value, (str, int)) and not isinstance(value, bool):
            text = str(value)
            return key, text.lower() if key == "_id" else text
    return None


def match(call: Call, key: str, value: str, *, company_id: str | None) -> Document | None:
    """The record a bulk item means. externalId is looked for in its company; an e-mail only when it is unique."""
    found = call.rows.find(key, value)
    company_key = call.model.company_key
    if company_key is not None and company_id is not None and call.model.column_of(key) in {"externalId", "email"}:
        found = [one for one in found if one.get(company_key) == company_id]
    if key == "email" and len(found) > 1:
        raise PlanhatError("duplicated", keys="email")
    return min(found, key=lambda one: str(one["_id"])) if found else None


def expect_companies(work: Work, values: Iterable[Any]) -> None:
    """Read the companies that *values* of companyId name, in at most three statements."""
    wanted: dict[str, list[str]] = {}
    for value in values:
        key = parse(COMPANY, value) if isinstance(value, str) else None
        if key is not None:
            wanted.setdefault(key[0], []).append(key[1])
    for name, some in wanted.items():
        work[COMPANY.name].expect(name, some)

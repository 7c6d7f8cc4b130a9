"""Stand-in for the settings of integration jobs: kept, checked and given back. Nothing here runs a job.

Rule T1: campaign touches only go out.
Rule T2: the two jobs of a pair have the same object and the same two keys, or the second is refused (pair_mismatch).
Rule T13, T24: create_new is off unless it is switched on; campaign touches are always created.
Rule T14: the filter is an admin's own text. Rule T29: a campaign touch's Start Date goes to ActivityDate.
Rule T32: no reference is a target but OwnerId and WhoId.
Rule T35: a target has one source; a pair that loses the time of day gets a warning.
Rule T37: a mapping is the template's unless the job has its own. Rule T38: a connection keeps its user.
Source: help article on syncing tasks and touchpoints; schedules: CRM integration page. The codes are ours.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import sqlalchemy as sa

from fake_totango.data_files import read_toml
from fake_totango.errors import TotangoError
from fake_totango.operations.fields import Fields
from fake_totango.store import JOBS, Document
from fake_totango.tenant import Tenant

TEMPLATES: dict[str, dict[str, Any]] = read_toml("job_templates.toml")
DIRECTIONS = ("inbound", "outbound")
SCHEDULES = ("once", "minutes", "hourly", "daily", "workdays", "weekly", "monthly")
REFERENCES_ALLOWED = {"OwnerId", "WhoId"}
LOSSY_TIME = "lossy_time"
_SETTINGS = (
    "name", "object", "direction", "crm_object", "create_new", "filter", "mapping", "schedule", "connection", "pair",
)  # fmt: skip


def listed(tenant: Tenant) -> dict[str, Any]:
    """Every job, by id."""
    with tenant.store.read() as connection:
        return {"jobs": [_shown(connection, job) for job in JOBS.all(connection)]}


def read(tenant: Tenant, job_id: str) -> Document:
    """One job. Raises TotangoError (job_not_found)."""
    with tenant.store.read() as connection:
        return _shown(connection, _named(connection, job_id))


def create(tenant: Tenant, fields: Fields) -> Document:
    """Keep a new job. Raises TotangoError (job_invalid)."""
    with tenant.store.begin() as connection:
        job_id = f"job-{tenant.ids.block + tenant.ids.next('job')}"
        while JOBS.first(connection, "id", job_id):
            job_id = f"job-{tenant.ids.block + tenant.ids.next('job')}"
        return _kept(connection, fields, {"id": job_id, "name": job_id})


def update(tenant: Tenant, job_id: str, fields: Fields) -> Document:
    """Change a job's settings. Raises TotangoError (job_not_found, job_invalid)."""
    with tenant.store.begin() as connection:
        job = _named(connection, job_id)
        user = (fields.settings("connection") or {}).get("user")
        if user is not None and job["connection"].get("user") not in {None, user}:
            raise _refused("connection_user_fixed", "the user of a connection cannot be changed")
        return _kept(connection, fields, job)


def delete(tenant: Tenant, job_id: str) -> None:
    """Forget a job. Raises TotangoError (job_not_found)."""
    with tenant.store.begin() as connection:
        JOBS.delete(connection, _named(connection, job_id))


def keep(connection: sa.Connection, job_id: str, fields: Fields) -> Document:
    """Keep a job of seed data under its own id. Raises TotangoError (job_invalid)."""
    return _kept(connection, fields, {"id": job_id, "name": job_id})


def _kept(connection: sa.Connection, fields: Fields, before: Document) -> Document:
    job = _job(fields, before)
    _check(connection, job)
    JOBS.put(connection, job)
    return _shown(connection, job)


def _job(fields: Fields, before: Document) -> Document:
    fields.only("id", *_SETTINGS, empty=True)
    kind = fields.one_of("object", *TEMPLATES) or before.get("object")
    direction = fields.one_of("direction", *DIRECTIONS) or before.get("direction")
    for name, value in (("object", kind), ("direction", direction)):
        if value is None:
            raise TotangoError("missing", name=name)
    template = TEMPLATES[str(kind)]
    if direction not in template:
        raise _refused("direction_not_allowed", f"{kind} have no {direction} job")
    mapping = fields.objects("mapping")
    if mapping is None:
        same = (before.get("object"), before.get("direction")) == (kind, direction)
        mapping = before["mapping"] if same else template[str(direction)]
    if not all(isinstance(one.get("crm"), str) and isinstance(one.get("attribute"), str) for one in mapping):
        raise fields.invalid("mapping")
    schedule = fields.settings("schedule")
    schedule = before.get("schedule", {"kind": "once"}) if schedule is None else schedule
    if schedule.get("kind") not in SCHEDULES:
        raise fields.invalid("schedule")
    create_new = fields.truth("create_new")
    if kind == "campaign_touches":
        if create_new is False:
            raise _refused("create_new_fixed", "campaign touches are always created")
        create_new = True
    return {
        "id": before["id"],
        "name": fields.text("name") or before["name"],
        "object": kind,
        "direction": direction,
        "crm_object": fields.text("crm_object") or before.get("crm_object") or template["crm_object"],
        "create_new": before.get("create_new", False) if create_new is None else create_new,
        "filter": (fields.text("filter") or "") if "filter" in fields else before.get("filter", ""),
        "mapping": mapping,
        "schedule": schedule,
        "connection": fields.settings("connection") or before.get("connection") or {},
        "pair": fields.text("pair") if "pair" in fields else before.get("pair"),
    }


def _check(connection: sa.Connection, job: Document) -> None:
    mapping, outbound = job["mapping"], job["direction"] == "outbound"
    targets = Counter(one["crm" if outbound else "attribute"] for one in mapping)
    twice = sorted(name for name, count in targets.items() if count > 1)
    if twice:
        raise _refused("duplicate_target", f"{twice[0]} has more than one source")
    keys = _keys(job)
    for name in ("Account Id", "External Id"):
        if name not in keys:
            raise _refused("key_missing", f"{name} is not mapped as a key")
    if outbound:
        for one in mapping:
            reference = one.get("crm_type") == "reference" or "." in one["crm"]
            if reference and one["crm"] not in REFERENCES_ALLOWED:
                raise _refused("reference_target", f"{one['crm']} is a reference field")
    if job["object"] == "campaign_touches" and ("ActivityDate", "Start Date") not in _pairs(mapping):
        raise _refused("start_date_missing", "Start Date must be mapped to ActivityDate")
    for twin in _twins(connection, job):
        same = all(job[name] == twin[name] for name in ("object", "crm_object"))
        if not same or job["direction"] == twin["direction"] or keys != _keys(twin):
            raise _refused("pair_mismatch", f"{twin['id']} has another object, other keys or the same direction")


def _twins(connection: sa.Connection, job: Document) -> list[Document]:
    """The jobs that *job* is paired with, from whichever side. Raises TotangoError (job_not_found)."""
    twins = [one for one in JOBS.all(connection) if one["pair"] == job["id"] and one["id"] != job["id"]]
    if job["pair"] is not None:
        twins.append(_named(connection, job["pair"]))
    return twins


def _shown(connection: sa.Connection, job: Document) -> Document:
    """A job with its warnings. Rule T35."""
    warnings = []
    for twin in _twins(connection, job) if _pair_is_there(connection, job) else []:
        into, out = (job, twin) if job["direction"] == "inbound" else (twin, job)
        double = {("ActivityDate", "Touchpoint Date"), ("StartDateTime", "Touchpoint Date")} <= _pairs(out["mapping"])
        if double and ("ActivityDate", "Touchpoint Date") in _pairs(into["mapping"]):
            warnings = [LOSSY_TIME]
    return {**job, "warnings": warnings}


def _pair_is_there(connection: sa.Connection, job: Document) -> bool:
    return job["pair"] is None or JOBS.first(connection, "id", job["pair"]) is not None


def _keys(job: Document) -> dict[str, str]:
    """The CRM field of each of the two keys."""
    found = {}
    for one in job["mapping"]:
        if one.get("key") is True:
            name = "External Id" if one["attribute"].endswith("External Id") else one["attribute"]
            found[name] = one["crm"]
    return found


def _pairs(mapping: list[Any]) -> set[tuple[str, str]]:
    return {(one["crm"], one["attribute"]) for one in mapping}


def _refused(code: str, what: str) -> TotangoError:
    return TotangoError("job_invalid", code=code, what=what)


def _named(connection: sa.Connection, job_id: str) -> Document:
    job = JOBS.first(connection, "id", job_id)
    if job is None:
        raise TotangoError("job_not_found", job=job_id)
    return job

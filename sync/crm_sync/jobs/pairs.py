"""Jobs together: pairs that fit, and the sections of the engine that they make.

Rule T2: the two jobs of a pair have the same object and the same two keys, or the configuration is refused
(`pair_mismatch`). Rule T35: a pair that sends the date to two fields and takes it in by its day loses the time of day
(`lossy_time`, a warning). Rule T25: what no job maps is never written.
Rule F39: a target that Salesforce does not let anybody write is refused when the org's describe is known, except the
two keys, which name a record and are not written (T18).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crm_sync.jobs.job import INBOUND, OUTBOUND, Job, JobInvalid, Row, read_job
from crm_sync.known import SfObject
from crm_sync.model import Direction

LOSSY_TIME = "lossy_time"
_FLOW = {
    frozenset({INBOUND}): Direction.RECEIVE.value,
    frozenset({OUTBOUND}): Direction.SEND.value,
    frozenset({INBOUND, OUTBOUND}): Direction.BOTH.value,
}


def read_jobs(given: Sequence[Mapping[str, Any]], *, profile: Mapping[str, Any]) -> tuple[Job, ...]:
    """The jobs of a configuration, checked by themselves and together.

    Raises:
        ConfigError: see `read_job`. JobInvalid: `name_taken`, `pair_missing`, `pair_mismatch`, `second_job`.
    """
    jobs = tuple(read_job(one, profile=profile) for one in given)
    by_name: dict[str, Job] = {}
    for job in jobs:
        if job.name in by_name:
            raise JobInvalid(job.name, "name_taken", "another job has this name; give each its own")
        by_name[job.name] = job
    for job in jobs:
        for other in jobs:
            same = (job.model, job.direction) == (other.model, other.direction)
            if job is not other and same:
                raise JobInvalid(job.name, "second_job", f"{other.name} does this already; keep one of them")
        if job.pair:
            if job.pair not in by_name:
                raise JobInvalid(job.name, "pair_missing", f"there is no job {job.pair}")
            _check_pair(job, by_name[job.pair])
    for one, other in _couples(jobs):
        _check_pair(one, other)
    return jobs


def warnings(jobs: Sequence[Job]) -> list[str]:
    """What is allowed and probably not meant."""
    found = []
    for into, out in _couples(jobs):
        double = out.maps("ActivityDate", "Touchpoint Date") and out.maps("StartDateTime", "Touchpoint Date")
        if double and into.maps("ActivityDate", "Touchpoint Date"):
            found.append(
                f"{LOSSY_TIME}: {out.name} sends Touchpoint Date to StartDateTime, too, but {into.name} takes only the "
                "day of it back; map StartDateTime to Touchpoint Date there (T35)"
            )
    return found


def lint(job: Job, sobject: SfObject) -> list[str]:
    """Notes on targets that are left out; refuses those that can never be written.

    Raises:
        JobInvalid: `unknown_field` or `read_only_target`.
    """
    notes = []
    for row in job.mapping:
        name = row.crm.partition(".")[0]
        known = sobject.fields.get(name) or sobject.fields.get(f"{name}Id")
        missing = known is None
        if row.key and (missing or job.direction == INBOUND):
            if missing:
                notes.append(f"{job.name}: {sobject.name} has no {row.crm}; the link alone names its records")
        elif known is None:
            if row.crm == "WhoId":
                notes.append(f"{job.name}: {row.attribute} is not mapped, {sobject.name} has no WhoId here (T33)")
                continue
            raise JobInvalid(job.name, "unknown_field", f"{sobject.name} has no {row.crm} for this user")
        elif job.direction == OUTBOUND and not (known.createable or known.updateable):
            if not row.key:
                raise JobInvalid(job.name, "read_only_target", f"{sobject.name}.{row.crm} cannot be written (F39)")
            notes.append(f"{job.name}: {sobject.name}.{row.crm} is derived, it is not written (T18)")
    return notes


def sections_of(jobs: Sequence[Job], *, profile: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The engine's sections: one for each model that has a job, with the fields its jobs map, and their switches.

    A field that both jobs map goes both ways; a row that the profile does not know travels as text or as it is.
    """
    sections: dict[str, dict[str, Any]] = {}
    for job in jobs:
        section = sections.setdefault(
            job.model,
            {
                "partner": job.model,
                "salesforce": job.crm_object,
                "ways": set(),
                "fields": {},
                "policy": {"create": {"in": False, "out": False}, "window": {}},
            },
        )
        section["ways"].add(job.direction)
        section["policy"]["create"][job.way] = job.create_new
        if job.direction == INBOUND:
            section["policy"]["window"]["in_filter_soql"] = job.filter
        for row in job.mapping:
            if not row.key:
                field = _field(job, row, profile)
                known = section["fields"].setdefault((field["partner"], field["salesforce"]), {**field, "ways": set()})
                known["ways"].add(job.direction)
        _constants(job, section["fields"], profile)
    return [_finished(section) for section in sections.values()]


def _couples(jobs: Sequence[Job]) -> list[tuple[Job, Job]]:
    """(inbound, outbound) of one model."""
    return [
        (into, out)
        for into in jobs
        for out in jobs
        if (into.direction, out.direction) == (INBOUND, OUTBOUND) and into.model == out.model
    ]


def _check_pair(one: Job, other: Job) -> None:
    if one.direction == other.direction or one.model != other.model:
        raise JobInvalid(one.name, "pair_mismatch", f"{other.name} is not the other direction of it (T2)")
    if one.crm_object != other.crm_object:
        what = f"{other.name} has the object {other.crm_object}, this one {one.crm_object} (T2)"
        raise JobInvalid(one.name, "pair_mismatch", what)
    if one.keys != other.keys:
        raise JobInvalid(one.name, "pair_mismatch", f"{other.name} has other keys: {other.keys}, not {one.keys} (T2)")


def _field(job: Job, row: Row, profile: Mapping[str, Any]) -> dict[str, Any]:
    """The profile's field that a row means, or a plain one."""
    partner = profile["attributes"][job.model].get(row.attribute, row.attribute)
    section = profile["sections"][job.section]
    optional = [field for value in section.values() if isinstance(value, list) for field in value]
    for known in optional:
        if known["partner"] == partner and row.crm in {known["salesforce"], known.get("reads")}:
            return {key: value for key, value in known.items() if key != "direction"}
    lens = "stamp" if row.type == "date" else "text"
    return {"name": row.attribute, "partner": partner, "salesforce": row.crm, "lens": lens}


def _constants(job: Job, fields: dict[Any, dict[str, Any]], profile: Mapping[str, Any]) -> None:
    """What goes out without a row (T28)."""
    for known in profile["sections"][job.section]["fields"]:
        if known.get("constant") is not None and job.direction == OUTBOUND:
            row = {key: value for key, value in known.items() if key != "direction"}
            fields[known["partner"], known["salesforce"]] = {**row, "ways": {OUTBOUND}}


def _finished(section: dict[str, Any]) -> dict[str, Any]:
    fields = []
    for field in section["fields"].values():
        ways = field.pop("ways")
        fields.append({**field, "direction": _FLOW[frozenset(ways)]})
    direction = _FLOW[frozenset(section.pop("ways"))]
    return {**section, "direction": direction, "fields": fields}

"""Jobs together: pairs that fit, and the sections of the engine that they make.

Rule T2: the two jobs of a pair have the same object and the same two keys, or the configuration is refused
(`pair_mismatch`). Rule T35: a pair that sends the date to two fields and takes it in by its day loses the time of day
(`lossy_time`, a warning). Rule T25: what no job maps is never written.
Targets that an org does not have or does not let anybody write are the mapping linter's matter (F39).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crm_sync.errors import ConfigError
from crm_sync.jobs.job import CAMPAIGN_TOUCH, INBOUND, OUTBOUND, Job, JobInvalid, Row, read_job
from crm_sync.model import ANY, Direction

if TYPE_CHECKING:
    from crm_sync.config import Profile

LOSSY_TIME = "lossy_time"
_SECOND = (
    "{} is mapped to {}, and to another attribute as well; this sync keeps a Salesforce field and one attribute "
    "together, in both directions: leave one of the rows out"
)
_LENS = {"OwnerId": "user_email"}  # of references, whatever they are mapped from
_FLOW = {
    frozenset({INBOUND}): Direction.RECEIVE.value,
    frozenset({OUTBOUND}): Direction.SEND.value,
    frozenset({INBOUND, OUTBOUND}): Direction.BOTH.value,
}


def read_jobs(given: Any, *, profile: Profile) -> tuple[Job, ...]:
    """The jobs of a configuration, checked by themselves and together.

    Raises:
        ConfigError: see `read_job`. JobInvalid: `name_taken`, `pair_missing`, `pair_mismatch`, `second_job`.
    """
    if not isinstance(given, Sequence) or not all(isinstance(one, Mapping) for one in given):
        raise ConfigError("jobs: write one [[jobs]] table for each job")
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


def sections_of(jobs: Sequence[Job], *, profile: Profile) -> list[dict[str, Any]]:
    """The `sections` of a configuration that do what *jobs* say: one for each model that has a job.

    A field that both jobs map goes both ways, one that no job maps goes nowhere; a row that the profile does not know
    travels as text, or as a moment if it is a date.

    Raises:
        JobInvalid: `second_attribute`: a Salesforce field is mapped to two attributes, by one job or by a pair.
    """
    by_model: dict[str, list[Job]] = {}
    for job in jobs:
        by_model.setdefault(job.model, []).append(job)
    sections = {model: _section(model, together, profile) for model, together in by_model.items()}
    touch_id = _touch_id(by_model.get("CampaignTouch", []))
    if touch_id and "Touchpoint" in sections:  # its Events never come in as touchpoints (T1)
        sections["Touchpoint"]["rules"]["exclude_salesforce"] = {touch_id: [ANY]}
    return list(sections.values())


def _section(model: str, jobs: Sequence[Job], profile: Profile) -> dict[str, Any]:
    known = profile["sections"][jobs[0].section]
    ways: dict[str, set[str]] = {}
    fields: dict[str, dict[str, Any]] = {}
    for job in jobs:
        for row in job.mapping:
            field = _key_field(job, row, profile) if row.key else _field(job, row, profile)
            if field is not None:
                taken = fields.setdefault(field["salesforce"], field)
                if taken[profile.name] != field[profile.name]:
                    raise JobInvalid(job.name, "second_attribute", _SECOND.format(row.crm, row.attribute))
                ways.setdefault(field["salesforce"], set()).add(job.direction)
        for constant in known["fields"]:
            if constant.get("constant") is not None and job.direction == OUTBOUND:  # goes out without a row (T28)
                fields[constant["salesforce"]] = constant
                ways.setdefault(constant["salesforce"], set()).add(OUTBOUND)
    rows = [{**field, "direction": _FLOW[frozenset(ways[name])]} for name, field in fields.items()]
    rows += [
        {**field, "direction": Direction.OFF.value} for field in known["fields"] if field["salesforce"] not in fields
    ]
    rules: dict[str, Any] = {f"create_{job.way}": job.create_new for job in jobs}
    for job in jobs:
        if job.direction == INBOUND:
            rules["filter_in"] = job.filter
    section = {
        profile.name: model,
        "salesforce": jobs[0].crm_object,
        "direction": _FLOW[frozenset(job.direction for job in jobs)],
        "company_field": jobs[0].keys["Account Id"],
        "fields": rows,
        "rules": rules,
    }
    starts = OUTBOUND in ways.get("StartDateTime", set())
    return {**section, "on_create": known["on_create_with_start"]} if starts else section


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


def _field(job: Job, row: Row, profile: Profile) -> dict[str, Any]:
    """The profile's field that a row means, or a plain one."""
    partner = profile["attributes"][job.model].get(row.attribute, row.attribute)
    section = profile["sections"][job.section]
    for known in [*section["fields"], *section.get("optional", [])]:
        reads = known.get("options", {}).get("reads")
        if known[profile.name] == partner and row.crm in {known["salesforce"], reads}:
            return dict(known)
    lens = _LENS.get(row.crm, "stamp" if row.type == "date" else "text")
    return {"name": row.attribute, profile.name: partner, "salesforce": row.crm, "lens": lens}


def _key_field(job: Job, row: Row, profile: Profile) -> dict[str, Any] | None:
    """A key names a record and is not written, except a campaign touch's id in a custom field of Event (T30)."""
    partner = profile["attributes"][job.model].get(row.attribute, row.attribute)
    if job.section != CAMPAIGN_TOUCH or not row.attribute.endswith("External Id") or not _is_api_name(row.crm):
        return None
    return {"name": "touch_id", profile.name: partner, "salesforce": row.crm, "lens": "text"}


def _touch_id(jobs: Sequence[Job]) -> str:
    """The Event's field that holds a campaign touch's id; "" when no job maps one (T30)."""
    names = (job.keys["External Id"] for job in jobs)
    return next((name for name in names if _is_api_name(name)), "")


def _is_api_name(text: str) -> bool:
    return text.isidentifier() and text != "Id"

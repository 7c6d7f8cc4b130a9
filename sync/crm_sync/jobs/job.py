"""A job's settings, and what a job may not be.

Rule T1: campaign touches only go out. Rule T13, T24: making new records is a switch that is off; campaign touches are
always made. Rule T14: the filter of an inbound job. Rule T29: a campaign touch's Start Date goes to ActivityDate.
Rule T32: no reference is a target but OwnerId and WhoId. Rule T35: a target has one source.
Rule T37: a mapping is the template's unless the job has its own.
Source: Totango help, Synchronize tasks and touchpoints with Salesforce; defaults that it leaves open stand in the
profile. The codes are ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, validate

from crm_sync.errors import ConfigError
from crm_sync.jobs.schedule import Schedule
from crm_sync.totango.rows import NEVER_SENT, where_body

if TYPE_CHECKING:
    from crm_sync.config import Profile

INBOUND, OUTBOUND = "inbound", "outbound"
WAY = {INBOUND: "in", OUTBOUND: "out"}
CAMPAIGN_TOUCH = "CampaignTouch:Event"
_KEYS = ("Account Id", "External Id")


class JobInvalid(ConfigError):
    """A job that cannot be: *code* is one word for it, the text says what to do."""

    def __init__(self, job: str, code: str, what: str) -> None:
        super().__init__(f"jobs[{job}]: {code}: {what}")
        self.code = code


@dataclass(frozen=True)
class Row:
    """One line of a mapping: a Salesforce field, a Totango attribute; *key* marks the two that name a record."""

    crm: str
    attribute: str
    crm_type: str = "text"
    type: str = "text"
    key: bool = False

    @property
    def is_reference(self) -> bool:
        return self.crm_type == "reference" or "." in self.crm


@dataclass(frozen=True)
class Job:
    """One direction of one section. *pair* names the job of the other direction, *connection_user* who is connected."""

    name: str
    section: str
    direction: str
    mapping: tuple[Row, ...]
    crm_object: str
    create_new: bool = False
    filter: str = ""
    schedule: Schedule = Schedule()  # noqa: RUF009 - frozen, as a default of its own
    pair: str = ""
    connection_user: str = ""

    @property
    def way(self) -> str:
        """How a run is told the direction: "in" or "out"."""
        return WAY[self.direction]

    @property
    def model(self) -> str:
        return self.section.partition(":")[0]

    @property
    def section_key(self) -> str:
        """The engine's section: as the template's, but with the job's own object."""
        return f"{self.model}:{self.crm_object}"

    @property
    def keys(self) -> dict[str, str]:
        """The Salesforce field of each of the two keys that are mapped as one."""
        found = {}
        for row in self.mapping:
            name = "External Id" if row.attribute.endswith("External Id") else row.attribute
            if row.key and name in _KEYS:
                found[name] = row.crm
        return found

    def maps(self, crm: str, attribute: str) -> bool:
        return any((row.crm, row.attribute) == (crm, attribute) for row in self.mapping)


class _RowSchema(Schema):
    crm = fields.String(required=True, validate=validate.Length(min=1))
    attribute = fields.String(required=True, validate=validate.Length(min=1))
    crm_type = fields.String(load_default="text")
    type = fields.String(load_default="text")
    key = fields.Boolean(load_default=False)


class _JobSchema(Schema):
    name = fields.String(required=True, validate=validate.Length(min=1))
    section = fields.String(required=True)
    direction = fields.String(required=True, validate=validate.OneOf([INBOUND, OUTBOUND]))
    mapping = fields.List(fields.Nested(_RowSchema), load_default=None)
    crm_object = fields.String(load_default="")
    create_new = fields.Boolean(load_default=None)
    filter = fields.String(load_default="")
    schedule = fields.Dict(keys=fields.String(), load_default=dict)
    pair = fields.String(load_default="")
    connection_user = fields.String(load_default="")


def read_job(given: Mapping[str, Any], *, profile: Profile) -> Job:
    """A job of a configuration, checked by itself; its mapping is the template's when it has none.

    Raises:
        ConfigError: a key that is missing, unknown or of the wrong type; a schedule or a filter that cannot be.
        JobInvalid: a job that cannot be, with its code.
    """
    name = str(given.get("name", "?"))
    try:
        data = _JobSchema().load(dict(given))
    except ValidationError as error:
        told = "; ".join(messages_of(error.messages))
        raise ConfigError(f"jobs[{name}]: {told}") from None
    template = profile["templates"].get(data["section"])
    if template is None:
        raise ConfigError(f"jobs[{name}]: section: no {data['section']!r}: there are {', '.join(profile['templates'])}")
    if data["direction"] not in template:
        raise JobInvalid(name, "direction_not_allowed", f"{template['object']} have no {data['direction']} job (T1)")
    rows = template[data["direction"]] if data["mapping"] is None else data["mapping"]
    always = data["section"] == CAMPAIGN_TOUCH
    if always and data["create_new"] is False:
        raise JobInvalid(name, "create_new_fixed", "campaign touches are always created (T24)")
    if data["filter"] and data["direction"] == OUTBOUND:
        raise JobInvalid(name, "filter_not_allowed", "a filter in SOQL is for an inbound job (T14)")
    try:
        job = Job(
            name=name,
            section=data["section"],
            direction=data["direction"],
            mapping=tuple(Row(**row) for row in rows),
            crm_object=data["crm_object"] or data["section"].partition(":")[2],
            create_new=always or bool(data["create_new"]),
            filter=where_body(data["filter"]),
            schedule=Schedule.from_mapping(data["schedule"]),
            pair=data["pair"],
            connection_user=data["connection_user"],
        )
    except JobInvalid:
        raise
    except ConfigError as error:
        raise ConfigError(f"jobs[{name}]: {error}") from None
    _check(job, allowed=frozenset(profile["jobs"]["reference_targets"]))
    return job


def messages_of(messages: Any, path: str = "") -> list[str]:
    """Marshmallow's nested messages, one line each with its path."""
    if isinstance(messages, Mapping):
        return [line for key, value in messages.items() for line in messages_of(value, f"{path}.{key}".strip("."))]
    return [f"{path}: {' '.join(map(str, messages))}"]


def _check(job: Job, *, allowed: frozenset[str]) -> None:
    outbound = job.direction == OUTBOUND
    targets = Counter(row.crm if outbound else row.attribute for row in job.mapping)
    twice = sorted(name for name, count in targets.items() if count > 1)
    if twice:
        raise JobInvalid(job.name, "duplicate_target", f"{twice[0]} has more than one source (T35)")
    for name in _KEYS:
        if name not in job.keys:
            raise JobInvalid(job.name, "key_missing", f"{name} is not mapped as a key (T2)")
    other = next((row.attribute for row in job.mapping if row.key and not row.attribute.endswith(_KEYS)), "")
    if other:
        what = f"{other} is no key, and a key is not carried: records are named by Account Id and External Id (T2)"
        raise JobInvalid(job.name, "key_not_supported", what)
    if job.section != CAMPAIGN_TOUCH and job.keys["External Id"] != "Id":
        what = (
            f"this sync names Salesforce records by their Id, not by {job.keys['External Id']}; map External Id to Id"
        )
        raise JobInvalid(job.name, "key_not_supported", what)
    if outbound:
        for row in job.mapping:
            if row.crm in NEVER_SENT:
                raise JobInvalid(job.name, "created_by_target", f"{row.crm} cannot be written (T19)")
            if row.is_reference and row.crm not in allowed:
                raise JobInvalid(job.name, "reference_target", f"{row.crm} is a reference field (T32)")
    if job.section == CAMPAIGN_TOUCH and not job.maps("ActivityDate", "Start Date"):
        raise JobInvalid(job.name, "start_date_missing", "Start Date must be mapped to ActivityDate (T29)")


def refuse_other_user(job: Job, *, connected_as: str) -> None:
    """Rule T38: a connection that is there keeps its user.

    Raises:
        JobInvalid: connection_user_fixed.
    """
    if job.connection_user and connected_as and job.connection_user != connected_as:
        raise JobInvalid(job.name, "connection_user_fixed", f"it is connected as {connected_as} for good (T38)")

"""The configuration: a TOML file or a mapping, checked by marshmallow before anything happens.

A minimal mapping::

    Config.from_mapping({
        "salesforce": {"base_url": "https://acme.my.salesforce.com", "access_token": "00D...!..."},
        "planhat": {"base_url": "https://api.planhat.com", "token": "..."},
        "sections": [
            {"planhat": "Task", "salesforce": "Task", "direction": "Both Directions"},
            {"planhat": "Conversation", "salesforce": "Task", "direction": "Send to Salesforce"},
        ],
    })

Which partner it is says `profile` ("planhat" when nothing does); its address and token stand under the partner's name,
and so do its models and fields in `sections`.
In place of `access_token`, Salesforce takes `username` + `password` (+ `security_token`, `client_id`,
`client_secret`), or `client_id` + `client_secret`, or `refresh_token` + `client_id`.
Any text may hold `${NAME}`: it is taken from the environment.
Rules P2-P6, P18 and P24 are checked here; every message carries the path of the key.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Any, cast

from marshmallow import Schema, ValidationError, fields, validate

from crm_sync.errors import ConfigError
from crm_sync.jobs.job import Job
from crm_sync.jobs.pairs import read_jobs, sections_of
from crm_sync.model import (
    CONVERSATION,
    PLANHAT,
    SALESFORCE,
    TASK,
    Direction,
    FieldMap,
    Policy,
    Rules,
    Section,
    Write,
)
from crm_sync.settings_file import expanded, problems, read
from crm_sync.totango.rows import where_body

API_VERSION = "60.0"  # of Salesforce, where neither the configuration nor the profile says one
BRAKE_DELETIONS, BRAKE_CREATIONS, BRAKE_PERCENT = 50, 1_000, 20
PROFILES = ("planhat", "totango", "marketo")
LENSES = (
    "text", "html", "day", "status", "owner", "type", "same",
    "lines", "stamp", "stamp_day", "audit", "audit_text", "closed", "priority", "user_email", "contact_email",
    "campaign_subject",
    "activity_detail", "choice", "assignee",
)  # fmt: skip
_DIRECTION = validate.OneOf([d.value for d in Direction])
_URL = validate.Regexp(r"^https?://[^\s/]+", error="Not an http or https address.")


class _SalesforceSchema(Schema):
    base_url = fields.String(required=True, validate=_URL)
    login_url = fields.String(load_default=None, allow_none=True, validate=_URL)
    api_version = fields.String(load_default="", validate=validate.Regexp(r"^\d{2,3}\.0$", error="Not like 60.0."))
    access_token = fields.String(load_default="")
    refresh_token = fields.String(load_default="")
    client_id = fields.String(load_default="")
    client_secret = fields.String(load_default="")
    username = fields.String(load_default="")
    password = fields.String(load_default="")
    security_token = fields.String(load_default="")
    external_id_field = fields.String(load_default="")


class _StateSchema(Schema):
    url = fields.String(load_default="")


@cache
def _schema(partner: str) -> Schema:
    """The schema of a configuration for a *partner*, whose words are keys of it."""
    profile = load_profile(partner)
    policy = validate.OneOf([Policy.NEWEST.value, Policy.SALESFORCE.value, partner])
    field_map = Schema.from_dict(
        {
            "name": fields.String(),
            partner: fields.String(load_default=""),
            "salesforce": fields.String(required=True),
            "lens": fields.String(load_default="same", validate=validate.OneOf(LENSES)),
            "direction": fields.String(load_default=Direction.BOTH.value, validate=_DIRECTION),
            "conflict": fields.String(load_default=None, allow_none=True, validate=policy),
            "constant": fields.String(load_default=None, allow_none=True),
            "max_length": fields.Integer(
                load_default=None, allow_none=True, validate=validate.Range(min=1, max=131_072)
            ),
            "write_in": fields.String(validate=validate.OneOf([one.value for one in Write])),
            "write_out": fields.String(validate=validate.OneOf([one.value for one in Write])),
            "options": fields.Dict(keys=fields.String(), load_default=dict),
        },
        name="FieldSchema",
    )
    rules = Schema.from_dict({name: made() for name, made in _RULES.items()}, name="RulesSchema")
    section = Schema.from_dict(
        {
            partner: fields.String(required=True),
            "salesforce": fields.String(required=True),
            "direction": fields.String(required=True, validate=_DIRECTION),
            "custom": fields.Boolean(load_default=None, allow_none=True),
            "conflict": fields.String(load_default=None, allow_none=True, validate=policy),
            "backfill": fields.Boolean(load_default=None),
            "types_excluded": fields.List(fields.String(), load_default=list),
            "company_field": fields.String(load_default=None, allow_none=True),
            "on_create": fields.Dict(keys=fields.String(), load_default=None),
            "external_id_field": fields.String(load_default=""),
            "fields_": fields.List(fields.Nested(field_map), data_key="fields", load_default=list),
            "rules": fields.Nested(rules, load_default=dict),
        },
        name="SectionSchema",
    )
    options: dict[str, fields.Field[Any]] = {
        "conflict": fields.String(validate=policy),
        "overlap_seconds": fields.Integer(validate=validate.Range(min=1, max=86_400)),
        "owner_fallback_salesforce": fields.String(load_default=""),
        f"owner_fallback_{partner}": fields.String(load_default=""),
        "owners": fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict),
        "retry_attempts_max": fields.Integer(load_default=5, validate=validate.Range(min=1, max=20)),
        "sf_calls_reserved": fields.Integer(load_default=0, validate=validate.Range(min=0)),
        "brake_deletions": fields.Integer(load_default=BRAKE_DELETIONS, validate=validate.Range(min=0)),
        "brake_creations": fields.Integer(load_default=BRAKE_CREATIONS, validate=validate.Range(min=0)),
        "brake_percent": fields.Integer(load_default=BRAKE_PERCENT, validate=validate.Range(min=0, max=100)),
    }
    switches = _SWITCHES | _SWITCHES_OF.get(partner, {})
    options |= {name: made() for name, made in switches.items() if name in profile.switches}
    value_map = Schema.from_dict(
        {
            f"to_{partner}": fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict),
            "to_salesforce": fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict),
        },
        name="MapSchema",
    )
    login = Schema.from_dict(
        {
            "base_url": fields.String(load_default=profile.raw["partner"]["base_url"], validate=_URL),
            "token": fields.String(required=True, validate=validate.Length(min=1)),
        },
        name="LoginSchema",
    )
    whole: dict[str, fields.Field[Any]] = {
        "profile": fields.String(load_default=partner),
        "salesforce": fields.Nested(_SalesforceSchema, required=True),
        partner: fields.Nested(login, required=True),
        "state": fields.Nested(_StateSchema, load_default=dict),
        "options": fields.Nested(Schema.from_dict(options, name="OptionsSchema"), load_default=dict),
        "sections": fields.List(fields.Nested(section), required=True),
    }
    whole |= {name: fields.Nested(value_map, load_default=dict) for name in profile.value_maps}
    return Schema.from_dict(whole, name="ConfigSchema")()


#: Switches of a profile: a profile that has one lets the configuration set it.
_SWITCHES: dict[str, Callable[[], fields.Field[Any]]] = {
    "log_conversation": fields.Boolean,
    "receive_only_completed": fields.Boolean,
    "unmatched_company": lambda: fields.String(validate=validate.OneOf(["skip", "send"])),
    "unmapped_status": lambda: fields.String(validate=validate.OneOf(["pass", "hold"])),
    "account_id_field": fields.String,
}
#: Switches that mean something else, or something at all, with one partner.
_SWITCHES_OF: dict[str, dict[str, Callable[[], fields.Field[Any]]]] = {
    "marketo": {
        "unmapped_status": lambda: fields.String(validate=validate.OneOf(["keep_value", "skip_record"])),
        "initial_import": lambda: fields.String(validate=validate.OneOf(["last_24h", "all_open"])),
    },
}
#: What a section's [rules] may say; see `model.Rules`.
_RULES: dict[str, Callable[[], fields.Field[Any]]] = {
    **dict.fromkeys(("create_in", "create_out", "delete_in", "delete_out", "delete_wins", "updates"), fields.Boolean),
    "grain": lambda: fields.String(validate=validate.OneOf(["field", "record"])),
    "tie": lambda: fields.String(validate=validate.OneOf([SALESFORCE, "partner"])),
    "parent_missing": lambda: fields.String(validate=validate.OneOf(["wait", "skip", "send", "omit"])),
    "window_out_days": lambda: fields.Integer(allow_none=True, validate=validate.Range(min=1, max=3_650)),
    "filter_in": fields.String,
    "required": lambda: fields.List(fields.String()),
    "required_any": lambda: fields.List(fields.String()),
    **{
        name: lambda: fields.Dict(keys=fields.String(), values=fields.List(fields.Raw()))
        for name in ("exclude", "exclude_new", "exclude_salesforce")
    },
}


@dataclass(frozen=True)
class SalesforceLogin:
    """Where and as whom to reach Salesforce. *base_url* is also used to log in unless
    *login_url* is given; *external_id_field* names a unique external-id field, or "", for sections that name none of
    their own.
    """

    base_url: str
    login_url: str | None = None
    api_version: str = API_VERSION
    access_token: str = ""
    refresh_token: str = ""
    client_id: str = ""
    client_secret: str = ""
    username: str = ""
    password: str = ""
    security_token: str = ""
    external_id_field: str = ""

    def __repr__(self) -> str:
        return f"SalesforceLogin({self.base_url!r}, secrets hidden)"


@dataclass(frozen=True)
class PartnerLogin:
    """Where and with what to reach the partner."""

    base_url: str
    token: str

    def __repr__(self) -> str:
        return f"PartnerLogin({self.base_url!r}, token hidden)"


@dataclass(frozen=True)
class Profile:
    """One partner as data: its models, in the order in which one continues the other, and its tables.

    *continues* names for a model the one whose activity it goes on with (rule P1): the later one speaks first.
    """

    name: str
    models: tuple[str, ...]
    continues: Mapping[str, str]
    raw: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        """One of its tables."""
        return self.raw[name]

    def one_activity(self, model: str) -> frozenset[str]:
        """The models whose records may stand for the same activity as one of *model*: itself, what it continues, and
        what continues it.
        """
        later = {one for one, earlier in self.continues.items() if earlier == model}
        return frozenset({model, self.continues.get(model, model), *later})

    @property
    def switches(self) -> Mapping[str, Any]:
        """The profile's switches and their defaults."""
        return cast("Mapping[str, Any]", self.raw["switches"])

    @property
    def value_maps(self) -> Sequence[str]:
        """Names of the profile's picklist maps."""
        return cast("Sequence[str]", self.raw["partner"]["value_maps"])


@dataclass(frozen=True)
class Options:
    """The profile's switches, after the configuration had its say."""

    conflict: Policy = Policy.NEWEST
    overlap_seconds: int = 120
    log_conversation: bool = False
    receive_only_completed: bool = True
    unmatched_company: str = "skip"
    unmapped_status: str = "pass"
    account_id_field: str = ""
    initial_import: str = "last_24h"
    owner_fallback_salesforce: str = ""
    owner_fallback_partner: str = ""
    owners: Mapping[str, str] = field(default_factory=dict)
    retry_attempts_max: int = 5
    sf_calls_reserved: int = 0
    #: A run stops before it deletes, or makes, more than so many records and so many per cent of the known pairs.
    brake_deletions: int = BRAKE_DELETIONS
    brake_creations: int = BRAKE_CREATIONS
    brake_percent: int = BRAKE_PERCENT


@dataclass(frozen=True)
class ValueMap:
    """A picklist map, one table for each way."""

    to_partner: Mapping[str, str]
    to_salesforce: Mapping[str, str]


def told_of(mapped: FieldMap) -> dict[str, str]:
    """What decides what the agreed values of a field mean, and where they may go."""
    means = [mapped.partner, mapped.constant, mapped.lens, sorted(mapped.options.items())]
    return {
        "direction": mapped.direction.value,
        "partner": json.dumps(means[:2]),
        "means": json.dumps(means[2:], default=str),
    }


@dataclass(frozen=True)
class Config:
    """A checked configuration. Build one with `from_mapping` or `load`, not directly."""

    salesforce: SalesforceLogin
    partner: PartnerLogin
    sections: tuple[Section, ...]
    options: Options
    maps: Mapping[str, ValueMap]
    profile: Profile
    state_url: str = ""
    jobs: tuple[Job, ...] = ()

    @cached_property
    def fingerprint(self) -> Mapping[str, Any]:
        """What of it matters to rule P29, and whose records the memory links."""
        return {
            section.key: {
                "partner": self.profile.name,
                "direction": section.direction.value,
                "types_excluded": sorted(section.types_excluded),
                "fields": {mapped.salesforce: told_of(mapped) for mapped in section.fields},
                "maps": {
                    name: {"to_partner": dict(one.to_partner), "to_salesforce": dict(one.to_salesforce)}
                    for name, one in self.maps.items()
                },
            }
            for section in self.sections
        }

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any], *, environment: Mapping[str, str] | None = None) -> Config:
        """Check *given* and fill in the profile's defaults.

        Raises:
            ConfigError: with the path of the offending key.
        """
        if "notes_inherit_task_source_id" in str(sorted(_keys(given))):
            raise ConfigError(
                "notes_inherit_task_source_id: this switch is read-only (rule P18); it turns on by "
                "itself, and only Planhat's staff turn it off"
            )
        told: dict[str, Any] = expanded(given, environment if environment is not None else {})
        name = told.get("profile", PLANHAT)
        if name not in PROFILES:
            raise ConfigError(f"profile: Must be one of: {', '.join(PROFILES)}.")
        profile = load_profile(name)
        jobs: tuple[Job, ...] = ()
        if "jobs" in told and "templates" in profile.raw:
            if "sections" in told:
                raise ConfigError("jobs: they make the sections; give jobs or sections, not both")
            jobs = read_jobs(told.pop("jobs"), profile=profile)
            told["sections"] = sections_of(jobs, profile=profile)
        try:
            data = _schema(name).load(told)
        except ValidationError as error:
            raise ConfigError("; ".join(problems(error.messages))) from None
        return replace(_build(data, profile), jobs=jobs)

    @classmethod
    def load(cls, path: str | Path, *, environment: Mapping[str, str] | None = None) -> Config:
        """Read a TOML file; `${NAME}` comes from *environment* (default: the process's).

        Raises:
            ConfigError: the file is missing, is no TOML, or its content is refused.
        """
        given = read(Path(path))
        try:
            return cls.from_mapping(given, environment=os.environ if environment is None else environment)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from None

    def enabled(self) -> tuple[Section, ...]:
        """Sections that make requests at all."""
        return tuple(section for section in self.sections if section.enabled)

    def section(self, key: str) -> Section | None:
        return next((section for section in self.sections if section.key == key), None)


@cache
def load_profile(name: str) -> Profile:
    """A profile by its partner's name; for all who ask the same one, which nobody changes."""
    text = resources.files("crm_sync").joinpath(f"profiles/{name}.toml").read_text("utf-8")
    raw = tomllib.loads(text)
    models = raw["partner"]["models"]
    return Profile(name, tuple(models), raw["partner"].get("continues", {}), raw)


def _keys(value: Any) -> set[str]:
    """Every key anywhere inside *value*."""
    if isinstance(value, Mapping):
        return {str(k) for k in value}.union(*(_keys(v) for v in value.values()))
    if isinstance(value, list):
        return set().union(*(_keys(v) for v in value))
    return set()


def _build(data: Mapping[str, Any], profile: Profile) -> Config:
    options = {**profile.switches, **data["options"]}
    default = _policy(options.pop("conflict"), profile)
    options["owner_fallback_partner"] = options.pop(f"owner_fallback_{profile.name}", "")
    sections = tuple(
        _section(row, where=f"sections[{n}]", profile=profile, default=default)
        for n, row in enumerate(data["sections"])
    )
    keys = [section.key for section in sections]
    for n, key in enumerate(keys):
        if key in keys[:n]:
            raise ConfigError(f"sections[{n}]: a second section for {key}; keep one")
    _check_login(data["salesforce"])
    version = data["salesforce"]["api_version"] or profile.raw["partner"].get("salesforce_api_version", API_VERSION)
    return Config(
        salesforce=SalesforceLogin(**{**data["salesforce"], "api_version": version}),
        partner=PartnerLogin(**data[profile.name]),
        sections=sections,
        options=Options(conflict=default, **options),
        maps={name: _value_map(profile, name, data[name]) for name in profile.value_maps},
        profile=profile,
        state_url=data["state"].get("url", ""),
    )


def _policy(text: str, profile: Profile) -> Policy:
    """A policy by its name in a configuration, where the partner stands under its own."""
    return Policy.PARTNER if text == profile.name else Policy(text)


def _check_login(given: Mapping[str, Any]) -> None:
    ways = (
        bool(given["access_token"]),
        bool(given["username"] and given["password"]),
        bool(given["client_id"] and given["client_secret"]),
        bool(given["refresh_token"]),
    )
    if not any(ways):
        raise ConfigError(
            "salesforce: no way to log in; give access_token, or username and password, or "
            "client_id and client_secret, or refresh_token"
        )


def _value_map(profile: Profile, name: str, given: Mapping[str, Any]) -> ValueMap:
    default, inward = profile.raw[name], f"to_{profile.name}"
    return ValueMap(
        to_partner={**default.get(inward, {}), **given.get(inward, {})},
        to_salesforce={**default.get("to_salesforce", {}), **given.get("to_salesforce", {})},
    )


def _refuse_wrong_pair(row: Mapping[str, Any], where: str) -> None:
    """Rules P3-P5: which model meets which object, in which kind of section."""
    planhat, salesforce, custom = row[PLANHAT], row["salesforce"], row["custom"]
    if planhat == "Note":
        if custom:
            raise ConfigError(
                f'{where}.planhat: "Note" is not offered in a custom section; use "Conversation" (rule P4)'
            )
        if salesforce not in {"Note", "ContentNote"}:
            raise ConfigError(
                f"{where}.salesforce: the built-in Note section syncs with Note or ContentNote "
                f'only, not {salesforce}; use a section with "Conversation" (rules P4, P5)'
            )
        if salesforce == "ContentNote" and row["direction"] != Direction.OFF.value:
            raise ConfigError(
                f'{where}: ContentNote is not supported yet; set "Not Syncing", or use a "Conversation" section'
            )
    elif planhat == TASK:
        if salesforce != TASK or custom:
            raise ConfigError(f"{where}: the Task section is built in and meets Task only (rule P3)")
    elif planhat != CONVERSATION:
        raise ConfigError(
            f'{where}.planhat: "{planhat}" is not a model this sync knows; use Task, Conversation or Note'
        )
    elif custom is False:
        raise ConfigError(f"{where}.custom: a Conversation section is a custom one (rule P3)")


def _of_any_object(profile: Profile, title: str) -> Mapping[str, Any]:
    """What a section has whose sObject the profile does not name: fields and rules of its model (T37), or nothing."""
    if not profile.raw["partner"].get("any_object"):
        return {}
    return next((one for key, one in profile.raw["sections"].items() if key.startswith(f"{title}:")), {})


def _section(row: Mapping[str, Any], *, where: str, profile: Profile, default: Policy) -> Section:
    title = row[profile.name]
    if profile.name == PLANHAT:
        _refuse_wrong_pair(row, where)
    model = profile.raw["partner"].get("titles", {}).get(title, title)
    known = profile.raw["sections"].get(f"{title}:{row['salesforce']}", _of_any_object(profile, title))
    if model not in profile.models:
        offered = ", ".join(profile.models)
        raise ConfigError(f'{where}.{profile.name}: "{title}" is not a model this sync knows; use one of {offered}')
    by_target: dict[str, FieldMap] = {}
    twice = [name for name, count in Counter(one["salesforce"] for one in row["fields_"]).items() if count > 1]
    if twice:
        raise ConfigError(
            f"{where}.fields: {twice[0]} has more than one row; keep one, the others would not be carried"
        )
    for given in [*known.get("fields", []), *row["fields_"]]:
        mapped = _field_map(given, profile)
        by_target[mapped.salesforce] = mapped
    direction = Direction(row["direction"])
    if direction is not Direction.OFF and not by_target:
        raise ConfigError(f"{where}.fields: there is no default mapping for {row['salesforce']}; list the fields")
    names = [mapped.name for mapped in by_target.values()]
    if len(set(names)) != len(names):
        raise ConfigError(f"{where}.fields: two fields share one name; give each its own")
    return Section(
        model=model,
        salesforce=row["salesforce"],
        direction=direction,
        fields=tuple(by_target.values()),
        title=title,
        conflict=_policy(row["conflict"], profile) if row["conflict"] else default,
        custom=model in profile.continues,
        backfill=known.get("backfill", False) if row["backfill"] is None else row["backfill"],
        types_excluded=frozenset(row["types_excluded"]),
        parent_field=known.get("parent_field", "companyId"),
        company_field=row["company_field"] or known.get("company_field", "AccountId"),
        on_create=known.get("on_create", {}) if row["on_create"] is None else row["on_create"],
        on_create_partner=known.get("on_create_partner", {}),
        stamp_field=known.get("stamp_field", ""),
        external_id_field=row["external_id_field"],
        rules=_rules({**known.get("rules", {}), **row["rules"]}, where),
    )


def _rules(given: Mapping[str, Any], where: str) -> Rules:
    sets = {name: frozenset(given[name]) for name in ("required", "required_any") if name in given}
    try:
        filter_in = where_body(given.get("filter_in"))
    except ConfigError as error:
        raise ConfigError(f"{where}.rules.filter_in: {error}") from None
    return Rules(**{**given, **sets, "filter_in": filter_in})


def _field_map(given: Mapping[str, Any], profile: Profile) -> FieldMap:
    return FieldMap(
        name=given.get("name") or given["salesforce"],
        partner=given.get(profile.name, ""),
        salesforce=given["salesforce"],
        lens=given.get("lens", "same"),
        direction=Direction(given.get("direction", Direction.BOTH.value)),
        conflict=_policy(given["conflict"], profile) if given.get("conflict") else None,
        constant=given.get("constant"),
        max_length=given.get("max_length"),
        write_in=Write(given.get("write_in", Write.ALWAYS.value)),
        write_out=Write(given.get("write_out", Write.ALWAYS.value)),
        options=given.get("options", {}),
    )

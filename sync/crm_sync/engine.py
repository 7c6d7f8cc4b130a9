"""What one run works with: the sections as this org allows them, and the directories.

A directory (users, companies) is fetched at most once per run and only when a record needs it, so
that a run in which nothing changed does not ask for them.
Rules P2, P26, P27 and the mapping check against the describe (F39, F69).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from crm_sync.clock import Clock
from crm_sync.config import Config, Profile
from crm_sync.known import SfObject
from crm_sync.lens import TEXTS
from crm_sync.mapping import Context, key_of
from crm_sync.model import SALESFORCE, Direction, FieldMap, Record, Section, named_value
from crm_sync.record_ids import AmbiguousId, NotAnId, canonical
from crm_sync.report import Report
from crm_sync.scope import Everybody, Scope
from crm_sync.sides.partner import Partner
from crm_sync.sides.salesforce import Salesforce
from crm_sync.state import State

ACCOUNT_PREFIX = "001"


@dataclass
class Engine:
    """Everything a step of the run may use."""

    config: Config
    state: State
    salesforce: Salesforce
    partner: Partner
    clock: Clock
    report: Report
    inheritance_on: bool = False
    scope: Scope = field(default_factory=Everybody)
    sections: tuple[Section, ...] = field(init=False)
    selected: dict[str, list[str]] = field(init=False, default_factory=dict)  # object -> what is read of it

    def __post_init__(self) -> None:
        self.sections = tuple(self._usable(section) for section in self.config.enabled())

    def only(self, keys: Collection[str]) -> Engine:
        """The same with some of its sections; with all of them where none is named."""
        part = copy(self)
        part.sections = tuple(one for one in self.sections if not keys or one.key in keys)
        part.selected = {}
        return part

    # -- sections -----------------------------------------------------------------------------------

    def condition(self, sf_object: str) -> str:
        """What a record of an object must meet to be received (T14), as SOQL; "" where nothing is asked of it."""
        filters = [s.rules.filter_in for s in self.sections if s.salesforce == sf_object and s.direction.receives]
        return f"({' OR '.join(f'({one})' for one in filters)})" if filters and all(filters) else ""

    def section_of(self, model: str, sf_object: str) -> Section | None:
        """The enabled section of a partner's model and an object."""
        wanted = (model, sf_object)
        return next((s for s in self.sections if (s.model, s.salesforce) == wanted), None)

    def section_as_mapped(self, model: str, sf_object: str) -> Section:
        """The section of a model and an object, as this org allows it, whether it is enabled or not."""
        found = self.section_of(model, sf_object)
        if found is not None:
            return found
        return next(
            self._usable(one) for one in self.config.sections if (one.model, one.salesforce) == (model, sf_object)
        )

    def of_model(self, model: str) -> list[Section]:
        return [section for section in self.sections if section.model == model]

    @property
    def profile(self) -> Profile:
        return self.config.profile

    @property
    def models(self) -> tuple[str, ...]:
        """The partner's models, earlier ones first."""
        return self.config.profile.models

    @property
    def apart_seconds(self) -> float:
        return abs(self.salesforce.transport.skew - self.partner.transport.skew).total_seconds()

    def keyable(self, model: str) -> str:
        return self.partner.keyable(model)

    def sends_unkeyed(self, model: str, sf_object: str, record: Record) -> bool:
        """Would this record be sent, without a place for the id of what is made of it: no field, or a key in it?"""
        section = self.section_of(model, sf_object)
        keyable = self.keyable(model)
        unkeyed = not keyable or bool(str(record.get(keyable) or "").strip())
        return unkeyed and section is not None and section.direction.sends

    def may_exclude(self, section: Section) -> bool:
        """Is there a value with which a record of this section takes no part?"""
        return bool(self._types(section) or section.rules.exclude)

    def _types(self, section: Section) -> Mapping[str, Any] | None:
        types: Mapping[str, Any] = self.profile.raw["partner"].get("types", {})
        return types.get(section.model)

    def excluded(self, section: Section, record: Record) -> str:
        """Why a partner's record takes no part; "" when it does (rules P6, T42)."""
        types = self._types(section)
        if types is not None:
            kind = record.get(types["field"]) or types["default"]
            if kind in types["never"]:
                return f'{section.model}s of type "{kind}" never take part'
            if kind in section.types_excluded:
                return f'type "{kind}" is excluded'
        return named_value(record, section.rules.exclude)

    def sobject(self, name: str) -> SfObject:
        return self.salesforce.describe(name)

    def select(self, name: str) -> list[str]:
        """Fields to read of one object, as far as the org has them."""
        if name not in self.selected:
            self.selected[name] = self._select(name)
        return list(self.selected[name])

    def _select(self, name: str) -> list[str]:
        profile = self.profile.raw["salesforce"]
        read = list(profile.get(name, profile["other"])["read"])
        for section in self.sections:
            if section.salesforce == name:
                read += [mapped.salesforce for mapped in section.fields]
                read += [section.company_field, section.external_id_field, *section.rules.exclude_salesforce]
                read += [str(mapped.options["reads"]) for mapped in section.fields if "reads" in mapped.options]
        read.append(self.config.salesforce.external_id_field)
        sobject = self.sobject(name)
        return [f for n, f in enumerate(read) if sobject.field(f) is not None and f not in read[:n]]

    def _usable(self, section: Section) -> Section:
        """The section without fields this org does not have; what nobody may write there is received at most."""
        sobject = self.sobject(section.salesforce)
        kept: list[FieldMap] = []
        barred: list[FieldMap] = []
        for one in section.fields:
            mapped, known = one, sobject.field(one.salesforce)
            if known is None and section.flow(mapped) is Direction.OFF:
                continue  # nobody asked for it
            if known is None:
                self.report.note(
                    f"{section.key}: {mapped.name} is not synced, {sobject.name} has no field "
                    f"{mapped.salesforce} for this user"
                )
                barred += [mapped] * section.flow(mapped).sends
                continue
            if section.flow(mapped).sends and not (known.createable or known.updateable):
                self.report.note(
                    f"{section.key}: {mapped.name} is not sent, {sobject.name}.{mapped.salesforce} is read-only"
                )
                barred += [mapped] * (not known.calculated)
                if not section.flow(mapped).receives:
                    continue
                mapped = replace(mapped, direction=Direction.RECEIVE)
            if mapped.lens in TEXTS and known.length:
                limit = min(mapped.max_length or known.length, known.length)
                kept.append(replace(mapped, max_length=limit))
            else:
                kept.append(mapped)
        return replace(section, fields=tuple(kept), barred=tuple(barred))

    def may_write(self, field_name: str) -> bool:
        """May this user change a field, such as "Task.Subject", of an object that takes part?"""
        sobject, _, name = field_name.partition(".")
        known = self.sobject(sobject).field(name) if any(s.salesforce == sobject for s in self.sections) else None
        return known is not None and known.updateable

    # -- keys ---------------------------------------------------------------------------------------

    def keys(self, record: Record, section: Section) -> dict[str, Any]:
        """The comparable value of each mapped field of one record, by Salesforce field name."""
        return {m.salesforce: key_of(record, m, self.context) for m in section.fields}

    def all_keys(self, record: Record, sections: Sequence[Section]) -> dict[str, Any]:
        """The comparable values of one record's fields in all of *sections*."""
        return self.sf_keys(record, list(sections)) if record.place == SALESFORCE else self.keys(record, sections[0])

    def sf_keys(self, record: Record, sections: list[Section]) -> dict[str, Any]:
        keys: dict[str, Any] = {}
        for section in sections:
            keys |= {k: v for k, v in self.keys(record, section).items() if k not in keys}
        return keys

    def key_prefix(self, sf_object: str) -> str | None:
        return self.sobject(sf_object).key_prefix

    # -- the lenses' context ---------------------------------------------------------------------------

    @cached_property
    def context(self) -> Context:
        closed = self.profile.raw.get("status", {}).get("closed", {})
        return Context(
            maps=self.config.maps,
            options=self.config.options,
            closed_at_partner=frozenset(closed.get(self.profile.name, ())),
            closed_means=closed.get("salesforce_closed_means", ""),
            owner_at_partner=self._owner_at_partner,
            owner_in_salesforce=self._owner_in_salesforce,
            contact_in_salesforce=self._contact_in_salesforce,
        )

    def _owner_at_partner(self, sf_id: str) -> str | None:
        return self._owners[0].get(sf_id)

    def _owner_in_salesforce(self, partner_id: str) -> str | None:
        return self._owners[1].get(partner_id)

    _contacts: dict[str, str | None] = field(default_factory=dict)

    def _contact_in_salesforce(self, mail: str) -> str | None:
        """The contact with that e-mail address; None for nobody and for several (T32)."""
        if mail not in self._contacts:
            found = self.salesforce.contacts_with(mail)
            self._contacts[mail] = found[0] if len(found) == 1 else None
        return self._contacts[mail]

    @cached_property
    def _owners(self) -> tuple[dict[str, str], dict[str, str]]:
        """(Salesforce user -> partner's user, the other way round), by e-mail, then as configured."""
        if self.profile.raw["partner"].get("people") == "email":
            return self._owners_by_mail()
        by_mail = {user.email.casefold(): user.id for user in self.partner.users() if user.email}
        to_partner: dict[str, str] = {}
        for user in self.salesforce.users():
            mail = str(user.get("Email") or "").casefold()
            if mail in by_mail:
                to_partner[user["Id"]] = by_mail[mail]
        for sf_id, partner_id in self.config.options.owners.items():
            to_partner[canonical(sf_id, prefix="005")] = partner_id
        to_salesforce: dict[str, str] = {}
        for sf_id, partner_id in sorted(to_partner.items()):
            to_salesforce.setdefault(partner_id, sf_id)
        return to_partner, to_salesforce

    def _owners_by_mail(self) -> tuple[dict[str, str], dict[str, str]]:
        """The same for a partner that names people by e-mail; an address of several users names none (T32)."""
        to_partner = {user["Id"]: str(user["Email"]) for user in self.salesforce.users() if user.get("Email")}
        for sf_id, mail in self.config.options.owners.items():
            to_partner[canonical(sf_id, prefix="005")] = mail
        holders: dict[str, list[str]] = {}
        for sf_id, mail in to_partner.items():
            holders.setdefault(mail.casefold(), []).append(sf_id)
        return to_partner, {mail: ids[0] for mail, ids in holders.items() if len(ids) == 1}

    # -- parents: companies, accounts (rules P27, T11) ---------------------------------------------------

    @cached_property
    def _parents(self) -> tuple[dict[str, str], dict[str, str]]:
        """(account id -> parent id, parent id -> account id); a shared account id names none."""
        by_account: dict[str, str] = {}
        twice: set[str] = set()
        for parent in self.partner.parents():
            account = self._parent_id(parent.sf_id)
            if account is None:
                continue
            if account in by_account:
                twice.add(account)
            by_account[account] = parent.id
        for account in twice:
            self.report.note(
                f"two {self.profile.raw['partner']['parents']} carry the Salesforce id {account}; keep one"
            )
            del by_account[account]
        return by_account, {parent: account for account, parent in by_account.items()}

    def parent_of(self, record: Record, section: Section) -> str | None:
        """The partner's parent of a Salesforce record, through its account; None: no match."""
        account = self.account_of(record, section)
        return self._parents[0].get(account) if account else None

    def account_of_parent(self, parent_id: Any) -> str | None:
        return self._parents[1].get(str(parent_id)) if parent_id else None

    def account_of(self, record: Record, section: Section) -> str | None:
        """AccountId, else the account behind What, else the one behind Who. Where parents are people: who it is."""
        if "parent_prefixes" in self.profile.raw["partner"]:
            return self._parent_id(record.get(section.company_field))
        for name in (section.company_field, "AccountId", "WhatId", "WhoId"):
            found = self._account_behind(record.get(name))
            if found:
                return found
        return None

    def _parent_id(self, text: Any) -> str | None:
        """The Salesforce id of a parent, 18 characters; None for a text that is none (rules P27, M26)."""
        prefixes: list[str] = self.profile.raw["partner"].get("parent_prefixes", [ACCOUNT_PREFIX])
        return next((found for prefix in prefixes if (found := parent_id(text, prefix)) is not None), None)

    _accounts_behind: dict[str, str | None] = field(default_factory=dict)

    def _account_behind(self, record_id: Any) -> str | None:
        if not record_id:
            return None
        text = str(record_id)
        if text.startswith("001"):
            return text
        name = {"003": "Contact", "006": "Opportunity", "500": "Case"}.get(text[:3])
        if name is None:
            return None
        if text not in self._accounts_behind:
            found = self.salesforce.accounts_of(name, [text])
            self._accounts_behind[text] = found.get(text)
        return self._accounts_behind[text]


def external_id_field(engine: Engine, model: str, sf_object: str) -> str:
    """Where the records of a section carry our key: the section's own field, else the one for all; "" for nowhere."""
    section = engine.section_of(model, sf_object)
    own = section.external_id_field if section is not None else ""
    return own or engine.config.salesforce.external_id_field


def parent_id(text: Any, prefix: str = ACCOUNT_PREFIX) -> str | None:
    """A Company's sourceId as an 18-character account id; None when it is none."""
    if not isinstance(text, str) or not text.strip():
        return None
    try:
        return canonical(text, prefix=prefix)
    except (NotAnId, AmbiguousId):
        return None

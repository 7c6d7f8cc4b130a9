"""What one run works with: the sections as this org allows them, and the directories.

A directory (users, companies) is fetched at most once per run and only when a record needs it, so
that a run in which nothing changed does not ask for them.
Rules P2, P26, P27 and the mapping check against the describe (F39, F69).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from crm_sync.clock import Clock
from crm_sync.config import Config
from crm_sync.known import SfObject
from crm_sync.mapping import Context, lens
from crm_sync.model import SALESFORCE, TYPES_NEVER, FieldMap, Record, Section, planhat_model
from crm_sync.record_ids import AmbiguousId, NotAnId, canonical
from crm_sync.report import Report
from crm_sync.sides.planhat import Planhat
from crm_sync.sides.salesforce import Salesforce
from crm_sync.state import State


@dataclass
class Engine:
    """Everything a step of the run may use."""

    config: Config
    state: State
    salesforce: Salesforce
    planhat: Planhat
    clock: Clock
    report: Report
    inheritance_on: bool = False
    sections: tuple[Section, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.sections = tuple(self._usable(section) for section in self.config.enabled())

    # -- sections -----------------------------------------------------------------------------------

    def section_of(self, model: str, sf_object: str) -> Section | None:
        """The enabled section of a Planhat model and an object."""
        wanted = (model, sf_object)
        return next((s for s in self.sections if (planhat_model(s), s.salesforce) == wanted), None)

    def of_model(self, model: str) -> list[Section]:
        return [section for section in self.sections if planhat_model(section) == model]

    def excluded(self, section: Section, conversation: Record) -> str:
        """Why a Conversation of this type takes no part; "" when it does (rule P6)."""
        kind = conversation.get("type") or "note"
        if kind in TYPES_NEVER:
            return f'Conversations of type "{kind}" never take part'
        if kind in section.types_excluded:
            return f'type "{kind}" is excluded'
        return ""

    def sobject(self, name: str) -> SfObject:
        return self.salesforce.describe(name)

    def select(self, name: str) -> list[str]:
        """Fields to read of one object, as far as the org has them."""
        profile = self.config.profile["salesforce"]
        read = list(profile.get(name, profile["other"])["read"])
        for section in self.sections:
            if section.salesforce == name:
                read += [mapped.salesforce for mapped in section.fields]
        read.append(self.config.salesforce.external_id_field)
        known = self.sobject(name).fields
        return [f for n, f in enumerate(read) if f in known and f not in read[:n]]

    def _usable(self, section: Section) -> Section:
        """The section without fields this org does not have or nobody may write."""
        sobject = self.sobject(section.salesforce)
        kept: list[FieldMap] = []
        for mapped in section.fields:
            known = sobject.fields.get(mapped.salesforce)
            if known is None:
                self.report.note(
                    f"{section.key}: {mapped.name} is not synced, {sobject.name} has no field "
                    f"{mapped.salesforce} for this user"
                )
            elif section.flow(mapped).sends and not (known.createable or known.updateable):
                self.report.note(
                    f"{section.key}: {mapped.name} is not sent, {sobject.name}.{mapped.salesforce} is read-only"
                )
            elif mapped.lens in {"text", "html"} and known.length:
                limit = min(mapped.max_length or known.length, known.length)
                kept.append(replace(mapped, max_length=limit))
            else:
                kept.append(mapped)
        return replace(section, fields=tuple(kept))

    # -- keys ---------------------------------------------------------------------------------------

    def keys(self, record: Record, section: Section) -> dict[str, Any]:
        """The comparable value of each mapped field of one record, by Salesforce field name."""
        values = record.values
        if record.place == SALESFORCE:
            return {m.salesforce: lens(m).key_sf(m, values, self.context) for m in section.fields}
        return {m.salesforce: lens(m).key_ph(m, values, self.context) for m in section.fields}

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
        status = self.config.profile["status"]["closed"]
        return Context(
            status=self.config.status,
            type=self.config.type,
            options=self.config.options,
            closed_in_planhat=frozenset(status["planhat"]),
            closed_means=status["salesforce_closed_means"],
            owner_in_planhat=self._owner_in_planhat,
            owner_in_salesforce=self._owner_in_salesforce,
        )

    def _owner_in_planhat(self, sf_id: str) -> str | None:
        return self._owners[0].get(sf_id)

    def _owner_in_salesforce(self, ph_id: str) -> str | None:
        return self._owners[1].get(ph_id)

    @cached_property
    def _owners(self) -> tuple[dict[str, str], dict[str, str]]:
        """(Salesforce user -> Planhat user, the other way round), by e-mail, then as configured."""
        by_mail = {str(user["email"]).casefold(): user["_id"] for user in self.planhat.users() if user.get("email")}
        to_planhat: dict[str, str] = {}
        for user in self.salesforce.users():
            mail = str(user.get("Email") or "").casefold()
            if mail in by_mail:
                to_planhat[user["Id"]] = by_mail[mail]
        for sf_id, ph_id in self.config.options.owners.items():
            to_planhat[canonical(sf_id, prefix="005")] = ph_id
        to_salesforce: dict[str, str] = {}
        for sf_id, ph_id in sorted(to_planhat.items()):
            to_salesforce.setdefault(ph_id, sf_id)
        return to_planhat, to_salesforce

    # -- companies (rule P27) --------------------------------------------------------------------------

    @cached_property
    def _companies(self) -> tuple[dict[str, str], dict[str, str]]:
        """(account id -> company id, company id -> account id); a shared account id names none."""
        by_account: dict[str, str] = {}
        twice: set[str] = set()
        for company in self.planhat.companies():
            account = account_id(company.get("sourceId"))
            if account is None:
                continue
            if account in by_account:
                twice.add(account)
            by_account[account] = company["_id"]
        for account in twice:
            self.report.note(f"two companies carry the Salesforce id {account}; keep one")
            del by_account[account]
        return by_account, {company: account for account, company in by_account.items()}

    def company_of(self, record: Record, section: Section) -> str | None:
        """The Planhat company of a Salesforce record, through its account; None: no match."""
        account = self.account_of(record, section)
        return self._companies[0].get(account) if account else None

    def account_of_company(self, company_id: Any) -> str | None:
        return self._companies[1].get(str(company_id)) if company_id else None

    def account_of(self, record: Record, section: Section) -> str | None:
        """AccountId, else the account behind What, else the one behind Who."""
        for name in (section.company_field, "AccountId", "WhatId", "WhoId"):
            found = self._account_behind(record.get(name))
            if found:
                return found
        return None

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


def account_id(text: Any) -> str | None:
    """A Company's sourceId as an 18-character account id; None when it is none."""
    if not isinstance(text, str) or not text.strip():
        return None
    try:
        return canonical(text, prefix="001")
    except (NotAnId, AmbiguousId):
        return None


def base_of(link_base: Mapping[str, Mapping[str, Any]], replica: str) -> Mapping[str, Any]:
    return link_base.get(replica, {})

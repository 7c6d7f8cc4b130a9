"""Small syncs of pairs that prove the judge: some wrong in one way each, and one that is right.

`Honest` reads both sides whole in every job, compares with what was last agreed and keeps its memory in a file: it is
slow, knows little of crashes, and must pass. They share no code with the reference sync and are no example.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import requests

from crm_contracts.world.fields import Row, plain
from crm_contracts.world.pairs.fields import (
    NO_SUBJECT,
    UNSAID,
    Field,
    Known,
    born_with,
    render,
    shared,
    touch_subject,
)
from crm_contracts.world.pairs.model import Record, stamp_of
from crm_contracts.world.pairs.ops import IN, OUT, PARTNER, SALESFORCE, WAYS
from crm_contracts.world.pairs.settings import (
    CAMPAIGN_TOUCH,
    REMINDER,
    SOBJECTS,
    TASK,
    TOUCHPOINT,
    PairSettings,
    Policy,
)
from crm_contracts.world.pairs.under_test import PairConnection
from crm_contracts.world.pairs.users import MarketoUser, PartnerUser, PeopleInSalesforce, TotangoUser

__all__ = ["AbsenceDeletes", "BlindCreator", "CopyEverything", "Honest", "Idle", "TrustsModifier"]


class Idle:
    """Does nothing at all."""

    def __init__(self, connection: PairConnection, settings: PairSettings) -> None:
        self.connection = connection
        self.settings = settings
        self.salesforce = PeopleInSalesforce(connection.salesforce, connection.session)
        users: dict[str, type[PartnerUser]] = {"totango": TotangoUser, "marketo": MarketoUser}
        self.partner = users[connection.profile](connection.partner, connection.session)

    def save(self, settings: PairSettings) -> None:
        self.settings = settings

    def run(self, ways: Sequence[str], sections: Sequence[str]) -> Any:
        del ways, sections

    def close(self) -> None:
        """Nothing is open."""

    def ask(self, path: str) -> Any:
        """GET *path* of the partner."""
        return self.partner._call("GET", path)  # noqa: SLF001 - a toy is a user, too

    def tell(self, method: str, path: str, body: Any = None) -> Any:
        return self.partner._call(method, path, body)  # noqa: SLF001

    def put(self, section: str, key: str, fields: Mapping[str, Any], *, new: bool = False) -> str:
        """Write a partner's record; its id. *new*: it is to be made, with *key* as its Salesforce id."""
        if section == REMINDER:
            if new:
                return self.partner.create(REMINDER, {**fields, "sf_task_id": key})
            self.partner.edit(REMINDER, key, fields)
            return key
        kind = TotangoUser.kinds[section]
        create = "?create_new=true" if new else ""
        answer = self.tell("PUT", f"/_standin/totango/records/{kind}/{key}{create}", dict(fields))
        return str(answer["record"]["id"])


class CopyEverything(Idle):
    """Every round: Salesforce over the partner, and back for what has no key, whatever the direction."""

    def run(self, ways: Sequence[str], sections: Sequence[str]) -> Any:
        del ways
        known = Known({record_id: email for email, record_id in self.salesforce.user_ids().items()})
        for section in sections or self.settings.sections:
            if section == CAMPAIGN_TOUCH:
                continue
            partners = self.partner.rows(section)
            by_key = {
                pointer_of(section, row).lower(): key for key, row in partners.items() if pointer_of(section, row)
            }
            for sf_id, row in self.salesforce.rows(SOBJECTS[section]).items():
                fields: dict[str, Any] = {}
                for one in born_with(section):
                    fields |= translated(PARTNER, one, row, known)
                if sf_id.lower() in by_key:
                    self.put(section, by_key[sf_id.lower()], fields)
                else:
                    account = (
                        {} if section == REMINDER else {"account_id": row["AccountId"], **authors(section, row, known)}
                    )
                    self.put(section, sf_id, fields | account, new=True)


MAPPED = "Status IN ('Not Started', 'Completed')"  # rules M3, M4


class Honest(Idle):
    """Three-way by field or record against a memory on disk; every rule that a small history can touch."""

    def __init__(self, connection: PairConnection, settings: PairSettings) -> None:
        super().__init__(connection, settings)
        self._file = connection.state / "memory.json"
        self._memory: dict[str, Any] = json.loads(self._file.read_text()) if self._file.exists() else {}
        self._now = connection.clock.now()

    def save(self, settings: PairSettings) -> None:
        super().save(settings)
        self._look_around()
        for section in settings.sections:
            here, there = self.salesforce.rows(SOBJECTS[section]), self.partner.rows(section)
            for sf_id, link in self._links(section).items():
                if sf_id in here and link["partner"] in there:  # what stands there now is agreed
                    link["base"] = self._bases(section, here[sf_id], there[link["partner"]])
        self._remember()

    def photograph(self) -> bytes:
        return self._file.read_bytes() if self._file.exists() else b"{}"

    def restore(self, photograph: bytes, settings: PairSettings) -> None:
        self._file.write_bytes(photograph)
        self._memory = json.loads(photograph)
        self.settings = settings

    def essence(self) -> str:
        return self.photograph().decode()

    def _remember(self) -> None:
        self.connection.committing("before")
        self._file.write_text(json.dumps(self._memory))
        self.connection.committing("after")

    def run(self, ways: Sequence[str], sections: Sequence[str]) -> Any:
        if not self.settings.enabled:
            return
        self._look_around()
        if self.connection.profile == "marketo":
            self._page = self.ask("/_standin/sia/settings")
            self._me = self.ask("/_standin/sia/me")["user"]
        for way in ways:
            for section in sections or self.settings.sections:
                if self.settings.policy(section).opens(way):
                    self._job(section, way)
        self._remember()

    def _look_around(self) -> None:
        self.salesforce.log_out()  # every run is a process of its own
        self._now = self.connection.clock.now()
        self._emails = {record_id: email for email, record_id in self.salesforce.user_ids().items()}
        self._known = Known(self._emails, self.settings.template)

    def _links(self, section: str) -> dict[str, Any]:
        links: dict[str, Any] = self._memory.setdefault(section, {})
        return links

    def _dead(self) -> list[str]:
        dead: list[str] = self._memory.setdefault("dead", [])
        return dead

    def _job(self, section: str, way: str) -> None:
        policy = self.settings.policy(section)
        here, there = self.salesforce.rows(SOBJECTS[section]), self.partner.rows(section)
        links = self._links(section)
        self._adopt(section, here, there)
        if policy.deletes(way):
            self._delete(section, way, here, there)
        skips = section == REMINDER and self.settings.unmapped_status == "skip_record"
        condition = (MAPPED if skips else policy.in_filter) if way == IN else ""
        passing = self.salesforce.passing(SOBJECTS[section], condition) if condition else None
        for sf_id, link in links.items():
            row, partner = here.get(sf_id), there.get(link["partner"])
            if row is None or partner is None or section == CAMPAIGN_TOUCH:
                continue
            if (passing is None or sf_id in passing) and self._may_cross(section, way, row, partner):
                self._merge(section, way, link, row, partner)
        if not policy.creates(way):
            return
        taken = {link["partner"] for link in links.values()}
        if way == IN:
            for sf_id, row in here.items():
                if sf_id not in links and sf_id not in self._dead() and (passing is None or sf_id in passing):
                    self._receive(section, sf_id, row)
        else:
            for key, row in there.items():
                if key not in taken and f"{section}:{key}" not in self._dead():
                    self._send(section, key, row, here)

    def _adopt(self, section: str, here: Mapping[str, Row], there: Mapping[str, Row]) -> None:
        """Records that carry each other's key belong together, whoever remembers it."""
        links = self._links(section)
        folded = {sf_id.lower(): sf_id for sf_id in here}
        for key, row in there.items():
            sf_id = folded.get(pointer_of(section, row).lower())
            if sf_id and sf_id not in links and sf_id not in self._dead():
                links[sf_id] = {"partner": key, "base": self._bases(section, here[sf_id], row)}

    def _bases(self, section: str, row: Row, partner: Row) -> dict[str, Any]:
        fields = shared(section, self.settings)
        return {
            one.name: [one.read(SALESFORCE, row, self._known), one.read(PARTNER, partner, self._known)]
            for one in fields
        }

    # -- deletions, on positive evidence ----------------------------------------------------------

    def _delete(self, section: str, way: str, here: Mapping[str, Row], there: Mapping[str, Row]) -> None:
        links, policy = self._links(section), self.settings.policy(section)
        gone = self._gone_here(section) if way == IN else self._gone_there(section)
        for sf_id, link in list(links.items()):
            name, row = (sf_id, there.get(link["partner"])) if way == IN else (link["partner"], here.get(sf_id))
            at = gone.get(name)
            if at is None or (way == IN and sf_id in here) or (way == OUT and link["partner"] in there):
                continue
            side = PARTNER if way == IN else SALESFORCE
            edited = row is not None and stamp(side, section, row) > at
            spared = policy.delete_vs_update == "last_write_wins" and edited
            if row is not None and not spared and not self._expired(section, way, at):
                if way == IN:
                    self.partner.delete(section, link["partner"])
                else:
                    self.salesforce.remove(SOBJECTS[section], sf_id)
            del links[sf_id]
            self._dead().extend((sf_id, f"{section}:{link['partner']}"))

    def _expired(self, section: str, way: str, at: datetime) -> bool:
        days = self.settings.policy(section).out_updated_days
        if section == REMINDER and way == IN:
            enabled = stamp_of(self._page["enabled_at"])
            return at < enabled - timedelta(days=self.settings.catch_up_days)
        return way == OUT and days is not None and at < self._now - timedelta(days=days)

    def _gone_here(self, section: str) -> dict[str, datetime]:
        start = quote((self._now - timedelta(days=29)).isoformat(timespec="seconds"))
        end = quote((self._now + timedelta(minutes=1)).isoformat(timespec="seconds"))
        path = f"/sobjects/{SOBJECTS[section]}/deleted/?start={start}&end={end}"
        answer = self.salesforce._call("GET", path).json()  # noqa: SLF001 - a toy is a user, too
        return {one["id"]: stamp_of(one["deletedDate"]) for one in answer["deletedRecords"]}

    def _gone_there(self, section: str) -> dict[str, datetime]:
        if section == REMINDER:
            rows = self.ask("/_standin/sia/reminders?include_deleted=true&limit=500")["items"]
            return {str(row["id"]): stamp_of(row["deleted_at"]) for row in rows if row["deleted_at"]}
        found = self.ask(f"/_standin/totango/deletions?kind={TotangoUser.kinds[section]}")["deletions"]
        return {str(one["id"]): stamp_of(one["deleted_at"]) for one in found}

    # -- values -----------------------------------------------------------------------------------

    def _may_cross(self, section: str, way: str, row: Row, partner: Row) -> bool:
        if way == IN:
            title, text = plain(row["Subject"]), plain(row["Description"])
            return section == REMINDER or bool(title or (text and section != TASK))
        return self._in_window(section, partner) and not partner.get("disable_sync")

    def _in_window(self, section: str, partner: Row) -> bool:
        days = self.settings.policy(section).out_updated_days
        return days is None or stamp(PARTNER, section, partner) >= self._now - timedelta(days=days)

    def _merge(self, section: str, way: str, link: dict[str, Any], row: Row, partner: Row) -> None:
        policy, base = self.settings.policy(section), link["base"]
        agreed: dict[str, Any] = {}  # once it is written, and not before
        now = self._bases(section, row, partner)
        fields = {one.name: one for one in shared(section, self.settings)}
        by_record = [[n for n in fields if not fields[n].out_only], [n for n in fields if fields[n].out_only]]
        outgoing: dict[str, Any] = {}
        for names in [[n] for n in fields] if policy.grain == "field" else by_record:
            changed = [any(now[n][side] not in (base.get(n, now[n])[side], UNSAID) for n in names) for side in (0, 1)]
            source = self._winner(policy, changed, section, row, partner)
            if names and fields[names[0]].out_only:
                source = 1 if changed[1] else None
            if all(now[n][0] == now[n][1] for n in names):
                agreed |= {n: now[n] for n in names}
            elif source is not None and WAYS[source] == way:
                for n in names:
                    # A record that wins writes nothing that it did not change over what its side cannot hear (M5).
                    kept = section == REMINDER and now[n][1 - source] == UNSAID
                    if kept and now[n][source] == base.get(n, now[n])[source]:
                        agreed[n] = now[n]
                    elif now[n][source] not in (now[n][1 - source], UNSAID):
                        target, given = (PARTNER, row) if source == 0 else (SALESFORCE, partner)
                        outgoing |= translated(target, fields[n], given, self._known)
                        agreed[n] = [now[n][source]] * 2
                    else:
                        agreed[n] = now[n]
        if outgoing and way == IN:
            self.put(section, link["partner"], outgoing)
        elif outgoing:
            self.salesforce.change(SOBJECTS[section], row["Id"], outgoing)
        base |= agreed

    def _winner(self, policy: Policy, changed: list[bool], section: str, row: Row, partner: Row) -> int | None:
        if not any(changed):
            return None
        if not all(changed) or policy.direction != "both":
            return changed.index(True) if policy.direction == "both" else WAYS.index(policy.direction)
        if policy.conflict != "newest":
            return ("salesforce", "partner").index(policy.conflict)
        left, right = stamp(SALESFORCE, section, row), stamp(PARTNER, section, partner)
        if left == right:
            return ("salesforce", "partner").index(policy.tie)
        return 0 if left > right else 1

    # -- creation ---------------------------------------------------------------------------------

    def _receive(self, section: str, sf_id: str, row: Row) -> None:
        if section == REMINDER:
            recent = stamp_of(row["LastModifiedDate"]) >= stamp_of(self._page["enabled_at"]) - timedelta(hours=24)
            everything = self.settings.initial_import == "all_open" and row["Status"] != "Completed"
            if row["OwnerId"] != self._me["sf_user_id"] or self._is_mine(row) or not (recent or everything):
                return
        elif (
            self._is_mine(row)
            or not self._may_cross(section, IN, row, {})
            or not self._account(row["AccountId"])
            or self._is_touch(row)
        ):
            return
        fields: dict[str, Any] = {}
        for one in born_with(section):
            if one.read(SALESFORCE, row, self._known) != UNSAID:
                fields |= translated(PARTNER, one, row, self._known)
        if section != REMINDER:
            fields |= {"account_id": row["AccountId"], **authors(section, row, self._known)}
        if section == TOUCHPOINT and self.settings.participants and row["WhoId"]:
            fields["participants"] = [mail for contact, mail in self._contacts() if contact == row["WhoId"]]
        key = self.put(section, sf_id, fields, new=True)
        self._links(section)[sf_id] = {
            "partner": key,
            "base": self._bases(section, row, self.partner.read(section, key)),
        }

    def _contacts(self) -> list[tuple[str, str]]:
        answer = self.salesforce._call("GET", "/query?q=SELECT+Id,Email+FROM+Contact")  # noqa: SLF001 - a toy is a user, too
        return [(row["Id"], row["Email"]) for row in answer.json()["records"]]

    def _who(self, participants: Sequence[str]) -> str | None:
        """The first whose address is that of one contact alone (T32)."""
        contacts = self._contacts()
        for mail in participants:
            found = [contact for contact, other in contacts if other == mail]
            if len(found) == 1:
                return found[0]
        return None

    def _is_mine(self, row: Row) -> bool:
        """Whether the sync made *row*: it goes to whom it was made for, not in as a new one."""
        return self._emails.get(str(row["CreatedById"])) == self.connection.salesforce.credentials["username"]

    def _is_touch(self, row: Row) -> bool:
        return SOBJECTS[CAMPAIGN_TOUCH] == "Event" and row["Id"] in self._links(CAMPAIGN_TOUCH)

    def _account(self, account_id: str | None) -> bool:
        answer = self.partner._session.get(  # noqa: SLF001
            f"{self.connection.partner.base_url}/api/v2/accounts/{account_id}/",
            headers=self.partner._headers(),  # noqa: SLF001
        )
        return answer.status_code == 200

    def _send(self, section: str, key: str, partner: Row, here: Mapping[str, Row]) -> None:
        if section == REMINDER:
            if stamp_of(partner["created_at"]) <= stamp_of(self._page["enabled_at"]) or partner["sf_task_id"]:
                return
        elif not self._may_cross(section, OUT, {}, partner) or len(str(partner["account_id"])) != 18:
            return
        fields: dict[str, Any] = {}
        for one in born_with(section):
            if one.read(PARTNER, partner, self._known) != UNSAID:
                fields |= translated(SALESFORCE, one, partner, self._known)
        if section == REMINDER:
            fields |= {"OwnerId": self._me["sf_user_id"]}
        else:
            fields["WhatId"] = partner["account_id"]
        if SOBJECTS[section] == "Event":
            owner = next((one for one, email in self._emails.items() if email == partner["created_by"]), None)
            fields |= {"IsAllDayEvent": True} | ({"OwnerId": owner} if owner else {})
        if section == TOUCHPOINT and self.settings.participants:
            fields["WhoId"] = self._who(partner["participants"])
        sf_id = self._find_twin(fields, here) or self._make(SOBJECTS[section], fields)
        row = self.salesforce.one(SOBJECTS[section], sf_id)
        if section == REMINDER:
            self.put(section, key, {"sf_task_id": sf_id})
        elif section != CAMPAIGN_TOUCH:
            self.put(section, key, {"external_id": sf_id})
        self._links(section)[sf_id] = {"partner": key, "base": self._bases(section, row, partner)}

    def _make(self, sobject: str, fields: Mapping[str, Any]) -> str:
        return self.salesforce.create(fields, sobject)

    def _find_twin(self, fields: Mapping[str, Any], here: Mapping[str, Row]) -> str | None:
        """A record of an earlier attempt whose answer was lost: made by the sync, same words, nobody's yet."""
        mine = next(
            one for one, email in self._emails.items() if email == self.connection.salesforce.credentials["username"]
        )
        taken = {sf_id for one in self.settings.sections for sf_id in self._links(one)}
        for sf_id, row in here.items():
            same = all(plain(row[name]) == plain(fields.get(name)) for name in ("Subject", "Description"))
            if same and row["CreatedById"] == mine and sf_id not in taken and sf_id not in self._dead():
                return sf_id
        return None


class BlindCreator(Honest):
    """Creates again when the answer to a creation was lost, without looking whether it had happened."""

    def _make(self, sobject: str, fields: Mapping[str, Any]) -> str:
        try:
            return super()._make(sobject, fields)
        except requests.ConnectionError:
            return super()._make(sobject, fields)

    def _find_twin(self, *_who_cares: object) -> None:
        return None


class AbsenceDeletes(Honest):
    """Deletes in the partner what it does not find in Salesforce any more, or what the filter hides."""

    def _job(self, section: str, way: str) -> None:
        super()._job(section, way)
        condition = self.settings.policy(section).in_filter or "IsDeleted = false"
        seen = self.salesforce.passing(SOBJECTS[section], condition)
        for sf_id, link in list(self._links(section).items()):
            if sf_id not in seen:
                self.partner.delete(section, link["partner"])
                del self._links(section)[sf_id]


class TrustsModifier(Honest):
    """Takes the side that was modified later for the one that changed, its own writes too, and writes it over."""

    def _winner(self, policy: Policy, changed: list[bool], section: str, row: Row, partner: Row) -> int | None:
        del changed
        return super()._winner(policy, [True, True], section, row, partner)

    def _merge(self, section: str, way: str, link: dict[str, Any], row: Row, partner: Row) -> None:
        source = self._winner(self.settings.policy(section), [True, True], section, row, partner)
        if source is None or WAYS[source] != way:
            return
        target, given = (PARTNER, row) if source == 0 else (SALESFORCE, partner)
        fields: dict[str, Any] = {}
        for one in shared(section, self.settings):
            if not (one.out_only and target == PARTNER) and one.read(WAYS_SIDE[way], given, self._known) != UNSAID:
                fields |= translated(target, one, given, self._known)
        if way == IN:
            self.put(section, link["partner"], fields)
        else:
            self.salesforce.change(SOBJECTS[section], row["Id"], fields)


WAYS_SIDE = {IN: SALESFORCE, OUT: PARTNER}
_WORDS: dict[tuple[str, str], dict[str, Any]] = {
    (SALESFORCE, "state"): {"open": "Not Started", "closed": "Completed", "complete": "Completed"},
    (SALESFORCE, "priority"): {"1": "High", "2": "Normal", "3": "Low", "normal": "Normal", "high": "High"},
}


def pointer_of(section: str, row: Row) -> str:
    return Record(PARTNER, section, "", row, by_user=False).pointer


def stamp(side: str, section: str, row: Row) -> datetime:
    return Record(side, section, "", row, by_user=False).stamp


def authors(section: str, row: Row, known: Known) -> dict[str, Any]:
    """Whoever made a Salesforce record, as Totango keeps it."""
    email = known.emails[row["CreatedById"]]
    if section != TASK:
        return {"created_by": email}
    return {"assigner": email, "created_at": int(stamp_of(row["CreatedDate"]).timestamp() * 1000)}


def translated(target: str, one: Field, row: Row, known: Known) -> dict[str, Any]:
    """One field of *row*, a record of the other side, as *target* would have it."""
    side = PARTNER if target == SALESFORCE else SALESFORCE
    read = one.read(side, row, known)
    raw = row.get(one.name_on(side))
    name = one.name_on(target)
    if one.out_only:
        if "users_count" in row:
            return {name: touch_subject(row)}
        return {name: render(known.template, row)} if target == SALESFORCE else {name: raw or NO_SUBJECT}
    if (target, one.name) in _WORDS:
        return {name: _WORDS[target, one.name][str(read)]}
    if one.name == "owner":
        owner = next((key for key, email in known.emails.items() if email == read), None)
        return {name: owner if target == SALESFORCE else read}
    if name == "touchpoint_date" and read:
        return {name: int(datetime.fromisoformat(read).replace(tzinfo=UTC).timestamp() * 1000)}
    if one.name in ("text", "title"):
        return {name: raw or ("" if target == PARTNER else None)}
    return {name: int(str(read)) if name == "priority" and str(read).isdigit() else read}

"""`understudy capsule from-csv`: exports of both sides as what was there, and what is wrong in them already.

Rule 1: a row is a record that was there: what follows is what follows for a recording that only reads.
Rule 2: columns are found by the names that Data Loader, Salesforce reports and the partners' exports give them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from crm_contracts.capsules.intake.blacking import Secrets
from crm_contracts.capsules.intake.book import Book
from crm_contracts.capsules.intake.build import Built, built
from crm_contracts.capsules.intake.csv_files import Table, read_csv
from crm_contracts.capsules.intake.exchange import RecordedExchange, Tally
from crm_contracts.capsules.intake.facts import Company, Reading, Seen, keyed
from crm_contracts.capsules.intake.from_har import Intake
from crm_contracts.capsules.intake.infer import Told
from crm_contracts.capsules.intake.vocabulary import MODELS, same
from crm_contracts.world import ops
from crm_contracts.world.fields import plain, text_of_html
from crm_contracts.world.pairs import ops as pair_ops
from fake_core.clock import DEFAULT_MOMENT
from fake_core.errors import MisuseError

__all__ = ["from_csv", "suffix"]

_KINDS = {"00t": "Task", "00u": "Event"}  # by the key prefix of their ids
_ID = re.compile(r"^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$")
_SCIENTIFIC = re.compile(r"^\d+[.,]\d+E\+?\d+$", re.IGNORECASE)
# The name of a field: the headings it has, in small letters and without blanks and signs.
_TASK = {
    "Id": ("id", "taskid", "activityid", "eventid"),
    "Subject": ("subject",),
    "Description": ("description", "comments", "fullcomments"),
    "ActivityDate": ("activitydate", "duedate", "date", "duedateonly"),
    "Status": ("status",),
    "Priority": ("priority",),
    "CallDisposition": ("calldisposition", "callresult"),
    "WhatId": ("whatid", "relatedtoid", "opportunityaccountid"),
    "AccountId": ("accountid", "companyaccountid"),
    "AccountName": ("accountname", "companyaccount", "account", "account.name"),
    "LastModifiedDate": ("lastmodifieddate",),
    "CreatedDate": ("createddate",),
    "IsClosed": ("isclosed", "closed"),
    "IsDeleted": ("isdeleted",),
}
_ACCOUNT = {"Id": ("id", "accountid"), "Name": ("name", "accountname")}
_PARTNER: Mapping[tuple[str, str], Mapping[str, Sequence[str]]] = {
    ("planhat", "task"): {
        "_id": ("id", "planhatid", "taskid"),
        "action": ("action", "title", "task", "name"),
        "description": ("description",),
        "startTime": ("starttime", "start", "startdate", "duedate"),
        "status": ("status",),
        "sourceId": ("sourceid", "salesforceid"),
        "companyId": ("companyid",),
        "companyName": ("companyname", "company"),
        "companySourceId": ("companysourceid",),
        "companyExternalId": ("companyexternalid",),
    },
    ("planhat", "conversation"): {
        "_id": ("id", "planhatid", "conversationid"),
        "subject": ("subject",),
        "description": ("description", "body", "content"),
        "type": ("type", "activitytype"),
        "externalId": ("externalid", "salesforceid"),
        "taskId": ("taskid",),
        "companyId": ("companyid",),
        "companyName": ("companyname", "company"),
        "companySourceId": ("companysourceid",),
    },
    ("totango", "task"): {
        "id": ("id", "taskid"),
        "title": ("title",),
        "description": ("description",),
        "due_date": ("duedate",),
        "status": ("status",),
        "priority": ("priority",),
        "account_id": ("accountid",),
        "companyName": ("accountname", "account"),
        "external_id": ("externalid", "salesforceid"),
    },
    ("totango", "touchpoint"): {
        "id": ("id", "touchpointid"),
        "subject": ("subject",),
        "content": ("content", "body"),
        "account_id": ("accountid",),
        "companyName": ("accountname", "account"),
        "external_id": ("externalid", "salesforceid"),
    },
    ("marketo", "reminder"): {
        "id": ("id", "reminderid"),
        "name": ("name", "title"),
        "details": ("details", "description"),
        "due_date": ("duedate",),
        "status": ("status",),
        "priority": ("priority",),
        "sf_task_id": ("sftaskid", "salesforceid", "salesforcetaskid"),
    },
}
_TELLING = {
    ("planhat", "task"): "action", ("planhat", "conversation"): "subject", ("totango", "task"): "title",
    ("totango", "touchpoint"): "subject", ("marketo", "reminder"): "name",
}  # fmt: skip


def from_csv(
    salesforce: Path, partners: Sequence[Path], *, accounts: Path | None = None, profile: str = "planhat"
) -> Intake:
    """The capsule of exports. Raises MisuseError: file, row, what is wrong."""
    made = _Exports(profile)
    if accounts is not None:
        made.accounts(read_csv(accounts))
    made.activities(read_csv(salesforce))
    for path in partners:
        made.partners(read_csv(path))
    return made.intake([*([accounts] if accounts else []), salesforce, *partners])


class _Exports:
    def __init__(self, profile: str) -> None:
        self.profile = profile
        self.tally = Tally()
        self.questions: list[str] = []
        self.exchanges: list[RecordedExchange] = []
        self.companies: dict[str, dict[str, Company]] = {"salesforce": {}, profile: {}}
        self.book = Book(MODELS[profile], ask=self.questions.append, begins=DEFAULT_MOMENT, sync_ids=set(), ahead={})

    # -- files --------------------------------------------------------------------------------

    def accounts(self, table: Table) -> None:
        columns = self._columns(table, _ACCOUNT, ("Id",))
        for number, row in table.rows:
            given = self._row(table, number, row, columns)
            record_id = self._id(table, number, given["Id"], "Id")
            self.companies["salesforce"][record_id[:15]] = Company("salesforce", record_id, given.get("Name", ""))
            self.tally.used["accounts"] += 1

    def activities(self, table: Table) -> None:
        """Tasks and Events of Salesforce, told apart by their ids."""
        columns = self._columns(table, _TASK, ("Id",))
        keys = {name: name for name in (cell.lower() for cell in table.heading) if name.endswith("__c")}
        for number, row in table.rows:
            given = self._row(table, number, row, columns)
            record_id = self._id(table, number, given["Id"], "Id")
            kind = ("salesforce", _KINDS.get(record_id[:3].lower(), ""))
            if self.book.model(kind) is None:
                self.tally.ignored["records of no synced kind"] += 1
                continue
            account = next((given[name] for name in ("AccountId", "WhatId") if given.get(name, "")[:3] == "001"), "")
            name = given.pop("AccountName", "")
            if account and name:
                self.companies["salesforce"].setdefault(account[:15], Company("salesforce", account, name))
            elif name and not account:
                account = self._by_name(name)
            fields = {**given, "AccountId": account, **{key: row[key] for key in keys if row.get(key)}}
            self._seen(table, number, kind, record_id, {**fields, "ActivityDate": _day(fields.get("ActivityDate", ""))})

    def partners(self, table: Table) -> None:
        kind = self._kind(table)
        names = _PARTNER[kind]
        key = next(iter(names))
        columns = self._columns(table, names, (key,))
        for number, row in table.rows:
            given = self._row(table, number, row, columns)
            if not given[key]:
                raise MisuseError(f"{table.path}, row {number}: no {key}")
            theirs = _KINDS.get(given[key][:3].lower()) if _ID.match(given[key]) else None
            if theirs:
                raise MisuseError(
                    f"{table.path}, row {number}: {key} {given[key]} is the id of a Salesforce {theirs}: "
                    f"is this an export of {self.profile.title()}?"
                )
            company, source = given.pop("companyName", ""), given.pop("companySourceId", "")
            parent = given.get("companyId") or given.get("account_id") or ""
            if not parent and company:
                parent = given["companyId" if kind[0] == "planhat" else "account_id"] = f"named {company}"
            if parent:
                account = source or self._account_of(parent, company)
                self.companies[self.profile].setdefault(parent, Company(self.profile, parent, company, account))
            for name in ("sourceId", "externalId", "external_id", "sf_task_id"):
                if given.get(name):
                    self._looks_mangled(table, number, given[name], name)
            self._seen(table, number, kind, given[key], given)

    def _kind(self, table: Table) -> tuple[str, str]:
        """What kind of records a partner's file has, by its heading."""
        there = {_plain(cell) for cell in table.heading}
        for kind, column in _TELLING.items():
            if kind[0] == self.profile and there & set(_PARTNER[kind][column]):
                if column == "action" and "subject" in there:
                    continue
                return kind
        wanted = " or ".join(column for kind, column in _TELLING.items() if kind[0] == self.profile)
        raise MisuseError(f"{table.path}, row 1: no column {wanted}: is this an export of {self.profile.title()}?")

    # -- rows ---------------------------------------------------------------------------------

    def _columns(self, table: Table, names: Mapping[str, Sequence[str]], needed: Sequence[str]) -> dict[str, str]:
        """Field -> heading in small letters."""
        found: dict[str, str] = {}
        by_plain: dict[str, str] = {}
        for cell in table.heading:
            by_plain.setdefault(_plain(cell), cell.lower())
        for name, headings in names.items():
            heading = next((by_plain[one] for one in (_plain(name), *headings) if one in by_plain), None)
            if heading is not None and heading not in found.values():
                found[name] = heading
        for name in needed:
            if name not in found:
                raise MisuseError(
                    f"{table.path}, row 1: no column {name}: add it to the export (found: {', '.join(table.heading)})"
                )
        if table.twice:
            self.questions.append(
                f"{table.name}: the column {table.twice[0]} stands there twice; the first is read. Right?"
            )
        if table.skipped:
            self.tally.ignored["rows below the table"] += table.skipped
        return found

    @staticmethod
    def _row(table: Table, number: int, row: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, str]:
        del table, number
        return {name: row.get(heading, "").strip() for name, heading in columns.items()}

    def _id(self, table: Table, number: int, value: str, column: str) -> str:
        """A Salesforce id. Raises MisuseError for what is none."""
        if _SCIENTIFIC.match(value):
            raise MisuseError(
                f"{table.path}, row {number}: {column} {value}: a spreadsheet made a number of it: export again"
            )
        if not _ID.match(value):
            raise MisuseError(
                f"{table.path}, row {number}: {column} {value!r} is no Salesforce id (15 or 18 letters and digits)"
            )
        self._looks_mangled(table, number, value, column)
        return value

    def _looks_mangled(self, table: Table, number: int, value: str, column: str) -> None:
        if self.profile == "totango" and column == "external_id":
            return  # Totango keeps them in small letters
        changed = len(value) == 18 and _ID.match(value) and suffix(value[:15]) != value[15:]
        lower = len(value) == 15 and value == value.lower() and any(one.isalpha() for one in value[3:])
        if changed or (lower and not value[:3].islower()):
            self.questions.append(
                f"{table.name}, row {number}: the letters of {column} do not fit its last three characters. Did a "
                "spreadsheet change them?"
            )

    def _seen(self, table: Table, number: int, kind: tuple[str, str], record_id: str, row: Mapping[str, Any]) -> None:
        one = RecordedExchange(
            number=number,
            at=DEFAULT_MOMENT,
            vendor=kind[0],
            method="GET",
            path="",
            source=f"{table.name}, row",
            timed=False,
        )
        known = keyed(kind, record_id) in self.book.records
        if known:
            self.tally.ignored["twice in the files"] += 1
            self.questions.append(f"{one.where}: this id stands there twice; the first is read. Which one is right?")
            return
        index = len(self.exchanges)
        self.exchanges.append(one)
        fields = {name: None if value == "" else value for name, value in row.items()}
        closed = str(fields.get("IsClosed", "")).lower()
        if closed in ("true", "1", "false", "0"):
            fields["IsClosed"] = closed in ("true", "1")
        if str(fields.get("IsDeleted", "")).lower() in ("true", "1"):
            self.tally.ignored["deleted records"] += 1
            return
        for stamp in ("CreatedDate", "LastModifiedDate", "createdAt", "updatedAt"):
            fields.pop(stamp, None)
        self.book.seen(one, index, Seen(kind, record_id, fields))
        self.tally.used["records"] += 1

    def _by_name(self, name: str) -> str:
        found = [one.id for one in self.companies["salesforce"].values() if one.name == name]
        return found[0] if len(found) == 1 else ""

    def _account_of(self, parent: str, name: str) -> str:
        if parent[:15] in self.companies["salesforce"]:
            return parent
        return self._by_name(name) if name else ""

    # -- the capsule --------------------------------------------------------------------------

    def intake(self, paths: Sequence[Path]) -> Intake:
        names = ", ".join(path.name for path in paths)
        if not self.exchanges:
            raise MisuseError(f"{names}: no activity in these files")
        readings = [Reading("read", "") for _ in self.exchanges]
        told = Told(
            self.profile,
            self.exchanges,
            readings,
            [],
            self.book,
            {},
            self.companies,
            all_listed=True,
            questions=self.questions,
        )
        made = built(told, title=f"From exports of Salesforce and {self.profile.title()}", source=f"exports {names}")
        sync = pair_ops.Sync() if self.profile != "planhat" else ops.Sync()
        questions = [*made.capsule.questions, *self._differences(made)]
        capsule = replace(made.capsule, ops=(*made.capsule.ops, sync), questions=tuple(questions), clock=DEFAULT_MOMENT)
        return Intake(Secrets().cleaned(capsule), self.tally)

    def _differences(self, made: Built) -> list[str]:
        """Where linked records do not say the same, as far as their fields are the same in form."""
        found = []
        for activity in made.activities:
            left = [one for one in activity.records if one.side == "salesforce"]
            right = [one for one in activity.records if one.side != "salesforce"]
            for one in right[:1] if left else []:
                names = [pair for pair in _SAME.get(one.model.kind, ()) if not _alike(left[0].row, one.row, pair)]
                if names:
                    said = ", ".join(f"{ours} / {theirs}" for ours, theirs in names)
                    found.append(
                        f"{activity.handle}: {left[0].where} and {one.where} are linked and differ in {said}. "
                        "Which is right? Say so under `expect`."
                    )
        return found


_SAME: Mapping[tuple[str, str], Sequence[tuple[str, str]]] = {
    ("planhat", "task"): (("Subject", "action"), ("Description", "description"), ("ActivityDate", "startTime")),
    ("planhat", "conversation"): (("Subject", "subject"), ("Description", "description")),
    ("totango", "task"): (("Subject", "title"), ("Description", "description"), ("ActivityDate", "due_date")),
    ("totango", "touchpoint"): (("Subject", "subject"), ("Description", "content")),
    ("marketo", "reminder"): (("Subject", "name"), ("Description", "details"), ("ActivityDate", "due_date")),
}


def _alike(left: Mapping[str, Any], right: Mapping[str, Any], pair: tuple[str, str]) -> bool:
    ours, theirs = pair
    if ours not in left or theirs not in right:
        return True
    if ours == "Description":
        return plain(left[ours]) == text_of_html(right[theirs])
    return same(theirs, left[ours], right[theirs])


def suffix(short: str) -> str:
    """The three characters that make 15 of a Salesforce id 18: which of its letters are capitals."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    return "".join(
        letters[sum(1 << place for place, one in enumerate(short[start : start + 5]) if one.isupper())]
        for start in (0, 5, 10)
    )


def _plain(heading: str) -> str:
    return re.sub(r"[^a-z0-9.]", "", heading.lower())


def _day(value: str) -> str:
    """A date as Salesforce's API writes it; a form that can be read two ways stays as it is and is asked about."""
    text = value.strip()
    if re.match(r"^\d{4}-\d\d-\d\d", text):
        return text[:10]
    found = re.match(r"^(\d{1,2})\.(\d{1,2})\.(\d{4})$", text)
    return f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}" if found else text

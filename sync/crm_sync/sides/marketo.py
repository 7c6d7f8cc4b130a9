"""Reminders of Marketo Sales Insight Actions, over the stand-in API that this project gives them: none is public.

Rule 1: nothing here decides; it reads, writes and says what became of each record.
Rule 2: a side is one user's connection (M24): it sees the reminders assigned to them, and those they made.
Rule 3: the link is `sf_task_id`, 18 characters, and nothing else ties a reminder to a Salesforce task (M23).
Rule 4: beside a reminder's own keys a record says what the user's template makes of it and who its assignee is in
Salesforce: both follow from what the API shows elsewhere, asked for once (M12, M24).
Rule 5: a reminder that cannot be seen is not one that was deleted: only its tombstone says that (F25, F26).
Source: contracts/crm_contracts/openapi/marketo.yaml, every operation a stand-in; rules M1, M23-M27.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote

import requests

from crm_sync.clock import Clock
from crm_sync.errors import AccessRefused, RecordRefused, UnknownOutcome
from crm_sync.lens import moment_text, parse_moment
from crm_sync.marketo import activity_detail
from crm_sync.marketo.lenses import DETAIL, FOLLOWS, OWNER
from crm_sync.model import SALESFORCE, Record
from crm_sync.record_ids import NotAnId, canonical
from crm_sync.sides.partner import Gone, Parent, Person, Upserted
from crm_sync.transport import Transport, Verdict

MARKETO = "marketo"
REMINDER = "Reminder"
KEY = "sf_task_id"
ROOT = "/_standin/sia"
_NUMBERS = ("person", "assignee")  # ids: texts to the sync, numbers here
PAGE_ROWS = 500  # the stand-in's largest page


class Login(Protocol):
    """Where and as whom: a user's token speaks for that user alone."""

    @property
    def base_url(self) -> str: ...
    @property
    def token(self) -> str: ...


@dataclass(frozen=True)
class TaskSync:
    """The user's settings. *on* is the box "sync tasks"; *enabled_at* the latest time it was ticked (M15),
    *template* the activity detail template (M12).
    """

    on: bool
    enabled_at: datetime | None
    template: str


@dataclass(frozen=True)
class User:
    """A user of the team. *sf_user_id* is who they are in Salesforce, "" for nobody; *id* the number as text."""

    id: str
    email: str
    sf_user_id: str


class Marketo:
    """One user's connection; see the module's docstring."""

    name = MARKETO

    def __init__(self, login: Login, *, session: requests.Session, clock: Clock, attempts_max: int = 5) -> None:
        self.transport = Transport(
            service=MARKETO, session=session, clock=clock, attempts_max=attempts_max, judge=_judge
        )
        self._base = login.base_url.rstrip("/") + ROOT
        self._headers = {"Authorization": f"Bearer {login.token}"}
        self._settings: TaskSync | None = None
        self._steps: Mapping[int, Mapping[str, Any]] | None = None
        self._team: Mapping[str, str] | None = None
        self._told: set[tuple[Any, ...]] | None = None
        self._gone: set[str] | None = None

    # -- what a partner is asked ---------------------------------------------------------------------

    def keyable(self, model: str) -> str:
        """The link (M23)."""
        _known(model)
        return KEY

    def parts(self, model: str) -> Sequence[str]:
        _known(model)
        return ("",)

    def changed_since(self, model: str, since: datetime | None, *, part: str = "") -> Iterator[Record]:
        """Reminders that are not deleted, newest first. The list itself is oldest first: an edit made while it is
        read moves a reminder to the end, so that it comes twice and is never missed; its later row is kept.
        """
        assert part == "", part
        _known(model)
        latest = {row["id"]: row for row in self._list("/reminders", **_since(since))}
        for row in sorted(latest.values(), key=lambda row: (row["updated_at"], row["id"]), reverse=True):
            yield self._record(row)

    def deleted_since(self, model: str, since: datetime | None) -> Sequence[Gone]:
        """Tombstones: reminders that somebody deleted at *since* or later."""
        _known(model)
        return [
            Gone(str(row["id"]), deleted, row[KEY] or "")
            for row in self._list("/reminders", include_deleted="true", **_since(since))
            if (deleted := parse_moment(row["deleted_at"])) is not None
        ]

    def get(self, model: str, record_id: str) -> Record | None:
        """One reminder; None when it was deleted. Raises RecordRefused when it only cannot be seen."""
        _known(model)
        response = self._send("GET", f"/reminders/{quote(record_id, safe='')}")
        if response.status_code == 404:
            self._must_be_deleted(record_id)
            return None
        return self._record(_told(response))

    def by_salesforce_id(self, model: str, sf_id: str) -> Record | None:
        """The live reminder of a Salesforce task; of several the oldest, so that every run takes the same one."""
        _known(model)
        rows = list(self._list("/reminders", **{KEY: sf_id}))
        return self._record(min(rows, key=lambda row: int(row["id"]))) if rows else None

    def upsert(self, model: str, items: Sequence[Mapping[str, Any]]) -> Upserted:
        """Make a reminder for each Salesforce task, or change the one it has.

        The stand-in knows no upsert. A creation without an answer is looked for by its link before it is sent again.
        """
        _known(model)
        keys = [item[KEY] for item in items]
        assert all(keys), "a blank key would match anything blank (F06)"
        assert len(set(keys)) == len(keys), "a key twice in one request (F04)"
        done: set[str] = set()
        refused: dict[str, RecordRefused] = {}
        for item in items:
            try:
                if self._upsert_one(item):
                    done.add(item[KEY])
            except RecordRefused as error:
                refused[item[KEY]] = error
            except UnknownOutcome:
                continue  # in neither: whoever asked reads it back
        return Upserted(frozenset(done), refused)

    def update(self, model: str, record_id: str, fields: Mapping[str, Any]) -> Record | None:
        """Merge *fields*; None when the reminder was deleted. Raises RecordRefused."""
        _known(model)
        response = self._send("PATCH", f"/reminders/{quote(record_id, safe='')}", write=True, json=dict(fields))
        if response.status_code == 404:
            self._must_be_deleted(record_id)
            return None
        return self._record(_told(response))

    def update_many(self, model: str, changes: Mapping[str, Mapping[str, Any]]) -> Collection[str]:  # noqa: ARG002
        return ()

    def delete(self, model: str, record_id: str) -> bool:
        """Leave a tombstone; False when there was one already. Raises RecordRefused."""
        _known(model)
        response = self._send("DELETE", f"/reminders/{quote(record_id, safe='')}", write=True)
        if response.status_code == 404:
            self._must_be_deleted(record_id)
            return False
        _told(response)
        return True

    def parents(self) -> Sequence[Parent]:
        """People: the stored id of the contact, or of the lead of whom has no contact (M26). Never by e-mail."""
        return [
            Parent(str(row["id"]), row["sf_contact_id"] or row["sf_lead_id"] or "") for row in self._list("/people")
        ]

    def users(self) -> Sequence[Person]:
        return [Person(user.id, user.email) for user in self.team()]

    # -- what only this partner has --------------------------------------------------------------------

    def me(self) -> User:
        """Whose connection this is."""
        return _user(_told(self._send("GET", "/me"))["user"])

    def team(self) -> list[User]:
        """Every user, with their Salesforce user: the owner of a task follows its assignee (M24)."""
        return [_user(row) for row in self._list("/users")]

    def settings(self) -> TaskSync:
        """The user's settings as they are now."""
        row = _told(self._send("GET", "/settings"))
        self._settings = TaskSync(
            on=row["task_sync"] == "on",
            enabled_at=parse_moment(row["enabled_at"]),
            template=row["activity_detail_template"],
        )
        return self._settings

    def campaign_steps(self) -> dict[int, Mapping[str, Any]]:
        """What a template can say of a sales campaign, by the step's id."""
        return {row["id"]: row for row in self._list("/campaign-steps")}

    def logged(self, since: datetime | None = None) -> frozenset[str]:
        """Ids of the Salesforce tasks that the integration logged (e-mails, calls): no reminders (M25)."""
        return frozenset(_id18(row["sf_task_id"]) for row in self._list("/logged-activities", **_since(since)))

    def log(self, sf_task_id: str) -> None:
        """Put a Salesforce task on that list."""
        _told(self._send("PUT", f"/logged-activities/{quote(sf_task_id, safe='')}", write=True))

    def acknowledged(self) -> set[tuple[str, str]]:
        """(place, id) of the records whose every failure a person has seen to."""
        found: dict[str, set[tuple[str, str]]] = {}
        for flag in ("true", "false"):
            rows = list(self._list("/diagnostics", acknowledged=flag))
            found[flag] = {(MARKETO, str(row["reminder"])) for row in rows if row["reminder"] is not None}
            found[flag] |= {(SALESFORCE, row[KEY]) for row in rows if row[KEY]}
        return found["true"] - found["false"]

    def diagnose(
        self, operation: str, code: str, message: str, *, reminder: str | None = None, sf_task_id: str | None = None
    ) -> bool:
        """Put a failure on the diagnostics page (M27); False when it stands there and nobody has seen to it.

        Not sent again after an unknown outcome: a failure that lasts is told by the next run.
        """
        number = None if reminder is None else int(reminder)
        failure = (operation, code, number, sf_task_id)
        if self._told is None:
            rows = self._list("/diagnostics", acknowledged="false")
            self._told = {(row["operation"], row["code"], row["reminder"], row[KEY]) for row in rows}
        if failure in self._told:
            return False
        body = {"operation": operation, "code": code, "message": message, "reminder": number, KEY: sf_task_id}
        try:
            _told(self._send("POST", "/diagnostics", write=True, repeatable=False, json=body))
        except UnknownOutcome:
            return False
        self._told.add(failure)
        return True

    # -- small things ----------------------------------------------------------------------------------

    def _upsert_one(self, item: Mapping[str, Any]) -> bool:
        """True: certainly stored; False: it was deleted while we looked."""
        item = {**item, **{name: int(item[name]) for name in _NUMBERS if isinstance(item.get(name), str)}}
        fields = {name: value for name, value in item.items() if name != KEY}
        for doubt in (False, True):
            known = self.by_salesforce_id(REMINDER, item[KEY])
            if known is not None:
                return doubt or not fields or self.update(REMINDER, known.id, fields) is not None
            try:
                _told(self._send("POST", "/reminders", write=True, repeatable=False, json=dict(item)))
            except UnknownOutcome:
                if doubt:
                    raise
            else:
                return True
        raise AssertionError("unreachable")

    def _record(self, row: Mapping[str, Any]) -> Record:
        stamp = parse_moment(row["updated_at"])
        assert stamp is not None, "every reminder has updated_at"
        template = (self._settings or self.settings()).template
        told = {
            DETAIL: activity_detail.render(template, activity_detail.values_of(row, self._step(row["campaign_step"]))),
            FOLLOWS: activity_detail.follows_name(template),
            OWNER: self._sf_user(str(row["assignee"])),
        }
        return Record(
            place=MARKETO, model=REMINDER, id=str(row["id"]), values={**row, **told}, changed_at=stamp, edited_at=stamp
        )

    def _step(self, step_id: int | None) -> Mapping[str, Any] | None:
        if step_id is None:
            return None
        if self._steps is None or step_id not in self._steps:
            self._steps = self.campaign_steps()
        return self._steps.get(step_id)

    def _sf_user(self, user_id: str) -> str:
        if self._team is None or user_id not in self._team:
            self._team = {user.id: user.sf_user_id for user in self.team()}
        return self._team.get(user_id, "")

    def _must_be_deleted(self, record_id: str) -> None:
        """Nothing when there is a tombstone; RecordRefused when the reminder is merely out of sight."""
        if self._gone is None or record_id not in self._gone:
            self._gone = {gone.record_id for gone in self.deleted_since(REMINDER, None)}
        if record_id not in self._gone:
            raise RecordRefused(
                f"reminder {record_id} can no longer be seen by this user, and nobody deleted it; was it assigned to "
                "somebody else?",
                code="NOT_VISIBLE",
            )

    def _send(
        self, method: str, path: str, *, write: bool = False, repeatable: bool = True, **body: Any
    ) -> requests.Response:
        response = self.transport.send(
            method, self._base + path, repeatable=repeatable, write=write, headers=self._headers, **body
        )
        if response.status_code == 401:
            raise AccessRefused("Sales Insight Actions refuses the token; check marketo.token")
        return response

    def _list(self, path: str, **parameters: str) -> Iterator[dict[str, Any]]:
        """Every row of a list, page by page."""
        query = {**parameters, "limit": str(PAGE_ROWS)}
        while True:
            page = _told(self._send("GET", path, params=query))
            yield from page["items"]
            if page["next"] is None:
                return
            query["cursor"] = page["next"]


def _known(model: str) -> None:
    assert model == REMINDER, f"Sales Insight Actions has no {model}"


def _since(since: datetime | None) -> dict[str, str]:
    return {} if since is None else {"changed_since": moment_text(since)}


def _told(response: requests.Response) -> Any:
    """What an answer says; RecordRefused for a refusal."""
    if response.status_code < 300:
        return response.json()
    try:
        body = response.json()
        code, message = str(body["error"]), str(body["message"])
    except (ValueError, KeyError, TypeError):
        code, message = f"HTTP {response.status_code}", " ".join(response.text.split())[:200]
    raise RecordRefused(f"{code}: {message}", code=code, transient=response.status_code >= 500)


def _user(row: Mapping[str, Any]) -> User:
    return User(str(row["id"]), row["email"], row["sf_user_id"] or "")


def _id18(text: str) -> str:
    """The canonical form; a text that is no id stays as it is and matches nothing."""
    try:
        return canonical(text)
    except NotAnId:
        return text


def _judge(response: requests.Response) -> Verdict:
    if response.status_code in {429, 503}:
        return Verdict.NOT_NOW
    return Verdict.UNCLEAR if response.status_code >= 500 else Verdict.DONE

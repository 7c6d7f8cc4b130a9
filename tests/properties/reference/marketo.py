"""The reference model of the Marketo stand-in: plain dictionaries, the same calls, the same answers.

Written from the rules M1 to M27, the OpenAPI document and the named choices in `switches.toml`, never from the fake's
code. Ids are learnt from the fake's answer, moments come from the frozen clock. A refusal is its status and its name:
its words are nobody's fact.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.properties.reference.both import Answer, Call
from tests.properties.reference.marketo_values import CATEGORIES, INTERMITTENT, TAKES, Refused, render

Row = dict[str, Any]
SIA = "/_standin/sia"
PAGE = 100


@dataclass
class Kept:
    """What a snapshot holds and a reset puts back."""

    switches: dict[str, Any]
    users: dict[int, Row]
    people: dict[int, Row]
    steps: dict[int, Row]
    settings: dict[int, Row] = field(default_factory=dict)
    reminders: dict[int, Row] = field(default_factory=dict)
    diagnostics: dict[int, Row] = field(default_factory=dict)
    logged: dict[int, Row] = field(default_factory=dict)


class Reference:
    """One tenant; `answer` is the API."""

    def __init__(self, kept: Kept, at: datetime) -> None:
        self._made = kept
        self.kept = deepcopy(kept)
        self.at = at

    # --- the control plane ---

    def reset(self) -> None:
        self.kept = deepcopy(self._made)

    def snapshot(self) -> Kept:
        return deepcopy(self.kept)

    def restore(self, taken: Kept) -> None:
        self.kept = deepcopy(taken)

    # --- the API ---

    def answer(self, call: Call, seen: Answer) -> Answer:
        """What the API answers; the id in *seen* is one that it invented."""
        caller = next((one for one in self.kept.users.values() if one["token"] == call.token), None)
        if caller is None:
            return Answer(401, "UNAUTHORIZED")
        kind, *rest = call.path.removeprefix(SIA).strip("/").split("/")
        try:
            answer: Answer = getattr(self, "_" + kind.replace("-", "_"))(call, caller, rest, seen)
        except Refused as refused:
            return Answer(refused.status, refused.name)
        return answer

    @property
    def now(self) -> str:
        return self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{self.at.microsecond // 1000:03d}Z"

    def _reminders(self, call: Call, caller: Row, rest: list[str], seen: Answer) -> Answer:
        if not rest and call.method == "GET":
            return Answer(200, self._list(call, self._seen_by(caller), "updated_at"))
        if not rest:
            return Answer(201, self._create(call.body, caller, seen))
        row = self.kept.reminders.get(int(rest[0]) if rest[0].isdecimal() else 0)
        if row is None or row["deleted_at"] or not self._sees(caller, row):
            raise Refused(404, "NOT_FOUND")
        if rest[1:] == ["activity-detail"]:
            return Answer(200, self._detail(self._settings_of(row["assignee"]), self._fields(row)))
        if rest[1:] == ["complete"]:
            return Answer(200, self._change(row, {"status": "complete"}))
        if call.method == "DELETE":
            row["deleted_at"] = row["updated_at"] = self.now
        elif call.method == "PATCH":
            self._check(call.body, caller, row)
            self._change(row, call.body)
        return Answer(200, dict(row))

    def _sees(self, caller: Row, row: Row) -> bool:
        creates = self.kept.switches["creator_sees"] and row["creator"] == caller["id"]
        return bool(creates or row["assignee"] == caller["id"])

    def _seen_by(self, caller: Row) -> list[Row]:
        return [row for row in self.kept.reminders.values() if self._sees(caller, row)]

    def _create(self, body: Any, caller: Row, seen: Answer) -> Row:
        if "name" not in body:
            raise Refused(400, "MISSING_KEY")
        blank: Row = {
            "type": self.kept.switches["default_type"], "name": None, "status": "open", "priority": "normal",
            "due_date": None, "details": "", "assignee": caller["id"], "person": None, "campaign_step": None,
            "call_outcome": None, "call_reason": None, "sf_task_id": None,
        }  # fmt: skip
        self._check(body, caller, blank | {"id": 0, "creator": caller["id"]})
        row = {"id": _invented(seen, self.kept.reminders), **blank, **body, "creator": caller["id"]}
        row |= {"created_at": self.now, "updated_at": self.now, "deleted_at": None}
        self.kept.reminders[row["id"]] = row
        return dict(row)

    def _check(self, body: Row, caller: Row, row: Row) -> None:
        """Refuse what cannot be written; a body has one fault at most, so that their order is nobody's question."""
        for name, value in body.items():
            if name not in TAKES:
                raise Refused(400, "UNKNOWN_KEY")
            blank = name == "name" and self.kept.switches["blank_name"] == "accept" and isinstance(value, str)
            if not blank and not TAKES[name](value):
                raise Refused(400, "BAD_VALUE")
        people = {key for key, one in self.kept.people.items() if one["shared"] or one["owner"] == caller["id"]}
        for name, known in (("assignee", self.kept.users), ("person", people), ("campaign_step", self.kept.steps)):
            if body.get(name) not in {None, row[name]} and body[name] not in known:
                raise Refused(400, "UNKNOWN_REFERENCE")
        after = row | body
        shared = after["person"] is not None and self.kept.people[after["person"]]["shared"]
        changed = any(after[name] != row[name] for name in ("assignee", "person"))
        given_away = changed and after["assignee"] != row["creator"]
        if given_away and not shared and self.kept.switches["assign_unshared"] == "refuse":
            raise Refused(400, "NOT_SHARED")
        link = body.get("sf_task_id")
        if link and self.kept.switches["duplicate_link"] == "refuse":
            alive = (one for one in self.kept.reminders.values() if not one["deleted_at"] and one["id"] != row["id"])
            if any(one["sf_task_id"] == link for one in alive):
                raise Refused(409, "DUPLICATE_LINK")

    def _change(self, row: Row, body: Row) -> Row:
        changed = {name for name, value in body.items() if row[name] != value}
        if not self.kept.switches["link_touches"]:
            by_link_alone = bool(changed) and changed == {"sf_task_id"}
        else:
            by_link_alone = False
        row |= body
        if (changed and not by_link_alone) or (not changed and self.kept.switches["noop_update_touches"]):
            row["updated_at"] = self.now
        return dict(row)

    def _list(self, call: Call, rows: list[Row], moment: str) -> Row:
        query = dict(call.query)
        since = query.get("changed_since")
        if moment == "updated_at" and query.get("include_deleted") != "true":
            rows = [row for row in rows if not row["deleted_at"]]
        if since is not None:
            closed = self.kept.switches["changed_since"] == "closed"
            rows = [row for row in rows if row[moment] > since or (closed and row[moment] == since)]
        rows = sorted(rows, key=lambda row: (row[moment], row["id"]))
        if "cursor" in query:
            at, _, last = query["cursor"].partition("~")
            rows = [row for row in rows if (row[moment], row["id"]) > (at, int(last))]
        limit = int(query.get("limit", PAGE))
        page = rows[:limit]
        following = f"{page[-1][moment]}~{page[-1]['id']}" if len(rows) > limit else None
        return {"items": [dict(row) for row in page], "next": following}

    # --- templates ---

    def _settings_of(self, user: int) -> Row:
        blank = {"user": user, "task_sync": "off", "enabled_at": None, "previously_enabled": False}
        return self.kept.settings.setdefault(user, blank | {"activity_detail_template": "{{activity_subject}}"})

    def _fields(self, row: Row) -> dict[str, str | None]:
        step = self.kept.steps.get(row["campaign_step"], {})
        return {
            "activity_type": row["type"],
            "activity_subject": row["name"],
            "sales_campaign_name": step.get("campaign_name"),
            "sales_campaign_day": str(step["day"]) if step else None,
            "sales_campaign_step": str(step["step"]) if step else None,
            "call_outcome": row["call_outcome"],
            "call_reason": row["call_reason"],
        }

    def _detail(self, settings: Row, fields: Mapping[str, str | None]) -> Row:
        template = settings["activity_detail_template"]
        return {"activity_detail_template": template, "text": render(template, fields, self.kept.switches)}

    def _activity_detail_preview(self, call: Call, caller: Row, _rest: list[str], _seen: Answer) -> Answer:
        known = self._fields(dict.fromkeys(("type", "name", "campaign_step", "call_outcome", "call_reason")))
        given = {name: value for name, value in call.body.items() if name != "activity_detail_template"}
        if given.keys() - known.keys():
            raise Refused(400, "UNKNOWN_KEY")
        template = call.body.get("activity_detail_template")
        settings = self._settings_of(caller["id"]) if template is None else {"activity_detail_template": template}
        return Answer(200, self._detail(settings, known | given))

    # --- views, settings, failures ---

    def _command_center(self, _call: Call, caller: Row, _rest: list[str], _seen: Answer) -> Answer:
        today = self.at.astimezone(ZoneInfo(caller["time_zone"])).date()
        first, last = today.isoformat(), (today + timedelta(days=1)).isoformat()
        overdue = self.kept.switches["command_center_overdue"] == "show"
        complete = self.kept.switches["command_center_complete"] == "show"
        items = [
            dict(row)
            for row in self.kept.reminders.values()
            if row["assignee"] == caller["id"] and not row["deleted_at"] and row["due_date"] is not None
            if row["due_date"] <= last and (overdue or row["due_date"] >= first)
            if complete or row["status"] == "open"
        ]
        items.sort(key=lambda row: (row["due_date"], row["id"]))
        shown = {"time_zone": caller["time_zone"], "today": first, "tomorrow": last, "items": items}
        return Answer(200, shown)

    def _settings(self, call: Call, caller: Row, _rest: list[str], _seen: Answer) -> Answer:
        settings = self._settings_of(caller["id"])
        if call.method == "PATCH":
            body = call.body
            if body.keys() - {"task_sync", "activity_detail_template"}:
                raise Refused(400, "UNKNOWN_KEY")
            template = isinstance(body.get("activity_detail_template", ""), str)
            if not template or body.get("task_sync", "on") not in {"on", "off"}:
                raise Refused(400, "BAD_VALUE")
            again = settings["task_sync"] == "on" and self.kept.switches["resave_enables"]
            if body.get("task_sync") == "on" and (settings["task_sync"] == "off" or again):
                settings["enabled_at"] = self.now
            settings["previously_enabled"] |= settings["task_sync"] == "on" and body.get("task_sync") == "off"
            settings |= body
        return Answer(200, dict(settings))

    def _diagnostics(self, call: Call, caller: Row, rest: list[str], seen: Answer) -> Answer:
        mine = {key: row for key, row in self.kept.diagnostics.items() if row["user"] == caller["id"]}
        if rest:
            row = mine.get(int(rest[0]))
            if row is None:
                raise Refused(404, "NOT_FOUND")
            row["acknowledged_at"] = row["acknowledged_at"] or self.now
            return Answer(200, dict(row))
        if call.method == "GET":
            query = dict(call.query)
            rows = [row for row in mine.values() if query.get("category", row["category"]) == row["category"]]
            if "acknowledged" in query:
                rows = [
                    row for row in rows if (row["acknowledged_at"] is not None) == (query["acknowledged"] == "true")
                ]
            return Answer(200, self._list(call, rows, "created_at"))
        seen_reminders = {row["id"] for row in self._seen_by(caller)}
        if call.body.get("reminder") is not None and call.body["reminder"] not in seen_reminders:
            raise Refused(400, "UNKNOWN_REFERENCE")
        row = {"id": _invented(seen, self.kept.diagnostics), "user": caller["id"], "reminder": None}
        row |= {"sf_task_id": None, "message": "", **call.body, "created_at": self.now, "acknowledged_at": None}
        row |= {"category": CATEGORIES.get(row["code"], "Other"), "retried": row["code"] in INTERMITTENT}
        if row["code"] == "FAILED_WRITE" and self.kept.switches["diagnostics_by_message"]:
            known = "end of file" in row["message"]
            row |= {"category": "Intermittent" if known else "Other", "retried": known}
        self.kept.diagnostics[row["id"]] = row
        return Answer(201, dict(row))

    def _logged_activities(self, call: Call, caller: Row, rest: list[str], seen: Answer) -> Answer:
        if call.method == "GET":
            return Answer(200, self._list(call, list(self.kept.logged.values()), "logged_at"))
        [link] = rest
        found = [one for one in self.kept.logged.values() if one["sf_task_id"] == link]  # the tenant's, whoever asks
        if not found:
            row = {"id": _invented(seen, self.kept.logged), "sf_task_id": link, "user": caller["id"]}
            found = [row | {"logged_at": self.now}]
            self.kept.logged[row["id"]] = found[0]
        return Answer(200, dict(found[0]))


def _invented(seen: Answer, used: Mapping[int, Any]) -> Any:
    """The id that the API invented; one that it may not invent becomes a difference."""
    found = seen.body.get("id") if isinstance(seen.body, dict) else None
    return found if type(found) is int and found > 0 and found not in used else f"{found!r} is not a new id"

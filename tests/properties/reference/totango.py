"""The reference model of a Totango service: plain dictionaries, the same calls, the same answers.

Written from the rules T4 to T45, the OpenAPI document and the named choices in `switches.toml`, never from the fake's
code. Ids are learnt from the fake's answers, moments come from the frozen clock. A refusal is its status and its type:
its words are nobody's fact.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from tests.properties.reference.both import Answer, Call
from tests.properties.reference.totango_events import events_of, search_events
from tests.properties.reference.totango_rows import (
    IMPORTED,
    TASK,
    TOUCHPOINT,
    Kept,
    Row,
    account_not_found,
    checked,
    fold,
)
from tests.properties.reference.totango_search import hits, page
from tests.properties.reference.totango_values import Refused, missing

HUB = "/_standin/totango/"
MINE = {"jo": "jo@us.example", "al": "al@us.example"}  # token -> whose it is


class Reference:
    """One service; `answer` is the API."""

    def __init__(self, switches: Mapping[str, Any], at: datetime) -> None:
        self._made = Kept(dict(switches))
        self.kept = deepcopy(self._made)
        self.at = at

    # --- the control plane ---

    def reset(self) -> None:
        self.kept = deepcopy(self._made)

    def snapshot(self) -> Kept:
        return deepcopy(self.kept)

    def restore(self, taken: Kept) -> None:
        self.kept = deepcopy(taken)

    # --- the API ---

    @property
    def now(self) -> int:
        return round(self.at.timestamp() * 1000)

    def answer(self, call: Call, seen: Answer) -> Answer:
        """What the API answers; ids in *seen* are those that it invented."""
        if call.path == "/pixel.gif":
            return Answer(200, self._track(dict(call.query)))
        if call.token not in MINE:
            return Answer(401, "authentication_failed")
        parts = call.path.removeprefix(HUB).removeprefix("/api/").strip("/").split("/")
        parts = [unquote(one) for one in parts]
        try:
            if call.path.startswith(HUB):
                status, body = self._hub(call, parts, seen)
            else:
                status, body = self._public(call, parts, seen)
        except Refused as refused:
            return Answer(refused.status, refused.kind)
        return Answer(status, deepcopy(body))

    def _public(self, call: Call, parts: list[str], seen: Answer) -> tuple[int, Any]:
        match parts:
            case ["v3", "tasks"] if call.method == "POST":
                return 200, {"id": self._create_task(call, seen)["id"]}
            case ["v3", "tasks"] if call.method == "GET":
                row = self.kept.tasks.get(int(dict(call.query)["id"]))
                return 200, [self._shown(row)] if row else []
            case ["v3", "tasks"]:
                return 200, self._update_task(call, str(call.body["id"]))
            case ["v3", "tasks", number] if call.method == "PUT":
                return 200, self._update_task(call, number)
            case ["v3", "tasks", number]:
                self._delete("tasks", self._found("tasks", number))
                return 204, ""
            case ["v3", "touchpoints"]:
                return 200, {"note": {"id": self._create_touchpoint(call, seen)["id"]}}
            case ["v3", "touchpoints", number] if call.method == "PUT":
                return 200, self._update_touchpoint(call, self._found("touchpoints", number))
            case ["v3", "touchpoints", number]:
                row, query = self._found("touchpoints", number), dict(call.query)
                self._same_event(row, query["event_id"])
                if query["account_id"] != row["account_id"]:
                    raise Refused(400)
                self._delete("touchpoints", row)
                return 204, ""
            case ["v2", "events"]:
                return 200, events_of(self.kept, dict(call.query)["account_id"], seen.body)
            case ["v2", "events", "search"]:
                return 200, {"response": {"events": {"hits": search_events(self.kept, call.body)}}}
            case ["v1", "search", kind]:
                rows = {"accounts": self.kept.accounts, "users": self.kept.users}[kind]
                return 200, {"response": {kind: hits(list(rows.values()), call.body["query"], self.kept.switches)}}
        raise AssertionError(call.path)

    def _hub(self, call: Call, parts: list[str], seen: Answer) -> tuple[int, Any]:
        match parts:
            case ["records", kind]:
                rows = sorted(getattr(self.kept, kind).values(), key=lambda row: (row["updated_at"], row["id"]))
                return 200, page(rows, "records", dict(call.query))
            case ["records", kind, key] if call.method == "GET":
                return 200, self._by_key(kind, key)
            case ["records", kind, key] if call.method == "PUT":
                return 200, self._bring(call, kind, key, seen)
            case ["records", kind, key]:
                self._delete(kind, self._by_key(kind, key))
                return 204, ""
            case ["deletions"]:
                return 200, page(self.kept.deletions, "deletions", dict(call.query))
        raise AssertionError(call.path)

    # --- accounts ---

    def _track(self, query: Mapping[str, str]) -> str:
        account = query.get("sdr_o", "")
        if query.get("sdr_s") == "SP-0000-11" and account:
            row = self.kept.accounts.setdefault(account, {"name": account, "display_name": account, "group": ""})
            row["display_name"] = query.get("sdr_odn") or row["display_name"]
            row["group"] = query.get("sdr_o.status_group", row["group"])
            if query.get("sdr_u"):
                name = query["sdr_u"]
                self.kept.users.setdefault(f"{account} {name}", {"name": name, "display_name": name, "group": ""})
        return "picture"

    # --- tasks and touchpoints ---

    def _found(self, kind: str, number: str) -> Row:
        row: Row | None = getattr(self.kept, kind).get(int(number))
        if row is None:
            raise Refused(self.kept.switches["unknown_record"], "not_found")
        return row

    def _account(self, body: Row) -> str:
        account = body.get("account_id")
        if not account:
            raise missing()
        if account not in self.kept.accounts:
            raise account_not_found()
        return str(account)

    def _create_task(self, call: Call, seen: Answer) -> Row:
        account = self._account(call.body)
        given = checked(TASK, call.body, self.kept.switches)
        if "title" not in given or "activity_type_id" not in given:
            raise missing()
        return self._add_task(call, account, given, _invented(seen.body, self.kept.tasks))

    def _add_task(self, call: Call, account: str, given: Row, number: Any) -> Row:
        row: Row = {"title": None, "description": None, "due_date": None, "priority": 2, "status": "open"}
        row |= {"assignee": None, "activity_type_id": None, "external_id": None, "assigner": MINE[call.token]}
        row |= {"id": number, "account_id": account, "created_at": self.now, "updated_at": self.now} | given
        row["updated_by"] = row["assigner"] if call.path.startswith(HUB) else MINE[call.token]
        self.kept.tasks[row["id"]] = row
        self._happened(row, "create")
        return row

    def _update_task(self, call: Call, number: str) -> Any:
        row = self._found("tasks", number)
        given = checked(TASK, call.body, self.kept.switches)
        self._stays(row, call.body)
        self._change(row, given, MINE[call.token], always=True)
        if self.kept.switches["task_update_answer"] == "success_text":
            return "Success"
        return {"id": row["id"]}

    def _change(self, row: Row, given: Row, who: str, *, always: bool = False) -> bool:
        changed = {name: value for name, value in given.items() if row[name] != value}
        if not changed and not always:
            return False
        closes = changed.get("status") == "closed"
        row |= changed | {"updated_at": self.now, "updated_by": who}
        if "title" in row:
            self._happened(row, "close" if closes else "update")
        return True

    def _happened(self, row: Row, action: str) -> None:
        """An event of a task; which changes make one is the switch's."""
        if self.kept.switches["task_events"] == "create_only" and action != "create":
            return
        content = {"action": action, "task_id": row["id"], "title": row["title"], "status": row["status"]}
        event = {"id": None, "timestamp": self.now, "type": "task", "account": {"id": row["account_id"]}}
        about = {"subject": row["title"], "activity_type_id": row["activity_type_id"]}
        self.kept.events.append(event | {"task_content": content, "properties": about})

    def _create_touchpoint(self, call: Call, seen: Answer) -> Row:
        body = call.body
        account = self._account(body)
        given = checked(TOUCHPOINT, body, self.kept.switches)
        said = ("content",) if self.kept.switches["touchpoint_requires"] == "content" else ("content", "subject")
        if not any(str(given.get(name) or "").strip() for name in said):
            raise missing()
        number = _invented(seen.body.get("note") if isinstance(seen.body, dict) else None, self.kept.touchpoints)
        return self._add_touchpoint(call, account, given, number)

    def _add_touchpoint(self, call: Call, account: str, given: Row, number: Any) -> Row:
        row: Row = {
            "subject": None,
            "content": "",
            "created_by": MINE[call.token],
            "participants": [],
            "parent_id": None,
        }
        row |= {"activity_type_id": None, "touchpoint_type": None, "touchpoint_tags": [], "disable_sync": False}
        row |= {"external_id": None, "event_id": None, "touchpoint_date": self.now} | given
        row |= {"id": number, "account_id": account, "created_at": self.now, "updated_at": self.now}
        row["updated_by"] = row["created_by"]
        self.kept.touchpoints[row["id"]] = row
        return row

    def _update_touchpoint(self, call: Call, row: Row) -> Row:
        given = checked(TOUCHPOINT, call.body, self.kept.switches)
        self._same_event(row, call.body.get("event_id"))
        self._stays(row, call.body)
        self._change(row, given, MINE[call.token], always=True)
        return {"note": {"id": row["id"]}}

    def _same_event(self, row: Row, event_id: Any) -> None:
        if event_id is None:
            if self.kept.switches["event_id_in_update"] == "required":
                raise missing()
        elif event_id != row["event_id"]:
            raise Refused(400)

    def _stays(self, row: Row, body: Row) -> None:
        """A record never moves (T12); whether trying is refused is the switch's."""
        moves = body.get("account_id", row["account_id"]) != row["account_id"]
        if moves and self.kept.switches["account_in_update"] == "refuse":
            raise Refused(400)

    def _delete(self, kind: str, row: Row) -> None:
        del getattr(self.kept, kind)[row["id"]]
        told = {name: row[name] for name in ("id", "external_id", "account_id")}
        self.kept.deletions.append(told | {"kind": kind, "deleted_at": self.now})
        if kind == "tasks":
            self.kept.events = [one for one in self.kept.events if one["task_content"]["task_id"] != row["id"]]

    # --- what an inbound job does ---

    def _by_key(self, kind: str, key: str, *, or_none: bool = False) -> Any:
        """The record of an external id, in any case, or of a number (T4, T5, T6)."""
        rows = getattr(self.kept, kind)
        folded = fold(key)
        by_external = next((row for row in rows.values() if row["external_id"] == folded), None) if folded else None
        by_number = rows.get(int(key)) if key.isascii() and key.isdecimal() else None
        if by_external and by_number and by_external is not by_number:
            raise Refused(409, "ambiguous_key")
        if not by_external and not by_number and not or_none:
            raise Refused(404, "not_found")
        return by_external or by_number

    def _bring(self, call: Call, kind: str, key: str, seen: Answer) -> Row:
        body = call.body
        row = self._by_key(kind, key, or_none=True)
        if not row and dict(call.query).get("create_new") != "true":
            raise Refused(404, "create_new_off")
        account = body["account_id"]
        if not row and account not in self.kept.accounts:
            raise account_not_found()
        given = checked(IMPORTED[kind], body, self.kept.switches)
        after = (row or {}) | given
        said = ("title",) if kind == "tasks" else ("subject", "content")
        if not any(str(after.get(name) or "").strip() for name in said):
            raise Refused(400, "row_rejected")
        warnings: list[str] = []
        if row:
            for name in ("assigner", "created_by", "participants"):  # written once (T31, T34)
                given.pop(name, None)
            warnings = ["account_change_ignored"] if account != row["account_id"] else []
            outcome = "updated" if self._change(row, given, MINE[call.token]) else "unchanged"
        else:
            number = _invented(
                seen.body.get("record") if isinstance(seen.body, dict) else None, getattr(self.kept, kind)
            )
            add = self._add_task if kind == "tasks" else self._add_touchpoint
            row = add(call, account, given, number)
            row["external_id"] = fold(key)
            outcome = "created"
        if isinstance(seen.body, dict) and "event_id" in row and row["event_id"] is None:
            row["event_id"] = seen.body["record"].get("event_id")
        return {"outcome": outcome, "warnings": warnings, "record": row}

    def _shown(self, row: Row) -> Row:
        if self.kept.switches["external_id_in_v3"] == "hide":
            return {name: value for name, value in row.items() if name != "external_id"}
        return row


def _invented(answer: Any, used: Mapping[int, Any]) -> Any:
    """The id that the API invented; 0, and so a difference, for one that it may not invent."""
    found = answer.get("id") if isinstance(answer, dict) else None
    return found if type(found) is int and found > 0 and found not in used else 0

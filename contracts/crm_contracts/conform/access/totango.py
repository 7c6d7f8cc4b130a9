"""Totango: app-token, refusals as {"error": {"type", "message"}}, what an answer made.

Tasks and touchpoints are taken away by the DELETE whose form is assumed; an account has none at all, so every check
that needs one takes the same: `{account}`, the credential TOTANGO_ACCOUNT, or `zz-understudy`, made once by the ingest.
Source: Touchpoints API, Tasks API, HTTP API pages; DELETE is a stand-in (fake_totango/data/stand_ins.toml).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode

from crm_contracts.conform.access import Access as _Access
from crm_contracts.conform.access import Interaction, Made
from fake_core.errors import MisuseError

if TYPE_CHECKING:
    from crm_contracts.conform.target import Answer, Target

__all__ = ["Access"]

ACCOUNT = "zz-understudy"
INGEST = {
    "https://api.totango.com": "https://sdr.totango.com",
    "https://api-eu1.totango.com": "https://sdr-eu1.totango.com",
}
TASKS, TOUCHPOINTS = "/api/v3/tasks", "/api/v3/touchpoints"
_STANDIN = re.compile(r"/_standin/totango/(records/\w+/[^/?]+|jobs)")
_STAMP_MIN = 1_000_000_000_000  # milliseconds: 2001


def _is_stamp(value: Any, _more: str) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= _STAMP_MIN


class Access(_Access):
    account_word = "service_id"
    kinds: ClassVar[Mapping[str, Callable[[Any, str], bool]]] = {"stamp": _is_stamp}

    def headers(self, credentials: Mapping[str, Any]) -> dict[str, str]:
        return {"app-token": credentials["token"]}

    def names(self, credentials: Mapping[str, Any]) -> dict[str, Any]:
        """`{ingest}` is the host that takes the pixel."""
        url = str(credentials.get("url", "")).rstrip("/")
        return {"ingest": INGEST.get(url, url)}

    @property
    def late(self) -> Mapping[str, Callable[[Target], Any]]:
        return {"account": self._account}

    def _account(self, target: Target) -> str:
        """The one that checks write to: see above. Raises MisuseError where the ingest does not make it."""
        key = "account that checks write to"
        if key not in target.known:
            account = target.credentials.get("account")
            if not account:
                account = ACCOUNT
                self._make_account(target, account)
            target.known[key] = account
        known: str = target.known[key]
        return known

    def _make_account(self, target: Target, account: str) -> None:
        asked = urlencode({"sdr_s": target.credentials["service_id"], "sdr_o": account, "sdr_odn": account})
        target.send("GET", f"{self.names(target.credentials)['ingest']}/pixel.gif?{asked}", {}, b"")
        for seconds in (0, 1, 2, 4, 8, 16, 32):
            if seconds:
                target.wait(seconds)
            if target.call("GET", f"/api/v2/accounts/{quote(account)}/").status == 200:
                return
        raise MisuseError(
            f"totango: the ingest did not make the account {account}: set TOTANGO_ACCOUNT to one that is there"
        )

    def refusal(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """`{code, message}`: the type and the message of the error."""
        return {"equals": {"error": {"type": told["code"], "message": told.get("message", "<text>")}}}

    def said(self, answer: Answer) -> tuple[str, str] | None:
        """Type and message."""
        try:
            return str(answer.json["error"]["type"]), str(answer.json["error"]["message"])
        except (ValueError, LookupError, TypeError):
            return None

    # ---- what a call made, and taking it away ------------------------------------------------------------------

    def made(self, interaction: Interaction) -> Iterable[Made]:
        if interaction.method not in {"POST", "PUT"} or interaction.answer.status not in {200, 201}:
            return
        path = interaction.url.partition("?")[0]
        standin = _STANDIN.search(path)
        if standin:
            yield from self._made_standin(interaction, standin[1])
        elif interaction.method == "POST" and path.endswith(TASKS):
            if isinstance(told := _json(interaction.answer), dict) and "id" in told:
                yield Made(f"{TASKS}/{told['id']}", f"task {told['id']}")
        elif interaction.method == "POST" and path.endswith(f"{TOUCHPOINTS}/"):
            note = (_json(interaction.answer) or {}).get("note", {}).get("id")
            if note is not None:
                yield Made(f"{TOUCHPOINTS}/{note}", f"touchpoint {note}")

    def _made_standin(self, interaction: Interaction, rest: str) -> Iterator[Made]:
        told = _json(interaction.answer)
        if rest == "jobs" and interaction.method == "POST" and isinstance(told, dict):
            yield Made(f"/_standin/totango/jobs/{told['id']}", f"job {told['id']}")
        elif interaction.method == "PUT" and isinstance(told, dict) and told.get("outcome") == "created":
            kind, record = rest.split("/")[1], told["record"]["id"]
            yield Made(f"/_standin/totango/records/{kind}/{record}", f"{kind} {record}")

    def gone(self, interaction: Interaction) -> Iterable[str]:
        if interaction.method == "DELETE" and interaction.answer.status in {200, 204}:
            path = re.sub(r"^https?://[^/]+", "", interaction.url).partition("?")[0]
            yield path

    def remove(self, target: Target, made: Sequence[Made]) -> Iterator[str]:
        for one in made:
            path = one.key
            if path.startswith(TOUCHPOINTS):
                path = self._with_event(target, path)
            answer = target.call("DELETE", path, needed=True)
            if answer.status not in {200, 204, 404}:
                yield f"{one.what}: {answer.status} {answer.text[:200]}"

    def _with_event(self, target: Target, path: str) -> str:
        """A touchpoint has two ids, and its DELETE needs both."""
        account = self._account(target)
        events = _json(target.call("GET", f"/api/v2/events/?account_id={quote(account)}", needed=True))
        note = path.rpartition("/")[2]
        rows = events if isinstance(events, list) else []
        ids = [one["id"] for one in rows if str(one.get("note_content", {}).get("note_id")) == note]
        return f"{path}?{urlencode({'account_id': account, 'event_id': ids[0] if ids else ''})}"

    # ---- what a service is -------------------------------------------------------------------------------------

    def lacks(self, target: Target, need: str) -> str:
        """`stand-in`: Totango has no such API, or none whose form is public."""
        if need == "stand-in":
            return "" if target.control is not None else "a stand-in of the fake: Totango has no public API for this"
        return super().lacks(target, need)


def _json(answer: Answer) -> Any:
    try:
        return answer.json
    except ValueError:
        return None

"""Planhat: token, kinds of values, refusals as plain text, what an answer made.

What a call made is read from its answer: a document with an `_id`, `upsertedIds` of a bulk upsert, the Conversation of
a completed task. Taking away is one DELETE each, newest first.
Source: developer documentation, per model and Bulk upsert.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from crm_contracts.conform.access import Access as _Access
from crm_contracts.conform.access import Interaction, Made

if TYPE_CHECKING:
    from crm_contracts.conform.target import Answer, Target

__all__ = ["Access"]

ACCEPTED = {200, 206}
GONE = {400, 404}
ANALYTICS = "https://analytics.planhat.com"
NO_RECORDS = {"analytics", "dimensiondata", "dock"}  # sinks: what is pushed there has no id to delete it by
_ID = re.compile(r"[0-9a-f]{24}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_PATH = re.compile(r"/(\w+)(?:/([^/]+))?(?:/(\w+))?(?:/([^/]+))?")


def _is_id(value: Any, _more: str) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _is_time(value: Any, _more: str) -> bool:
    return isinstance(value, str) and _TIME.fullmatch(value) is not None


class Access(_Access):
    account_word = "tenant"
    kinds: ClassVar[Mapping[str, Callable[[Any, str], bool]]] = {"id": _is_id, "time": _is_time}

    def names(self, credentials: Mapping[str, Any]) -> dict[str, Any]:
        """`{basic}` is the token as Basic wants it, `{basic_bare}` without its colon, `{basic_tenant}` the tenant so;
        `{sinks}` is the host of pushes.
        """
        token, url = credentials["token"], str(credentials.get("url", ""))
        return {
            "basic": base64.b64encode(f"{token}:".encode()).decode(),
            "basic_bare": base64.b64encode(token.encode()).decode(),
            "basic_tenant": base64.b64encode(f"{credentials.get('tenant', '')}:".encode()).decode(),
            "sinks": ANALYTICS if "planhat.com" in url or not url else url.rstrip("/"),
        }

    def refusal(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """`{message}`: the whole body, a plain text."""
        return {"text": told["message"], "answers": {"Content-Type": "<re:^text/html>"}}

    def said(self, answer: Answer) -> tuple[str, str] | None:
        """A refusal has no code."""
        return None if answer.status in ACCEPTED else ("", answer.text)

    # ---- what a call made, and taking it away ------------------------------------------------------------------

    def made(self, interaction: Interaction) -> Iterable[Made]:
        where = _PATH.search(_path(interaction.url))
        if interaction.method == "GET" or interaction.answer.status not in ACCEPTED or where is None:
            return
        try:
            body = interaction.answer.json
        except ValueError:
            return
        collection = where[3] or where[1]  # /companies/ID/licenses makes licences
        if interaction.method == "POST" and where[1] not in NO_RECORDS:
            rows = body if isinstance(body, list) else [body]
            ids = [one["_id"] for one in rows if isinstance(one, dict) and _is_id(one.get("_id"), "")]
        else:
            ids = body.get("upsertedIds", []) if isinstance(body, dict) else []
        yield from (Made(f"{collection}/{one}", f"{collection}/{one}") for one in ids)
        if where[1] == "tasks" and interaction.method == "PUT":
            yield from (Made(one, one) for one in _notes(interaction, body))

    def gone(self, interaction: Interaction) -> Iterable[str]:
        where = _PATH.search(_path(interaction.url))
        if interaction.method == "DELETE" and interaction.answer.status == 200 and where is not None:
            yield f"{where[3]}/{where[4]}" if where[4] else f"{where[1]}/{where[2]}"

    def remove(self, target: Target, made: Sequence[Made]) -> Iterator[str]:
        for one in made:
            answer = target.call("DELETE", f"/{one.key}", needed=True)
            if answer.status not in {200, *GONE}:
                yield f"{one.what}: {answer.status} {answer.text[:200]}"


def _path(url: str) -> str:
    return re.sub(r"^https?://[^/]+", "", url).partition("?")[0]


def _notes(interaction: Interaction, body: Any) -> Iterator[str]:
    """The Conversations of tasks that this call completed."""
    if not isinstance(body, dict):
        return
    if "noteId" in body:
        yield f"conversations/{body['noteId']}"
    elif "modified" in body and b'"Done"' in interaction.body:
        items = json.loads(interaction.body)
        done = {one.get("_id") for one in items if isinstance(one, dict) and one.get("status") == "Done"}
        yield from (f"conversations/{one}" for one in body["modified"] if one in done)

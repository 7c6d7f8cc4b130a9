"""Marketo Sales Insight Actions: a stand-in altogether, so no account can be asked.

Reminders are taken away by their DELETE; diagnostics and logged activities have none, so checks that make some put the
fake back as it was (`control`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from crm_contracts.conform.access import Access as _Access
from crm_contracts.conform.access import Interaction, Made

if TYPE_CHECKING:
    from crm_contracts.conform.target import Answer, Target

__all__ = ["Access"]

REMINDERS = "/_standin/sia/reminders"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def _is_time(value: Any, _more: str) -> bool:
    return isinstance(value, str) and _TIME.fullmatch(value) is not None


class Access(_Access):
    account_word = "tenant"
    kinds: ClassVar[Mapping[str, Callable[[Any, str], bool]]] = {"time": _is_time}

    def refusal(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """`{code, message}`: {"error": code, "message": text}."""
        return {"equals": {"error": told["code"], "message": told.get("message", "<text>")}}

    def said(self, answer: Answer) -> tuple[str, str] | None:
        try:
            return str(answer.json["error"]), str(answer.json["message"])
        except (ValueError, LookupError, TypeError):
            return None

    def made(self, interaction: Interaction) -> Iterable[Made]:
        if interaction.method == "POST" and interaction.answer.status == 201 and interaction.url.endswith(REMINDERS):
            key = interaction.answer.json["id"]
            yield Made(f"{REMINDERS}/{key}", f"reminder {key}")

    def gone(self, interaction: Interaction) -> Iterable[str]:
        if interaction.method == "DELETE" and interaction.answer.status == 200:
            yield interaction.url

    def remove(self, target: Target, made: Sequence[Made]) -> Iterator[str]:
        for one in made:
            answer = target.call("DELETE", one.key, needed=True)
            if answer.status not in {200, 404}:
                yield f"{one.what}: {answer.status} {answer.text[:200]}"

    def lacks(self, target: Target, need: str) -> str:
        """`stand-in`: the product has no API."""
        if need == "stand-in":
            return "" if target.control is not None else "a stand-in of the fake: the product has no public API"
        return super().lacks(target, need)

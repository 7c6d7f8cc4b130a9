"""Meetings and the AI's answers, from files: what stands in for the product's own data and models.

    {"meeting": {"id", "title", "startTime", …, "externalServiceObjects": [{"type": "DEAL", "externalId": "006…"}]},
     "callRecording": {…}, "dealRoom": {…}, "ai": {"<node id>": <what the node answers>}}

The AI is outside the sync: here it is a pure function of the meeting's file. `externalServiceObjects`,
`salesforceOpportunityId` and `dealRoom` are known from the product's Salesforce page only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crm_sync.actions.failures import Failure


class Meetings:
    """The files of a folder, named by the meeting's id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, meeting_id: Any) -> dict[str, Any]:
        """What Load Meeting gives: all but the AI's answers. Raises Failure."""
        return {key: value for key, value in self._read(meeting_id).items() if key != "ai"}

    def answer(self, meeting_id: Any, node_id: str) -> Any:
        """What the AI node answers about the meeting. Raises Failure."""
        answers = self._read(meeting_id).get("ai")
        if not isinstance(answers, Mapping) or node_id not in answers:
            raise Failure("NO_ANSWER", f"the meeting {meeting_id} has no answer of node {node_id!r}")
        return answers[node_id]

    def _read(self, meeting_id: Any) -> dict[str, Any]:
        if not isinstance(meeting_id, str) or not re.fullmatch(r"[\w-]+", meeting_id):
            raise Failure("MEETING_NOT_FOUND", f"{meeting_id!r} is no meeting's id")
        path = self._folder / f"{meeting_id}.json"
        try:
            found = json.loads(path.read_text("utf-8"))
        except OSError as error:
            raise Failure("MEETING_NOT_FOUND", f"{path} cannot be read ({error.strerror})") from None
        except (ValueError, RecursionError) as error:
            raise Failure("MEETING_NOT_FOUND", f"{path} is not valid JSON: {error}") from None
        if not isinstance(found, dict) or not isinstance(found.get("meeting"), dict):
            raise Failure("MEETING_NOT_FOUND", f'{path} is no meeting: it is an object with "meeting"')
        return found

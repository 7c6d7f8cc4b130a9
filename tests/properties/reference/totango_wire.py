"""The Totango fake as its clients reach it."""

from __future__ import annotations

import json
from typing import Any

from tests.properties.reference.both import Answer, Call, Wire


class TotangoWire(Wire):
    """Calls as Totango's clients send them; of an answer, what the model speaks of."""

    def send(self, call: Call) -> Answer:
        body: Any = call.body
        form: dict[str, Any] | None = None
        if call.path.startswith("/api/v") and "/search" in call.path:
            body, form = (
                None,
                {name: json.dumps(value) if name == "query" else value for name, value in call.body.items()},
            )
        answer = self.session.request(
            call.method,
            self.url + call.path,
            params=call.query,
            headers={"app-token": call.token},
            json=body,
            data=form,
            timeout=60,
        )
        if answer.headers.get("Content-Type", "").startswith("image/"):
            return Answer(answer.status_code, "picture")
        told: Any = answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.text
        return Answer(answer.status_code, told["error"]["type"] if answer.status_code >= 400 else _spoken_of(told))


def _spoken_of(told: Any) -> Any:
    """A search's hits have keys that depend on what was asked for; a deletion's number is ours."""
    if isinstance(told, dict) and "response" in told:
        for kind in ("accounts", "users"):
            if kind in told["response"]:
                one = told["response"][kind]
                one["hits"] = [{name: hit[name] for name in ("name", "display_name")} for hit in one["hits"]]
        return {"response": told["response"]}  # what stands beside it is not modelled
    if isinstance(told, dict) and "deletions" in told:
        numbers = [one.pop("number") for one in told["deletions"]]
        assert sorted(set(numbers)) == numbers
    return told

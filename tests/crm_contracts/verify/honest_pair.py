"""The honest toy of the world of pairs as a command: a sync of Totango or Marketo that holds."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import requests

from crm_contracts.world.pairs import PairConnection, PairSettings, Policy
from crm_contracts.world.pairs.toys import Honest
from crm_contracts.world.under_test import Login
from crm_sync.clock import clock_of

NOT_OF_THE_POLICY = {"section", "salesforce", "external_id_field"}


def sync(environment: Mapping[str, str]) -> None:
    """One run, as the environment says."""
    told = json.loads(Path(environment["UNDERSTUDY_SETTINGS"]).read_text("utf-8"))
    state = Path(environment["UNDERSTUDY_STATE"])
    policies = {
        section["section"]: Policy(**{name: value for name, value in section.items() if name not in NOT_OF_THE_POLICY})
        for section in told.pop("sections")
    }
    settings = PairSettings(policies=policies, **told)
    with requests.Session() as session:
        connection = PairConnection(
            profile=settings.profile,
            salesforce=_login("SALESFORCE", environment),
            partner=_login(settings.profile.upper(), environment),
            session=session,
            clock=clock_of(environment, session),
            state=state,
            external_ids={},
            committing=lambda _point: None,
        )
        honest = Honest(connection, settings)
        saved = state / "saved.txt"
        if not saved.exists() or saved.read_text() != str(settings):
            honest.save(settings)
            saved.write_text(str(settings))
        honest.run(("in", "out"), ())


def _login(vendor: str, environment: Mapping[str, str]) -> Login:
    words = {name: value for name, value in environment.items() if name.startswith(f"{vendor}_")}
    return Login(words[f"{vendor}_URL"], {name[len(vendor) + 1 :].lower(): value for name, value in words.items()})


if __name__ == "__main__":
    sync(os.environ)

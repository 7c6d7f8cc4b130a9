"""What a sync under test is told about one run: where the systems are, what time it is, what is to be synced.

| variable | what it says |
|---|---|
| `SALESFORCE_URL`, `PLANHAT_TOKEN`, … | those that `understudy env` prints |
| `UNDERSTUDY_NOW` | the time of the fakes when the run begins, `2026-01-05T09:00:00+00:00` |
| `UNDERSTUDY_CLOCK` | the clock: GET answers `{"now": …}`, a POST of `{"advance_seconds": 2}` waits |
| `UNDERSTUDY_STATE` | a folder that is the sync's own and outlives its runs, crashes included |
| `UNDERSTUDY_SETTINGS` | a JSON file: what to sync in which direction, as somebody saved it last |
| `UNDERSTUDY_SETTING_TASK`, … | the same, a variable for each setting |
| `UNDERSTUDY_REPORT` | where a run may say as JSON what it did, to be held to its word (`world.invariants.told`) |
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from crm_contracts.serving.notes import variables
from crm_contracts.verify.runner import Given

SETTINGS_FILE = "settings.json"
REPORT_FILE = "report.json"
STATE_FOLDER = "state"


def report_of(folder: Path) -> dict[str, Any] | None:
    """What the run that just ended says that it did; None if it says nothing, or nothing that can be read."""
    try:
        told = json.loads((folder / REPORT_FILE).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def given(
    told: Mapping[str, Any],
    *,
    folder: Path,
    now: datetime,
    clock_url: str,
    settings: Mapping[str, Any],
    switches: Mapping[str, str],
) -> Given:
    """*told* is what the line of `understudy serve --json` would say; *folder* is the run's place on the disk.

    *settings* go into the file, *switches* are the same, one variable each.
    """
    state = folder / STATE_FOLDER
    state.mkdir(exist_ok=True)
    file = folder / SETTINGS_FILE
    file.write_text(json.dumps(settings, indent=2), "utf-8")
    report = folder / REPORT_FILE
    report.unlink(missing_ok=True)  # of the run before
    named = dict(variables(dict(told)))
    return Given(
        {
            **named,
            **{f"UNDERSTUDY_SETTING_{name.upper()}": value for name, value in switches.items()},
            "NO_PROXY": "localhost,127.0.0.1",
            "no_proxy": "localhost,127.0.0.1",  # where both are set, this is the one that clients read
            "UNDERSTUDY_NOW": now.isoformat(),
            "UNDERSTUDY_CLOCK": clock_url,
            "UNDERSTUDY_STATE": str(state),
            "UNDERSTUDY_SETTINGS": str(file),
            "UNDERSTUDY_REPORT": str(report),
        },
        settings,
    )

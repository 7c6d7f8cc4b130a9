"""`/services/data`: versions, resources, limits.

Source: REST API Developer Guide, Versions, Resources by Version, Limits, Record Count.
"""

from __future__ import annotations

from typing import Any

from fake_salesforce import data_files
from fake_salesforce.operations import access, rows
from fake_salesforce.operations.limits import counted
from fake_salesforce.routes.answers import Answer
from fake_salesforce.routes.http import VERSION_MAX, VERSION_MIN, Call

FIRST_LABELLED, FIRST_YEAR = 20, 11  # v20 is Winter '11


def label(number: int) -> str:
    """The release a version came with: 62 is Winter '25."""
    seasons = data_files.load("resources.toml")["versions"]["seasons"]
    age = number - FIRST_LABELLED
    return f"{seasons[age % 3]} '{FIRST_YEAR + age // 3}"


def versions(call: Call) -> Answer:
    """GET /services/data"""
    return call.json(
        [
            {
                "label": label(number),
                "url": f"/services/data/v{number}.0",
                "version": f"{number}.0",
            }
            for number in range(VERSION_MIN, VERSION_MAX + 1)
        ]
    )


def resources(call: Call) -> Answer:
    """GET /services/data/vNN.0"""
    names = data_files.load("resources.toml")["names"]
    answer = {name: f"{call.base}/{name}" for name in names}
    answer["identity"] = f"{call.base_url}/id/{call.org.org_id}/{call.session_user}"
    return call.json(answer)


def limits(call: Call) -> Answer:
    """GET /limits"""
    access.refuse_without_setup(call.org)
    return call.json(_limits(call))


def _limits(call: Call) -> dict[str, Any]:
    data = data_files.load("limits.toml")
    live = counted(call.org)
    answer: dict[str, Any] = {}
    for name, maximum in data["max"].items():
        if call.number < data["since"].get(name, 0):
            continue
        entry: dict[str, Any] = {"Max": maximum, "Remaining": maximum}
        if name in live:
            entry = {"Max": live[name][0], "Remaining": live[name][1]}
        for nested, inner in data["nested"].get(name, {}).items():
            entry[nested] = {"Max": inner, "Remaining": inner}
        if name in data["apps"]:
            entry |= {app.name: {"Max": 0, "Remaining": 0} for app in call.org.config.apps}
        before = data["before"].get(name)
        answer[before["name"] if before and call.number < before["version"] else name] = entry
    return answer


def record_count(call: Call) -> Answer:
    """GET /limits/recordCount[?sObjects=A,B]: unknown and empty objects are left out"""
    access.refuse_without_setup(call.org)
    wanted = call.query.get("sObjects")
    schema = call.org.schema
    names = wanted.split(",") if wanted else [each.name for each in schema.sobjects]
    counts = []
    for name in names:
        sobject = schema.sobject(name.strip())
        if sobject is not None and (number := rows.count(call.org, sobject)):
            counts.append({"count": number, "name": sobject.name})
    return call.json({"sObjects": counts})

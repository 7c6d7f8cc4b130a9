"""The models, read from data/models/*.toml. May import marshmallow and data; no Flask, no storage.

A file that says `standard = true` gets the rows of standard.toml that fit it: what every model has, its keyables, and
the company of a model that names one. `TICKET` has no table: a ticket is a Conversation.
"""

from __future__ import annotations

from typing import Any

from fake_planhat.data_files import read_toml
from fake_planhat.models.model import Model

_STANDARD: dict[str, Any] = read_toml("models/standard.toml")


def _load(name: str) -> Model:
    row = read_toml(f"models/{name}.toml")
    if row.get("standard"):
        own = {one["name"] for one in row["properties"]}
        wanted = {*_STANDARD["always"], *row["keyables"]}
        if "companyId" in {*row["required"], *row["filters"]} and "columns" not in row:
            wanted |= {"companyId", "companyName"}
        wanted -= set(row.get("lacks", ()))
        rows = [one for one in _STANDARD["properties"] if one["name"] in wanted - own]
        row["properties"] = [*row["properties"], *rows]
        row.setdefault("read_defaults", [one for one in _STANDARD["read_defaults"] if one["name"] in wanted | own])
    return Model(row)


COMPANY = _load("company")
ENDUSER = _load("enduser")
USER = _load("user")
TASK = _load("task")
CONVERSATION = _load("conversation")
ASSET = _load("asset")
LICENSE = _load("license")
OPPORTUNITY = _load("opportunity")
SALE = _load("sale")
INVOICE = _load("invoice")
NPS = _load("nps")
CHURN = _load("churn")
ISSUE = _load("issue")
PROJECT = _load("project")
CAMPAIGN = _load("campaign")
OBJECTIVE = _load("objective")
WORKSPACE = _load("workspace")
WORKFLOW = _load("workflow")
DEAL = _load("deal")
LINE_ITEM = _load("lineitem")
PRODUCT = _load("product")
TIME_ENTRY = _load("timeentry")
TIMESHEET = _load("timesheet")
CUSTOM_FIELD = _load("customfield")
MODELS = (
    COMPANY, ENDUSER, USER, TASK, CONVERSATION, ASSET, LICENSE, OPPORTUNITY, SALE, INVOICE, NPS, CHURN, ISSUE, PROJECT,
    CAMPAIGN, OBJECTIVE, WORKSPACE, WORKFLOW, DEAL, LINE_ITEM, PRODUCT, TIME_ENTRY, TIMESHEET, CUSTOM_FIELD,
)  # fmt: skip
TICKET = _load("ticket")

__all__ = [
    "CHURN",
    "COMPANY",
    "CONVERSATION",
    "CUSTOM_FIELD",
    "ENDUSER",
    "ISSUE",
    "LICENSE",
    "MODELS",
    "NPS",
    "SALE",
    "TASK",
    "TICKET",
    "TIME_ENTRY",
    "USER",
    "Model",
]

"""Which fields of which records a capsule carries, and how they are called on the side of an operation.

Rule: what has no row here is not carried over; what is left out is asked about, not invented.
Source: the fields of the world's own tables (`world.fields`, `world.pairs.fields`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crm_contracts.capsules.intake.facts import Kind
from crm_contracts.world.fields import day, plain, text_of_html

__all__ = ["MODELS", "Model", "differing", "same"]


@dataclass(frozen=True, kw_only=True)
class Model:
    """A kind of record. *defaults* are what a vendor fills in by itself; *pointer* holds the Salesforce id.

    *required*: one of these has to be there.
    *parents* name the customer, *author* and *editor* who made and who last changed it; *written_as* are names that
    differ between writing and reading.
    """

    kind: Kind
    side: str
    section: str = ""
    word: str
    title: str
    fields: tuple[str, ...]
    defaults: Mapping[str, Any]
    parents: tuple[str, ...]
    created: tuple[str, ...]
    changed: tuple[str, ...]
    author: str = ""
    editor: str = ""
    pointer: str = ""
    done: tuple[str, str] = ("", "")
    required: tuple[str, ...] = ()
    written_as: Mapping[str, str] = field(default_factory=dict)

    def carried(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Those of *given* that are carried over, by the name they are read by."""
        named = {self.written_as.get(name, name): value for name, value in given.items()}
        return {name: named[name] for name in self.fields if name in named}

    def said(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What somebody who makes a record like *row* has to say: nothing that is empty or the vendor's default."""
        return {
            name: value
            for name, value in self.carried(row).items()
            if value not in (None, "") and self.defaults.get(name, ...) != value
        }


_STATUS = {"Status": "Not Started", "Priority": "Normal"}


def _salesforce(name: str, *, section: str = "", more: tuple[str, ...] = ()) -> Model:
    task = ("Status", "Priority", *more)
    fields = ("Subject", "Description", "ActivityDate", *(task if name == "Task" else ("Location",)))
    return Model(
        kind=("salesforce", name),
        side="salesforce",
        section=section,
        word=f"Salesforce {name}",
        title="Subject",
        fields=fields,
        defaults=_STATUS,
        parents=("AccountId", "WhatId"),
        done=("Status", "Completed") if name == "Task" else ("", ""),
        created=("CreatedDate",),
        changed=("LastModifiedDate", "SystemModstamp"),
        author="CreatedById",
        editor="LastModifiedById",
    )


_PLANHAT = (
    _salesforce("Task", more=("CallDisposition",)),
    Model(
        kind=("planhat", "task"),
        side="task",
        word="Planhat Task",
        title="action",
        fields=("action", "description", "startTime", "status"),
        defaults={"status": "In-progress", "mainType": "task"},
        parents=("companyId",),
        created=("createdAt",),
        changed=("updatedAt",),
        pointer="sourceId",
        done=("status", "Done"),
    ),
    Model(
        kind=("planhat", "conversation"),
        side="conversation",
        word="Planhat Conversation",
        title="subject",
        fields=("subject", "description", "type", "starred"),
        defaults={"starred": False, "type": "note"},
        parents=("companyId",),
        created=("createDate", "createdAt"),
        changed=("updatedAt",),
        pointer="externalId",
    ),
)
_TOTANGO_STAMPS: dict[str, Any] = {"parents": ("account_id",), "created": ("created_at",), "changed": ("updated_at",)}
_TOTANGO = (
    _salesforce("Task", section="task", more=("CallDisposition",)),
    _salesforce("Event", section="touchpoint"),
    Model(
        kind=("totango", "task"),
        side="partner",
        section="task",
        word="Totango task",
        title="title",
        fields=("title", "description", "due_date", "status", "priority"),
        defaults={"status": "open", "priority": 2},
        author="assigner",
        editor="updated_by",
        pointer="external_id",
        done=("status", "closed"),
        required=("title",),
        **_TOTANGO_STAMPS,
    ),
    Model(
        kind=("totango", "touchpoint"),
        side="partner",
        section="touchpoint",
        word="Totango touchpoint",
        title="subject",
        fields=("subject", "content", "touchpoint_date"),
        required=("subject", "content"),
        defaults={},
        author="created_by",
        editor="updated_by",
        pointer="external_id",
        written_as={"create_date": "touchpoint_date"},
        **_TOTANGO_STAMPS,
    ),
    Model(
        kind=("totango", "campaign_touch"),
        side="partner",
        section="campaign_touch",
        word="Totango campaign touch",
        title="name",
        fields=("kind", "name", "subject", "description", "start_date", "users_count", "from"),
        required=("name",),
        defaults={},
        pointer="external_id",
        **_TOTANGO_STAMPS,
    ),
)
_MARKETO = (
    _salesforce("Task", section="reminder", more=("CallDisposition",)),
    Model(
        kind=("marketo", "reminder"),
        side="partner",
        section="reminder",
        word="Marketo reminder",
        title="name",
        fields=("name", "details", "due_date", "status", "priority", "type", "call_outcome"),
        required=("name",),
        defaults={"status": "open", "priority": "normal", "type": "Custom"},
        parents=(),
        created=("created_at",),
        changed=("updated_at",),
        pointer="sf_task_id",
        done=("status", "complete"),
    ),
)
MODELS: Mapping[str, Mapping[Kind, Model]] = {
    name: {one.kind: one for one in models}
    for name, models in (("planhat", _PLANHAT), ("totango", _TOTANGO), ("marketo", _MARKETO))
}
_DAYS = frozenset({"ActivityDate", "startTime", "due_date"})


def differing(model: Model, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The carried fields that both show, and show differently: their new values."""
    new = model.carried(after)
    return {name: new[name] for name in new if name in before and not same(name, before[name], new[name])}


def same(name: str, one: Any, other: Any) -> bool:
    """Whether two values of a field are the same to a reader."""
    if one == other or (one in (None, "") and other in (None, "")):
        return True
    if name in _DAYS:
        return day(one) == day(other)
    if isinstance(one, str) and isinstance(other, str):
        if name in ("description", "details", "content"):
            return text_of_html(one) == text_of_html(other)
        return plain(one) == plain(other)
    return str(one) == str(other) and not isinstance(one, bool) and not isinstance(other, bool)

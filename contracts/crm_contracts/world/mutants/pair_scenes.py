"""Histories of Totango and Marketo at which planted bugs show. Name -> profile, changes of settings, operations.

Source of what must come of them: rules T9, T14, T23, T25, T32 to T34, T40, M4, M5, M10, M26; failure modes F17, F19,
F30, F39, F44, F55, F58.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crm_contracts.world.pairs.ops import PARTNER, SALESFORCE, Create, Delete, Edit, Op, Sync, Tick
from crm_contracts.world.pairs.settings import REMINDER, TASK, TOUCHPOINT, PairSettings

__all__ = ["PAIR_SCENES", "PairScene"]

MINUTE, TEN_MINUTES, SYNC = Tick(seconds=60), Tick(seconds=600), Sync()
TITLE = {TASK: "title", TOUCHPOINT: "subject", REMINDER: "name"}


@dataclass(frozen=True)
class PairScene:
    """One history of a profile. *changes* are what the settings say beside the default."""

    profile: str
    history: Sequence[Op]
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> PairSettings:
        return PairSettings(profile=self.profile).changed(self.changes)


def _here(section: str, act: str = "act-1", **fields: Any) -> Create:
    given = {"Subject": f"Call {act}"} | ({"ActivityDate": "2026-02-03"} if section == TOUCHPOINT else {})
    return Create(side=SALESFORCE, act=act, section=section, fields=given | fields)


def _there(section: str, act: str = "act-1", **fields: Any) -> Create:
    return Create(side=PARTNER, act=act, section=section, fields={TITLE[section]: f"Prepare {act}", **fields})


def _edit(side: str, act: str = "act-1", **fields: Any) -> Edit:
    return Edit(side=side, act=act, fields=fields)


def _newest_goes(section: str) -> tuple[Op, ...]:
    """The record that was edited last is deleted; another one, a little older, is still in the overlap."""
    newest = _edit(PARTNER, "act-2", **{TITLE[section]: "Edited last"})
    return (_there(section), _there(section, "act-2"), SYNC, MINUTE, newest, SYNC, Delete(side=PARTNER, act="act-2"))


def _edited_twice(section: str, text: str) -> tuple[Op, ...]:
    """Another record has moved Salesforce's cursor on; the first is edited, goes over, and is edited again."""
    first, second = (_edit(PARTNER, **{text: value}) for value in "BC")
    here = (_here(section), SYNC, TEN_MINUTES, _here(section, "act-2"), SYNC, TEN_MINUTES)
    return (*here, first, SYNC, MINUTE, second)


PAIR_SCENES: Mapping[str, PairScene] = {
    "F55 the newest goes, Totango": PairScene("totango", _newest_goes(TASK)),
    "F55 the newest goes, Marketo": PairScene("marketo", _newest_goes(REMINDER)),
    "F55 edited soon after the newest, Totango": PairScene(
        "totango",
        (_here(TASK), SYNC, TEN_MINUTES, _edit(SALESFORCE, Subject="B"), SYNC, MINUTE, _edit(SALESFORCE, Subject="C")),
    ),
    "F55 edited soon after the newest, Marketo": PairScene(
        "marketo",
        (_there(REMINDER), SYNC, TEN_MINUTES, _edit(PARTNER, details="B"), SYNC, MINUTE, _edit(PARTNER, details="C")),
    ),
    # In the overlap of two scans, and no longer: whoever writes it again does so once, and comes to rest.
    "F17 a name is edited, and a little later there is another": PairScene(
        "marketo",
        (
            _there(REMINDER),
            SYNC,
            TEN_MINUTES,
            _edit(PARTNER, name="Call back"),
            SYNC,
            Tick(seconds=130),
            _there(REMINDER, "act-2"),
            SYNC,
        ),
    ),
    "F17 edited twice, Totango": PairScene(
        "totango", _edited_twice(TASK, "description"), {"task.conflict": "salesforce"}
    ),
    "F17 edited twice, Marketo": PairScene(
        "marketo", _edited_twice(REMINDER, "details"), {"reminder.conflict": "salesforce"}
    ),
    "F19 both edit one field, Totango": PairScene(
        "totango", (_here(TASK), SYNC, MINUTE, _edit(SALESFORCE, Subject="A"), MINUTE, _edit(PARTNER, title="B"))
    ),
    "F19 both edit one field, Marketo": PairScene(
        "marketo",
        (_here(REMINDER), SYNC, MINUTE, _edit(SALESFORCE, Description="A"), MINUTE, _edit(PARTNER, details="B")),
    ),
    "F19 the later edit is kept out, Totango": PairScene(
        "totango",
        (
            _here(TASK),
            SYNC,
            MINUTE,
            _edit(PARTNER, description="older"),
            MINUTE,
            _edit(SALESFORCE, Description="newer", Priority="Low"),
        ),
        {"task.in_filter": "Priority != 'Low'"},
    ),
    "F19 the earlier edit is kept out, and the scan is past it, Marketo": PairScene(
        "marketo",
        (
            _here(REMINDER),
            SYNC,
            MINUTE,
            _edit(SALESFORCE, Description="older", Status="In Progress"),
            SYNC,
            TEN_MINUTES,
            _here(REMINDER, "act-2"),
            SYNC,
            TEN_MINUTES,
            _edit(PARTNER, details="newer"),
        ),
        {"unmapped_status": "skip_record"},
    ),
    "F58 both edited more than 30 days ago": PairScene(
        "totango",
        (
            _here(TASK),
            SYNC,
            MINUTE,
            _edit(SALESFORCE, Description="older"),
            MINUTE,
            _edit(PARTNER, description="newer"),
            Tick(seconds=31 * 86_400),
        ),
    ),
    "F44 line ends, and a blank, Totango": PairScene(
        "totango", (_here(TASK, Description="one\r\ntwo"), SYNC, TEN_MINUTES, _edit(PARTNER, description="one\ntwo "))
    ),
    "F44 line ends, and a blank, Marketo": PairScene(
        "marketo", (_here(REMINDER, Description="one\r\ntwo"), SYNC, TEN_MINUTES, _edit(PARTNER, details="one\ntwo "))
    ),
    "F30 who took part, and later others": PairScene(
        "totango",
        (
            _here(TOUCHPOINT, WhoId="bob"),
            _there(TOUCHPOINT, "act-2", participants=["ann", "bob"]),
            _there(TOUCHPOINT, "act-3", participants=["another ann"]),
            SYNC,
            TEN_MINUTES,
            _edit(SALESFORCE, WhoId="ann", Subject="B"),
        ),
        {"participants": True},
    ),
    "F30 two with one address": PairScene(
        "marketo", (_there(REMINDER, person="another ann"), _here(REMINDER, "act-2", WhoId="another ann"))
    ),
}

"""Other people's bugs: what was published about real syncs, each as a sync with that fault and a history that shows it.

The reference sync lives through the same history; the finding is the invariant that the fault breaks. `FAULTY` is the
table: what was published, the sync, the history, the finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from crm_contracts.world import ops, violations
from crm_contracts.world.ops import SALESFORCE, TASK, Op
from crm_contracts.world.scenarios import SCENARIOS, faulty_ports, faulty_reading, faulty_toys
from crm_contracts.world.scenarios.made import LATER, SYNC, edit, fault, salesforce, task
from crm_contracts.world.settings import Settings
from crm_contracts.world.toys import BlindCreator, Honest
from crm_contracts.world.under_test import SyncFactory
from crm_contracts.world.violations import InvariantViolated

__all__ = ["FAULTY", "Faulty"]


@dataclass(frozen=True)
class Faulty:
    """One published fault. *whose* tells where; *finding* is the class that the history must raise with *sync*."""

    failure: str
    whose: str
    sync: SyncFactory
    history: Sequence[Op]
    finding: type[InvariantViolated]
    settings: Settings


def _of(scenario: str, sync: SyncFactory, finding: type[InvariantViolated], whose: str) -> Faulty:
    """The fault shown by one of the scenarios of the catalogue."""
    (one,) = (each for name, each in SCENARIOS.items() if name.startswith(scenario))
    return Faulty(one.failure, whose, sync, one.history, finding, one.settings)


def _shown(
    failure: str, sync: SyncFactory, finding: type[InvariantViolated], whose: str, history: Sequence[Op]
) -> Faulty:
    """The fault shown by a history of its own."""
    return Faulty(failure, whose, sync, history, finding, Settings())


class AlongPriority(faulty_toys.WritesAlong):
    also: ClassVar = {SALESFORCE: {"Priority": "Normal"}}


class AlongStatus(faulty_toys.WritesAlong):
    also: ClassVar = {SALESFORCE: {"Status": "Not Started"}}


class AlongText(faulty_toys.WritesAlong):
    also: ClassVar = {SALESFORCE: {"Description": "one\ntwo\n\nthree"}}


class AlongCustom(faulty_toys.WritesAlong):
    also: ClassVar = {TASK: {"custom": {"Mood": "", "Score": None}}}


class AlongWhat(Honest):
    """Writes the account into the relation with every change."""

    def run(self) -> object:
        super().run()
        accounts = {row["_id"]: row["sourceId"] for row in self.planhat.companies()}
        there = self.salesforce.tasks()
        for row in self.planhat.tasks().values():
            partner = there.get(str(row.get("sourceId")))
            if partner and partner["WhatId"] != accounts[row["companyId"]]:
                self.salesforce.edit(partner["Id"], {"WhatId": accounts[row["companyId"]]})
        return None


_V = violations
FAULTY: Mapping[str, Faulty] = {
    "a creation is sent again": _of(
        "F01 the answer to a creation", faulty_ports.through(faulty_ports.RetriesCreations), _V.Duplicated,
        "Heroku Connect, Segment: a retry after a lost answer doubles",
    ),
    "a creation is sent again, by a toy": _of(
        "F01 the answer to a creation", BlindCreator, _V.Duplicated, "the same, in a sync of its own"
    ),
    "a creation without a note": _shown(
        "F02", faulty_toys.Unjournaled, _V.Duplicated, "isync (mbsync), before it had TUIDs",
        [task(), ops.Sync(crash_at=10), LATER],
    ),
    "ids of 15 and 18 characters": _of(
        "F07 an id of 15", Honest, _V.Duplicated, "Opfocus: one record under two forms of its id"
    ),
    "two records for one activity": _of(
        "F09 a Task and the Conversation", faulty_toys.TwoActivities, _V.Duplicated, "Planhat help 14549349, the risk"
    ),
    "links in the memory only": _shown(
        "F13", faulty_toys.ForgetsLinks, _V.Duplicated, "OfflineIMAP, the status folder is lost",
        [task(), SYNC, ops.Forget(), SYNC],
    ),
    "a record is copied for its stamp": _shown(
        "F17", faulty_toys.Vampire, _V.Looping, "Workato, MinnPost 359: vampire records",
        [salesforce(), SYNC, LATER, edit(TASK, action="From Planhat"), SYNC, LATER, SYNC, LATER, SYNC],
    ),
    "an edit in the second of a write": _of(
        "F18 a person edits in the second", faulty_toys.IgnoresItsSecond, _V.NotConverged, "MinnPost 452"
    ),
    "a flag that outlives its run": _shown(
        "F18", faulty_toys.Flagged, _V.NotConverged, 'MinnPost 516: "currently pulling"',
        [salesforce(), SYNC, ops.Sync(crash_at=3), LATER, edit(TASK, action="Never sent"), SYNC],
    ),
    "a policy that is not kept": _of(
        "F19 both sides write one field, and Salesforce", faulty_toys.AlwaysPlanhat, _V.LostUpdate,
        "HubSpot, field mappings: who wins is not what was chosen",
    ),
    "a loser without a trace": _of(
        "F19 both sides write one field, and Salesforce", faulty_ports.silent_about("conflicts"), _V.LoserUnlogged,
        "HubSpot, Marketo: the overwritten value is nowhere",
    ),
    "the whole record is sent": _of(
        "F20 each side writes another", faulty_toys.WholeRecord, _V.LostUpdate, "MinnPost 30"
    ),
    "custom values are replaced": _of(
        "F21 custom values", AlongCustom, _V.BrokenFrame, "nested objects replaced by a PUT"
    ),
    "a full pass resurrects": _of(
        "F23 a section is switched", faulty_toys.Resurrects, _V.FalselyDeleted, "nextcloud client 12281"
    ),
    "empty means deleted": _of(
        "F25 the sync's user sees no record", faulty_toys.EmptyMeansDeleted, _V.FalselyDeleted,
        "vdirsyncer, StorageEmpty",
    ),
    "archived means deleted": _of(
        "F26 a Task is archived", faulty_toys.EmptyMeansDeleted, _V.FalselyDeleted,
        "Salesforce Help, Archived Activities: queries do not show them",
    ),
    "gone from the list means deleted": _of(
        "F27 done in Planhat", faulty_toys.ListIsAll, _V.FalselyDeleted, "Planhat: done Tasks leave the list"
    ),
    "the relation is overwritten": _of(
        "F29 what the Salesforce Task is related to", AlongWhat, _V.BrokenFrame,
        "Object Reference, Task: AccountId follows from WhatId",
    ),
    "a state is written back": _of(
        "F31 one of several open states", AlongStatus, _V.LensBroken, "Marketo, task states"
    ),
    "a priority is written back": _of(
        "F32 a priority", AlongPriority, _V.BrokenFrame, "Marketo, task fields"
    ),
    "a link is dropped with its type": _of(
        "F36 a type that is excluded", faulty_toys.Unlinks, _V.Duplicated, "HubSpot, inclusion lists"
    ),
    "empty is not null": _of(
        "F42 nothing, an empty text", faulty_toys.BlankIsChange, _V.Looping, "Airbyte, Salesforce source"
    ),
    "markup is flattened": _of(
        "F43 markup survives", faulty_toys.Flattens, _V.LensBroken, "bug reports on HTML descriptions"
    ),
    "line ends are rewritten": _of(
        "F44 line ends", AlongText, _V.LensBroken, "a bug report on line ends"
    ),
    "the cut text comes back": _of(
        "F45 a title longer", faulty_toys.CutIsEdit, _V.LensBroken, "Salesforce, truncation"
    ),
    "a day is shifted": _of(
        "F46 a day, and moments", faulty_toys.ShiftsDays, _V.Invented, "notes on ActivityDate and zones"
    ),
    "no window behind the cursor": _of(
        "F49 an edit in Salesforce", faulty_reading.NoWindow, _V.ChangeMissed, "Airbyte 27146"
    ),
    "a cursor from the wall clock": _of(
        "F49 a new Salesforce Task", faulty_reading.FromWallClock, _V.ChangeMissed, "MinnPost 137"
    ),
    "equal stamps are skipped": _of(
        "F51 a dozen records", faulty_reading.SkipsEqualStamps, _V.ChangeMissed, "Salesforce Stack Exchange 234824"
    ),
    "equal stamps are read for ever": _of(
        "F51 a dozen records", faulty_reading.ReadsForEver, _V.CallsUnbounded, "Airbyte 17148"
    ),
    "further pages are ignored": _of(
        "F51 a dozen records", faulty_ports.through(faulty_ports.FirstPageOnly), _V.Unaccounted, "Mautic 5841"
    ),
    "a cursor by the date of the last edit": _of(
        "F55 a change that", faulty_reading.ByLastEdit, _V.ChangeMissed,
        "Planhat help, Salesforce integration: incremental on LastModifiedDate",
    ),
    "who is unknown once is forgotten": _of(
        "F59 the customer becomes known", faulty_toys.GivesUp, _V.NotConverged, "MinnPost 107"
    ),
    "200 is taken for each item": _of(
        "F60 one item of a collection", faulty_toys.TrustsBatch, _V.LostUpdate,
        "Salesforce, sObject Collections: 200 with an item that failed",
    ),
    "answers are matched by order": _of(
        "F61 several creations", faulty_toys.CrossedAnswer, _V.Invented, "Planhat, an example of a bulk answer"
    ),
    "the limit is not believed": _shown(
        "F62", faulty_ports.through(faulty_ports.InsistsOnTheLimit), _V.CallsUnbounded, "Airbyte, Salesforce source",
        [salesforce(), fault("limit_reached", "salesforce", "query", "Task", times=None), SYNC, ops.Heal(), SYNC],
    ),
    "one refusal ends the round": _of(
        "F14 the account of a Planhat Task", faulty_toys.HeadOfLine, _V.NotConverged,
        "Hightouch: retried first for ever",
    ),
    "a skip that nobody counts": _of(
        "F67 a customer that Planhat", faulty_ports.silent_about("skipped"), _V.Unaccounted,
        "Totango help, statistics: parents that are missing",
    ),
}  # fmt: skip

"""Planted bugs of the engine: propagation and conflict, F17 to F41."""

from __future__ import annotations

from crm_contracts.world.mutants.model import Mutant, Row, Text, Value

__all__ = ["FLOW"]

HTTP = "tests/crm_contracts/failure_modes/test_over_http.py::"
ACT, OBSERVE, PLAN = "crm_sync.act.Actor.", "crm_sync.observe.", "crm_sync.plan."
DELIVERED = "plan.write.setdefault(SALESFORCE, {})[mapped.salesforce] = value"
BUT = f"{DELIVERED}\n        "

FLOW = (
    Mutant(
        "own writes are changes",
        "F17",
        "What both sides agreed on is not written down after a change.",
        (Text(f"{ACT}_commit", 'changed["base"] = base', "pass"),),
    ),
    Mutant(
        "all that is shown has changed",
        "F17",
        "Values are not compared with what was last agreed.",
        (Text("crm_sync.cases.seen", "Seen.SAME if agreed[name] == key else Seen.CHANGED", "Seen.CHANGED"),),
    ),
    Mutant(
        "put aside for good",
        "F18",
        "What was put aside once is left alone, whatever a person edits.",
        (
            Text(
                f"{OBSERVE}aside.PutAside.holds",
                "return unchanged and item.next_at > self._engine.clock.now()",
                "return True",
            ),
            Text(f"{OBSERVE}aside.PutAside.__init__", "if item.next_at <= now", "if False"),
        ),
        scenario="F26 edits on both sides while",
    ),
    Mutant(
        "after a death all is agreed",
        "F18",
        "What was about to be written counts as written, and a person's edit since as known.",
        (
            Text(
                "crm_sync.updates._take_over",
                "if not missing:",
                "if True:",
            ),
        ),
    ),
    Mutant(
        "the older value wins",
        "F19",
        "Of two edits of one field the earlier one is kept.",
        (
            Text(
                "crm_sync.decide._preferred",
                "PARTNER if last is Order.PARTNER_NEWER else SALESFORCE",
                "SALESFORCE if last is Order.PARTNER_NEWER else PARTNER",
            ),
        ),
    ),
    Mutant(
        "the loser is not logged",
        "F19",
        "A value that lost a conflict is gone without a trace.",
        (Text("crm_sync.losers.conflicts_of", "", "return []"),),
    ),
    Mutant(
        "the policy is not asked",
        "F19",
        "Salesforce wins by policy, and the newest value is taken nevertheless.",
        (
            Text("crm_sync.decide._preferred", "policy is Policy.SALESFORCE", "False"),
            Text("crm_sync.decide._preferred", "policy is not Policy.NEWEST", "False"),
        ),
    ),
    Mutant(
        "a loser that nobody wrote",
        "F19",
        "A value that no section was to receive counts as held back, and stands in the log of conflicts.",
        (
            Text(
                "crm_sync.losers._with_held_back",
                "section is None or not section.flow(mapped).receives",
                "section is None",
            ),
        ),
    ),
    Mutant(
        "untouched fields are sent along",
        "F20",
        "A change of one field sends the title, too, as it was last agreed.",
        (
            Text(
                f"{ACT}_update_partner",
                "self._engine.partner.update(model, record.id, fields)",
                "self._engine.partner.update(model, record.id, {**({'action': activity.link.base[model]['Subject']} "
                "if model == 'Task' and activity.link and 'Subject' in activity.link.base.get(model, {}) else {}), "
                "**fields})",
            ),
        ),
    ),
    Mutant(
        "custom values are wiped",
        "F21",
        "With each change Planhat's custom values are emptied.",
        (
            Text(
                f"{ACT}_update_partner",
                "self._engine.partner.update(model, record.id, fields)",
                "self._engine.partner.update(model, record.id, "
                '{**fields, "custom": dict.fromkeys(record.values.get("custom") or {}, "")})',
            ),
        ),
    ),
    Mutant(
        "a deletion travels",
        "F22",
        "What is deleted in Salesforce is deleted in Planhat, although the survivor is to stay.",
        (
            Row("deleted in Salesforce; the partner's record is neither deleted nor replaced", "delete in the partner"),
            Row("its counterpart was deleted; the partner's record stays", "delete in the partner"),
        ),
    ),
    Mutant(
        "a deletion travels to Salesforce",
        "F22",
        "What is deleted in Planhat is deleted in Salesforce.",
        (
            Row(
                "deleted in the partner; the Salesforce record is neither deleted nor replaced", "delete in Salesforce"
            ),
            Row("its counterpart was deleted; the Salesforce record stays", "delete in Salesforce"),
        ),
    ),
    Mutant(
        "the survivor is made again",
        "F23",
        "A record whose counterpart was deleted gets a new one.",
        (
            Row("its counterpart was deleted; the partner's record stays", "create in Salesforce"),
            Row("its counterpart was deleted; the Salesforce record stays", "create in the partner"),
        ),
    ),
    Mutant(
        "a tombstone is a dropped link",
        "F24",
        "Instead of keeping a tombstone the sync forgets the pair.",
        (
            Text(
                f"{OBSERVE}completing.Completing._mark_deleted_salesforce",
                "activity.link = self._state.change_link(link.id, sf_deleted=record.deleted)",
                "self._state.drop_link(link.id); activity.link = None; activity.salesforce = None",
            ),
        ),
    ),
    Mutant(
        "a write that finds nothing is tried for ever",
        "F24",
        "Once the bin is empty Salesforce finds no record, and each run tries again without a word.",
        (
            Value("crm_sync.act.GONE_CODES", frozenset({"ENTITY_IS_DELETED", "NOT_FOUND"})),
            Text(f"{ACT}_gone", "link = plan.activity.link", "link = None"),
        ),
    ),
    Mutant(
        "a deletion found by its key leaves no tombstone",
        "F24",
        "After a loss of the memory the deleted partner is seen once and not written down; the bin forgets it.",
        (
            Text(
                f"{OBSERVE}completing.Completing._mark_deleted_salesforce",
                "if link is None and record.deleted and activity.partners and not carried:",
                "if False:",
            ),
        ),
        scenario="F24 the memory is lost after a deletion",
    ),
    Mutant(
        "what a scan does not show is gone",
        "F25",
        "A linked record that is not among what was read counts as deleted.",
        (
            Text(
                f"{OBSERVE}completing.Completing._mark_deleted_salesforce",
                "if record is None: return False",
                "if record is None:\n        if link is not None:\n            activity.link = "
                "self._state.change_link(link.id, sf_deleted=True)\n        return False",
            ),
        ),
    ),
    Mutant(
        "the brake does not hold",
        "F25",
        "A run that would delete nearly everything goes ahead.",
        (Text("crm_sync.brake.braked", "", 'return ""'),),
        tests=("tests/crm_sync/test_lease.py::test_a_braked_run_writes_nothing_and_one_that_may_goes_on",),
    ),
    Mutant(
        "deleted and archived rows are not asked for",
        "F26",
        "query is asked instead of queryAll.",
        (Text("crm_sync.sides.salesforce.Salesforce.query", "/queryAll", "/query"),),
    ),
    Mutant(
        "what cannot be found is deleted",
        "F26",
        "A write that finds no record makes a tombstone, although the record may only be hidden.",
        (Value("crm_sync.act.GONE_CODES", frozenset({"ENTITY_IS_DELETED", "NOT_FOUND"})),),
    ),
    Mutant(
        "archived Tasks are not read",
        "F27",
        "Only the open list of Planhat's Tasks is scanned.",
        (Text("crm_sync.sides.planhat.Planhat.parts", "(OPEN, ARCHIVED)", "(OPEN,)"),),
    ),
    Mutant(
        "the company follows the account",
        "F28",
        "A Task that is related to another customer in Salesforce moves to another Company.",
        (
            Text(
                f"{PLAN}_plan_key",
                "",
                "row, theirs = plan.activity.salesforce, plan.activity.partners.get(model)\n"
                "section = known.section_of(model, plan.activity.sf_object)\n"
                "parent = known.parent_of(row, section) if row is not None and section is not None else None\n"
                "if theirs is not None and parent and parent != theirs.get('companyId'):\n"
                "    plan.write.setdefault(model, {})['companyId'] = parent",
            ),
        ),
    ),
    Mutant(
        "every record is of one customer",
        "F28",
        "Whatever account a Salesforce Task has, its Planhat Task is made at the first Company.",
        (
            Text(
                "crm_sync.engine.Engine.parent_of",
                "return self._parents[0].get(account) if account else None",
                "return next(iter(self._parents[0].values())) if account in self._parents[0] else None",
            ),
        ),
    ),
    Mutant(
        "a new Task is related to nothing",
        "F29",
        "The relation is not set when the Salesforce Task is made.",
        (Text(f"{PLAN}_plan_salesforce_creation", "if account and company_field in sobject.fields:", "if False:"),),
    ),
    Mutant(
        "WhatId is written with each change",
        "F29",
        "Every change in Salesforce relates the Task to its account again.",
        (
            Text(
                f"{PLAN}_deliver",
                DELIVERED,
                BUT + 'plan.write[SALESFORCE]["WhatId"] = known.account_of_parent(record.get("companyId"))',
            ),
        ),
    ),
    Mutant(
        "once is never",
        "F30",
        "What is written when a record is made, and never later, is not written at all: participants are lost.",
        (Text(f"{PLAN}_create_values", "mapped.write_out is Write.NEVER", "mapped.write_out is not Write.ALWAYS"),),
        tests=("tests/crm_sync/test_totango_rules.py::test_participants_are_set_once_in_either_direction",),
    ),
    Mutant(
        "a status is compared by its word",
        "F31",
        "Two statuses that mean one to Planhat count as different.",
        (Text("crm_sync.mapping.Status.key_sf", 'return c.maps["status"].to_partner[status]', "return status"),),
    ),
    Mutant(
        "a priority for nothing",
        "F32",
        "Each change in Salesforce writes the default priority, too.",
        (Text(f"{PLAN}_deliver", DELIVERED, BUT + 'plan.write[SALESFORCE]["Priority"] = "Normal"'),),
    ),
    Mutant(
        "picklists are not checked",
        "F33",
        "A status that the describe does not have is sent, and its refusal is the record's end.",
        (
            Text(
                "crm_sync.known.SfObject.refuses",
                "value is not None and known.restricted and value not in known.values",
                "False",
            ),
            Text(f"{ACT}_without_refused_picklists", "", "return refused"),
            Text(f"{ACT}_create_or_adopt", "error.code == _PICKLIST and error.fields", "False"),
        ),
        tests=("tests/crm_sync/test_rules.py",),
    ),
    Mutant(
        "a series is a Task",
        "F34",
        "The series of recurring Tasks is synced like its occurrences.",
        (Text("crm_sync.cases.excluded_in", 'record.get("IsRecurrence")', "False"),),
        tests=(f"{HTTP}test_a_series_is_left_alone",),
    ),
    Mutant(
        "completion is no opinion",
        "F35",
        "A Task that is done says nothing about its status.",
        (Text("crm_sync.mapping.Status.silent", "return not key or", "return key == 'Done' or not key or"),),
    ),
    Mutant(
        "a link sleeps for ever",
        "F36",
        "A type that is included again does not wake its links.",
        (
            Text(f"{OBSERVE}placing.Placing.is_excluded", "self._state.change_link(link.id, dormant=False)", "pass"),
            Row("it takes part again, and may come in", "skip"),
            Row("it takes part again, and may go out", "skip"),
        ),
    ),
    Mutant(
        "what sleeps is agreed on",
        "F36",
        "What is edited in Salesforce while its counterpart takes no part counts as agreed.",
        (Text("crm_sync.act.Actor._commit", "if sleeps or not (", "if not ("),),
    ),
    Mutant(
        "a link wakes without a look at Salesforce",
        "F36",
        "When a type is included again, nobody reads what was written in Salesforce meanwhile.",
        (
            Text(
                f"{OBSERVE}placing.Placing.is_excluded",
                'self._aside.look_again(SALESFORCE, link.sf_object, link.sf_id, "its counterpart takes part again")',
                "pass",
            ),
        ),
    ),
    Mutant(
        "other integrations' types take part",
        "F36",
        "E-mails, chats, tickets and calls, which no section offers, are sent like any Conversation.",
        (Text("crm_sync.engine.Engine.excluded", 'if kind in types["never"]:', "if kind in ():"),),
    ),
    Mutant(
        "no baseline",
        "F37",
        "When a direction changes, what differs by then is pushed.",
        (Text("crm_sync.settings._take_baseline", "", "return"),),
    ),
    Mutant(
        "a new field floods",
        "F38",
        "A field that is mapped later is brought over for every record, although nobody asked for a back-fill.",
        (
            Text("crm_sync.cases.seen", "backfill = any(", "backfill = True or any("),
            Text("crm_sync.settings.save", "if section.backfill:", "if True:"),
        ),
        tests=(f"{HTTP}test_a_field_is_mapped_later",),
    ),
    Mutant(
        "derived fields are sent",
        "F39",
        "A mapped field that nobody may write is not left out.",
        (
            Text(
                "crm_sync.engine.Engine._usable",
                "section.flow(mapped).sends and not (known.createable or known.updateable)",
                "False",
            ),
        ),
        tests=(f"{HTTP}test_a_derived_field_is_mapped",),
    ),
    Mutant(
        "a search tells what was kept",
        "F49",
        "What a search does not show yet after a write counts as what Salesforce keeps; who puts the old value back "
        "goes unheard.",
        (Text("crm_sync.read_back.read_back", "if unmoved:", "if False:"),),
        tests=("tests/crm_sync/test_read_back.py",),
    ),
    Mutant(
        "what nobody can be told wins the record",
        "F19",
        "Where the grain of a conflict is the record, an assignee whom Salesforce does not know takes along what was "
        "written there.",
        (Text(f"{PLAN}_record_winner", "stuck = _stuck(plan.activity, known, by_model)", "stuck = set()"),),
        tests=("tests/crm_sync/test_plan.py",),
    ),
    Mutant(
        "agreed is what was sent",
        "F40",
        "What Salesforce keeps after a change is not read back.",
        (
            Text(
                f"{ACT}_read_back_salesforce",
                "plan.activity.salesforce = row",
                "plan.activity.salesforce = replace(row, values={**row.values, **plan.write[SALESFORCE]})",
            ),
        ),
        tests=(f"{HTTP}test_the_org_rewrites_what_is_written",),
    ),
    Mutant(
        "the account is whom it is about",
        "F41",
        "A new Salesforce Task has its account in WhoId.",
        (
            Text(
                f"{PLAN}_plan_salesforce_creation",
                'settable.createable else "WhatId"',
                'settable.createable else "WhoId"',
            ),
        ),
    ),
)

"""Plan what one activity needs: which fields go where, what is created, what is held back.

No network, no state, no clock: an `Activity` (what was read) and its link (what was agreed) go in, a
`Plan` comes out. The same inputs give the same plan.
Rules P1, P7, P8, P11-P16, P20-P29; the per-field decision itself is in decide.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from crm_sync.cases import case_of, deciding
from crm_sync.cases import seen as was_seen
from crm_sync.decide import Agree, Mapped, Seen, View, decide, record_winner
from crm_sync.known import Known
from crm_sync.losers import all_losers, conflicts_of, given_up
from crm_sync.mapping import Held, key_of, lens
from crm_sync.model import SALESFORCE, Activity, FieldMap, Record, Section, Write
from crm_sync.record_ids import AmbiguousId, NotAnId, canonical
from crm_sync.report import Conflict, HeldBack, Outcome
from crm_sync.verdict import Action, LinkState, verdict
from crm_sync.verdict_words import ALIVE, SHUT

Verdict = tuple[Outcome, str]
#: Stands among the agreed values, where no Salesforce field is called so: the other account that was told of last.
ACCOUNT_TOLD = "account_change_ignored"
PAIRED = frozenset({LinkState.LIVE, LinkState.KEYED})


@dataclass
class Plan:
    """What to do about one activity.

    *write* holds the fields to write per replica, *create* the replica that does not exist yet, *delete* the one to
    delete, *drop* says that the link is to be forgotten,
    *keep* the (replica, field) pairs whose agreed value must stay as it was, *verdicts* what each
    section will report, *wait* a reason to look again next time, *refuse* one to quarantine, *left* that a job of the
    other direction has something to do here.
    """

    activity: Activity
    write: dict[str, dict[str, Any]] = field(default_factory=dict)
    create: str | None = None
    delete: str = ""
    drop: bool = False
    keep: set[tuple[str, str]] = field(default_factory=set)
    conflicts: list[Conflict] = field(default_factory=list)
    held: list[HeldBack] = field(default_factory=list)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    wait: str = ""
    refuse: str = ""
    label: str = ""
    left: bool = False
    #: The other account that Salesforce's record names, "" for none, by model.
    other_account: dict[str, str] = field(default_factory=dict)
    #: Lets nothing through at present: in, out.
    shut: tuple[bool, bool] = (False, False)

    #: The replicas as they were read: what was decided from. They are replaced by what is read back while acting.
    read: dict[str, Record] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.label = self.activity.label
        self.read = dict(self.activity.partners)
        if self.activity.salesforce is not None:
            self.read[SALESFORCE] = self.activity.salesforce

    def hold(self, mapped: FieldMap, held: Held) -> None:
        self.held.append(HeldBack(self.activity.label, mapped.name, held.value, held.reason))

    def lines(self) -> list[str]:
        """The plan in words, for a dry run."""
        label = self.activity.label
        lines = []
        for replica, fields in sorted(self.write.items()):
            verb = "create" if replica == self.create else "update"
            lines.append(f"{verb} {replica} for {label}: {', '.join(sorted(fields)) or 'its key'}")
        if self.delete:
            lines.append(f"delete {self.delete} for {label}")
        return lines


def plan_activity(activity: Activity, known: Known) -> Plan:
    """See the module's docstring."""
    plan = Plan(activity)
    section = deciding(activity, known)
    if section is None:
        return plan
    if activity.rivals:
        plan.refuse = f"{', '.join(activity.rivals)} carry its key, too; keep one of them (rule P8)"
        plan.verdicts[section.key] = (Outcome.QUARANTINED, plan.refuse)
        return plan
    case, why = case_of(activity, section, known)
    plan.shut = case.scope_in in SHUT, case.scope_out in SHUT
    said = verdict(case)
    reason = why or said.reason
    match said.action:
        case Action.CREATE_PARTNER:
            _plan_partner_creation(plan, known, section)
        case Action.CREATE_SALESFORCE:
            _plan_salesforce_creation(plan, known)
        case Action.DELETE_PARTNER | Action.DELETE_SALESFORCE:
            _plan_deletion(plan, known, section, into_salesforce=said.action is Action.DELETE_SALESFORCE)
        case Action.COMPARE | Action.LINK | Action.REBASE | Action.WAKE:
            _plan_linked(plan, known)
        case Action.NOTHING if case.link is LinkState.LIVE and section.rules.updates:
            _plan_linked(plan, known)  # its key may still be missing (P8)
        case Action.SKIP if case.link in PAIRED and {case.left, case.right} <= ALIVE:
            plan.shut = True, True
            _plan_linked(plan, known)  # what may not pass stays a change
            if not plan.write:
                _everywhere(plan, known, section, Outcome.SKIPPED, reason)
        case Action.NOTHING if case.link is LinkState.LIVE:
            _everywhere(plan, known, section, Outcome.UNCHANGED, "")
        case Action.WAIT:
            plan.wait = reason
            _everywhere(plan, known, section, Outcome.SKIPPED, reason)
        case Action.QUARANTINE | Action.IMPOSSIBLE:
            plan.refuse = reason
            _everywhere(plan, known, section, Outcome.QUARANTINED, reason)
        case _:
            _everywhere(plan, known, section, Outcome.SKIPPED, reason)
    if plan.refuse:
        plan.conflicts.clear()  # nothing is written, so nothing is given up (I5)
    return plan


def sections_for(activity: Activity, known: Known) -> dict[str, Section]:
    """The enabled sections this activity belongs to, by the partner's model, earlier models first."""
    found = {}
    for model in known.profile.models:
        section = known.section_of(model, activity.sf_object)
        present = model in activity.partners or (activity.link is not None and activity.link.lives(model))
        if section is not None and present:
            found[model] = section
    return found


def _everywhere(plan: Plan, known: Known, section: Section, outcome: Outcome, reason: str) -> None:
    """Say it for every section the activity is in; what is in none yet is the deciding section's."""
    for one in sections_for(plan.activity, known).values() or [section]:
        plan.verdicts[one.key] = (outcome, reason)


# -- activities that exist on both sides -------------------------------------------------------------


def _plan_linked(plan: Plan, known: Known) -> None:
    activity = plan.activity
    sections = sections_for(activity, known)
    mapped_fields: dict[str, dict[str, FieldMap]] = {}
    for model, section in sections.items():
        for mapped in section.fields:
            mapped_fields.setdefault(mapped.salesforce, {})[model] = mapped
    views = {name: _views(plan, known, by_model, sections) for name, by_model in mapped_fields.items()}
    record = _record_winner(plan, known, sections, mapped_fields, views)
    for name, by_model in mapped_fields.items():
        _plan_field(plan, known, name, by_model, sections, views[name], record)
    for model, section in sections.items():
        rejected = _refused_change(plan, model, section)
        _tell_of_the_change(plan, known, model, section)
        _note_another_account(plan, known, model, section)
        _plan_key(plan, known, model)
        written = plan.write.get(model) or (plan.write.get(SALESFORCE) and section.direction.sends)
        outcome = Outcome.UPDATED if written else Outcome.UNCHANGED
        plan.verdicts[section.key] = (Outcome.QUARANTINED, rejected) if rejected else (outcome, "")


def _record_winner(
    plan: Plan,
    known: Known,
    sections: Mapping[str, Section],
    mapped_fields: Mapping[str, Mapping[str, FieldMap]],
    views: Mapping[str, tuple[View, Mapping[str, View]]],
) -> str:
    """The side that wins the record as a whole, where the grain of a conflict is the record (T9); "" otherwise.

    What the other side cannot be told wins nothing: it would take what was said there with it (I5).
    """
    section = list(sections.values())[-1] if sections else None
    if section is None or section.rules.grain != "record":
        return ""
    fields = []
    for name, (sf, seen) in views.items():
        by_model = mapped_fields[name]
        stuck = _stuck(plan.activity, known, by_model)
        told = [replace(view, silent=view.silent or model in stuck) for model, view in seen.items()]
        ours = replace(sf, silent=sf.silent or SALESFORCE in stuck)
        fields.append(Mapped(ours, told, _agreement(known, by_model)))
    rules = section.rules
    return record_winner(
        fields,
        section.conflict,
        tie=rules.tie,
        resolution_seconds=rules.resolution_seconds,
        apart_seconds=known.apart_seconds,
    )


def _agreement(known: Known, by_model: Mapping[str, FieldMap]) -> Agree:
    def agree(sf: Any, partner: Any, model: str) -> bool:
        return lens(by_model[model]).agree(by_model[model], sf, partner, known.context)

    return agree


def _refused_change(plan: Plan, model: str, section: Section) -> str:
    """Why the partner's record may not change as planned: it would lose what it must say (T16); "" when it may.

    Its key is planned later: one that lacks something already still gets that. What goes out goes out all the same.
    """
    fields = plan.write.get(model)
    if not fields:
        return ""
    reason = _lacks(section, {**plan.activity.partners[model].values, **fields})
    if reason:
        rejected = f"{reason}; it keeps what it says (rule T16)"
        del plan.write[model]
        plan.conflicts = [one for one in plan.conflicts if one.loser != model]  # it keeps its values (I5)
        if plan.write.get(SALESFORCE):
            names = {mapped.salesforce for mapped in section.fields if mapped.partner in fields}
            plan.keep |= {(replica, name) for replica in (SALESFORCE, model) for name in names}
        else:
            plan.refuse = rejected
        return rejected
    return ""


def _lacks(section: Section, values: Mapping[str, Any]) -> str:
    """Which field a partner's record must have and would not (T16); "" for none."""
    rules = section.rules

    def blank(name: str) -> bool:
        return not str(values.get(name) or "").strip()

    missing = sorted(name for name in rules.required if blank(name))
    if missing:
        return f"{missing[0]} must say something"
    if rules.required_any and all(blank(name) for name in rules.required_any):
        return f"{' or '.join(sorted(rules.required_any))} must say something"
    return ""


def _tell_of_the_change(plan: Plan, known: Known, model: str, section: Section) -> None:
    """When and by whom Salesforce's record was changed goes with what is written anyway, never alone (T36)."""
    record = plan.activity.salesforce
    if record is None or not plan.write.get(model):
        return
    for mapped in section.fields:
        if mapped.lens in {"audit", "audit_text"} and section.flow(mapped).receives:
            written = lens(mapped).to_partner(mapped, record.values, known.context, {})
            if not isinstance(written, Held):
                plan.write[model].update(written)


def _note_another_account(plan: Plan, known: Known, model: str, section: Section) -> None:
    """The account of a partner's record never changes; a row that names another one is told of, once (T12)."""
    record, theirs = plan.activity.salesforce, plan.activity.partners.get(model)
    if record is None or theirs is None or section.rules.parent_missing != "skip":
        return
    account, parent = known.account_of(record, section), theirs.get(section.parent_field)
    other = bool(account) and account != parent and known.account_of_parent(parent) not in {None, account}
    link = plan.activity.link
    told = link.base.get(model, {}).get(ACCOUNT_TOLD, "") if link is not None else ""
    plan.other_account[model] = str(account) if other else ""
    if other and account != told:
        plan.notes.append(
            f"{plan.activity.label}: account_change_ignored: {account} is not the account of {model} {theirs.id}"
        )


def _plan_key(plan: Plan, known: Known, model: str) -> None:
    """The Salesforce id belongs into the partner's record, whichever way values go (rules P7, P8)."""
    activity = plan.activity
    record = activity.replica(model)
    sf_id = activity.link.sf_id if activity.link else activity.claimed_sf_id
    keyable = known.keyable(model)
    if record is None or sf_id is None or not keyable:
        return
    raw = str(record.get(keyable) or "").strip()
    if raw:
        try:
            named = canonical(raw, prefix=sf_id[:3])
        except (NotAnId, AmbiguousId):
            named = None
        if named is not None and named != sf_id:
            plan.refuse = f"its {keyable} names {named}, but it belongs to {sf_id}; decide which"
            plan.write.clear()
        return
    plan.write.setdefault(model, {})[keyable] = sf_id


def _views(
    plan: Plan, known: Known, by_model: Mapping[str, FieldMap], sections: Mapping[str, Section]
) -> tuple[View, Mapping[str, View]]:
    """Salesforce's view of one field, and the partner's by model, where they are known."""
    found = {model: _view(plan, known, model, mapped, sections[model]) for model, mapped in by_model.items()}
    sf_view = _sf_view(plan, known, next(iter(by_model.values())))
    views = {model: view for model, view in found.items() if view is not None}
    if sf_view.silent and not (plan.activity.link and plan.activity.link.base):
        # Found again by its key: nobody remembers a change, and Salesforce shows nothing to compare with (M5).
        views = {model: replace(view, seen=Seen.SAME) for model, view in views.items()}
    return sf_view, views


def _plan_field(
    plan: Plan,
    known: Known,
    name: str,
    by_model: Mapping[str, FieldMap],
    sections: Mapping[str, Section],
    seen: tuple[View, Mapping[str, View]],
    record: str,
) -> None:
    activity = plan.activity
    sf_view, views = seen
    any_mapped = next(iter(by_model.values()))
    agree = _agreement(known, by_model)
    # A Conversation speaks for what happened, so its section's policy comes first (rule P1).
    speaking = sections[list(by_model)[-1]]
    decision = decide(
        sf_view,
        list(views.values()),
        speaking.policy(by_model[speaking.model]),
        agree,
        tie=speaking.rules.tie,
        resolution_seconds=speaking.rules.resolution_seconds,
        apart_seconds=known.apart_seconds,
        record=record,
    )
    if decision.winner is None:
        _keep_unsettled(plan, name, sf_view, views, agree)
        return
    if _deliver(plan, known, decision.winner, decision.targets, by_model):
        told = all_losers(activity, known, decision, sf_view, views, by_model)
        plan.conflicts += conflicts_of(activity, known, told, by_model)
    elif decision.winner in views:
        plan.keep.add((decision.winner, name))
    if decision.losers and activity.link is None:
        plan.notes.append(f"{activity.label}: linked by its key; {any_mapped.name} differed")


def _view(plan: Plan, known: Known, model: str, mapped: FieldMap, section: Section) -> View | None:
    """One partner's replica's view; None when its value is not known: neither read nor ever agreed."""
    activity = plan.activity
    record = activity.replica(model)
    if record is not None:
        value = key_of(record, mapped, known.context)
        seen, changed_at = was_seen(activity, known, model, mapped, value), record.edited_at
        silent = lens(mapped).silent(mapped, value, known.context) or lens(mapped).sent_once(record.values)
    else:
        agreed = activity.link.base.get(model, {}) if activity.link else {}
        if mapped.salesforce not in agreed:
            return None
        value = agreed[mapped.salesforce]
        seen, changed_at, silent = Seen.SAME, None, True
    flow = section.flow(mapped)
    return View(model, seen, value, changed_at, flow, silent, mapped.write_in, mapped.write_out, *plan.shut)


def _sf_view(plan: Plan, known: Known, mapped: FieldMap) -> View:
    activity = plan.activity
    record = activity.salesforce
    if record is None:
        assert activity.link is not None, "an activity without a link was read on both sides"
        value = activity.link.base.get(SALESFORCE, {}).get(mapped.salesforce)
        return View(SALESFORCE, Seen.SAME, value, None)
    key = key_of(record, mapped, known.context)
    seen = was_seen(activity, known, SALESFORCE, mapped, key)
    silent = lens(mapped).silent_sf(mapped, key, known.context)
    return View(SALESFORCE, seen, key, record.edited_at, silent=silent)


def _deliver(plan: Plan, known: Known, winner: str, targets: Sequence[str], by_model: Mapping[str, FieldMap]) -> bool:
    """Turn a decision into writes; False when nothing could be written."""
    activity = plan.activity
    if winner == SALESFORCE:
        assert activity.salesforce is not None
        source: Mapping[str, Any] = activity.salesforce.values
        delivered = False
    else:
        mapped = by_model[winner]
        record = activity.replica(winner)
        assert record is not None
        value = _for_salesforce(activity, known, mapped, record)
        if isinstance(value, Held):
            plan.hold(mapped, value)
            return False
        plan.write.setdefault(SALESFORCE, {})[mapped.salesforce] = value
        source = {mapped.salesforce: value}
        delivered = True
    for model in targets:
        if model == SALESFORCE:
            continue
        target = activity.replica(model)
        if target is None:
            continue
        mapped = by_model[model]
        written = lens(mapped).to_partner(mapped, source, known.context, target.values)
        if isinstance(written, Held):
            plan.hold(mapped, written)
            continue
        plan.write.setdefault(model, {}).update(written)
        delivered = True
    return delivered


def _for_salesforce(activity: Activity, known: Known, mapped: FieldMap, record: Record) -> Any:
    """What a partner's record says, as Salesforce is told of a change; `Held` where it cannot be."""
    value = lens(mapped).to_sf(mapped, record.values, known.context)
    if isinstance(value, Held):
        return value
    return known.sobject(activity.sf_object).refuses(mapped.salesforce, value, create=False) or value


def _stuck(activity: Activity, known: Known, by_model: Mapping[str, FieldMap]) -> set[str]:
    """The replicas that were read, and of whose value of one field nobody can be told."""
    ours = activity.salesforce
    there = [(mapped, record) for model, mapped in by_model.items() if (record := activity.replica(model)) is not None]
    found = {record.model for one, record in there if isinstance(_for_salesforce(activity, known, one, record), Held)}
    if ours is not None and all(
        isinstance(lens(mapped).to_partner(mapped, ours.values, known.context, record.values), Held)
        for mapped, record in there
    ):
        found.add(SALESFORCE)
    return found


def _keep_unsettled(
    plan: Plan,
    name: str,
    sf_view: View,
    views: Mapping[str, View],
    agree: Agree,
) -> None:
    """A change that went nowhere stays a change: its agreed value must not move."""
    agreeing = [v for v in views.values() if agree(sf_view.value, v.value, v.replica)]
    if sf_view.seen is Seen.CHANGED and not agreeing:
        plan.keep.add((SALESFORCE, name))
    for view in views.values():
        if view.seen is Seen.CHANGED and view not in agreeing and not view.silent:
            plan.keep.add((view.replica, name))


# -- deletion --------------------------------------------------------------------------------------------


def _plan_deletion(plan: Plan, known: Known, section: Section, *, into_salesforce: bool) -> None:
    """One side was deleted by somebody, and the section carries that over (T39, T40, M18, M21)."""
    activity = plan.activity
    told = activity.salesforce
    if not into_salesforce and told is not None and not known.scope.deletes(told.changed_at):
        plan.drop = True
        plan.verdicts[section.key] = (Outcome.SKIPPED, "it was deleted too long ago: its counterpart stays, unlinked")
    else:
        plan.delete = SALESFORCE if into_salesforce else section.model
        plan.verdicts[section.key] = (Outcome.DELETED, "")
        plan.conflicts += given_up(activity, known, section, plan.delete)


# -- creation at the partner -------------------------------------------------------------------------


def _plan_partner_creation(plan: Plan, known: Known, section: Section) -> None:
    activity = plan.activity
    record = activity.salesforce
    assert record is not None
    model = section.model
    parent = known.parent_of(record, section)
    fields: dict[str, Any] = {known.keyable(model): record.id} | dict(section.on_create_partner)
    if parent is not None:
        fields[section.parent_field] = parent
    for mapped in section.fields:
        if not section.flow(mapped).receives or not mapped.partner or mapped.write_in is Write.NEVER:
            continue
        written = lens(mapped).to_partner(mapped, record.values, known.context, {})
        if isinstance(written, Held):
            if written.value is not None:
                plan.hold(mapped, written)
            continue
        fields.update({k: v for k, v in written.items() if v is not None})
    if section.stamp_field and section.stamp_field not in fields:
        fields[section.stamp_field] = str(record.get("LastModifiedDate") or "").replace("+0000", "Z")
    reason = _lacks(section, fields)
    if reason:
        plan.refuse = f"{reason} (rule T16)"
        plan.verdicts[section.key] = (Outcome.QUARANTINED, plan.refuse)
        return
    plan.create = model
    plan.write[model] = fields
    plan.verdicts[section.key] = (Outcome.CREATED, "")


# -- creation in Salesforce --------------------------------------------------------------------------


def _plan_salesforce_creation(plan: Plan, known: Known) -> None:
    activity = plan.activity
    sections = sections_for(activity, known)
    sources = {model: s for model, s in sections.items() if s.direction.sends}
    speaking = list(sources)[-1]  # the later model's word is the later one
    record = activity.partners[speaking]
    fields = dict(sources[speaking].on_create)
    account = known.account_of_parent(record.get(sources[speaking].parent_field))
    sobject = known.sobject(activity.sf_object)
    company_field = sources[speaking].company_field
    if company_field == "AccountId":
        settable = sobject.fields.get("AccountId")
        company_field = "AccountId" if settable and settable.createable else "WhatId"
    if account and company_field in sobject.fields:
        fields[company_field] = account
    for model, section in sources.items():
        _create_values(plan, known, model, section, fields)
    for model, section in sections.items():
        if model not in sources:
            _leave_open(plan, known, model, section, fields)
    plan.create = SALESFORCE
    plan.write[SALESFORCE] = fields
    for section in sections.values():
        plan.verdicts[section.key] = (Outcome.CREATED, "")


def _leave_open(plan: Plan, known: Known, model: str, section: Section, fields: Mapping[str, Any]) -> None:
    """A replica that only receives may say something else than the new record: that is not agreed on."""
    record = plan.activity.partners[model]
    for mapped in section.fields:
        made = lens(mapped).key_sf(mapped, fields, known.context)
        says = key_of(record, mapped, known.context)
        if mapped.salesforce in fields and not lens(mapped).agree(mapped, made, says, known.context):
            plan.keep |= {(model, mapped.salesforce), (SALESFORCE, mapped.salesforce)}


def _create_values(plan: Plan, known: Known, model: str, section: Section, fields: dict[str, Any]) -> None:
    record = plan.activity.partners[model]
    sobject = known.sobject(plan.activity.sf_object)
    for mapped in section.fields:
        if not section.flow(mapped).sends or mapped.write_out is Write.NEVER:
            continue
        key = key_of(record, mapped, known.context)
        if lens(mapped).silent(mapped, key, known.context):
            continue
        value = lens(mapped).to_sf(mapped, record.values, known.context)
        if not isinstance(value, Held):
            value = sobject.refuses(mapped.salesforce, value, create=True) or value
        if isinstance(value, Held):
            plan.hold(mapped, value)
            plan.keep.add((model, mapped.salesforce))
            if mapped.lens == "owner":
                plan.notes.append(f"{plan.activity.label}: {value.reason}; the caller owns it")
        elif value is not None:
            fields[mapped.salesforce] = value
    plan.keep |= {(model, mapped.salesforce) for mapped in section.barred}

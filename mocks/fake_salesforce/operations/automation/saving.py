"""Running an org's rules around the save of one row.

Before the row is written: assignment rules and then the before-save updates change it, lookup filters, validation
rules and duplicate rules may refuse it. After: updates of the row itself (a workflow's field update, which saves the
row once more) and of rows it points at.

Rule 1: each rule runs at most once for a row in one request, so that two rules cannot wake each other for ever.
Rule 2: the second save of a field update runs the before-save updates again and leaves out validation and duplicate
rules, as documented (Apex Developer Guide, Triggers and Order of Execution). A row above is saved like any other.
Rule 3: rules act with all rights, in the name of who saves.
Source: Apex Developer Guide, Triggers and Order of Execution; what stands in an org file is our own notation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from fake_salesforce import record_ids
from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations.automation.assignment import assign_owner
from fake_salesforce.operations.automation.duplicates import refuse_duplicates
from fake_salesforce.operations.automation.operands import Moment, Path
from fake_salesforce.operations.automation.rules import LookupFilter, ObjectRules, Update, rules_of
from fake_salesforce.operations.body import Given
from fake_salesforce.operations.caller import Caller
from fake_salesforce.operations.derive import before_save
from fake_salesforce.operations.prepared import prepared
from fake_salesforce.operations.save import Save
from fake_salesforce.operations.values import TypeMismatch, check, parse
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import SObject

#: How a row is changed: org, who, connection, object, id, what. Given by who saves, for a save calls the rules here.
Change = Callable[[Org, Caller, sa.Connection, SObject, str, Given], None]
_EVENT_WORDS = {"create": "Insert", "update": "Update", "delete": "Delete"}


def before_write(rules: ObjectRules | None, save: Save, caller: Caller) -> None:
    """Everything that may change or refuse the row of *save* before it is written. Raises SalesforceError."""
    moment = Moment(save, caller.user_id, caller.now)
    if not caller.options.resave:
        owner = save.new.get("OwnerId")
        assign_owner(rules, moment, caller.options.assignment)
        if rules is None:
            return
        written = {"OwnerId"} if save.new.get("OwnerId") != owner else set()
    else:
        written = set()
    if rules is None:
        return
    event = "create" if save.old is None else "update"
    written |= _run_before(rules, moment, event)
    if written:
        # What follows from the fields that a rule wrote: a status that it closed, for one.
        before_save(replace(save, given=save.given | written))
    for each in rules.filters:
        _apply_filter(each, moment)
    if caller.options.resave:
        return
    for rule in rules.validations:
        if rule.when(moment):
            fields = () if rule.field is None else (rule.field,)
            raise salesforce_error("FIELD_CUSTOM_VALIDATION_EXCEPTION", text=rule.message, fields=fields)
    refuse_duplicates(rules.duplicates, moment, caller)


def _run_before(rules: ObjectRules, moment: Moment, event: str) -> set[str]:
    """Names of the fields that before-save updates have written."""
    written: set[str] = set()
    for update in rules.before:
        if event not in update.events or not update.when(moment):
            continue
        if update.refusal is not None:
            raise update.refusal(f"Before{_EVENT_WORDS[event]}")
        for field, read in update.sets:
            value = read(moment)
            moment.save.new[field.name] = None if value is None else _checked(value, field)
            written.add(field.name)
    return written


def _checked(value: Any, field: Any) -> Any:
    """A value that a rule has worked out, as a save would take it; raises SalesforceError."""
    if field.is_reference:
        return record_ids.canonical(value)
    try:
        return check(parse(bool(value) if field.type == "boolean" else value, field), field)
    except TypeMismatch as error:
        raise salesforce_error(
            "INVALID_TYPE_ON_FIELD_IN_RECORD", label=field.label, field=field.name, value=str(value)
        ) from error


def _apply_filter(each: LookupFilter, moment: Moment) -> None:
    """Refuse a reference, newly set, to a row that its lookup filter does not let through."""
    save = moment.save
    value = save.new[each.field.name]
    if value is None or not save.changed(each.field.name):
        return
    sobject = save.org.schema.by_prefix(record_ids.prefix_of(value))
    when = None if sobject is None else each.when.get(sobject.name)
    if sobject is None or when is None:
        return
    prep = prepared(save.org, sobject)
    found = prep.select_row.one(save.conn, id=value)
    row = {} if found is None else dict(zip(prep.column_names, found, strict=True))
    there = Save(save.org, save.conn, prep, row, None, frozenset(), save.stamp)
    if not when(replace(moment, save=there, source=save.new)):
        fields = (each.field.name,)
        if each.message is not None:
            raise salesforce_error("FIELD_FILTER_VALIDATION_EXCEPTION.rule", text=each.message, fields=fields)
        raise salesforce_error("FIELD_FILTER_VALIDATION_EXCEPTION", fields=fields)


def refuse_locked(rules: ObjectRules, save: Save, caller: Caller) -> None:
    """Raise ENTITY_IS_LOCKED when the row of *save*, as it is, is locked for who saves."""
    if not rules.locks or caller.options.resave:
        return
    assert save.old is not None
    moment = Moment(replace(save, new=dict(save.old)), caller.user_id, caller.now)
    for lock in rules.locks:
        allowed = {save.org.user_ids.get(name) for name in lock.users}
        if caller.user_id not in allowed and lock.when(moment):
            raise salesforce_error("ENTITY_IS_LOCKED")


def refuse_delete(rules: ObjectRules, save: Save, caller: Caller) -> None:
    """What may refuse the deletion of the row of *save*: approval locks and rules on delete. Raises SalesforceError."""
    refuse_locked(rules, save, caller)
    moment = Moment(save, caller.user_id, caller.now)
    for update in rules.before:
        if "delete" in update.events and update.when(moment) and update.refusal is not None:
            raise update.refusal("BeforeDelete")


# --- after the row is written -----------------------------------------------------------------------


def after_write(rules: ObjectRules, save: Save, caller: Caller, event: str, change: Change) -> None:
    """The updates that follow a save or a deletion, each a save of its own by *change*.

    Raises SalesforceError, which refuses the save as a whole.
    """
    for update in rules.after:
        mark = (update.name, save.new["Id"])
        if event not in update.events or mark in caller.options.fired:
            continue
        moment = Moment(save, caller.user_id, caller.now)
        if not update.when(moment):
            continue
        if update.refusal is not None:
            raise update.refusal(f"After{_EVENT_WORDS[event]}")
        fired = caller.options.fired | {mark}
        options = replace(caller.options, fired=fired, resave=update.target is None)
        acting = replace(caller, now=save.org.clock.now(), fault=None, options=options)
        _write(update, moment, acting, change)
        if update.target is None:
            # Later rules see what this one wrote, and do not fire a second time for it.
            caller = replace(caller, options=replace(caller.options, fired=fired))
            save = _again(save)


def _write(update: Update, moment: Moment, acting: Caller, change: Change) -> None:
    save = moment.save
    record_id = save.new["Id"] if update.target is None else _end(update.target, moment)
    sobject = None if record_id is None else save.org.schema.by_prefix(record_ids.prefix_of(record_id))
    if record_id is None or sobject is None:
        return
    fields = []
    for field, read in update.sets:
        value = read(moment)
        fields.append((field, value if value is None else _parsed(value, field)))
    with save.org.store.begin() as conn:
        change(save.org, acting, conn, sobject, record_id, Given(tuple(fields), ()))


def _parsed(value: Any, field: Any) -> Any:
    return parse(bool(value) if field.type == "boolean" else value, field)


def _end(target: Path, moment: Moment) -> str | None:
    found: str | None = target.read(moment)
    return found


def _again(save: Save) -> Save:
    """*save* with the row as it is now in the store."""
    found = save.prep.select_row.one(save.conn, id=save.new["Id"])
    row = dict(save.new) if found is None else dict(zip(save.prep.column_names, found, strict=True))
    return replace(save, new=row)


__all__ = ["after_write", "before_write", "refuse_delete", "refuse_locked", "rules_of"]

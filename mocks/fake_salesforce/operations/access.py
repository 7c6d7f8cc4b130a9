"""The org as one user sees it, and what a user may not do with what is seen.

Rule 1: a request works on the org its caller sees: objects, fields and rows that the user may not see are not in that
org, for every operation alike. `enter` gives it; a user with all rights gets the org itself.
Rule 2: a save is admitted here, once, and then goes on in the whole org: derived fields, uniqueness and automation know
no rights.
Rule 3: not seen is "not found", seen and not allowed is "insufficient access"; an insert of an object without the right
is refused as an object that takes none.
Source: codes and texts in `data/errors.toml`; Salesforce Security Guide; rule A30 of the sync's facts (not found, not
forbidden).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from fake_salesforce import record_ids
from fake_salesforce.data_files import load
from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations.prepared import Prepared, prepared
from fake_salesforce.operations.rights import NoUser, Rights, rights_of
from fake_salesforce.operations.sharing import USER, Level, Sharing
from fake_salesforce.operations.statements import Statement
from fake_salesforce.org import USER_PREFIX, Org
from fake_salesforce.schema.metadata import Field, Schema, SObject
from fake_salesforce.schema.security_file import is_controlled, parents_of
from fake_salesforce.soql.sight import Sight

_ABILITIES = {"createable": "create", "updateable": "edit", "deletable": "delete", "undeletable": "delete"}
_AUDIT = frozenset({"CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById"})


@dataclass(frozen=True, slots=True)
class Kind:
    """What users with the same rights share: the schema they see and how queries find rows."""

    schema: Schema
    sight: Sight


class SeenOrg(Org):
    """An org as one user sees it; everything that is no matter of rights is the whole org's."""

    def __init__(self, whole: Org, user_id: str, rights: Rights, kind: Kind) -> None:  # an org is not made anew
        user = sa.bindparam(USER, user_id, type_=sa.Text)
        self.__dict__.update(
            {
                "whole": whole,
                "schema": kind.schema,
                "prepared": {},
                "access": Access(whole, user_id, rights, kind, Sharing(whole.schema, whole.security, rights, user)),
            }
        )  # not by assignment: that goes to the whole org

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["whole"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.whole, name, value)

    def sees(self, sobject: SObject) -> tuple[SObject, Any]:
        """The object as the user sees it and the condition on its rows; raises NOT_FOUND."""
        seen = self.schema.sobject(sobject.name)
        if seen is None:
            raise salesforce_error("NOT_FOUND")
        assert self.access is not None, "a seen org has it"
        return seen, self.access.sharing.condition(sobject.name, seen.table)


class Access:
    """What one user may do. An `Org` without one is used by somebody with all rights."""

    def __init__(self, whole: Org, user_id: str, rights: Rights, kind: Kind, sharing: Sharing) -> None:
        self.whole = whole
        self.user_id = user_id
        self.rights = rights
        self.sight = kind.sight
        self.sharing = sharing
        self._tests: dict[tuple[str, Level], Statement | None] = {}

    def reaches(self, conn: sa.Connection, name: str, record_id: str, level: Level) -> bool:
        """The user may access the row of object *name* at *level*: by the rights on the object and by sharing."""
        if ("read" if level == "read" else "edit") not in self.rights.on(name):
            return False
        key = name, level
        if key not in self._tests:
            sobject = self.whole.schema.sobject(name)
            assert sobject is not None, f"no object {name}"
            where = self.sharing.condition(name, sobject.table, level)
            here = sobject.table.c.Id == sa.bindparam("id")
            found = None if where is None else Statement(sa.select(sobject.table.c.Id).where(here, where))
            self._tests[key] = found
        statement = self._tests[key]
        return statement is None or statement.one(conn, id=record_id) is not None


# --- entering ---------------------------------------------------------------------------------------------------------


def enter(org: Org, user_id: str) -> Org:
    """The org as the user sees it. Raises INVALID_SESSION_ID for a user who is not there or not active."""
    whole = org.whole
    found: Org | None = whole.security.views.get(user_id)
    if found is None:
        with whole.store.read() as conn:
            try:
                rights = rights_of(whole, conn, user_id)
            except NoUser:
                raise salesforce_error("INVALID_SESSION_ID") from None
            found = whole if rights is None else _seen_org(whole, user_id, rights)
            whole.security.views[user_id] = found
    return found


def may(org: Org, permission: str) -> bool:
    """The caller has the user permission (a name of `data/security.toml`)."""
    if org.access is None:
        return permission in load("security.toml")["profiles"]["System Administrator"]["permissions"]
    return org.access.rights.may(permission)


def refuse_without_api(org: Org) -> None:
    """Raise API_DISABLED_FOR_ORG, or API_CURRENTLY_DISABLED for this caller."""
    if not org.security.api_enabled:
        raise salesforce_error("API_DISABLED_FOR_ORG")
    if org.access is not None and not org.access.rights.may("api_enabled"):
        raise salesforce_error("API_CURRENTLY_DISABLED")


def refuse_without_setup(org: Org) -> None:
    """Raise INSUFFICIENT_ACCESS for a caller without View Setup and Configuration."""
    if org.access is not None and not org.access.rights.may("view_setup"):
        raise salesforce_error("INSUFFICIENT_ACCESS")


def sees_job_of(org: Org, maker: str) -> bool:
    """The caller may look at and change the Bulk jobs of the user *maker*.

    Source: Bulk API 2.0 Developer Guide: the creator, or a user with Manage Data Integrations.
    """
    access = org.access
    return access is None or maker == access.user_id or access.rights.may("manage_data_integrations")


# --- saving -----------------------------------------------------------------------------------------------------------


def admit_insert(org: Org, conn: sa.Connection, prep: Prepared, given: Mapping[str, Any]) -> tuple[Org, Prepared]:
    """Who sees *org* may save *given* as a new row: the whole org, to go on in. Raises SalesforceError."""
    access = org.access
    if access is None:
        return org, prep
    if not prep.sobject.createable:
        raise salesforce_error("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY.insert", label=prep.sobject.label)
    if is_controlled(prep.sobject):
        for field in parents_of(prep.sobject):
            _refuse_unreached(access, conn, given.get(field.name), "all" if prep.name.endswith("Share") else "edit")
    return _whole(access, prep)


def admit_change(
    org: Org, conn: sa.Connection, prep: Prepared, old: Mapping[str, Any], settled: Mapping[str, Any]
) -> tuple[Org, Prepared]:
    """As `admit_insert` for *settled* into the row *old*, which `refuse_change` let pass."""
    access = org.access
    if access is None:
        return org, prep
    owner = settled.get("OwnerId")
    if owner is not None and owner != old["OwnerId"]:
        transfers = access.sharing.may_transfer(prep.name)
        if not transfers and not access.reaches(conn, prep.name, old["Id"], "all"):
            raise salesforce_error("INSUFFICIENT_ACCESS_OR_READONLY")
    return _whole(access, prep)


def refuse_change(org: Org, conn: sa.Connection, sobject: SObject, record_id: str) -> None:
    """Raise for a row that is seen and not the caller's to change."""
    access = org.access
    if access is not None and not access.reaches(conn, sobject.name, record_id, "edit"):
        raise salesforce_error("INSUFFICIENT_ACCESS_OR_READONLY")


def refuse_row(org: Org, conn: sa.Connection, name: str, record_id: str, level: Level) -> None:
    """Raise for a row the caller does not see, or may not access at *level* ("all" is to delete).

    For calls on several rows that go on in the whole org.
    """
    access = org.access
    if access is None:
        return
    if not access.reaches(conn, name, record_id, "read"):
        raise salesforce_error("INVALID_CROSS_REFERENCE_KEY")
    if not access.reaches(conn, name, record_id, level) or (level == "all" and "delete" not in access.rights.on(name)):
        raise salesforce_error("INSUFFICIENT_ACCESS_OR_READONLY")


def admit_delete(org: Org, conn: sa.Connection, prep: Prepared, record_id: str) -> tuple[Org, Prepared]:
    """Who sees *org* may delete the row: the whole org, to go on in. Raises SalesforceError."""
    access = org.access
    if access is None:
        return org, prep
    allowed = "delete" in access.rights.on(prep.name) and access.reaches(conn, prep.name, record_id, "all")
    if not allowed:
        raise salesforce_error("INSUFFICIENT_ACCESS_OR_READONLY")
    return _whole(access, prep)


def no_change(org: Org, sobject: SObject, what: str) -> SalesforceError:
    """The refusal of an object that takes no update or delete (*what*), or none from this caller."""
    whole = org.whole.schema.sobject(sobject.name)
    ability = {"update": "updateable", "delete": "deletable"}[what]
    if org.access is not None and whole is not None and whole.can(ability):
        return salesforce_error("INSUFFICIENT_ACCESS_OR_READONLY")
    return salesforce_error(f"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY.{what}", label=sobject.label)


def no_such_parent(org: Org, conn: sa.Connection, field: Field, record_id: str) -> SalesforceError | None:
    """The refusal of a reference to a row that is there and not seen; None when it is not there."""
    if org.access is None:
        return None
    target = org.whole.schema.by_prefix(record_id)
    if target is None or target.name not in field.reference_to:
        return None
    state = prepared(org.whole, target).select_state.one(conn, id=record_id)
    if state is None or state[0]:
        return None
    return _not_reached(record_id)


def refuse_owner(org: Org, name: str, owner: str) -> None:
    """Raise TRANSFER_REQUIRES_READ for an owner, an active user or a queue, who may not read object *name*."""
    if owner.startswith(USER_PREFIX):
        seen = enter(org, owner)
        if seen.access is not None and "read" not in seen.access.rights.on(name):
            raise salesforce_error("TRANSFER_REQUIRES_READ")


def _refuse_unreached(access: Access, conn: sa.Connection, record_id: Any, level: Level) -> None:
    target = access.whole.schema.by_prefix(record_id) if isinstance(record_id, str) else None
    if target is not None and not access.reaches(conn, target.name, record_id, level):
        raise _not_reached(record_id)


def _not_reached(record_id: str) -> SalesforceError:
    text = record_ids.to_15(record_id)
    return salesforce_error("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", value=text)


def _whole(access: Access, prep: Prepared) -> tuple[Org, Prepared]:
    sobject = access.whole.schema.sobject(prep.name)
    assert sobject is not None, "who sees it has it from there"
    return access.whole, prepared(access.whole, sobject)


# --- what a kind of user sees -----------------------------------------------------------------------------------------


def _seen_org(org: Org, user_id: str, rights: Rights) -> SeenOrg:
    """The org as the user with *rights* sees it, made once: its statements are there when the rights come again."""
    key = rights.key(), tuple(sorted(org.security.sharing.items()))
    made: SeenOrg | None = org.security.kinds.get((user_id, key))
    if made is None:
        made = org.security.kinds[user_id, key] = SeenOrg(org, user_id, rights, _kind(org, rights, key))
    return made


def _kind(org: Org, rights: Rights, key: Any) -> Kind:
    """The schema and the sight of users with *rights*, made once."""
    found: Kind | None = org.security.kinds.get(key)
    if found is None:
        schema = org.schema.narrowed(
            [_seen(each, rights) for each in org.schema.sobjects if "read" in rights.on(each.name)]
        )
        sharing = Sharing(org.schema, org.security, rights, sa.bindparam(USER, type_=sa.Text))
        sight = Sight(key=key, row_filter=lambda sobject, table: sharing.condition(sobject.name, table))
        found = org.security.kinds[key] = Kind(schema, sight)
    return found


def _seen(sobject: SObject, rights: Rights) -> SObject:
    """The object without the fields and abilities that users with *rights* do not have."""
    on = rights.on(sobject.name)
    fields, hidden = [], []
    fixed = load("security.toml")["own_row"].get(sobject.name, ()) if "create" not in on else ()
    for each in sobject.fields:
        read, edit = rights.fields.get(sobject.name, {}).get(each.name, (True, True))
        if not read:
            hidden.append(each)
            continue
        edit = edit and each.name not in fixed
        audit = rights.audit_fields and each.name in _AUDIT
        createable, updateable = audit or (each.createable and edit), each.updateable and edit
        if (createable, updateable) == (each.createable, each.updateable):
            fields.append(each)
        else:
            fields.append(replace(each, createable=createable, updateable=updateable))
    lost = {ability for ability, needed in _ABILITIES.items() if needed not in on}
    silent = rights.silent.get(sobject.name, frozenset())
    if rights.all_silent:
        silent = frozenset(each.name.lower() for each in sobject.fields if each.name != "Id")
    seen = replace(
        sobject,
        fields=tuple(fields),
        hidden=(*sobject.hidden, *hidden),
        abilities=sobject.abilities - lost,
        silent=silent,
    )
    vars(seen)["table"] = sobject.table  # the same rows: `table` is worked out once
    return seen

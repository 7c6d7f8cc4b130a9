"""Which rows a user sees, edits, and owns or stands above: as SQL, with one bound value, the user's id.

Rule 1: the condition is part of the statement; pages are never filtered after they were read.
Rule 2: the owner, who stands above the owner in the role hierarchy, and the members of an owning queue have full
access.
Rule 3: the organization-wide default gives everybody read, or read and edit; deleting and giving away need full access.
Rule 4: rows controlled by a parent are seen and changed by who sees and changes the parent; without one, by the owner.
Rule 5: an activity is also read by who reads what it is about, an account by who has one of its deals or cases.
Rule 6: a share row gives its user, or the members of its group, read or edit.
Rule 7: the rows of a parent that the user may access are a named part of the statement (WITH), once for each object and
level, and what is asked of a row's parent is asked of that part: nothing lies within anything, however many parents
stand above each other and however many objects a reference may name. SQLite's parser goes 100 tokens deep.
Source: Salesforce Security Guide: organization-wide defaults, role hierarchy, implicit sharing; Object Reference,
AccountShare.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import sqlalchemy as sa

from fake_salesforce.data_files import load
from fake_salesforce.operations.rights import Rights
from fake_salesforce.schema.metadata import Field, Schema, SObject
from fake_salesforce.schema.security_file import is_controlled, parents_of
from fake_salesforce.schema.share_objects import share_columns, share_name
from fake_salesforce.security import Security

Level = Literal["read", "edit", "all"]
Test = sa.ColumnElement[bool]
USER = "running_user"  # soql.compiler binds the same name
_PEOPLE = ("User", "Group")
_ACTIVITIES = frozenset({"Task", "Event"})
_OPEN_MODELS = {
    "read": frozenset({"Read", "ReadWrite", "ReadWriteTransfer"}),
    "edit": frozenset({"ReadWrite", "ReadWriteTransfer"}),
    "all": frozenset[str](),
}
_ALL_ROWS = {
    "read": frozenset({"view_all", "modify_all"}),
    "edit": frozenset({"modify_all"}),
    "all": frozenset({"modify_all"}),
}


class Sharing:
    """Builds the conditions for users with the same rights. *user* is the parameter that is bound to the user's id."""

    def __init__(self, schema: Schema, security: Security, rights: Rights, user: sa.BindParameter[str]) -> None:
        self._schema = schema  # the whole one: a row may be shared by a parent the user cannot read
        self._security = security
        self._rights = rights
        self._user = user
        self._below: sa.CTE | None = None
        self._parts: dict[tuple[str, Level], sa.CTE | None] = {}

    def condition(self, name: str, table: sa.FromClause, level: Level = "read") -> Test | None:
        """The rows of object *name* in *table* that the user may access at *level*; None: all of them."""
        sobject = self._schema.sobject(name)
        assert sobject is not None, f"no object {name}"
        if self._rights.on(name) & _ALL_ROWS[level]:
            return None
        rows_of = load("security.toml")["sharing"]["rows_of"].get(name)
        if rows_of is not None:
            return self._rows_of(rows_of, table, level)
        if is_controlled(sobject):
            return self._of_parent(sobject, table, level)
        if name == "User":
            return self._user_rows(table, level)
        if sobject.field("OwnerId") is None:
            return None
        model = self._security.model(name)
        if model in _OPEN_MODELS[level]:
            return None
        if model == "ControlledByParent":
            return self._of_parent(sobject, table, level)
        tests = [*self._own(table.c.OwnerId), *self._shares(sobject, table, level)]
        if level == "read":
            tests += self._read_along(sobject, table)
        return sa.or_(*tests)

    def may_transfer(self, name: str) -> bool:
        """Who may edit a row may give it away."""
        return self._rights.may("transfer_any_record") or self._security.model(name) == "ReadWriteTransfer"

    # --- the owner and above -----------------------------------------------------------------------------------------

    def _own(self, owner: sa.ColumnElement[Any]) -> Iterator[Test]:
        yield owner == self._user
        yield owner.in_(self._users_below())
        members = self._schema.sobject("GroupMember")
        if members is not None:
            table = members.table
            yield owner.in_(sa.select(table.c.GroupId).where(table.c.UserOrGroupId == self._user))

    def _users_below(self) -> sa.Select[Any]:
        """Users whose role is below the user's."""
        users, roles = self._table("User"), self._table("UserRole")
        if self._below is None:
            mine = sa.select(users.c.UserRoleId).where(users.c.Id == self._user).scalar_subquery()
            below = sa.select(roles.c.Id).where(roles.c.ParentRoleId == mine).cte("roles_below", recursive=True)
            lower = roles.alias("lower_roles")
            # UNION, not UNION ALL: roles in a circle end.
            self._below = below.union(sa.select(lower.c.Id).where(lower.c.ParentRoleId == below.c.Id))
        return sa.select(users.c.Id).where(users.c.UserRoleId.in_(sa.select(self._below.c.Id)))

    def _user_rows(self, table: sa.FromClause, level: Level) -> Test | None:
        """Users see each other unless the org says Private; only their own row is theirs to change."""
        if level == "read" and (self._security.sharing.get("User") != "Private" or self._rights.may("view_all_users")):
            return None
        if level == "read":
            return sa.or_(table.c.Id == self._user, table.c.Id.in_(self._users_below()))
        return table.c.Id == self._user

    # --- parents and children ----------------------------------------------------------------------------------------

    def _of_parent(self, sobject: SObject, table: sa.FromClause, level: Level) -> Test:
        references = parents_of(sobject)
        needed: Level = "edit" if level == "all" else level
        by_reference = [sa.or_(sa.false(), *self._by_reference(each, table, needed)) for each in references]
        # A row with two masters needs both.
        tests = [sa.and_(*by_reference)] if is_controlled(sobject) and sobject.custom else by_reference
        if sobject.field("OwnerId") is not None:
            orphan = sa.and_(*(table.c[each.name].is_(None) for each in references))
            tests.append(sa.and_(orphan, sa.or_(*self._own(table.c.OwnerId))))
        return sa.or_(sa.false(), *tests)

    def _by_reference(
        self, reference: Field, table: sa.FromClause, level: Level, without: tuple[str, ...] = ()
    ) -> Iterator[Test]:
        """Rows whose parent the user may access at *level*, one test for each object the reference may name."""
        column = table.c[reference.name]
        needed = "read" if level == "read" else "edit"
        for name in reference.reference_to:
            target = self._schema.sobject(name)
            if target is None or target.key_prefix is None or needed not in self._rights.on(name) or name in without:
                continue
            seen = self._seen(name, level)
            if seen is not None:
                yield column.in_(sa.select(seen.c.Id))
            elif len(reference.reference_to) == 1:
                yield column.is_not(None)
            else:
                # A range, not a function of the column: an index serves it.
                yield sa.and_(column >= target.key_prefix, column < target.key_prefix + "~")

    def _seen(self, name: str, level: Level) -> sa.CTE | None:
        """The ids of the rows of object *name* that the user may access at *level*, by a name; None: all of them."""
        if (name, level) not in self._parts:
            rows = self._table(name).alias()
            where = self.condition(name, rows, level)
            found = None if where is None else sa.select(rows.c.Id).where(where).cte(f"{name}_to_{level}")
            self._parts[name, level] = found
        return self._parts[name, level]

    def _rows_of(self, names: list[str], table: sa.FromClause, level: Level) -> Test:
        tests: list[Test] = []
        for name in names:
            if "read" in self._rights.on(name):
                rows = self._table(name).alias() if (seen := self._seen(name, level)) is None else seen
                tests.append(table.c.Id.in_(sa.select(rows.c.Id)))
        return sa.or_(sa.false(), *tests)

    def _linked(self, link: dict[str, str], table: sa.FromClause) -> Iterator[Test]:
        links = self._schema.sobject(link["link"])
        if links is not None:
            rows = links.table.alias()
            to = links.field(link["to"])
            assert to is not None, f"{links.name} has no {link['to']}"
            # A link to a person or a group shares with them, not with whoever may read that they are there.
            shared = (*self._own(rows.c[to.name]), *self._by_reference(to, rows, "read", _PEOPLE))
            yield table.c.Id.in_(sa.select(rows.c[link["own"]]).where(sa.or_(*shared)))

    def _read_along(self, sobject: SObject, table: sa.FromClause) -> Iterator[Test]:
        if sobject.name in _ACTIVITIES:
            for reference in parents_of(sobject):
                yield from self._by_reference(reference, table, "read")
        linked = load("security.toml")["sharing"]["linked"].get(sobject.name)
        if linked is not None:
            yield from self._linked(linked, table)
        if sobject.name == "Account":
            for name, reference_name in load("security.toml")["sharing"]["implicit"].items():
                child = self._schema.sobject(name)
                if child is None or "read" not in self._rights.on(name):
                    continue
                below = child.table.alias()
                mine = sa.or_(*self._own(below.c.OwnerId))
                yield table.c.Id.in_(
                    sa.select(below.c[reference_name]).where(mine, below.c[reference_name].is_not(None))
                )

    # --- shares ------------------------------------------------------------------------------------------------------

    def _shares(self, sobject: SObject, table: sa.FromClause, level: Level) -> Iterator[Test]:
        """Rows shared by hand: a row of the object's share table, if the org has it."""
        share = self._schema.sobject(share_name(sobject.name))
        if share is None or level == "all":
            return
        parent, access = share_columns(sobject.name)
        entries = share.table.alias()
        levels = ("Edit", "All") if level == "edit" else ("Read", "Edit", "All")
        given = sa.or_(*(entries.c[access] == each for each in levels))  # a list would not be compiled once and for all
        mine = [entries.c.UserOrGroupId == self._user]
        members = self._schema.sobject("GroupMember")
        if members is not None:
            groups = sa.select(members.table.c.GroupId).where(members.table.c.UserOrGroupId == self._user)
            mine.append(entries.c.UserOrGroupId.in_(groups))
        yield table.c.Id.in_(sa.select(entries.c[parent]).where(entries.c.IsDeleted == 0, given, sa.or_(*mine)))

    def _table(self, name: str) -> sa.Table:
        sobject = self._schema.sobject(name)
        assert sobject is not None, f"every schema has {name}"
        return sobject.table

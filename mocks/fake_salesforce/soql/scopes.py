"""USING SCOPE: whose rows.

Rule 1: an object knows the scopes its describe lists (supportedScopes); one that lists none knows
`everything`, and `mine` when it has an owner.
Source: SOQL and SOSL Reference, "USING SCOPE"; what each scope selects is inferred from its describe
label where the manual gives no rule.
"""

from __future__ import annotations

from typing import Final

from fake_salesforce.soql import syntax
from fake_salesforce.soql.errors import soql_error
from fake_salesforce.soql.names import Scope

EVERYTHING: Final = "everything"
SCOPES: Final = frozenset({
    EVERYTHING, "mine", "mine_and_my_groups", "my_territory", "my_team_territory", "team", "delegated",
    "scopingrule", "queue_owned", "user_owned", "genericteam", "team_by_role",
})  # fmt: skip
# team -> the object whose rows say who is in the team of a record, if the org has it
TEAMS: Final = {
    "Account": ("AccountTeamMember", "AccountId"),
    "Opportunity": ("OpportunityTeamMember", "OpportunityId"),
    "Case": ("CaseTeamMember", "ParentId"),
}


def check_scope(scope: Scope, query: syntax.Query) -> str:
    """The scope of *query*, in small letters. Raises where its object does not know it."""
    if query.scope is None:
        return EVERYTHING
    name = str(query.scope).lower()
    if name not in SCOPES:
        raise soql_error("unexpected_token", scope.text, query.scope.at, token=query.scope)
    sobject = scope.sobject
    known = {each.lower() for each, _label in sobject.scopes} | {EVERYTHING}
    if not sobject.scopes and sobject.field("OwnerId") is not None:
        known.add("mine")
    if name not in known:
        raise soql_error("scope_not_supported", scope.text, query.scope.at, scope=query.scope, name=sobject.name)
    return name

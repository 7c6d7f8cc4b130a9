"""POST /timeentries/duplicate: copies of time entries.

Source: developer documentation names the route and its `{ids: []}`; the answer, an array of the copies, is assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_planhat.errors import PlanhatError
from fake_planhat.models import TIME_ENTRY
from fake_planhat.models.fields import inspected
from fake_planhat.models.model import Document
from fake_planhat.operations import writing
from fake_planhat.operations.call import Call, changing, require
from fake_planhat.operations.keys import find_by_path
from fake_planhat.tenant import BULK_ITEMS_MAX, ApiToken, Tenant


def duplicate(tenant: Tenant, token: ApiToken, body: Mapping[str, Any]) -> list[Document]:
    """The copies, in the order of the ids; without the keyables, which are unique. All or none. Raises PlanhatError."""
    require(token, "read", TIME_ENTRY)
    require(token, "create", TIME_ENTRY)
    ids = body.get("ids")
    if not isinstance(ids, list):
        raise PlanhatError("required", path="ids")
    if len(ids) > BULK_ITEMS_MAX:
        raise PlanhatError("too_many_items", limit=BULK_ITEMS_MAX)
    not_copied = {*TIME_ENTRY.auto, *TIME_ENTRY.keyables}
    with changing(tenant) as work:
        call = Call(tenant, token, TIME_ENTRY, work, tenant.clock.now())
        copies: list[Document] = []
        for one in ids:
            text = one if isinstance(one, str) else inspected(one)
            found = find_by_path(call.work, TIME_ENTRY, text, switches=tenant.switches)
            said = {key: value for key, value in found.items() if key not in not_copied}
            copies.append(writing.add(call, said, {}))
    return [TIME_ENTRY.written(one, created=True) for one in copies]

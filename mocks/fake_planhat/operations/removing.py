"""DELETE of one record. Nothing else goes with it: what a deletion drags along is not documented."""

from __future__ import annotations

import json

from fake_planhat.models import Model
from fake_planhat.models.model import Document
from fake_planhat.operations.call import require
from fake_planhat.operations.keys import find_by_path, malformed, not_found, parse_path
from fake_planhat.operations.rows import Work
from fake_planhat.store import COLLECTIONS
from fake_planhat.tenant import ApiToken, Tenant


def delete(tenant: Tenant, token: ApiToken, model: Model, path_id: str) -> Document:
    """`{"n":1,"ok":1,"deletedCount":1}`; for a Conversation the deleted document. Raises PlanhatError."""
    require(token, "delete", model)
    switches = tenant.switches
    key, record_id = parse_path(model, path_id, switches=switches)
    with tenant.store.begin() as connection:
        if key != "_id":
            if not switches["delete_by_prefix"]:
                raise malformed(path_id, switches=switches)
            record_id = find_by_path(Work(connection), model, path_id, switches=switches)["_id"]
        text = COLLECTIONS[model.name].text(connection, record_id)
        count = COLLECTIONS[model.name].delete(connection, record_id)
    if text is None:
        if switches["delete_missing"] == "not_found":
            raise not_found(switches)
    elif model.deletes_with_document:
        document: Document = json.loads(text)
        return document
    return {"n": count, "ok": 1, "deletedCount": count}

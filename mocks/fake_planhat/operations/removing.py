"""DELETE of one record. Nothing else goes with it: what a deletion drags along is not documented."""

from __future__ import annotations

from fake_planhat.models import Model
from fake_planhat.models.model import Document
from fake_planhat.operations.call import changing, require
from fake_planhat.operations.hiding import answered
from fake_planhat.operations.keys import malformed, not_found, only, parse_path
from fake_planhat.tenant import ApiToken, Tenant


def delete(tenant: Tenant, token: ApiToken, model: Model, path_id: str) -> Document:
    """`{"n":1,"ok":1,"deletedCount":1}`; for a Conversation the deleted document. Raises PlanhatError."""
    require(token, "delete", model)
    switches = tenant.switches
    key, record_id = parse_path(model, path_id, switches=switches)
    with changing(tenant) as work:
        if key != "_id":
            if not switches["delete_by_prefix"]:
                raise malformed(path_id, switches=switches)
            found = work[model.name].find(key, record_id)
            record_id = only(found, switches=switches)["_id"] if found else ""
        document = work[model.name].get(record_id)
        count = 0 if document is None else work.remove(model.name, document)
    if document is None:
        if switches["delete_missing"] == "not_found":
            raise not_found(switches)
    elif model.deletes_with_document:
        return answered(document, token, model.name, {}, switches)
    return {"n": count, "ok": 1, "deletedCount": count}

"""The flag "Notes to inherit Task sourceId" and Conversations that were logged before it (switch inherit_reaches_back).

Source: the help article tells what happens when a Conversation is logged, and nothing of earlier ones.
"""

from __future__ import annotations

import json

from fake_planhat.models import CONVERSATION, TASK
from fake_planhat.operations.call import Call
from fake_planhat.operations.rows import Work
from fake_planhat.operations.task_life import inherited
from fake_planhat.store import COLLECTIONS, NO_LIMIT, Query
from fake_planhat.tenant import ApiToken, Tenant

_ALL = Query({}, {}, (), "_id", descending=False, limit=NO_LIMIT, offset=0)
_INTEGRATION = ApiToken("", name="Integration")


def reach_back(tenant: Tenant, work: Work) -> None:
    """Give Conversations of tasks that have none the task's sourceId as externalId."""
    call = Call(tenant, _INTEGRATION, CONVERSATION, work, tenant.clock.now())
    for text in COLLECTIONS[CONVERSATION.name].list_texts(work.connection, _ALL):
        note = json.loads(text)
        task = work[TASK.name].get(note.get("taskId") or "")
        external_id = inherited(call, task, note) if task is not None else None
        if external_id is not None:
            call.rows.put({**note, "externalId": external_id}, new=False)
    work.flush()

"""What a company shows of its licences and sales: the documents, in its arrays `licenses` and `sales`.

Rule 1: they are written with the licence or the sale, once a request. The company itself does not change: its updatedAt
        stays, and no automation starts.
Rule 2: what Planhat works out of them (mrr, arr, status) stays as it is: how it does is not published.
Source: a company's embedded arrays in recorded answers; their rows are assumed (switch company_embeds).
"""

from __future__ import annotations

import json

from fake_core.switches import Switches
from fake_planhat.models import COMPANY, LICENSE, SALE
from fake_planhat.models.model import Document
from fake_planhat.operations.rows import Work
from fake_planhat.store import COLLECTIONS

EMBEDDED = {LICENSE.name: "licenses", SALE.name: "sales"}


def embed(work: Work, switches: Switches) -> None:
    """Bring the companies up to date whose licences or sales *work* wrote."""
    companies: dict[str, set[str]] = {}
    for change in work.changes():
        if change.model in EMBEDDED:
            ids = ((one or {}).get("companyId") for one in (change.before, change.after))
            companies.setdefault(change.model, set()).update(one for one in ids if isinstance(one, str))
    if switches["company_embeds"]:
        for model, ids_ in companies.items():
            _embed(work, model, sorted(ids_))


def _embed(work: Work, model: str, company_ids: list[str]) -> None:
    rows: dict[str, list[Document]] = {one: [] for one in company_ids}
    for text in COLLECTIONS[model].texts_by(work.connection, "companyId", company_ids):
        document = json.loads(text)
        rows[document["companyId"]].append(document)
    collection = COLLECTIONS[COMPANY.name]
    companies = [json.loads(text) for text in collection.texts_by(work.connection, "_id", company_ids)]
    collection.update(work.connection, [{**one, EMBEDDED[model]: rows[one["_id"]]} for one in companies])

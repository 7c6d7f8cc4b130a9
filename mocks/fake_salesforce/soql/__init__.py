"""SOQL: text -> syntax (`parser`) -> plan (`check`) -> SQL (`compiler`) -> records (`engine`).

No Flask here and no writing: a query reads the store through a SQLAlchemy connection.
"""

from fake_salesforce.soql.engine import (
    Moment,
    Prepared,
    QueryResult,
    execute,
    prepare,
    run,
)
from fake_salesforce.soql.errors import NotFaked
from fake_salesforce.soql.sight import ALL, Sight

__all__ = ["ALL", "Moment", "NotFaked", "Prepared", "QueryResult", "Sight", "execute", "prepare", "run"]

"""SOQL: text -> syntax (`parser`) -> plan (`check`) -> SQL (`compiler`) -> records (`engine`).

No Flask here and no writing: a query reads the store through a SQLAlchemy connection.
"""

from fake_salesforce.soql.columns import columns
from fake_salesforce.soql.engine import Prepared, QueryResult, execute, prepare, run
from fake_salesforce.soql.errors import NotFaked, soql_error
from fake_salesforce.soql.explain import explain
from fake_salesforce.soql.formats import DEFAULT_LOCALE
from fake_salesforce.soql.sight import ALL, Sight
from fake_salesforce.soql.statements import Moment
from fake_salesforce.soql.stopwatch import stopping

__all__ = [
    "ALL",
    "DEFAULT_LOCALE",
    "Moment",
    "NotFaked",
    "Prepared",
    "QueryResult",
    "Sight",
    "columns",
    "execute",
    "explain",
    "prepare",
    "run",
    "soql_error",
    "stopping",
]

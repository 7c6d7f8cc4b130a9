"""One Salesforce org: what it is configured to be, and the state that is not rows.

Rule 1: an org has one home for its state: the store (rows) and the store's parts (sessions, query
locators, API calls of the day, serial numbers). Nothing here is global.
Rule 2: users are rows of User; a `UserConfig` adds what no row shows, the password.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fake_core.clock import Clock
from fake_core.errors import MisuseError
from fake_core.ids import IdSource
from fake_core.limits import RollingWindow
from fake_core.store import Store
from fake_salesforce import data_files, record_ids
from fake_salesforce.connected_apps import ConnectedApp as ConnectedApp  # noqa: PLC0414 - part of an org's configuration
from fake_salesforce.schema.metadata import Schema, SObject
from fake_salesforce.schema.object_files import load_schema
from fake_salesforce.schema.security_file import read_security
from fake_salesforce.security import Security
from fake_salesforce.state import bulk_tables, change_capture, side_tables
from fake_salesforce.state.approvals import Approvals
from fake_salesforce.state.locators import Locators
from fake_salesforce.state.long_requests import LongRequests
from fake_salesforce.state.passwords import Passwords, Secret
from fake_salesforce.state.recycle_bin import RecycleBin
from fake_salesforce.state.row_locks import RowLocks
from fake_salesforce.state.sessions import SESSION_SECONDS, Sessions
from fake_salesforce.state.storage import Storage

if TYPE_CHECKING:
    from fake_salesforce.operations.access import Access

ORG_PREFIX = "00D"
USER_PREFIX = "005"


@dataclass(frozen=True, kw_only=True)
class UserConfig:
    """A user who can log in. *fields* are further User fields, by API name.

    *trusted*: log-ins come from an address inside the trusted range and need no security token.
    *password_expired*: a log-in works, but everything else waits for a new password. *login_refused* names a SOAP
    fault code of `data/login.toml` that every log-in meets (PASSWORD_LOCKOUT, LOGIN_DURING_RESTRICTED_DOMAIN, …).
    *profile* and *role* are names of the org file's tables; see `security_file`.
    """

    username: str
    password: str
    security_token: str = ""
    first_name: str | None = None
    last_name: str = "User"
    active: bool = True
    trusted: bool = True
    password_expired: bool = False
    login_refused: str = ""
    profile: str = "System Administrator"
    role: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = data_files.load("login.toml")["soap"]
        if self.login_refused and self.login_refused not in known:
            raise MisuseError(f"user {self.username}: no fault {self.login_refused!r}: use one of {', '.join(known)}")


ADMIN = UserConfig(
    username="admin@understudy.example",
    password="understudy-1",  # noqa: S106 - of a pretended org, printed on purpose
    security_token="UnderstudyToken0000000001",  # noqa: S106 - of a pretended org, printed on purpose
    first_name="Ada",
    last_name="Admin",
)
INTEGRATION = UserConfig(
    username="integration@understudy.example",
    password="understudy-2",  # noqa: S106 - of a pretended org, printed on purpose
    security_token="UnderstudyToken0000000002",  # noqa: S106 - of a pretended org, printed on purpose
    first_name="Ivo",
    last_name="Integration",
)
APP = ConnectedApp(
    client_id="3MVG9understudy.connected.app",
    client_secret="UNDERSTUDYSECRET0000000001",  # noqa: S106 - of a pretended org, printed on purpose
    run_as=INTEGRATION.username,
)


@dataclass(frozen=True, kw_only=True)
class OrgConfig:
    """What an org is, before it holds any row.

    *edition* names a row of `data/editions.toml` (Professional, Enterprise, Unlimited, Developer,
    ...), which gives the daily API requests unless *api_requests_max* does. *extra* is an org file:
    custom fields and objects for `load_schema`. *users*: the first is the administrator. *locked*: nobody can log in.
    *api_enabled*: false is an edition without the API. *audit_fields*: who has the permission may set audit fields on
    insert. *login_attempts_max* wrong passwords in a row lock a user out; *logins_per_hour* is each user's.
    *bulk_rows_each_poll*: rows that a Bulk 2.0 job saves in each look at it; `data/bulk.toml` says how many otherwise.
    *data_storage_mb* and *file_storage_mb* take the place of what the edition gives. `/updated` and `/deleted` refuse a
    start before *replication_since*, and cover the time up to *replication_lag_seconds* ago: other transactions may
    still be running.
    """

    name: str = "Understudy"
    edition: str = "Enterprise"
    api_requests_max: int | None = None
    timezone: str = "America/Los_Angeles"
    users: tuple[UserConfig, ...] = (ADMIN, INTEGRATION)
    apps: tuple[ConnectedApp, ...] = (APP,)
    session_seconds: int = SESSION_SECONDS
    query_seconds: float = 120.0  # of real time, for one query
    sandbox: bool = False
    locked: bool = False
    api_enabled: bool = True
    audit_fields: bool = False
    login_attempts_max: int = 10  # the default of an org's password policies: Salesforce Help, Set Password Policies
    logins_per_hour: int = 3_600  # Salesforce Help, Login rate limit: 3,600 an hour for each user
    serial: int = 1
    data_storage_mb: int | None = None
    file_storage_mb: int | None = None
    replication_since: datetime | None = None
    replication_lag_seconds: int = 0
    bulk_rows_each_poll: int | None = None
    extra: Mapping[str, Any] | None = None


class Day:
    """The last day of the clock whose daily work is done, as a proleptic Gregorian ordinal; 0 before the first."""

    def __init__(self) -> None:
        self.ordinal = 0

    def dump(self) -> int:
        return self.ordinal

    def load(self, state: int) -> None:
        self.ordinal = state


class Org:
    """Everything an operation needs; the first argument of each."""

    def __init__(self, *, config: OrgConfig, clock: Clock, ids: IdSource, data: str = "sqlite://") -> None:
        editions = data_files.load("editions.toml")["edition"]
        if config.edition not in editions:
            raise MisuseError(f"no edition {config.edition!r}: choose one of {', '.join(editions)}")
        if not config.users:
            raise MisuseError("an org without users: nobody could log in")
        self.config = config
        self.edition: Mapping[str, Any] = editions[config.edition]
        self.clock = clock
        self.ids = ids
        self.schema = load_schema(config.extra)
        _refuse_unknown_zone(self.schema, config.timezone)
        self.org_id = record_ids.mint(ORG_PREFIX, config.serial)
        limit = config.api_requests_max or self.edition["api_requests_max"]
        self.api_requests = RollingWindow(clock, limit=limit)
        daily = data_files.load("limits.toml")["max"]
        self.bulk_batches = RollingWindow(clock, limit=daily["DailyBulkApiBatches"])  # of both Bulk APIs together
        self.bulk_query_jobs = RollingWindow(clock, limit=daily["DailyBulkV2QueryJobs"])
        bulk = data_files.load("bulk.toml")
        self.bulk_rows = RollingWindow(clock, limit=bulk["limits"]["day_rows_max"])
        self.bulk_rows_each_poll: int = config.bulk_rows_each_poll or bulk["pace"]["rows_each_poll"]
        self.sessions = Sessions(org_id=self.org_id, ids=ids, seconds=config.session_seconds)
        self.approvals = Approvals()
        self.passwords = Passwords({user.username.lower(): _secret(user) for user in config.users})
        self.locators = Locators()
        self.security = Security(api_enabled=config.api_enabled, audit_fields=config.audit_fields)
        self.security_tables = read_security(config.extra or {}, self.schema)
        self.row_locks = RowLocks()
        self.recycle_bin = RecycleBin()
        self.day = Day()
        self.long_requests = LongRequests(clock, limit=self.edition["long_requests_max"])
        self.storage = Storage(
            self.schema,
            data_mb=_chosen(config.data_storage_mb, self.edition["data_storage_mb"]),
            file_mb=_chosen(config.file_storage_mb, self.edition["file_storage_mb"]),
        )
        bulk_tables.add_tables(self.schema.metadata)
        change_capture.add_tables(self.schema.metadata)
        self.changes = change_capture.ChangeCapture(config.extra or {}, self.schema, clock)
        side_tables.add_tables(self.schema.metadata)
        self.store = Store(
            url=data,
            schema=self.schema.metadata,
            functions={"org_now": lambda: stamp(clock.now()), change_capture.FUNCTION: self.changes.context},
            parts={
                "ids": ids,
                "sessions": self.sessions,
                "locators": self.locators,
                "api_requests": self.api_requests,
                "bulk_batches": self.bulk_batches,
                "bulk_query_jobs": self.bulk_query_jobs,
                "bulk_rows": self.bulk_rows,
                "approvals": self.approvals,
                "passwords": self.passwords,
                "security": self.security,
                "row_locks": self.row_locks,
                "storage": self.storage,
                "recycle_bin": self.recycle_bin,
                "day": self.day,
                "changes": self.changes,
            },
        )
        self.storage.attach(self.store)
        self.apps = {app.client_id: app for app in config.apps}
        self.user_ids = {
            user.username.lower(): record_ids.mint(USER_PREFIX, serial)
            for serial, user in enumerate(config.users, start=1)
        }
        self.admin_id = self.user_ids[config.users[0].username.lower()]
        self.prepared = self.schema.prepared  # statements and rules, which the schema alone decides
        self.cookies: dict[str, Any] = {}  # of the second that it is; see routes/cookies.py
        self.whole: Org = self  # a user may see a part of it only; see operations/access.py
        self.access: Access | None = None  # what the user who sees it may do; None: everything
        self.store.after_rollback = self.security.rolled_back
        self.rules: dict[str, Any] = {}  # what the org does by itself, by object; see operations/automation

    def sees(self, sobject: SObject) -> tuple[SObject, Any]:
        """The object as its users see it, and the SQL condition on the rows they see: None, all."""
        return sobject, None

    def mint(self, prefix: str) -> str:
        """A new 18-character id of the object with key *prefix*."""
        return self.ids.pinned(prefix) or record_ids.mint(prefix, self.ids.next(prefix))

    def pin(self, name: str, given: Sequence[str]) -> None:
        """The next records of the object *name* get these ids. Raises MisuseError for what is no id of that object."""
        sobject = self.schema.sobject(name)
        if sobject is None or not sobject.key_prefix:
            raise MisuseError(f"{name!r} is no object of this org with ids of its own")
        found = []
        for text in given:
            record_id = record_ids.canonical(text)
            if record_id is None or not record_id.startswith(sobject.key_prefix):
                raise MisuseError(
                    f"{text!r} is no id of {sobject.name}: 15 or 18 characters from {sobject.key_prefix} on"
                )
            found.append(record_id)
        self.ids.pin(sobject.key_prefix, found)


def _chosen(given: int | None, usual: int) -> int:
    return usual if given is None else given


def _secret(user: UserConfig) -> Secret:
    return Secret(user.password, user.security_token, user.trusted, user.password_expired)


def _refuse_unknown_zone(schema: Schema, zone: str) -> None:
    """Raise MisuseError for a time zone that no user of the vendor can have: the list is TimeZoneSidKey's."""
    user = schema.sobject("User")
    field = None if user is None else user.field("TimeZoneSidKey")
    known = sorted(one.value for one in field.picklist) if field is not None else [zone]
    if zone not in known:
        raise MisuseError(f"no time zone {zone!r} in the vendor's list: UTC is GMT there; known are {', '.join(known)}")


@lru_cache(maxsize=256)  # the rows of a request have the same
def stamp(moment: datetime) -> str:
    """*moment* as system stamps are written: whole seconds, `.000+0000`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")

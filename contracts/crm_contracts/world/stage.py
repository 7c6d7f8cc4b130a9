"""The two fakes a world plays on: one clock, seeded ids, and the wire in between.

Making the fakes takes a moment, so a stage is made once and put back to its opening scene for each world:
both stores restored, faults and journals emptied, the clock back at its start. Two stages share nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crm_contracts.vendors import HOSTS
from crm_contracts.world.fields import PHASE_KEY, STAGE_FIELD
from crm_contracts.world.under_test import Login
from crm_contracts.world.users import PlanhatUser, SalesforceUser
from crm_contracts.world.wire import Counter, Gate, Wire
from fake_core.clock import DEFAULT_MOMENT, FrozenClock
from fake_core.control import ControlClient
from fake_core.fake import Fake
from fake_core.ids import IdSource
from fake_planhat import ApiToken, TenantConfig
from fake_planhat import create_app as create_planhat
from fake_salesforce import OrgConfig, UserConfig
from fake_salesforce import create_app as create_salesforce

__all__ = ["CUSTOMERS", "EXTERNAL_ID_FIELD", "STAGED", "Cast", "Skewed", "Stage", "salesforce_login"]

SALESFORCE_URL, PLANHAT_URL = HOSTS["salesforce"], HOSTS["planhat"]
EXTERNAL_ID_FIELD = "Planhat_Id__c"
STAGED: Mapping[str, Mapping[str, Any]] = {STAGE_FIELD: {"label": "Stage", "type": "string(40)"}}  # of an org's Task
CUSTOMERS = {"acme": True, "globex": True, "nowhere": False}  # does Planhat know it as a Company?

PERSON = UserConfig(
    username="pia@understudy.example",
    password="people-1",  # noqa: S106 - a password of a pretended org
    security_token="PeopleToken",  # noqa: S106
    first_name="Pia",
    last_name="Person",
)
ENGINE = UserConfig(
    username="sync@understudy.example",
    password="engine-1",  # noqa: S106
    security_token="EngineToken",  # noqa: S106
    last_name="Sync",
)
_PERSON_TOKEN = "person-token"  # noqa: S105
_ENGINE_TOKEN = "engine-token"  # noqa: S105
_EXTERNAL_ID = {EXTERNAL_ID_FIELD: {"label": "Planhat Id", "type": "string(60)", "unique": True, "external_id": True}}


class Skewed(FrozenClock):
    """One vendor's own clock: everybody's, *ahead* by some seconds."""

    def __init__(self, everybodys: FrozenClock) -> None:
        super().__init__(everybodys.now())
        self._everybodys = everybodys
        self.ahead = 0

    def now(self) -> datetime:
        now = self._everybodys.now()
        return now + timedelta(seconds=self.ahead) if self.ahead else now

    def advance(self, seconds: float | timedelta) -> datetime:
        self._everybodys.advance(seconds)
        return self.now()

    def set(self, at: datetime) -> datetime:
        self._everybodys.set(at - timedelta(seconds=self.ahead))
        return self.now()


@dataclass(frozen=True)
class Cast:
    """Who is there: customers by handle (does Planhat know it as a Company?), their full names, their contacts.

    *owners* are Planhat users (first, last, email): who has the email of a Salesforce user is the same person.
    *task_fields* are further fields of the Salesforce Task, by name, as in an org file. *ids* are the Salesforce ids of
    customers' accounts, where it matters which.
    """

    customers: Mapping[str, bool] = field(default_factory=lambda: dict(CUSTOMERS))
    names: Mapping[str, str] = field(default_factory=dict)
    people: Sequence[Mapping[str, str]] = ()
    owners: Sequence[Mapping[str, str]] = ()
    task_fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)

    def name(self, customer: str) -> str:
        return self.names.get(customer, customer.title())


def salesforce_login(fake: Fake, user: UserConfig) -> Login:
    """Where *user* of the Salesforce *fake* logs in, and with what."""
    app = fake.credentials(SALESFORCE_URL)
    given = {
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "username": user.username,
        "password": user.password,
        "security_token": user.security_token,
    }
    return Login(SALESFORCE_URL, given)


class Stage:
    """Two fakes with customers in them.

    *external_id*: the org has a unique external-id field on Task. *cast*: other customers and people than the default
    (see `Cast`). *opens_at*: when every history begins.
    """

    KEPT: tuple[str, ...] = ("companies", "ahead")

    def __init__(
        self,
        *,
        external_id: bool = False,
        seed: int = 0,
        cast: Cast | None = None,
        opens_at: datetime = DEFAULT_MOMENT,
    ) -> None:
        self.cast = cast or Cast()
        self.opens_at = opens_at
        self.clock = FrozenClock(opens_at)
        self.clocks = {"salesforce": Skewed(self.clock), "planhat": Skewed(self.clock)}
        self.external_id_field = EXTERNAL_ID_FIELD if external_id else ""
        fields = {**self.cast.task_fields, **(_EXTERNAL_ID if external_id else {})}
        extra = {"objects": {"Task": {"fields": fields}}} if fields else None
        self.fakes: dict[str, Fake] = {
            "salesforce": create_salesforce(
                clock=self.clocks["salesforce"],
                ids=IdSource(seed),
                org=OrgConfig(users=(PERSON, ENGINE), extra=extra),
            ),
            "planhat": create_planhat(
                clock=self.clocks["planhat"],
                ids=IdSource(seed + 1),
                org=TenantConfig(
                    tokens=(ApiToken(_PERSON_TOKEN, "person"), ApiToken(_ENGINE_TOKEN, "sync")),
                    switches={"rate_limits": "off"},  # the clock stands still within a round
                    conversation_types=("qbr",),
                    conversation_custom_fields=(PHASE_KEY,),
                ),
            ),
        }
        self.counter = Counter()
        self.session = Wire([Gate(fake, self.counter) for fake in self.fakes.values()], self.counter)
        self.control = {
            "salesforce": ControlClient(SALESFORCE_URL, self.session),
            "planhat": ControlClient(PLANHAT_URL, self.session),
        }
        self.logins = {
            "salesforce": salesforce_login(self.fakes["salesforce"], ENGINE),
            "planhat": Login(PLANHAT_URL, {"token": _ENGINE_TOKEN}),
        }
        more = [STAGE_FIELD] if STAGE_FIELD in self.cast.task_fields else []
        self.salesforce = SalesforceUser(salesforce_login(self.fakes["salesforce"], PERSON), self.session, more=more)
        self.planhat = PlanhatUser(Login(PLANHAT_URL, {"token": _PERSON_TOKEN}), self.session)
        self.accounts: dict[str, str] = {}
        self.companies: dict[str, str] = {}
        for name, known in self.cast.customers.items():
            self.pin("salesforce", "Account", self.cast.ids.get(name, ""))
            self.accounts[name] = self.salesforce.create({"Name": self.cast.name(name)}, "Account")
            if known:
                self.introduce(name)
        for person in self.cast.people:
            self._admit(person)
        for owner in self.cast.owners:
            names = {"firstName": owner["first"], "lastName": owner["last"], "nickName": owner["first"]}
            self.planhat.create("users", names | {"email": owner["email"]})
        self._opening = {vendor: one.snapshot() for vendor, one in self.control.items()}
        self._opening_companies = dict(self.companies)
        self._opening_token = self.salesforce.token

    def reset(self, *, rows: bool = True) -> None:
        """Back to the opening scene; without *rows*, all but what the fakes' stores hold."""
        for vendor, control in self.control.items():
            if rows:
                control.restore(self._opening[vendor])
            self.fakes[vendor].faults.clear()
            self.fakes[vendor].journal.clear()
        self.salesforce.resume(self._opening_token)  # a session of another history is unknown here (I14)
        self.clock.set(self.opens_at)
        for clock in self.clocks.values():
            clock.ahead = 0
        self.companies = dict(self._opening_companies)

    @property
    def ahead(self) -> dict[str, int]:
        """How far each vendor's clock is ahead of everybody's."""
        return {vendor: clock.ahead for vendor, clock in self.clocks.items()}

    @ahead.setter
    def ahead(self, seconds: Mapping[str, int]) -> None:
        for vendor, clock in self.clocks.items():
            clock.ahead = seconds[vendor]

    def pin(self, vendor: str, name: str, record_id: str) -> None:
        """The next record of the object *name* gets this id; "": whichever it gets."""
        if record_id:
            self.control[vendor].pin_ids(name, [record_id])

    def introduce(self, customer: str) -> None:
        """Planhat gets a Company for the Salesforce account of *customer*."""
        self.companies[customer] = self.planhat.create(
            "companies", {"name": self.cast.name(customer), "sourceId": self.accounts[customer]}
        )

    def _admit(self, person: Mapping[str, str]) -> None:
        """A contact of a customer, known on both sides: keys first, last, email, at."""
        names = {"FirstName": person["first"], "LastName": person["last"], "Email": person["email"]}
        contact = self.salesforce.create(names | {"AccountId": self.accounts[person["at"]]}, "Contact")
        enduser = {"firstName": person["first"], "lastName": person["last"], "email": person["email"]}
        if person["at"] in self.companies:
            self.planhat.create("endusers", enduser | {"companyId": self.companies[person["at"]], "sourceId": contact})

    def set_inheritance(self, on: bool) -> None:
        """Move the Planhat tenant's switch "Notes to inherit Task sourceId"."""
        self.control["planhat"].seed({"settings": {"inherit_source_id": on}})

    def close(self) -> None:
        self.session.close()
        for fake in self.fakes.values():
            fake.close()

"""The two fakes a world of pairs plays on: Salesforce, and Totango or Marketo, over one clock.

Made once and put back to its opening scene for each world. Two stages share nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from crm_contracts.vendors import HOSTS, create_fake
from crm_contracts.world.pairs.settings import CAMPAIGN_TOUCH, PROFILES, SOBJECTS
from crm_contracts.world.pairs.users import FLOW, MarketoUser, PartnerUser, PeopleInSalesforce, TotangoUser
from crm_contracts.world.stage import ENGINE, PERSON, salesforce_login
from crm_contracts.world.under_test import Login
from crm_contracts.world.wire import Counter, Gate, Wire
from fake_core.clock import DEFAULT_MOMENT, FrozenClock
from fake_core.control import ControlClient
from fake_core.fake import Fake
from fake_core.ids import IdSource
from fake_marketo import TenantConfig as MarketoConfig
from fake_marketo import User as MarketoUserConfig
from fake_salesforce import OrgConfig, UserConfig
from fake_totango import ApiToken, TenantConfig

__all__ = ["CONTACTS", "CUSTOMERS", "PEOPLE", "PairStage"]

# Known to Salesforce? Known to Totango from the start?
CUSTOMERS = {"acme": (True, True), "globex": (True, True), "nowhere": (True, False), "island": (False, True)}
QUINN = UserConfig(
    username="quinn@understudy.example",
    password="people-2",  # noqa: S106 - a password of a pretended org
    security_token="QuinnToken",  # noqa: S106
    first_name="Quinn",
    last_name="Colleague",
)
# Contacts of acme by handle: their e-mails. Two Anns share one (M26, T32).
CONTACTS = {"ann": "ann@acme.example", "another ann": "ann@acme.example", "bob": "bob@acme.example"}
# Who is meant by a handle: an e-mail. The stranger has no Salesforce user.
PEOPLE = {
    "pia": PERSON.username,
    "quinn": QUINN.username,
    "stranger": "stranger@elsewhere.example",
    "sync": ENGINE.username,
}
_PERSON_TOKEN, _ENGINE_TOKEN = "person-token", "engine-token"
_CAMPAIGN_ID_FIELD = "Totango_Campaign_Touch_ID__c"


def _external_id_fields(profile: str) -> dict[str, str]:
    """By section, the name of the unique external-id field that an administrator made for it."""
    names = {section: f"{profile.title()}_{section.title()}_Id__c" for section in PROFILES[profile]}
    return names | ({CAMPAIGN_TOUCH: _CAMPAIGN_ID_FIELD} if CAMPAIGN_TOUCH in names else {})


class PairStage:
    """Salesforce and the partner of *profile* with customers and people in them.

    *external_id*: the org has a unique external-id field on Task and Event for each section. *customers*: is it known
    to Salesforce, and to Totango from the start? *names*: their full names, *account_ids* their Salesforce ids.
    *opens_at*: when every history begins.
    """

    KEPT: tuple[str, ...] = ("parents",)

    def __init__(
        self,
        profile: str,
        *,
        external_id: bool = False,
        seed: int = 0,
        customers: Mapping[str, tuple[bool, bool]] = MappingProxyType(CUSTOMERS),
        names: Mapping[str, str] = MappingProxyType({}),
        account_ids: Mapping[str, str] = MappingProxyType({}),
        opens_at: datetime = DEFAULT_MOMENT,
    ) -> None:
        self.profile = profile
        self.opens_at = opens_at
        self.clock = FrozenClock(opens_at)
        self._names = names
        named = _external_id_fields(profile)
        self.external_ids = {section: name if external_id else "" for section, name in named.items()}
        self.fakes: dict[str, Fake] = {
            "salesforce": create_fake(
                "salesforce",
                clock=self.clock,
                ids=IdSource(seed),
                org=OrgConfig(users=(PERSON, QUINN, ENGINE), extra=self._extra()),
            )
        }
        self.counter = Counter()
        self.fakes[profile] = create_fake(profile, clock=self.clock, ids=IdSource(seed + 1), org=_TENANTS[profile])
        self.session = Wire([Gate(fake, self.counter) for fake in self.fakes.values()], self.counter)
        self.control = {vendor: ControlClient(HOSTS[vendor], self.session) for vendor in self.fakes}
        self.logins = {
            "salesforce": salesforce_login(self.fakes["salesforce"], ENGINE),
            profile: self._partner_login(_ENGINE_TOKEN if profile == "totango" else _PERSON_TOKEN),
        }
        self.salesforce = PeopleInSalesforce(salesforce_login(self.fakes["salesforce"], PERSON), self.session)
        users = {"totango": TotangoUser, "marketo": MarketoUser}
        self.partner: PartnerUser = users[profile](self._partner_login(_PERSON_TOKEN), self.session)
        self.user_ids = self.salesforce.user_ids()
        self.accounts: dict[str, str] = {}  # customer -> Salesforce account id
        self.parents: dict[str, str] = {}  # customer -> the partner's account id
        self.contacts: dict[str, str] = {}
        self.persons: dict[str, int] = {}
        for name, (here, there) in customers.items():
            if here:
                self.pin("salesforce", "Account", account_ids.get(name, ""))
                self.accounts[name] = self.salesforce.create({"Name": self._name(name)}, "Account")
            if there and profile == "totango":
                self.introduce(name)
        if "acme" in self.accounts:
            self._admit_people()
        self._opening = {vendor: one.snapshot() for vendor, one in self.control.items()}
        self._opening_parents = dict(self.parents)

    def _name(self, customer: str) -> str:
        return self._names.get(customer, customer.title())

    def _extra(self) -> dict[str, Any] | None:
        objects: dict[str, Any] = {}
        for section, name in self.external_ids.items():
            if name:
                fields = objects.setdefault(SOBJECTS[section], {"fields": {}})["fields"]
                fields[name] = {"label": name[:-3], "type": "string(60)", "unique": True, "external_id": True}
        return {"objects": objects} if objects else None

    def _admit_people(self) -> None:
        """The contacts of acme, in Marketo people with the id of theirs (M26)."""
        for number, (name, mail) in enumerate(CONTACTS.items(), 1):
            fields = {"LastName": name.title(), "Email": mail, "AccountId": self.accounts["acme"]}
            self.contacts[name] = self.salesforce.create(fields, "Contact")
            self.persons[name] = number
        if self.profile == "marketo":
            people = [
                {"id": self.persons[name], "name": name.title(), "email": CONTACTS[name], "owner": 1}
                | {"sf_contact_id": contact}
                for name, contact in self.contacts.items()
            ]
            pia = {"id": 1, "name": "Pia", "email": PERSON.username, "token": _PERSON_TOKEN}
            pia |= {"sf_user_id": self.user_ids[PERSON.username], "sf_connected": True}
            self.control["marketo"].seed({"users": [pia], "people": people})

    def reset(self, *, rows: bool = True) -> None:
        """Back to the opening scene; without *rows*, all but what the fakes' stores hold."""
        for vendor, control in self.control.items():
            if rows:
                control.restore(self._opening[vendor])
            self.fakes[vendor].faults.clear()
            self.fakes[vendor].journal.clear()
        self.clock.set(self.opens_at)
        self.salesforce.log_out()  # a session of another history would be the only thing that differs (I14)
        self.parents = dict(self._opening_parents)

    def pin(self, vendor: str, name: str, record_id: str) -> None:
        """The next record of the object *name* gets this id; "": whichever it gets."""
        if record_id:
            self.control[vendor].pin_ids(name, [record_id])

    def introduce(self, customer: str) -> None:
        """Totango gets an account. Its id is that of the Salesforce account, where there is one (T8)."""
        self.parents[customer] = self.accounts.get(customer, f"local_{customer}")
        self.control["totango"].seed({"accounts": [{"id": self.parents[customer], "name": self._name(customer)}]})

    def touch(self, customer: str, fields: Mapping[str, Any]) -> str:
        """Totango sends a campaign: its touch of one account. Nobody makes these over the API. Returns its id."""
        given = {"account_id": self.parents[customer], **fields}
        made: list[str] = self.control["totango"].seed({"campaign_touches": [given]})["campaign_touches"]
        return made[0]

    def save_settings(self, given: Mapping[str, Any]) -> None:
        """Marketo's user presses Save on the settings page."""
        assert isinstance(self.partner, MarketoUser), f"{self.profile} has no such page"
        self.partner.save_settings(given)

    def close(self) -> None:
        self.session.close()
        for fake in self.fakes.values():
            fake.close()

    def _partner_login(self, token: str) -> Login:
        given = self.fakes[self.profile].credentials(HOSTS[self.profile])
        return Login(HOSTS[self.profile], {**given, "token": token})


_TENANTS: dict[str, Any] = {
    "totango": TenantConfig(
        tokens=(ApiToken(_PERSON_TOKEN, "person", PERSON.username), ApiToken(_ENGINE_TOKEN, "sync", ENGINE.username)),
        # The clock stands still within a round, so a minute's limit would never end.
        switches={"rate_limits": "off", "touchpoint_requires": "subject_or_content"},
        settings={"activity_types": [{"activity_type_id": FLOW, "display_name": "Adoption"}]},
    ),
    "marketo": MarketoConfig(
        users=(MarketoUserConfig(id=1, name="Pia", email=PERSON.username, token=_PERSON_TOKEN),),
    ),
}

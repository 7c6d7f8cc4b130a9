"""Real causes of error rows: a ledger id and what a client does to meet it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from tests.fake_salesforce.bulk1_client import Bulk
from tests.fake_salesforce.conftest import Answer, Caller
from tests.fake_salesforce.soap_client import PARTNER, envelope

from fake_salesforce import ConnectedApp, UserConfig

KIDS = tuple(f"Kids{number}" for number in range(21))  # child relationships: one more than a query may ask for
EXTRA: dict[str, Any] = {
    "objects": {
        **{
            f"Kid{number}__c": {
                "label": "Kid",
                "label_plural": "Kids",
                "fields": {"Of__c": {"type": "reference", "to": ["Account"], "children": name}},
            }
            for number, name in enumerate(KIDS)
        },
        "Account": {
            "fields": {
                "Key__c": {"type": "string(20)", "external_id": True, "unique": True},
                "Many__c": {"type": "multipicklist", "values": ["Red", "Blue"]},
            }
        },
    },
    "lookup_filters": [
        {
            "object": "Account",
            "name": "l",
            "field": "ParentId",
            "when": {"field": "Name", "is_not": "orphan"},
            "message": "Choose another parent",
        }
    ],
}
LOGINS = (
    "INVALID_SESSION_ID",
    "LOGIN_DURING_RESTRICTED_DOMAIN",
    "LOGIN_DURING_RESTRICTED_TIME",
    "LOGIN_RATE_EXCEEDED",
    "API_DISABLED_FOR_ORG",
    "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
)
PASSWORD = "a-word-of-a-pretended-user"
REFUSED_USERS = tuple(
    UserConfig(username=f"{code.lower()}@understudy.example", password=PASSWORD, login_refused=code) for code in LOGINS
)
PLAIN_APP = ConnectedApp(client_id="plain-app", client_secret="of-a-pretended-app", device_flow=False)
Cause = Callable[[Caller], object]


def soap(org: Caller, inner: str) -> Answer:
    """A SOAP call of the administrator's."""
    return Caller(org.fake).post(
        PARTNER, data=envelope(org.token, inner), headers={"Content-Type": "text/xml", "SOAPAction": '""'}
    )


def log_in(org: Caller, code: str) -> Answer:
    """A log-in of the user whose log-ins end with *code*."""
    name = f"{code.lower()}@understudy.example"
    inner = f"<urn:login><urn:username>{name}</urn:username><urn:password>{PASSWORD}</urn:password></urn:login>"
    return soap(org, inner)


def oauth_log_in(org: Caller, code: str) -> Answer:
    """The same with OAuth's password grant."""
    app = org.fake.credentials("https://x.example")
    form = {
        "grant_type": "password",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "username": f"{code.lower()}@understudy.example",
        "password": PASSWORD,
    }
    return _posted(org, "/services/oauth2/token", form)


def _key_in_body(org: Caller) -> object:
    return org.patch("/sobjects/Account/Key__c/k1", {"Name": "x", "Key__c": "k1"})


def _lookup_filter(org: Caller) -> object:
    return org.post("/sobjects/Account", {"Name": "x", "ParentId": org.make("Account", Name="orphan")})


def _no_update(org: Caller) -> object:
    status = org.soql("SELECT Id FROM TaskStatus LIMIT 1")[0]["Id"]
    return org.patch(f"/sobjects/TaskStatus/{status}", {})


def _no_undelete(org: Caller) -> object:
    campaign, contact = org.make("Campaign", Name="c"), org.make("Contact", LastName="l")
    member = org.make("CampaignMember", CampaignId=campaign, ContactId=contact)
    org.delete(f"/sobjects/CampaignMember/{member}")
    return soap(org, f"<urn:undelete><urn:ids>{member}</urn:ids></urn:undelete>")


def _no_text(org: Caller) -> object:
    return org.post("/sobjects/Account", {"Name": "x", "Many__c": {"a": 1}})


def _bulk_binary(org: Caller) -> object:
    bulk = Bulk(org)
    job = bulk.job("query", "Attachment")
    batch = bulk.batch(job, "SELECT Body FROM Attachment")
    return bulk.finish(job, batch)


def _bulk2_blob(org: Caller) -> object:
    return org.post("/jobs/query", {"operation": "query", "query": "SELECT Body FROM Attachment"})


def _asked(*queries: str, version: str = "v60.0") -> Cause:
    """The queries, each of them refused."""

    def ask(org: Caller) -> None:
        for text in queries:
            answer = org.get(f"/services/data/{version}/query", query={"q": text})
            assert 400 == answer.status, answer.text

    return ask


def _long_query(org: Caller) -> object:
    text = f"SELECT Id FROM Account WHERE Name = '{'x' * 100_000}'"
    return soap(org, f"<urn:query><urn:queryString>{text}</urn:queryString></urn:query>")


def _page(**query: str) -> Cause:
    """A request of the authorization page."""
    return lambda org: org.get("/services/oauth2/authorize", query={"client_id": PLAIN_APP.client_id, **query})


def _token(**form: str) -> Cause:
    """A request of the token endpoint, of an app that has little."""
    app = {"client_id": PLAIN_APP.client_id, "client_secret": PLAIN_APP.client_secret}
    return lambda org: _posted(org, "/services/oauth2/token", {**app, **form})


def _posted(org: Caller, path: str, form: dict[str, str]) -> Answer:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": ""}
    return org.post(path, data=urlencode(form).encode(), headers=headers)


def _wrong_old_password(org: Caller) -> object:
    words = "<urn:oldPassword>no</urn:oldPassword><urn:newPassword>Xx123456789!</urn:newPassword>"
    return soap(org, f"<urn:changeOwnPassword>{words}</urn:changeOwnPassword>")


def _upsert_of_several(org: Caller) -> object:
    rows = "".join(f"<urn:sObjects><ns:type>{name}</ns:type></urn:sObjects>" for name in ("Account", "Contact"))
    return soap(org, f"<urn:upsert><urn:externalIDFieldName>Id</urn:externalIDFieldName>{rows}</urn:upsert>")


def _no_such_user(org: Caller) -> object:
    return soap(org, "<urn:resetPassword><urn:userId>nope</urn:userId></urn:resetPassword>")


CAUSES: dict[str, Cause] = {
    "salesforce/error/INVALID_FIELD.key_in_body": _key_in_body,
    "salesforce/error/FIELD_FILTER_VALIDATION_EXCEPTION.rule": _lookup_filter,
    "salesforce/error/CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY.update": _no_update,
    "salesforce/error/CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY.undelete": _no_undelete,
    "salesforce/error/JSON_PARSER_ERROR.bare": _no_text,
    "salesforce/error/FeatureNotEnabled.binary": _bulk_binary,
    "salesforce/error/API_ERROR.bulk_blob": _bulk2_blob,
    "salesforce/error/INVALID_TYPE.upsert_of_several": _upsert_of_several,
    "salesforce/soql/too_long": _long_query,
    "salesforce/soql/child_depth": _asked(
        "SELECT Id, (SELECT Id, (SELECT Id FROM Tasks) FROM Contacts) FROM Account", version="v57.0"
    ),
    "salesforce/soql/rollup_alone": _asked("SELECT COUNT(Id) FROM Lead GROUP BY ROLLUP(Rating), Status"),
    "salesforce/soql/rollup_too_many": _asked(
        "SELECT COUNT(Id) FROM Lead GROUP BY ROLLUP(Rating, Status, LeadSource, Industry)"
    ),
    "salesforce/soql/grouping_of_other": _asked("SELECT GROUPING(Status) FROM Lead GROUP BY ROLLUP(Rating)"),
    "salesforce/soql/convert_in_filter": _asked("SELECT Id FROM Opportunity WHERE convertCurrency(Amount) > 1"),
    "salesforce/soql/not_currency": _asked("SELECT convertCurrency(Name) FROM Opportunity"),
    "salesforce/soql/distance": _asked(
        "SELECT Id FROM Account WHERE DISTANCE(GEOLOCATION(1,2), BillingAddress, 'km') < 5"
    ),
    "salesforce/soql/too_many_relationships": _asked(
        f"SELECT {', '.join(f'(SELECT Id FROM {name}__r)' for name in KIDS)} FROM Account"
    ),
    "salesforce/oauth/redirect_missing": _page(response_type="code"),
    "salesforce/oauth/no_run_as_user": _token(grant_type="client_credentials"),
    "salesforce/oauth/device_disabled": _token(response_type="device_code"),
    "salesforce/soap/INVALID_OLD_PASSWORD": _wrong_old_password,
    "salesforce/soap/INVALID_ID_FIELD": _no_such_user,
    "salesforce/oauth/ip_restricted": lambda org: oauth_log_in(org, "LOGIN_DURING_RESTRICTED_DOMAIN"),
    "salesforce/oauth/login_hours": lambda org: oauth_log_in(org, "LOGIN_DURING_RESTRICTED_TIME"),
}

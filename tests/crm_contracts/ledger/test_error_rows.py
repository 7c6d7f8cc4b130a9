"""Error rows that no other test shows over the wire, each from a real cause.

The suite fails a test of `tests/held.toml` when the words of its row do not go out (tests/ledger_seen.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.crm_contracts.ledger.causes import CAUSES, EXTRA, LOGINS, PLAIN_APP, REFUSED_USERS, log_in
from tests.fake_salesforce.bulk2 import new_job
from tests.fake_salesforce.conftest import HOST, Caller
from tests.fake_salesforce.soql.conftest import EXTRA as QUERIED
from tests.fake_salesforce.soql.test_refusals import REFUSED
from tests.ledger_seen import SEEN
from werkzeug.test import Client

from fake_core.clock import FrozenClock
from fake_planhat import TenantConfig
from fake_planhat import create_app as create_planhat
from fake_salesforce import OrgConfig, create_app, data_files
from fake_salesforce.org import ADMIN


def caller_of(**options: Any) -> Caller:
    fake = create_app(clock=FrozenClock(), org=OrgConfig(**options))
    return Caller(fake, fake.credentials(f"https://{HOST}")["access_token"])


@pytest.fixture(scope="module")
def _org() -> Iterator[Caller]:
    made = caller_of(users=(ADMIN, *REFUSED_USERS), extra=EXTRA, apps=(*OrgConfig().apps, PLAIN_APP))
    yield made
    made.fake.close()


@pytest.fixture
def org(_org: Caller) -> Caller:
    _org.fake.reset()
    return _org


@pytest.mark.parametrize("row", CAUSES)
def test_a_cause_has_its_row(org: Caller, row: str) -> None:
    """What a client does wrong is answered in the words of its row."""
    CAUSES[row](org)

    assert row in SEEN.entries()


@pytest.mark.parametrize("code", LOGINS)
def test_a_log_in_is_refused(org: Caller, code: str) -> None:
    """A user whose log-in meets a fault gets it over SOAP."""
    log_in(org, code)

    assert f"salesforce/login/{code}" in SEEN.entries()


LONG = 16_384  # bytes of a URI that are read


def test_what_soql_refuses_is_refused_over_http() -> None:
    """Each wrong query of SOQL's own tests is 400 with the same code, as a GET or, where it is long, over SOAP."""
    org = caller_of(extra=QUERIED)
    wrong = []
    for text, (code, _) in REFUSED.items():
        answer = org.get("/query", query={"q": text}) if len(text) < LONG // 4 else None
        if answer is not None and (400, code) != (answer.status, answer.json[0]["errorCode"]):
            wrong.append((text, answer.status, answer.text))
    org.fake.close()

    assert [] == wrong


def test_planhat_refuses_a_table_it_cannot_read() -> None:
    """A body of the analytics host that is no CSV is 400 where the switch says so."""
    fake = create_planhat(clock=FrozenClock(), org=TenantConfig(switches={"analytics_bad_body": "refuse"}))
    tenant = TenantConfig().tenant_id
    answer = Client(fake).put(
        f"/analytics/stream/csv/{tenant}", data=b"\xff\xfe", base_url="https://analytics.planhat.com"
    )
    fake.close()

    assert (400, "Bad Request") == (answer.status_code, answer.text)


def test_the_rows_of_a_day_come_to_an_end() -> None:
    """Bulk API 2.0 takes no more rows than a day allows."""
    limits = data_files.load("bulk.toml")["limits"]
    most = limits["day_rows_max"]
    try:
        limits["day_rows_max"] = 1
        small = caller_of()
    finally:
        limits["day_rows_max"] = most
    job = new_job(small, "Account")
    job.upload("Name\na\nb\n")
    answer = job.change("UploadComplete")

    assert (400, "EXCEEDEDQUOTA") == (answer.status, answer.json[0]["errorCode"])
    small.fake.close()

"""simple-salesforce from PyPI, unmodified: the log-ins that need more than a password."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from simple_salesforce.login import SalesforceLogin

from fake_core.clock import RealClock
from fake_core.testing import Played, play
from fake_salesforce import OrgConfig, create_app
from fake_salesforce.connected_apps import ConnectedApp
from fake_salesforce.org import ADMIN, APP, UserConfig

FAR = UserConfig(username="far@x.example", password="p & <q>", security_token="T", trusted=False)


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private key made now; its public half stands beside it."""
    home = tmp_path_factory.mktemp("keys")
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    (home / "client.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public = serialization.PublicFormat.SubjectPublicKeyInfo
    (home / "client.pem").write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, public))
    return home / "client.key"


@pytest.fixture(scope="module", params=["production", "sandbox"])
def played(request: pytest.FixtureRequest, key_file: Path) -> Iterator[Played]:
    """An org on the real clock, by which the client dates its assertions."""
    pem = key_file.with_suffix(".pem").read_text()
    apps = (
        APP,
        ConnectedApp(client_id="approved", client_secret="s", certificate=pem, approved_users=(ADMIN.username,)),
        ConnectedApp(client_id="asked", client_secret="s", certificate=pem),
    )
    config = OrgConfig(sandbox=request.param == "sandbox", apps=apps, users=(ADMIN, FAR))
    fake = create_app(clock=RealClock(), org=config)
    with play(fake, "https://understudy.my.salesforce.com") as here:
        yield here
    fake.close()


@pytest.fixture
def domain(request: pytest.FixtureRequest) -> str:
    return "test" if "sandbox" in request.node.name else "login"


def test_jwt_with_a_key_file(played: Played, domain: str, key_file: Path) -> None:
    """The client signs with its key, for the log-in host of its kind of org."""
    words: dict[str, Any] = {"username": ADMIN.username, "consumer_key": "approved", "privatekey_file": str(key_file)}
    client = Salesforce(domain=domain, version="59.0", **words)
    assert client.query("SELECT COUNT() FROM User")["totalSize"] == 2
    other = {"login": "test", "test": "login"}[domain]
    with pytest.raises(SalesforceAuthenticationFailed, match="audience is invalid|authentication failure"):
        Salesforce(domain=other, version="59.0", **words)


@pytest.mark.evidence("client-derived", "simple-salesforce warns at exactly this sentence")
def test_jwt_without_approval(played: Played, domain: str, key_file: Path) -> None:
    with (
        pytest.raises(SalesforceAuthenticationFailed, match="user hasn't approved this consumer"),
        pytest.warns(UserWarning, match="Allow Access"),
    ):
        Salesforce(username=ADMIN.username, consumer_key="asked", privatekey_file=str(key_file), domain=domain)


def test_organization_id(played: Played, domain: str) -> None:
    """The log-in for addresses inside the trusted range, with the id of the org."""
    org_id = SalesforceLogin(username=ADMIN.username, password=ADMIN.password, domain=domain)[0].partition("!")[0]
    client = Salesforce(username=ADMIN.username, password=ADMIN.password, organizationId=org_id, domain=domain)
    assert client.query("SELECT COUNT() FROM User")["totalSize"] == 2
    with pytest.raises(SalesforceAuthenticationFailed, match="INVALID_LOGIN"):
        Salesforce(username=ADMIN.username, password=ADMIN.password, organizationId="00D000000000000", domain=domain)


def test_security_token(played: Played, domain: str) -> None:
    """A user outside the trusted network needs it; what is special in XML arrives as it is."""
    words: dict[str, Any] = {"username": FAR.username, "password": FAR.password, "domain": domain}
    assert "!" in Salesforce(security_token=FAR.security_token, **words).session_id
    with pytest.raises(SalesforceAuthenticationFailed, match="LOGIN_MUST_USE_SECURITY_TOKEN"):
        Salesforce(security_token="", **words)


def test_client_credentials_need_the_orgs_own_host(played: Played, domain: str) -> None:
    """The client itself does not try login and test; at My Domain it works without a user named."""
    app: dict[str, Any] = {"consumer_key": APP.client_id, "consumer_secret": APP.client_secret}
    with pytest.raises(SalesforceAuthenticationFailed, match="INVALID AUTH"):
        Salesforce(domain=domain, **app)
    with pytest.raises(SalesforceAuthenticationFailed, match="no client credentials user enabled"):
        Salesforce(domain="understudy.my", **app)  # the app runs as a user this org has not

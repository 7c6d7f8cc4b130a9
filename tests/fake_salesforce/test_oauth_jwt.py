"""The JWT bearer flow, with keys and certificates made when the test runs."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from tests.fake_salesforce.conftest import Answer, Caller

from fake_core.clock import FrozenClock
from fake_core.errors import MisuseError
from fake_salesforce import OrgConfig, create_app
from fake_salesforce.connected_apps import ConnectedApp
from fake_salesforce.org import ADMIN

TOKEN = "/services/oauth2/token"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CALLBACK = "https://app.example/callback"
PRODUCTION = "https://login.salesforce.com"


@dataclass
class Client:
    """A client that holds a private key, and the org that knows its certificate."""

    org: Caller
    key: Any

    def claims(self, **words: Any) -> dict[str, Any]:
        ends = int(self.org.clock.now().timestamp()) + 180
        known = {"iss": "jwt.app", "sub": ADMIN.username, "aud": PRODUCTION, "exp": ends}
        return {key: one for key, one in {**known, **words}.items() if one is not None}

    def send(self, assertion: str, **words: str) -> Answer:
        body = urlencode({"grant_type": GRANT, "assertion": assertion, **words}).encode()
        return self.org.post(TOKEN, data=body, headers=FORM)

    def ask(self, **words: Any) -> Answer:
        return self.send(jwt.encode(self.claims(**words), self.key, algorithm="RS256"))


def certificate(key: Any) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a client")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=36_500))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture(scope="module")
def key() -> Any:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


@pytest.fixture
def make(key: Any) -> Iterator[Any]:
    fakes = []

    def make_one(*, config: dict[str, Any] | None = None, **words: Any) -> Client:
        known = {"client_id": "jwt.app", "client_secret": "s", "certificate": certificate(key)}
        app = ConnectedApp(**{**known, "callback_urls": (CALLBACK,), "approved_users": (ADMIN.username,), **words})
        fakes.append(create_app(clock=FrozenClock(), org=OrgConfig(apps=(app,), **(config or {}))))
        return Client(Caller(fakes[-1]), key)

    yield make_one
    for each in fakes:
        each.close()


def refused(answer: Answer) -> tuple[int, str, str]:
    return answer.status, answer.json["error"], answer.json["error_description"]


INVALID = (400, "invalid_grant", "invalid assertion")


@pytest.mark.evidence("client-derived", "simple-salesforce tests: the answer of the JWT flow")
def test_a_signed_assertion_opens_a_session(make: Any) -> None:
    """No issued_at, no signature; the session is the user's."""
    client = make()
    body = client.ask().json
    assert ["access_token", "scope", "instance_url", "id", "token_type"] == list(body)
    client.org.token = body["access_token"]
    assert ADMIN.username == client.org.get("/services/oauth2/userinfo").json["preferred_username"]


@pytest.mark.evidence("client-derived", "simple-salesforce issues 371 and 491; public question threads")
@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ({"aud": "https://x.example"}, (400, "invalid_grant", "audience is invalid")),
        ({"aud": "https://test.salesforce.com"}, (400, "invalid_grant", "audience is invalid")),
        ({"aud": None}, (400, "invalid_grant", "audience is invalid")),
        ({"exp": 0}, (400, "invalid_grant", "expired authorization code")),
        ({"exp": None}, INVALID),
        ({"exp": "soon"}, INVALID),
        ({"sub": None}, INVALID),
        ({"iss": "nobody"}, (400, "invalid_client_id", "client identifier invalid")),
        ({"sub": "nobody@x.example"}, (400, "invalid_grant", "user hasn't approved this consumer")),
    ],
)
def test_refused_claims(make: Any, words: dict[str, Any], answer: tuple[int, str, str]) -> None:
    assert answer == refused(make().ask(**words))


@pytest.mark.parametrize(
    ("ahead", "status"), [(180, 200), (300, 200), (360, 200), (361, 400), (86_400, 400), (1, 200), (0, 400), (-1, 400)]
)
def test_how_far_ahead(make: Any, ahead: int, status: int) -> None:
    """Three minutes and three of grace; not past; also as text, as simple-salesforce writes it."""
    client = make()
    ends = int(client.org.clock.now().timestamp()) + ahead
    with_number = client.send(jwt.encode(client.claims() | {"exp": ends}, client.key, algorithm="RS256"))
    assert status == with_number.status
    token = jwt.api_jws.encode(json.dumps(client.claims() | {"exp": str(ends)}).encode(), client.key, algorithm="RS256")
    assert status == client.send(token).status


@pytest.mark.evidence("client-derived", "@salesforce/core: exp is Date.now() + 300")
def test_milliseconds(make: Any) -> None:
    """The sf command line sends milliseconds."""
    client = make()
    assert 200 == client.ask(exp=int(client.org.clock.now().timestamp() * 1000) + 300).status
    assert 400 == client.ask(exp=int(client.org.clock.now().timestamp() * 1000) - 900_000).status


def test_signatures(make: Any, key: Any) -> None:
    """Another key, another algorithm, no signature, no JWT at all."""
    client = make()
    other = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    good = jwt.encode(client.claims(), key, algorithm="RS256")
    head, body, signature = good.split(".")
    forged = jwt.utils.base64url_encode(json.dumps(client.claims(sub="x@y.z")).encode()).decode()
    wrong = [
        jwt.encode(client.claims(), other, algorithm="RS256"),
        jwt.encode(client.claims(), key, algorithm="RS512"),
        jwt.encode(client.claims(), key, algorithm="PS256"),
        jwt.encode(client.claims(), "", algorithm="none"),
        _hmac(client.claims(), public),
        f"{head}.{forged}.{signature}",
        f"{head}.{body}.",
        "a.b.c",
        "x" * 30_000,
    ]
    assert [INVALID] * len(wrong) == [refused(client.send(one)) for one in wrong]
    assert 200 == client.send(good).status


def _hmac(claims: dict[str, Any], public: bytes) -> str:
    """The old trick: HMAC with the public key as its secret. PyJWT will not write it, so it is put together here."""
    encode = jwt.utils.base64url_encode
    text = encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()) + b"." + encode(json.dumps(claims).encode())
    return (text + b"." + encode(hmac.new(public, text, hashlib.sha256).digest())).decode()


def test_own_host_is_an_audience(make: Any) -> None:
    """The host that the request came by, with or without the token endpoint's path."""
    client = make()
    for audience in (
        "https://understudy.my.salesforce.com",
        "https://understudy.my.salesforce.com/",
        f"{PRODUCTION}/services/oauth2/token",
        [PRODUCTION, "https://x.example"],
    ):
        assert 200 == client.ask(aud=audience).status


def test_a_sandbox_is_spoken_to_at_test(make: Any) -> None:
    client = make(config={"sandbox": True})
    assert [200, 400] == [client.ask(aud=aud).status for aud in ("https://test.salesforce.com", PRODUCTION)]


@pytest.mark.evidence("client-derived", "salesforce.stackexchange 184363: approvals with a refresh token count")
def test_a_user_approves_by_the_web_server_flow(make: Any) -> None:
    """Without an approval the vendor's sentence; an approval without refresh_token does not count."""
    client = make(approved_users=())
    asked = {"response_type": "code", "client_id": "jwt.app", "redirect_uri": CALLBACK}
    person = urlencode({"username": ADMIN.username, "pw": ADMIN.password, "decision": "allow"}).encode()
    seen = []
    for scope in ("api", "api refresh_token"):
        seen.append(refused(client.ask())[2])
        path = f"/services/oauth2/authorize?{urlencode({**asked, 'scope': scope})}"
        assert 302 == client.org.post(path, data=person, headers=FORM).status
    assert ["user hasn't approved this consumer"] * 2 == seen
    assert "refresh_token api" == client.ask().json["scope"]


def test_only_approved_users(make: Any) -> None:
    client = make(self_authorize=False, approved_users=())
    assert (400, "invalid_app_access", "user is not admin approved to access this app") == refused(client.ask())


def test_no_scope_parameter_and_no_certificate(make: Any) -> None:
    client = make()
    assert "invalid_scope" == client.send("x", scope="api").json["error"]
    assert INVALID == refused(make(certificate="").ask())


def test_bad_certificates_are_the_testers_mistake(key: Any) -> None:
    """A private key, a key of another kind, no key."""
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    curve = ec.generate_private_key(ec.SECP256R1())
    for pem, word in ((private, "private key"), (certificate(curve), "not RSA"), ("-----BEGIN X-----", "no PEM")):
        with pytest.raises(MisuseError, match=word):
            ConnectedApp(client_id="a", client_secret="b", certificate=pem)


def test_an_org_file_names_a_certificate(tmp_path: Any, key: Any) -> None:
    """`certificate` of `[[org.apps]]` is PEM text or a file."""
    from fake_salesforce.org_choice import choose_org

    (tmp_path / "client.pem").write_text(certificate(key))
    (tmp_path / "org.toml").write_text(
        '[[org.apps]]\nclient_id = "a"\nclient_secret = "b"\ncertificate = "client.pem"\nscopes = ["api"]\n'
    )
    (app,) = choose_org(str(tmp_path / "org.toml")).apps
    assert (True, ("api",)) == (app.certificate.startswith("-----BEGIN CERT"), app.scopes)
    (tmp_path / "client.pem").unlink()
    with pytest.raises(MisuseError, match="client.pem"):
        choose_org(str(tmp_path / "org.toml"))

"""A connected app: the OAuth client of an org, and what its administrator decided about it.

Rule 1: what an app may do is configuration; who approved it is state (`approvals.py`).
Rule 2: a certificate is the public half only: the fake never holds a client's private key.
Source: Salesforce Help, Connected App OAuth settings and policies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fake_core.errors import MisuseError

SCOPES = ("refresh_token", "openid", "web", "api", "id")
# Scopes that any app may have; an app with `full` may be asked for all but refresh_token.
KNOWN_SCOPES = frozenset(
    {
        *SCOPES,
        "full",
        "offline_access",
        "profile",
        "email",
        "address",
        "phone",
        "visualforce",
        "chatter_api",
        "content",
        "custom_permissions",
        "eclair_api",
        "lightning",
        "pardot_api",
        "sfap_api",
        "cdp_ingest_api",
        "cdp_query_api",
        "cdp_profile_api",
        "wave_api",
        "interaction_api",
    }
)
REFRESH_SCOPES = frozenset({"refresh_token", "offline_access"})
# Where the sf command line, examples on a developer's machine and the vendor's own page wait for the answer.
CALLBACKS = (
    "http://localhost:1717/OauthRedirect",
    "http://localhost:8080/callback",
    "http://localhost:3000/callback",
    "https://login.salesforce.com/services/oauth2/success",
    "https://test.salesforce.com/services/oauth2/success",
)


@dataclass(frozen=True, kw_only=True)
class ConnectedApp:
    """An OAuth client.

    *run_as* is the user of its client_credentials log-ins (None: not enabled). *certificate* is a PEM X.509
    certificate or public key for the JWT bearer flow. *self_authorize*: any user may approve the app; otherwise only
    *approved_users* (usernames) get in, and need no consent. *secret_required* and *refresh_secret_required* are
    "Require Secret for Web Server Flow" and "… for Refresh Token Flow". *refresh_seconds* ends a refresh token that
    long after its issue, or with *refresh_by_use* after its last use (None: until it is revoked).
    """

    client_id: str
    client_secret: str
    name: str = "Understudy"
    run_as: str | None = None
    callback_urls: tuple[str, ...] = CALLBACKS
    scopes: tuple[str, ...] = SCOPES
    certificate: str = ""
    self_authorize: bool = True
    approved_users: tuple[str, ...] = ()
    secret_required: bool = True
    refresh_secret_required: bool = False
    pkce_required: bool = False
    rotate_refresh: bool = False
    refresh_seconds: int | None = None
    refresh_by_use: bool = False
    device_flow: bool = True
    introspect_all: bool = False

    def __post_init__(self) -> None:
        unknown = sorted(set(self.scopes) - KNOWN_SCOPES)
        if unknown:
            raise MisuseError(
                f"connected app {self.name}: no scope {unknown[0]!r}: use {', '.join(sorted(KNOWN_SCOPES))}"
            )
        if self.certificate:
            public_key(self.certificate, self.name)

    def approves(self, username: str) -> bool:
        """The administrator let this user in beforehand."""
        return username.lower() in {one.lower() for one in self.approved_users}


def public_key(pem: str, name: str) -> Any:
    """The RSA public key of a PEM certificate or key; raises MisuseError."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from cryptography.x509 import load_pem_x509_certificate

    if "PRIVATE KEY" in pem:
        raise MisuseError(
            f"connected app {name}: certificate is a private key; give the certificate that belongs to it"
        )
    try:
        key = (
            load_pem_x509_certificate(pem.encode()).public_key()
            if "CERTIFICATE" in pem
            else load_pem_public_key(pem.encode())
        )
    except ValueError as error:
        raise MisuseError(f"connected app {name}: certificate is no PEM certificate or public key: {error}") from error
    if not isinstance(key, RSAPublicKey):
        raise MisuseError(f"connected app {name}: certificate is not RSA: the vendor takes RS256 only")
    return key

"""OpenID Connect: the key of the org, its published form, ID tokens, the discovery document.

Rule 1: the key is made from the org's seed, so that the same inputs give the same tokens, and a kept org keeps its
key. It protects nothing: whoever knows the seed knows the key.
Rule 2: an ID token is good for two minutes.
Source: Salesforce Help, OpenID Connect Discovery Endpoint and ID token; RFC 7517, RFC 7519.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from typing import Any

from fake_salesforce.connected_apps import KNOWN_SCOPES
from fake_salesforce.org import Org

KEY_ID = "understudy-1"
ID_TOKEN_SECONDS = 120
_PRIME_BITS = 1_024
_EXPONENT = 65_537
_SMALL_PRIMES = (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97)
_ROUNDS = 24  # of Miller and Rabin: an error is less likely than one in 4**24


def id_token(org: Org, *, base_url: str, subject: str, client_id: str, access_token: str, nonce: str) -> str:
    """A signed JWT that says who logged in. *subject* is the identity URL."""
    import jwt

    now = int(org.clock.now().timestamp())
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    claims: dict[str, Any] = {
        "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
        "sub": subject,
        "aud": client_id,
        "iss": base_url,
        "exp": now + ID_TOKEN_SECONDS,
        "iat": now,
    }
    if nonce:
        claims["nonce"] = nonce
    return jwt.encode(claims, _key(org), algorithm="RS256", headers={"kid": KEY_ID})


def keys(org: Org) -> dict[str, Any]:
    """The body of `/id/keys`: a JSON Web Key Set."""
    public = _key(org).public_key().public_numbers()
    return {
        "keys": [
            {
                "kty": "RSA",
                "n": _number(public.n),
                "e": _number(public.e),
                "alg": "RS256",
                "use": "sig",
                "kid": KEY_ID,
            }
        ]
    }


def discovery(base_url: str) -> dict[str, Any]:
    """The body of `/.well-known/openid-configuration`."""
    endpoint = f"{base_url}/services/oauth2"
    return {
        "issuer": base_url,
        "authorization_endpoint": f"{endpoint}/authorize",
        "token_endpoint": f"{endpoint}/token",
        "revocation_endpoint": f"{endpoint}/revoke",
        "userinfo_endpoint": f"{endpoint}/userinfo",
        "introspection_endpoint": f"{endpoint}/introspect",
        "jwks_uri": f"{base_url}/id/keys",
        "scopes_supported": sorted(KNOWN_SCOPES),
        "response_types_supported": ["code", "token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "display_values_supported": ["page", "popup", "touch"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    }


# --- the key ----------------------------------------------------------------------------------------


def _key(org: Org) -> Any:
    return _made_key(f"{org.ids.seed}:{org.org_id}")


@lru_cache(maxsize=16)
def _made_key(seed: str) -> Any:
    """An RSA key of 2,048 bits that follows from *seed*."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    first, second = _prime(f"{seed}:p"), _prime(f"{seed}:q")
    private = pow(_EXPONENT, -1, (first - 1) * (second - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=first,
        q=second,
        d=private,
        dmp1=private % (first - 1),
        dmq1=private % (second - 1),
        iqmp=pow(second, -1, first),
        public_numbers=rsa.RSAPublicNumbers(_EXPONENT, first * second),
    )
    return numbers.private_key()


def _prime(seed: str) -> int:
    """The first prime after a number drawn from *seed* whose predecessor has no factor 65,537."""
    digest = b"".join(hashlib.sha512(f"{seed}:{part}".encode()).digest() for part in range(_PRIME_BITS // 512))
    candidate = int.from_bytes(digest) | (0b11 << (_PRIME_BITS - 2)) | 1
    while candidate % _EXPONENT == 1 or not _is_prime(candidate):
        candidate += 2
    return candidate


def _is_prime(number: int) -> bool:
    if any(number % small == 0 for small in _SMALL_PRIMES):
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(_passes(number, base, odd, twos) for base in _SMALL_PRIMES[:_ROUNDS])


def _passes(number: int, base: int, odd: int, twos: int) -> bool:
    power = pow(base, odd, number)
    if power in {1, number - 1}:
        return True
    for _ in range(twos - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False


def _number(value: int) -> str:
    raw = value.to_bytes((value.bit_length() + 7) // 8)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

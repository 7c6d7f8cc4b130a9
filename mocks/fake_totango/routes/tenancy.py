"""Whose a call is: the app-token names the service; the pixel and the region look-up name it by its service id.

Source: HTTP API pages: `sdr_s` is the service id, sent in the query or in a form; the region look-up asks for a
`service_id`. Everything else shows its token, the old list in `Authorization`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fake_core.fake import BODY_KEY, Key
from fake_totango.errors import TotangoError
from fake_totango.routes.wire import pairs_of
from fake_totango.tenant import TenantConfig

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

TOKEN, SERVICE = "token", "service id"


def shown(environ: WSGIEnvironment) -> Key | None:
    """The key that a call shows."""
    path = environ["PATH_INFO"].strip("/")
    query = environ.get("QUERY_STRING", "").encode("latin-1", "replace")
    if path == "pixel.gif":
        sent = environ.get(BODY_KEY, b"") if environ["REQUEST_METHOD"] == "POST" else b""
        return _service([query, sent], "sdr_s")
    if path == "domains":
        return _service([query], "service_id")
    value = environ.get("HTTP_APP_TOKEN", "")
    if not value and path.startswith("api/v1/accounts/active_list/"):
        value = environ.get("HTTP_AUTHORIZATION", "")
    return Key(TOKEN, value) if value else None


def _service(texts: list[bytes], name: str) -> Key | None:
    given: dict[str, str] = {}
    for text in texts:
        try:
            given.update(pairs_of(text))
        except TotangoError:  # no form: it says nothing
            continue
    return Key(SERVICE, given[name]) if given.get(name) else None


def keys_of(config: TenantConfig) -> frozenset[Key]:
    """All keys of the service that starts as *config* says."""
    return frozenset({Key(SERVICE, config.service_id), *(Key(TOKEN, token.value) for token in config.tokens)})

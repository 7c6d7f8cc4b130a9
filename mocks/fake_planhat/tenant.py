"""One Planhat tenant: its tokens, its switches and settings, its store, clock and ids. Nothing here is global.

Rule: what can change while the fake runs (switches, settings) lives in `Settings`, a part of the store, so that a
snapshot holds it and a reset puts it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fake_core.clock import Clock
from fake_core.errors import MisuseError
from fake_core.ids import IdSource
from fake_core.limits import RollingWindow
from fake_core.store import Store
from fake_core.switches import Switches
from fake_core.tenant_file import check_texts
from fake_planhat.data_files import read_toml
from fake_planhat.errors import ERRORS, PlanhatError
from fake_planhat.in_flight import InFlight
from fake_planhat.models.fields import OBJECT_ID
from fake_planhat.switches import SWITCHES

if TYPE_CHECKING:
    from fake_planhat.automations import Automations

_LIMITS = read_toml("limits.toml")
SOFT_CALLS_PER_MINUTE: int = _LIMITS["soft_calls_per_minute"]["value"]
HARD_CALLS_PER_SECOND: int = _LIMITS["hard_calls_per_second"]["value"]
BULK_ITEMS_MAX: int = _LIMITS["bulk_items_max"]["value"]
BODY_BYTES_MAX: int = _LIMITS["body_bytes_max"]["value"]
PARALLEL_CALLS_MAX: int = _LIMITS["parallel_calls_max"]["value"]

OPERATIONS = ("create", "read", "update", "delete")
METRICS = "DimensionData"  # what a token's permissions call the values of metrics, which are no model
RESERVED_TYPES = frozenset({"email", "chat", "ticket", "call"})  # Conversations that Planhat itself makes


@dataclass(frozen=True)
class ApiToken:
    """A Private App's token. *permissions*: model name -> operations of OPERATIONS; None permits everything.

    *user_id* is the acting user, None for an app without one; *email* is shown as `userEmail` in create answers.
    """

    value: str
    name: str = "Private App"
    user_id: str | None = None
    email: str = "api@understudy.example"
    permissions: Mapping[str, frozenset[str]] | None = None

    def may(self, operation: str, model: str) -> bool:
        return self.permissions is None or operation in self.permissions.get(model, ())


@dataclass(frozen=True)
class TenantConfig:
    """How a tenant starts. *switches* and *error_texts* override rows of switches.toml and errors.toml.

    *settings* are those of `Settings` by name, *seed* is seed data as the control plane takes it; *file* is the TOML
    file that says all this, if one does.
    """

    tokens: Sequence[ApiToken] = (ApiToken("understudy-planhat-token"),)
    tenant_id: str = "5f1e3c1a-7f0b-4c39-9d0e-0c5a6f1b2d3e"
    switches: Mapping[str, Any] = field(default_factory=dict)
    error_texts: Mapping[str, str] = field(default_factory=dict)
    inherit_source_id: bool = False
    conversation_types: Sequence[str] = ()
    conversation_custom_fields: Sequence[str] = ()
    soft_calls_per_minute: int = SOFT_CALLS_PER_MINUTE
    hard_calls_per_second: int = HARD_CALLS_PER_SECOND
    body_bytes_max: int = BODY_BYTES_MAX
    parallel_calls_max: int = PARALLEL_CALLS_MAX
    automations: Sequence[Mapping[str, Any]] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    file: str = ""


NOBODY = TenantConfig(tokens=(), tenant_id="")  # refuses the calls that are no tenant's


class Settings:
    """What a person with access to the tenant's settings can change, and the switches.

    `inherit_source_id` is the flag "Notes to inherit Task sourceId": no public REST route reads or sets it; here it is
    set through the control plane. `conversation_types` are the tenant's custom Conversation types;
    `conversation_custom_fields` the names of custom fields that exist on Conversation.
    """

    def __init__(self, config: TenantConfig) -> None:
        self.switches = Switches(SWITCHES, config.switches)
        self.inherit_source_id = config.inherit_source_id
        self.conversation_types = list(config.conversation_types)
        self.conversation_custom_fields = list(config.conversation_custom_fields)
        self.change(config.settings)

    def change(self, given: Mapping[str, Any]) -> None:
        """Change the named settings; raises MisuseError, changing none, for an unknown name or a wrong type."""
        for name, value in given.items():
            kind = _SETTINGS.get(name)
            if kind is None:
                raise MisuseError(f"no setting {name!r}: there are {', '.join(_SETTINGS)}")
            if not isinstance(value, kind) or (
                isinstance(value, list) and not all(isinstance(one, str) for one in value)
            ):
                raise MisuseError(f"the setting {name} cannot be {value!r}")
        for name, value in given.items():
            setattr(self, name, value)

    def dump(self) -> dict[str, Any]:
        return {
            "switches": self.switches.dump(),
            "settings": {name: getattr(self, name) for name in _SETTINGS},
        }

    def load(self, state: Mapping[str, Any]) -> None:
        self.switches.set(state["switches"])
        self.change(state["settings"])


_SETTINGS: dict[str, type] = {
    "inherit_source_id": bool,
    "conversation_types": list,
    "conversation_custom_fields": list,
}


class Tenant:
    """What an operation works on."""

    def __init__(
        self,
        *,
        config: TenantConfig,
        settings: Settings,
        store: Store,
        clock: Clock,
        ids: IdSource,
        limits: Mapping[str, RollingWindow],
        automations: Automations,
    ) -> None:
        try:
            check_texts(config.error_texts, {key: row["text"] for key, row in ERRORS.items()})
        except MisuseError as error:
            raise MisuseError(f"error_texts: {error}") from None
        self.config = config
        self.settings = settings
        self.switches = settings.switches
        self.store = store
        self.clock = clock
        self.ids = ids
        self.soft_limit = limits["soft_calls_per_minute"]
        self.hard_limit = limits["hard_calls_per_second"]
        self.in_flight = InFlight(config.parallel_calls_max)
        self.automations = automations
        self.tokens = {token.value: token for token in config.tokens}

    def text_of(self, error: PlanhatError) -> str:
        """The words of *error* in this tenant: its row of errors.toml unless the configuration has others."""
        text = self.config.error_texts.get(error.key)
        return error.text if text is None else text.format_map(error.words)

    def new_id(self, moment: datetime) -> str:
        """A Mongo ObjectId: seconds of *moment*, five bytes of this tenant, a serial; ascending while time is."""
        pinned = self.ids.pinned("planhat")
        if pinned is not None:
            return pinned
        seconds = int(moment.timestamp()) & 0xFFFFFFFF
        return f"{seconds:08x}{self._machine}{self.ids.next('planhat') & 0xFFFFFF:06x}"

    def pin(self, name: str, given: Sequence[str]) -> None:
        """The next records, of whatever model, get these ids. Raises MisuseError for what is no ObjectId."""
        for text in given:
            if OBJECT_ID.fullmatch(text) is None:
                raise MisuseError(f"{text!r} is no id of Planhat's {name}: 24 hexadecimal digits in lower case")
        self.ids.pin("planhat", given)

    @property
    def _machine(self) -> str:
        return f"{(self.ids.seed * 2_654_435_761 + 0x5EED) & 0xFFFFFFFFFF:010x}"

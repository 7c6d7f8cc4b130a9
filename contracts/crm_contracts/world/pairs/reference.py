"""The reference sync behind the port of a world of pairs: what its settings are in the sync's configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crm_contracts.world.pairs.settings import CAMPAIGN_TOUCH, REMINDER, TASK, TOUCHPOINT, PairSettings
from crm_contracts.world.pairs.under_test import PairConnection, PairSync
from crm_contracts.world.reference import Reference

__all__ = ["reference_pair_sync"]

_DIRECTIONS = {
    "both": "Both Directions",
    "in": "Receive from Salesforce",
    "out": "Send to Salesforce",
    "off": "Not Syncing",
}
_MODELS = {
    TASK: ("Task", "Task"),
    TOUCHPOINT: ("Touchpoint", "Event"),
    CAMPAIGN_TOUCH: ("CampaignTouch", "Event"),
    REMINDER: ("Reminder", "Task"),
}


def reference_pair_sync(connection: PairConnection, settings: PairSettings) -> PairSync:
    """The sync this project ships."""
    return _Pairs(connection, settings)


class _Pairs(Reference[PairConnection, PairSettings]):
    def run(self, ways: Sequence[str], sections: Sequence[str]) -> Any:
        keys = _keys(sections)
        return [self.sync.run(ways=(way,), sections=keys) for way in ways]

    def run_both(self, sections: Sequence[str]) -> Any:
        return [self.sync.run(sections=_keys(sections))]

    def config(self, settings: PairSettings) -> Mapping[str, Any]:
        c = self.connection
        return {
            "profile": c.profile,
            "salesforce": {"base_url": c.salesforce.base_url, **c.salesforce.credentials},
            c.profile: {"base_url": c.partner.base_url, "token": c.partner.credentials["token"]},
            "options": _options(settings),
            "sections": [
                _section(c.profile, name, settings) | {"external_id_field": c.external_ids[name]}
                for name in settings.sections
            ],
        }


def _keys(sections: Sequence[str]) -> list[str]:
    return [":".join(_MODELS[section]) for section in sections]


def _options(settings: PairSettings) -> dict[str, Any]:
    names = ("initial_import", "unmapped_status") if settings.profile == "marketo" else ()
    return {name: getattr(settings, name) for name in names}


# T33, T34: not in the default mapping, and set once in either direction.
_PARTICIPANTS = {
    "name": "participants",
    "totango": "participants",
    "salesforce": "WhoId",
    "lens": "contact_email",
    "options": {"reads": "Who.Email"},
    "write_in": "once",
    "write_out": "once",
}


def _section(profile: str, name: str, settings: PairSettings) -> dict[str, Any]:
    policy = settings.policy(name)
    model, sobject = _MODELS[name]
    more = {"fields": [_PARTICIPANTS]} if name == TOUCHPOINT and settings.participants else {}
    return {
        **more,
        profile: model,
        "salesforce": sobject,
        "direction": _DIRECTIONS[policy.direction],
        "conflict": profile if policy.conflict == "partner" else policy.conflict,
        "rules": {
            "create_in": policy.create_in,
            "create_out": policy.create_out,
            "delete_in": policy.delete_in,
            "delete_out": policy.delete_out,
            "delete_wins": policy.delete_vs_update == "delete_wins",
            "grain": policy.grain,
            "tie": policy.tie,
            "window_out_days": policy.out_updated_days,
            "filter_in": policy.in_filter,
        },
    }

"""From a configuration, or a profile alone, to what the linter checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crm_sync.config import Config, load_profile
from crm_sync.linter.words import Pair, Row
from crm_sync.model import Direction, FieldMap, Section, Write


def pairs_of(config: Config) -> list[Pair]:
    """The enabled sections of a configuration."""
    return [_pair(config, section) for section in config.enabled()]


def pairs_of_profile(name: str) -> list[Pair]:
    """Every section of a profile as it stands, with its own direction."""
    profile = load_profile(name).raw
    pairs = []
    for key, section in profile["sections"].items():
        model, _, sobject = key.partition(":")
        rows = tuple(_row(given, name) for given in section["fields"])
        pairs.append(
            Pair(
                key=key,
                partner=name,
                model=model,
                sobject=sobject,
                rows=rows,
                images={row.name: images for row in rows if (images := _images(profile, row))},
                constants=section.get("on_create", {}),
                creates=section.get("rules", {}).get("create_out", True),
            )
        )
    return pairs


def _pair(config: Config, section: Section) -> Pair:
    profile = dict(config.profile.raw)
    for name, values in config.maps.items():
        profile[name] = {**profile[name], "to_salesforce": values.to_salesforce}
    defaults = profile["sections"].get(section.key, {}).get("fields", [])
    rows = tuple(_mapped(section, mapped, defaults, config.profile.name) for mapped in section.fields)
    return Pair(
        key=section.key,
        partner=config.profile.name,
        model=section.model,
        sobject=section.salesforce,
        rows=rows,
        images={row.name: images for row in rows if (images := _images(profile, row))},
        constants=section.on_create,
        creates=section.direction.sends and section.rules.create_out,
        key_field=(section.external_id_field or config.salesforce.external_id_field) if section.direction.sends else "",
    )


def _mapped(section: Section, mapped: FieldMap, defaults: Sequence[Mapping[str, Any]], partner: str) -> Row:
    flow = section.flow(mapped)
    return Row(
        name=mapped.name,
        partner=mapped.partner,
        salesforce=mapped.salesforce,
        lens=mapped.lens,
        sends=flow.sends and mapped.write_out is not Write.NEVER,
        receives=flow.receives and mapped.write_in is not Write.NEVER,
        reads=mapped.options.get("reads", ""),
        constant=mapped.constant,
        max_length=mapped.max_length,
        write_in=mapped.write_in.value,
        write_out=mapped.write_out.value,
        by_default=any(
            (row["salesforce"], row.get(partner, ""), row.get("lens", "same"))
            == (mapped.salesforce, mapped.partner, mapped.lens)
            for row in defaults
        ),
    )


def _row(given: Mapping[str, Any], partner: str) -> Row:
    flow = Direction(given.get("direction", Direction.BOTH.value))
    return Row(
        name=given["name"],
        partner=given.get(partner, ""),
        salesforce=given["salesforce"],
        lens=given["lens"],
        sends=flow.sends,
        receives=flow.receives,
        reads=given.get("options", {}).get("reads", ""),
        constant=given.get("constant"),
        max_length=given.get("max_length"),
        write_in=given.get("write_in", Write.ALWAYS.value),
        write_out=given.get("write_out", Write.ALWAYS.value),
        by_default=True,
    )


def _images(profile: Mapping[str, Any], row: Row) -> dict[str, str]:
    """What the row's value map can write to Salesforce, each with the partner's word."""
    if row.lens == "choice":
        words = profile["choices"][row.name]["to_salesforce"]
    elif row.lens in {"status", "closed"}:
        words = profile["status"]["to_salesforce"]
    elif row.lens == "type":
        words = profile["type"]["to_salesforce"]
    elif row.lens == "priority":
        words = profile["priority"]["to_salesforce"]
    else:
        words = {}
    if row.constant is not None:
        words = {row.constant: words.get(row.constant, row.constant)}
    return {image: word for word, image in words.items()}

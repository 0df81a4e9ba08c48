"""Older names and shapes turned into the current ones, each with a word to the seller.

What comes out is the form that the published packages write. What is wrong stays as it is: the checks tell it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from marketplace.catalog.files import legacy_interfaces, legacy_templates, plans
from marketplace.catalog.files.deprecations import Notes
from marketplace.catalog.files.documents import documents_of, expand_preset, lift_shortcuts
from marketplace.catalog.files.names import SLUG, channel_name_problem, service_name, slug
from marketplace.catalog.files.prices import normalised_price, renamed_channels
from marketplace.catalog.files.problems import Findings, JsonObject, Path, Problem, shown
from marketplace.catalog.files.vocabulary import MODALITIES

_SCHEMAS = {"provider_data": "provider_v1", "offering_data": "offering_v1", "listing_data": "listing_v1"}
_SUMMARY_LIMIT = 200
#: What older files call the facts about a model.
_LLM_ALIASES = {
    "context_length": ("contextLength", "context_window", "max_context_length"),
    "parameter_count": ("parameterCount", "parameters"),
}
_OLD_LIMITS = {
    f"{word}_limit{suffix}": f"limit{suffix}"
    for word in ("subscription", "enrollment")
    for suffix in ("", "_per_customer", "_per_user")
}


@dataclass(slots=True)
class Renames:
    """Keys that got a slug, so that problems can name what the seller wrote: (part, field, slug) to original."""

    originals: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def back(self, problem: Problem) -> Problem:
        """Return the problem with the seller's own names in its path."""
        if len(problem.path) < 2 or not isinstance(problem.path[1], str):
            return problem
        original = self.originals.get((problem.part, str(problem.path[0]), problem.path[1]))
        if original is None:
            return problem
        path: Path = (problem.path[0], original, *problem.path[2:])
        return Problem(problem.part, path, problem.message, problem.fix, problem.type, problem.severity)


@dataclass(frozen=True, slots=True)
class Normalised:
    """The three parts in the published form.

    is_legacy: an older name or shape was found, so rules that came later are only warnings.
    """

    provider: JsonObject
    offering: JsonObject
    listing: JsonObject
    is_legacy: bool
    service_name: str
    renames: Renames


def normalise(provider: JsonObject, offering: JsonObject, listing: JsonObject, found: Findings) -> Normalised:
    """Return the parts of a service in the published form; the given ones stay as they are.

    The values must be plain JSON of bounded depth (`shape.check_shape`).
    """
    notes, renames = Notes(found), Renames()
    provider = _shared(provider, notes, found.of("provider_data"))
    offering = _shared(offering, notes, found.of("offering_data"))
    listing = _shared(listing, notes, found.of("listing_data"))
    offering, listing = legacy_templates.rewrite(offering, listing, notes)
    offering = _offering(offering, notes, found.of("offering_data"))
    listing = _listing(listing, notes, found.of("listing_data"))
    offering, listing = legacy_interfaces.lift(offering, listing, notes)
    listing, interface_names = _slugged_interfaces(listing, renames)
    offering, channel_names = _slugged_channels(offering, renames, found.of("offering_data"))
    _follow_renames(offering, listing, interface_names, channel_names)
    offering = _priced(offering, "payout_price", notes, found.of("offering_data"))
    listing = _priced(listing, "list_price", notes, found.of("listing_data"))
    offering, listing = plans.moved(offering, listing, found.of("listing_data").at("service_options"))
    if notes.is_legacy:
        offering = _llm_facts(offering, found.of("offering_data"))
    name = service_name(offering, listing, legacy=notes.is_legacy)
    if name:
        listing["name"] = name
    return Normalised(provider, offering, listing, notes.is_legacy, name, renames)


# -- all parts ---------------------------------------------------------------------------------------------------------


def _shared(part: JsonObject, notes: Notes, found: Findings) -> JsonObject:
    part = dict(part)
    schema = part.pop("schema", None)
    if schema is not None:
        notes.is_legacy = True
        if schema != _SCHEMAS[found.part]:
            found.at("schema").error(
                f"must be '{_SCHEMAS[found.part]}' here (got {shown(schema)})", "Leave it out", type="schema"
            )
    part.pop("service_id", None)
    part = lift_shortcuts(part)
    part = _with_documents(part, lambda title, document: expand_preset(document, found.at("documents", title)))
    part.setdefault("status", "draft")
    return {key: value for key, value in part.items() if value is not None}


def _with_documents(part: JsonObject, change: Callable[[str, JsonObject], JsonObject]) -> JsonObject:
    """Return the part with each document changed; what is no document stays."""
    changed = {title: change(title, document) for title, document in documents_of(part)}
    return {**part, "documents": {**part["documents"], **changed}} if changed else part


# -- offering ----------------------------------------------------------------------------------------------------------


def _offering(offering: JsonObject, notes: Notes, found: Findings) -> JsonObject:
    key = "upstream_access_config"
    current, older = offering.pop(key, None), offering.pop("upstream_access_interfaces", None)
    if older is not None:
        notes.deprecated(found.at("upstream_access_interfaces"), "older name", f"Write {key}")
    if isinstance(older, dict) and isinstance(current, dict):
        current = {**older, **current}
    channels = _as_mapping(older if current is None else current, found.at(key))
    if channels is not None:
        offering[key] = channels
    _describe(offering, notes, found)
    tags = offering.get("tags")
    if isinstance(tags, list) and "byop" in tags:
        notes.is_legacy = True
        offering["tags"] = list(dict.fromkeys("byok" if tag == "byop" else tag for tag in tags))
    _keep_modality(offering)
    _rename_channel_limits(offering, notes, found.at("upstream_access_config"))
    offering.setdefault("service_type", "llm")
    return offering


def _describe(offering: JsonObject, notes: Notes, found: Findings) -> None:
    """Fill summary and description from each other, or from the name that people read."""
    tagline = offering.pop("tagline", None)
    if tagline is not None:
        notes.deprecated(found.at("tagline"), "older name", "Write summary")
        if isinstance(tagline, str) and not offering.get("summary"):
            offering["summary"] = _one_line(tagline)
    for name, other in (("summary", "description"), ("description", "summary")):
        if offering.get(name):
            continue
        source = next(
            (key for key in (other, "display_name", "name") if isinstance(offering.get(key), str) and offering[key]),
            None,
        )
        if source is not None:
            found.at(name).warning(f"missing, filled from {source}", f"Give a {name}", type="filled")
            offering[name] = _one_line(offering[source]) if name == "summary" else offering[source]


def _one_line(value: str) -> str:
    first = next((line.strip() for line in value.splitlines() if line.strip()), value.strip())
    return first if len(first) <= _SUMMARY_LIMIT else first[: _SUMMARY_LIMIT - 1].rstrip() + "…"


def _keep_modality(offering: JsonObject) -> None:
    """Keep what a service can do as a capability; the type stays as the seller wrote it."""
    modality = offering.get("service_type")
    if isinstance(modality, str) and modality in MODALITIES:
        capabilities = offering.get("capabilities", [])
        if isinstance(capabilities, list) and modality not in capabilities:
            offering["capabilities"] = [*capabilities, modality]


def _rename_channel_limits(offering: JsonObject, notes: Notes, found: Findings) -> None:
    config = offering.get("upstream_access_config")
    if not isinstance(config, dict):
        return
    renamed: JsonObject = {}
    for name, channel in config.items():
        if isinstance(channel, dict) and "rate_limits" in channel:
            limits = channel["rate_limits"]
            channel = {key: value for key, value in channel.items() if key != "rate_limits"}
            if limits:
                notes.deprecated(found.at(name, "rate_limits"), "older name", "Write channel_rate_limit")
                channel.setdefault("channel_rate_limit", limits)
        renamed[name] = channel
    offering["upstream_access_config"] = renamed


def _llm_facts(offering: JsonObject, found: Findings) -> JsonObject:
    """Give an older LLM offering the facts that are now asked for; what it does not say is unknown."""
    details = offering.get("details", {})
    if offering.get("service_type") != "llm" or not isinstance(details, dict):
        return offering
    details = dict(details)
    for name, aliases in _LLM_ALIASES.items():
        if name in details:
            continue
        known = (_positive(details.get(alias)) for alias in aliases)
        details[name] = next((value for value in known if value is not None), None)
        found.at("details", name).warning(
            "missing, filled with " + shown(details[name]), "Use null when it is unknown", type="filled"
        )
    return {**offering, "details": details}


def _positive(value: object) -> int | None:
    number = int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 19 else value
    return number if isinstance(number, int) and not isinstance(number, bool) and number > 0 else None


# -- listing -----------------------------------------------------------------------------------------------------------


def _listing(listing: JsonObject, notes: Notes, found: Findings) -> JsonObject:
    interfaces = listing.get("user_access_interfaces")
    if isinstance(interfaces, list):
        notes.is_legacy = True
    if interfaces is not None:
        listing["user_access_interfaces"] = _as_mapping(interfaces, found.at("user_access_interfaces"))
    for key in ("user_parameters_schema", "user_parameters_ui_schema", "service_options"):
        if listing.get(key) == {}:
            del listing[key]
    options = listing.get("service_options")
    if isinstance(options, dict):
        listing["service_options"] = _service_options(dict(options), notes, found.at("service_options"))
    return listing


def _as_mapping(value: object, found: Findings) -> Any:
    """Return a list of objects with a `name` as an object of name: object; anything else as it is."""
    if not isinstance(value, list):
        return value
    mapping: JsonObject = {}
    for index, item in enumerate(value):
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(name, str) or not name:
            found.at(index, "name").error("required", type="missing")
        elif name in mapping:
            found.at(index, "name").error(
                f"{shown(name)} is there twice", "Give each a name of its own", type="duplicate"
            )
        else:
            mapping[name] = {key: held for key, held in item.items() if key != "name"}
    return mapping


def _service_options(options: JsonObject, notes: Notes, found: Findings) -> JsonObject:
    enrollment = options.get("enrollment", {})
    for older, current in _OLD_LIMITS.items():
        if older not in options:
            continue
        limit = options.pop(older)
        notes.deprecated(found.at(older), "older name", f"Write enrollment.{current}")
        if isinstance(enrollment, dict) and limit is not None:
            enrollment = {current: limit, **enrollment}
    if enrollment:
        options["enrollment"] = enrollment
    return {key: value for key, value in options.items() if value is not None}


# -- names -------------------------------------------------------------------------------------------------------------


def _slugged_interfaces(listing: JsonObject, renames: Renames) -> tuple[JsonObject, dict[str, str]]:
    """Return the listing with slugs as names of its interfaces; a name in words becomes the description."""
    interfaces = listing.get("user_access_interfaces")
    if not isinstance(interfaces, dict):
        return listing, {}
    names = _slugs([name for name in interfaces if isinstance(name, str)], lambda name: bool(SLUG.match(name)))
    slugged = {names[name]: _described(held, name, names[name]) for name, held in interfaces.items()}
    for original, name in names.items():
        if name != original:
            renames.originals["listing_data", "user_access_interfaces", name] = original
    return {**listing, "user_access_interfaces": slugged}, names


def _slugged_channels(offering: JsonObject, renames: Renames, found: Findings) -> tuple[JsonObject, dict[str, str]]:
    """Return the offering with callable names of its channels, because a request may choose one by its name."""
    config = offering.get("upstream_access_config")
    if not isinstance(config, dict):
        return offering, {}
    names = _slugs(list(config), lambda name: "@" in name or not channel_name_problem(name))
    for original, name in names.items():
        if name != original:
            renames.originals["offering_data", "upstream_access_config", name] = original
            found.at("upstream_access_config", original).warning(
                f"is called '{name}'",
                "A channel's name stands in addresses: letters, digits, '.', '-', '_'",
                type="name",
            )
    slugged = {names[name]: _described(held, name, names[name]) for name, held in config.items()}
    return {**offering, "upstream_access_config": slugged}, names


def _slugs(names: list[str], is_fine: Callable[[str], bool]) -> dict[str, str]:
    """Return name to slug; a name that is fine keeps itself, two that would become one are numbered."""
    taken = {name for name in names if is_fine(name)}
    slugs = {}
    for name in names:
        chosen = name
        if name not in taken or not is_fine(name):
            base = slug(name) or "interface"
            chosen, number = base, 2
            while chosen in taken:
                chosen, number = f"{base}_{number}", number + 1
            taken.add(chosen)
        slugs[name] = chosen
    return slugs


def _described(held: Any, original: str, name: str) -> Any:
    if name == original or not isinstance(held, dict) or held.get("description"):
        return held
    return {**held, "description": original[:500]}


def _follow_renames(
    offering: JsonObject, listing: JsonObject, interfaces: Mapping[str, str], channels: Mapping[str, str]
) -> None:
    """Let everything that names an interface or a channel use its slug."""
    for part, price in ((offering, "payout_price"), (listing, "list_price")):
        if price in part:
            part[price] = renamed_channels(part[price], channels)
        part |= _with_documents(part, lambda _title, document: _document_renamed(document, interfaces, channels))
    config = offering.get("upstream_access_config")
    if isinstance(config, dict):
        offering["upstream_access_config"] = {
            name: _with_renamed_list(channel, "applicable_interfaces", interfaces) for name, channel in config.items()
        }


def _document_renamed(document: JsonObject, interfaces: Mapping[str, str], channels: Mapping[str, str]) -> JsonObject:
    meta = document.get("meta")
    if not isinstance(meta, dict):
        return document
    meta = _with_renamed_list(_with_renamed_list(meta, "channels", channels), "interfaces", interfaces)
    return {**document, "meta": meta}


def _with_renamed_list(holder: Any, key: str, names: Mapping[str, str]) -> Any:
    listed = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(listed, list):
        return holder
    return {**holder, key: [names.get(name, name) if isinstance(name, str) else name for name in listed]}


# -- prices ------------------------------------------------------------------------------------------------------------


def _priced(part: JsonObject, key: str, notes: Notes, found: Findings) -> JsonObject:
    """Return the part with its price flat and the price's currency beside it."""
    if part.get(key) is None:
        return {"currency": "USD", **part}
    was_nested = isinstance(part[key], dict) and "price_data" in part[key]
    notes.is_legacy |= was_nested
    price, currency = normalised_price(part[key], found.at(key))
    owner = part.get("currency")
    if currency is not None and owner is not None and currency != owner:
        noun = "listing" if key == "list_price" else "offering"
        found.at(key, "currency").error(f"{currency}, but the {noun} says {owner}", "Keep one of them", type="currency")
    return {**part, key: price, "currency": owner or currency or "USD"}

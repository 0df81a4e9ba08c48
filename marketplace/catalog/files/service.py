"""A whole service: provider, offering and listing, normalised and checked together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from marketplace.catalog.files import parameters as schemas
from marketplace.catalog.files.channels import Channel, check_channels, check_credential, check_references
from marketplace.catalog.files.documents import Contents, check_documents, documents_of, has_connectivity_test
from marketplace.catalog.files.enrollment import reasons_to_enroll
from marketplace.catalog.files.interfaces import Interface, check_interfaces
from marketplace.catalog.files.listing import check_listing
from marketplace.catalog.files.names import namespace_problem
from marketplace.catalog.files.normalise import Normalised, normalise
from marketplace.catalog.files.offering import check_mcp, check_offering, check_rate_limit_references
from marketplace.catalog.files.plans import check_with_price
from marketplace.catalog.files.platform import (
    Kind,
    check_platform_addresses,
    check_platform_options,
    check_platform_payout,
)
from marketplace.catalog.files.prices import check_price, priced_channels
from marketplace.catalog.files.problems import Findings, JsonObject, Problem, did_you_mean, in_order, shown
from marketplace.catalog.files.provider import check_provider
from marketplace.catalog.files.shape import check_shape
from marketplace.catalog.files.templates import Names, Usage, names_declared, parsed, strings

_PARAMETER_IN_DOCUMENT = re.compile(r"params\s{0,5}(?:\.\s{0,5}|\[\s{0,5}['\"])([A-Za-z_][A-Za-z0-9_]{0,63})")
_ALL_PARAMETERS_IN_DOCUMENT = re.compile(r"enrollment\.parameters|\bparams\s{0,5}(?:\||\}\}|%\}|\.items)")


@dataclass(frozen=True, slots=True)
class Checked:
    """A service as it is stored, what is wrong with it, and what follows from it.

    provider, offering, listing: in the published form; with errors, as far as they could be read.
    problems: errors, most useful first; warnings: accepted, with a word to the seller.
    parameters: the schema that a customer's parameters must fit, of all channels together; None without parameters.
    enrollment_reasons: why the service must be enrolled in; empty when a key alone is enough.
    is_legacy: older names or shapes were found.
    """

    provider: JsonObject
    offering: JsonObject
    listing: JsonObject
    service_name: str
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    channels: tuple[Channel, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    parameters: JsonObject | None = None
    testing_parameters: JsonObject | None = None
    enrollment_reasons: tuple[str, ...] = ()
    is_legacy: bool = False

    @property
    def is_valid(self) -> bool:
        """Return whether the service can be stored."""
        return not self.problems

    @property
    def requires_enrollment(self) -> bool:
        """Return whether a customer has to enroll before calling."""
        return bool(self.enrollment_reasons)

    @property
    def channel_types(self) -> tuple[str, ...]:
        """Return the types of the active channels, each once, sorted."""
        return tuple(sorted({channel.type for channel in self.channels if channel.is_active}))

    @property
    def seller_secrets(self) -> frozenset[str]:
        """Return the names of the seller's secrets that the channels name."""
        return frozenset().union(*(channel.seller_secrets for channel in self.channels))

    @property
    def customer_secrets_required(self) -> tuple[str, ...]:
        """Return the names of the customer's secrets without which some channel fails."""
        return tuple(sorted({name for channel in self.channels for name in channel.customer_secrets_required}))

    @property
    def customer_secrets_optional(self) -> tuple[str, ...]:
        """Return the names of the customer's secrets that every channel can do without."""
        names = {name for channel in self.channels for name in channel.customer_secrets_optional}
        return tuple(sorted(names - set(self.customer_secrets_required)))


def validate_service(
    provider: object,
    offering: object,
    listing: object,
    *,
    seller_secret_names: frozenset[str] | None,
    for_submit: bool = False,
    require_test_secrets: bool = False,
    blobs: Mapping[str, bytes] | None = None,
    forward_hosts: tuple[str, ...] = (),
    kind: Kind = "regular",
) -> Checked:
    """Return the service in its published form with every problem of its files.

    seller_secret_names: the secrets that the seller has; None leaves their existence open.
    for_submit: what a service must have before it goes to review is an error instead of a warning.
    require_test_secrets: a required secret of the customer needs a seller's secret of the same name.
    blobs: uploaded files by object key; None leaves open whether they are there.
    forward_hosts: suffixes of the platform's own hosts, to which a customer's key may be passed on.
    kind: a platform service needs no channels and no test, its members have them, and its address is /p/<route>; a
    member is named after the platform service, not after its provider.
    """
    found = Findings()
    shapes = [
        check_shape(value, found.of(part))
        for part, value in (("provider_data", provider), ("offering_data", offering), ("listing_data", listing))
    ]
    held = [shape or {} for shape in shapes]
    if found.problems:
        return Checked(held[0], held[1], held[2], "", in_order(found.problems), ())
    normal = normalise(held[0], held[1], held[2], found)
    check = _ServiceCheck(normal, found, seller_secret_names, for_submit, require_test_secrets, Contents(blobs), kind)
    return check.run(forward_hosts)


@dataclass(frozen=True, slots=True)
class _ServiceCheck:
    """The checks of one service, in the order in which their problems are told."""

    normal: Normalised
    found: Findings
    seller_secret_names: frozenset[str] | None
    for_submit: bool
    require_test_secrets: bool
    contents: Contents
    kind: Kind

    def run(self, forward_hosts: tuple[str, ...]) -> Checked:
        provider, offering, listing = self.normal.provider, self.normal.offering, self.normal.listing
        on_offering, on_listing = self.found.of("offering_data"), self.found.of("listing_data")
        check_provider(provider, self.found.of("provider_data"))
        check_offering(offering, on_offering)
        check_listing(listing, on_listing)
        self._check_name(on_listing.at("name"))
        schema = self._listing_schema(on_listing.at("user_parameters_schema"))
        names = names_declared(listing, schema)
        channels = self._channels(on_offering.at("upstream_access_config"), names, forward_hosts)
        interfaces = self._interfaces(on_listing.at("user_access_interfaces"), names, channels)
        self._check_prices(channels)
        check_with_price(listing, on_listing)
        for part in ("provider", "offering", "listing"):
            self._check_documents(getattr(self.normal, part), self.found.of(f"{part}_data").at("documents"))
        check_mcp(offering, channels, on_offering)
        check_rate_limit_references(offering, provider, on_offering)
        own_schemas = [channel.own_schema for channel in channels if channel.own_schema]
        self._check_parameters(schema, channels, interfaces)
        self._check_secrets(channels)
        self._check_connectivity_test(on_listing.at("documents"))
        parameters = schema or schemas.merged(own_schemas)
        return self._checked(channels, interfaces, parameters)

    def _checked(
        self, channels: tuple[Channel, ...], interfaces: tuple[Interface, ...], parameters: JsonObject | None
    ) -> Checked:
        reasons = reasons_to_enroll(self.normal.listing, parameters, channels, interfaces)
        if self.kind == "platform":
            options = self.normal.listing.get("service_options")
            check_platform_options(options, reasons, self.found.of("listing_data"))
            check_platform_payout(self.normal.offering, self.found.of("offering_data"))
        told = [self.normal.renames.back(problem) for problem in in_order(self.found.problems)]
        return Checked(
            self.normal.provider,
            self.normal.offering,
            self.normal.listing,
            self.normal.service_name,
            tuple(problem for problem in told if problem.severity == "error"),
            tuple(problem for problem in told if problem.severity == "warning"),
            channels,
            interfaces,
            parameters,
            self._testing_parameters(channels),
            reasons,
            self.normal.is_legacy,
        )

    def _later(self, found: Findings, message: str, fix: str, *, type: str) -> None:
        """Note what newer files must obey and older ones, written before the rule, should."""
        (found.warning if self.normal.is_legacy else found.error)(message, fix, type=type)

    # -- names ---------------------------------------------------------------------------------------------------------

    def _check_name(self, found: Findings) -> None:
        name, provider = self.normal.service_name, self.normal.provider.get("name")
        if not name:
            found.error("required", type="missing")
        elif self.kind == "platform_member" or not isinstance(provider, str) or self.normal.is_legacy:
            return
        elif problem := namespace_problem(name, provider):
            found.error(problem, type="namespace")

    # -- channels, interfaces, prices ----------------------------------------------------------------------------------

    def _channels(self, found: Findings, names: Names, forward_hosts: tuple[str, ...]) -> tuple[Channel, ...]:
        config = self.normal.offering.get("upstream_access_config")
        if not config and self.kind == "platform":
            return ()
        if config is None:
            found.error("needs at least one channel", type="missing")
            return ()
        channels = check_channels(config, found, names, forward_hosts=forward_hosts)
        open_ended = [c.name for c in channels if c.type == "enrollable" and c.is_active]
        if len(open_ended) > 1:
            found.warning(
                f"an enrollment uses one channel, but {', '.join(open_ended)} are made per enrollment",
                "Keep one of them active, or tell them apart by applicable_interfaces",
                type="channels",
            )
        return channels

    def _interfaces(self, found: Findings, names: Names, channels: tuple[Channel, ...]) -> tuple[Interface, ...]:
        value = self.normal.listing.get("user_access_interfaces")
        if value is None:
            found.error("needs at least one interface", type="missing")
            return ()
        if self.kind == "platform" and isinstance(value, dict):
            check_platform_addresses(value, found)
        own = frozenset().union(*(schemas.property_names(channel.own_schema) for channel in channels))
        return check_interfaces(value, found, Names(names.params | own, names.routing_vars))

    def _check_prices(self, channels: tuple[Channel, ...]) -> None:
        names = [channel.name for channel in channels]
        for part, key, found in (
            (self.normal.offering, "payout_price", self.found.of("offering_data")),
            (self.normal.listing, "list_price", self.found.of("listing_data")),
        ):
            if part.get(key) is None:
                continue
            check_price(part[key], found.at(key), side="payout" if key == "payout_price" else "list")
            for name in sorted(priced_channels(part[key]) - set(names)):
                found.at(key, "channels", name).warning(
                    f"no channel of the offering has this name{did_you_mean(name, names)}", type="unknown_reference"
                )

    # -- documents -----------------------------------------------------------------------------------------------------

    def _check_documents(self, part: JsonObject, found: Findings) -> None:
        if part.get("documents") is not None:
            check_documents(part["documents"], found, contents=self.contents, for_submit=self.for_submit)

    def _check_connectivity_test(self, found: Findings) -> None:
        if self.kind != "platform" and not has_connectivity_test(self.normal.listing):
            tell = found.error if self.for_submit else found.warning
            tell("add at least one document with category connectivity_test", type="connectivity_test")

    # -- parameters ----------------------------------------------------------------------------------------------------

    def _listing_schema(self, found: Findings) -> JsonObject | None:
        schema = self.normal.listing.get("user_parameters_schema")
        return schema if schema is not None and schemas.check_schema(schema, found) else None

    def _check_parameters(
        self, schema: JsonObject | None, channels: tuple[Channel, ...], interfaces: tuple[Interface, ...]
    ) -> None:
        found = self.found.of("listing_data")
        declaring = [channel for channel in channels if channel.own_schema is not None]
        if schema is not None and declaring:
            found.at("user_parameters_schema").error(
                f"parameters are declared here and in the channel {declaring[0].name}",
                "Declare them in the channels only",
                type="params",
            )
        if schema is not None:
            self._check_testing_values(schema, found)
            self._check_usage(schema, [c.usage for c in channels] + [i.usage for i in interfaces], found)
        for channel in declaring:
            assert channel.own_schema is not None
            here = self.found.of("offering_data").at("upstream_access_config", channel.name, "params")
            self._check_usage(channel.own_schema, [channel.usage], here)

    def _check_testing_values(self, schema: JsonObject, found: Findings) -> None:
        testing = self._listing_testing_parameters()
        missing = schemas.required_without_value(schema, testing)
        here = found.at("service_options", "ops_testing_parameters")
        if missing:
            here.error(
                f"Required parameters missing default values in service_options.ops_testing_parameters: {missing}",
                type="missing",
            )
        # a value that is a secret's name in `${ }` is only known when the test runs
        values = {name: value for name, value in testing.items() if not _holds_secret(value)}
        for path, message in schemas.validate_parameters(schema, schemas.with_defaults(schema, values)):
            if path not in missing and path.partition(".")[0] in values:
                here.at(*path.split(".")).warning(f"does not fit the schema: {message}", type="testing_value")

    def _check_usage(self, schema: JsonObject, usages: list[Usage], found: Findings) -> None:
        if "deprecated" in (self.normal.listing.get("status"), self.normal.offering.get("status")):
            return
        used = self._usage_in_documents()
        for usage in usages:
            used |= usage
        unused = [name for name in schemas.required_names(schema) if name not in used.params]
        if used.reads_all_params or not unused:
            return
        names = ", ".join(unused)
        message = f"Required user parameter(s) {names} are used nowhere"
        fix = f"reference {{{{ params.{unused[0]} }}}} or make it optional"
        here = found.at("user_parameters_schema") if found.path == () else found.at("schema")
        if self._documents_unread():
            here.warning(f"{message} but perhaps in a document", fix, type="unused_parameter")
        else:
            self._later(here, f"{message}; {fix}", "", type="unused_parameter")

    def _usage_in_documents(self) -> Usage:
        texts = [self.contents.of(document) or "" for part in self._parts() for _, document in documents_of(part)]
        names = frozenset(name for text in texts for name in _PARAMETER_IN_DOCUMENT.findall(text))
        return Usage(names, any(_ALL_PARAMETERS_IN_DOCUMENT.search(text) for text in texts))

    def _documents_unread(self) -> bool:
        return any(
            self.contents.of(document) is None and str(document.get("file_path", "")).endswith(".j2")
            for part in self._parts()
            for _, document in documents_of(part)
        )

    def _parts(self) -> tuple[JsonObject, JsonObject]:
        return self.normal.offering, self.normal.listing

    def _listing_testing_parameters(self) -> JsonObject:
        options = self.normal.listing.get("service_options")
        testing = options.get("ops_testing_parameters") if isinstance(options, dict) else None
        return testing if isinstance(testing, dict) else {}

    def _testing_parameters(self, channels: tuple[Channel, ...]) -> JsonObject:
        config = self.normal.offering.get("upstream_access_config")
        values: JsonObject = {}
        for channel in channels:
            body = config.get(channel.name) if isinstance(config, dict) else None
            params = body.get("params") if isinstance(body, dict) else None
            defaults = params.get("testing_defaults") if isinstance(params, dict) else None
            values |= defaults if isinstance(defaults, dict) else {}
        return values | self._listing_testing_parameters()

    # -- secrets -------------------------------------------------------------------------------------------------------

    def _check_secrets(self, channels: tuple[Channel, ...]) -> None:
        testing = self.found.of("listing_data").at("service_options", "ops_testing_parameters")
        values = self._listing_testing_parameters()
        if values.get("api_key") is not None:
            check_credential(values["api_key"], testing.at("api_key"))
        known = self.seller_secret_names
        if known is None:
            return
        config = self.normal.offering.get("upstream_access_config")
        check_references(channels, config, self.found.of("offering_data").at("upstream_access_config"), known)
        for here, text in strings(values, testing):
            template = parsed(text, Findings(), raw=True)
            for reference in template.secrets if template else ():
                if reference.owner == "seller" and reference.is_required and reference.name not in known:
                    here.error(f"secret '{reference.name}' does not exist in your account", type="missing_secret")
        if self.require_test_secrets:
            self._check_test_secrets(channels, known)

    def _check_test_secrets(self, channels: tuple[Channel, ...], known: frozenset[str]) -> None:
        values = self._testing_parameters(channels)
        for channel in channels:
            here = self.found.of("offering_data").at("upstream_access_config", channel.name)
            chosen = [
                values.get(reference.name_template.path[-1])
                for reference in channel.usage.secrets
                if reference.name_template is not None and reference.is_required
            ]
            for name in (*channel.customer_secrets_required, *chosen):
                if isinstance(name, str) and name not in known and not name.startswith("__"):
                    here.error(
                        f"Customer secret {shown(name)} needs a seller secret of the same name "
                        "so the platform can test the service",
                        type="missing_secret",
                    )


def _holds_secret(value: object) -> bool:
    return isinstance(value, str) and "${" in value

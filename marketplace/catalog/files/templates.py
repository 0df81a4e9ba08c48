"""Templates and secret references inside channels and interfaces: what they read, and whether it is declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain import templating
from domain.templating import Component, Expression, SecretReference, Template, TemplateSyntaxError
from marketplace.catalog.files.parameters import property_names
from marketplace.catalog.files.problems import Findings, JsonObject, nearest

#: Read by itself, it stands for all the parameters.
_WHOLE_MAPS = frozenset({("params",), ("enrollment", "parameters")})


@dataclass(frozen=True, slots=True)
class Names:
    """What templates may read: the declared parameters and routing variables."""

    params: frozenset[str]
    routing_vars: frozenset[str]


@dataclass(frozen=True, slots=True)
class Usage:
    """What the strings below one place read.

    params: names of parameters. reads_all_params: the whole map is written out.
    """

    params: frozenset[str] = frozenset()
    reads_all_params: bool = False
    reads_enrollment: bool = False
    secrets: tuple[SecretReference, ...] = ()

    @property
    def is_per_enrollment(self) -> bool:
        """Return whether the result differs from one enrollment to the next."""
        return bool(self.params) or self.reads_all_params or self.reads_enrollment

    def __or__(self, other: Usage) -> Usage:
        return Usage(
            self.params | other.params,
            self.reads_all_params or other.reads_all_params,
            self.reads_enrollment or other.reads_enrollment,
            self.secrets + other.secrets,
        )


def strings(value: object, found: Findings) -> Iterator[tuple[Findings, str]]:
    """Yield every string below a value, with the findings at its place."""
    if isinstance(value, str):
        yield found, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from strings(item, found.at(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from strings(item, found.at(index))


def check_strings(value: object, found: Findings, names: Names, *, raw: bool = False) -> Usage:
    """Check every template below a value and return what they read.

    raw: the text is taken literally; only secret references count.
    """
    usage = Usage()
    for here, text in strings(value, found):
        template = parsed(text, here, raw=raw)
        if template is not None and not template.is_constant:
            _check_names(template, here, names)
            usage |= usage_of(template)
    return usage


def parsed(text: str, found: Findings, *, raw: bool = False) -> Template | None:
    """Return the template, or None after noting why it is none."""
    try:
        return templating.parse(text, raw=raw)
    except TemplateSyntaxError as error:
        found.error(error.message, type="template")
        return None


def usage_of(template: Template) -> Usage:
    """Return what one template reads."""
    params: set[str] = set()
    reads_all = reads_enrollment = False
    for expression in template.expressions:
        parameter = parameter_read(expression)
        if parameter is not None:
            params.add(parameter)
        elif expression.path in _WHOLE_MAPS:
            reads_all = True
        reads_enrollment |= expression.path[0] == "enrollment"
    return Usage(frozenset(params), reads_all, reads_enrollment, template.secrets)


def parameter_read(expression: Expression) -> str | None:
    """Return the parameter that an expression reads, or None."""
    match expression.path:
        case ("params", name, *_) | ("enrollment", "parameters", name, *_):
            return name
    return None


def _check_names(template: Template, found: Findings, names: Names) -> None:
    for expression in template.expressions:
        parameter = parameter_read(expression)
        if parameter is not None and parameter not in names.params and expression.default is None:
            _undeclared(expression.name, parameter, names.params, found)
        if expression.path[0] == "routing_vars" and expression.default is None:
            variable = expression.path[1] if len(expression.path) > 1 else ""
            if variable not in names.routing_vars:
                _undeclared(expression.name, variable, names.routing_vars, found)


def _undeclared(name: str, short: str, known: frozenset[str], found: Findings) -> None:
    hint = f"known: {', '.join(sorted(known))}" if known else "none is declared"
    near = nearest(short, known)
    fix = f"Did you mean {near}?" if near else _where_to_declare(name)
    found.error(f"'{name}' is not declared ({hint})", fix, type="undeclared_name")


def _where_to_declare(name: str) -> str:
    if name.startswith("routing_vars"):
        return "Declare it in service_options.routing_vars"
    return "Declare it in user_parameters_schema.properties"


def check_address(template: Template, found: Findings) -> None:
    """Check that no value in an address can end up where it would change which host is called."""
    for index, (part, component) in enumerate(zip(template.parts, template.components, strict=True)):
        if isinstance(part, str) or component is not Component.ADDRESS:
            continue
        following = template.parts[index + 1] if index + 1 < len(template.parts) else ""
        if not isinstance(following, str) or (following and following[0] not in "/?"):
            found.error(
                "an address that starts with a value must go on with '/'",
                "Write https://… before it, or put nothing but a path after it",
                type="template",
            )
    authority = template.text.partition("://")[2].split("/", 1)[0]
    if Component.LABEL in template.components and "@" in authority:
        found.error("no credentials in an address", "Put them into api_key or a header", type="template")


def host_reads_customer(template: Template) -> bool:
    """Return whether the customer chooses the host that is called, by a parameter or a secret of theirs."""
    chosen = {Component.ADDRESS, Component.HOST, Component.LABEL, Component.PORT}
    for part, component in zip(template.parts, template.components, strict=True):
        if component not in chosen or isinstance(part, str):
            continue
        if isinstance(part, SecretReference):
            if part.owner == "customer":
                return True
        elif part.path[0] in {"params", "enrollment"}:
            return True
    return False


def names_declared(listing: JsonObject, *schemas: object) -> Names:
    """Return what templates of a service may read: declared parameters, testing values, routing variables."""
    options = listing.get("service_options")
    options = options if isinstance(options, dict) else {}
    testing, routing_vars = options.get("ops_testing_parameters"), options.get("routing_vars")
    params = frozenset().union(*(property_names(schema) for schema in schemas))
    return Names(params | frozenset(_keys(testing)), frozenset(_keys(routing_vars)))


def _keys(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}

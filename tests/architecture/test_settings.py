"""The variables: read in one place, explained in .env.example, given to the processes that need them."""

from __future__ import annotations

import ast
import re
import shlex
from importlib.util import find_spec
from typing import Any

import pytest
import yaml

from tests.architecture import house

EVERYWHERE = ["settings/base.py", "settings/prod.py", "storage.py"]
GATEWAY = ["gateway.py"]
#: Read by the supervisor, the settings of development and of the suite, docker-compose.yml, and the browser tests.
OTHERS = {
    "HOST",
    "PORT",
    "DEBUG",
    "TEST_DB_SUFFIX",
    "POSTGRES_PASSWORD",
    "KEYCLOAK_ADMIN_PASSWORD",
    "CHROMIUM",
    "STRIPE_TEST_SECRET_KEY",
    "GATEWAY_WORKERS",
}
#: Read by the C library, before any of ours.
C_LIBRARY = {"MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_"}
OURS = {"migrate", "web", "gateway", "worker", "beat", "settlement", "dispatcher"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((house.ROOT / "docker-compose.yml").read_text())


def read_by(*files: str) -> set[str]:
    return {variable.name for variable in house.variables(*files)}


class TestEnvExample:
    def test_explains_every_variable_that_is_read(self):
        assert read_by(*EVERYWHERE, *GATEWAY) - house.documented_variables() == set()

    def test_explains_nothing_that_nobody_reads(self):
        assert house.documented_variables() - read_by(*EVERYWHERE, *GATEWAY) - OTHERS == set()

    def test_names_every_variable_that_compose_asks_for(self):
        asked = set(re.findall(r"\$\{([A-Z0-9_]+)", (house.ROOT / "docker-compose.yml").read_text()))
        assert asked - house.documented_variables() == set()


class TestTheEnvironment:
    def test_is_read_by_config_alone(self):
        readers = set()
        for path, tree in house.sources():
            touched = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
            if {"environ", "getenv"} & touched:
                readers.add(path.relative_to(house.ROOT).parts[0])
        assert readers == {"config"}


class TestCompose:
    def test_has_every_role(self, compose):
        assert set(compose["services"]) == OURS | {"postgres", "redis", "keycloak"}

    def test_checks_the_health_of_each(self, compose):
        assert [name for name, service in compose["services"].items() if not service["healthcheck"]["test"]] == []

    def test_runs_one_image_in_all_of_ours(self, compose):
        assert {compose["services"][name]["image"] for name in OURS} == {"marketplace"}

    @pytest.mark.parametrize("role", sorted(OURS))
    def test_gives_each_what_its_settings_demand(self, compose, role):
        files = [*EVERYWHERE, *(GATEWAY if role == "gateway" else [])]
        # the gateway's optional second database address defaults to the first
        demanded = {variable.name for variable in house.variables(*files) if variable.is_required}
        assert demanded - {"SECRETS_PRIVATE_KEYS"} - set(compose["services"][role]["environment"]) == set()

    @pytest.mark.parametrize("role", sorted(OURS))
    def test_gives_none_a_variable_that_nothing_reads(self, compose, role):
        files = [*EVERYWHERE, *(GATEWAY if role == "gateway" else [])]
        given = set(compose["services"][role]["environment"])
        assert given - read_by(*files) - C_LIBRARY - {"DJANGO_SETTINGS_MODULE"} == set()

    def test_lets_the_gateway_alone_open_secrets(self, compose):
        holders = [name for name in OURS if "SECRETS_PRIVATE_KEYS" in compose["services"][name]["environment"]]
        assert holders == ["gateway"]

    def test_keeps_the_key_to_the_cards_from_the_gateway(self, compose):
        assert compose["services"]["gateway"]["environment"]["STRIPE_SECRET_KEY"] == ""
        assert compose["services"]["worker"]["environment"]["STRIPE_SECRET_KEY"] != ""

    def test_starts_what_serves_after_the_migration(self, compose):
        waiting = {name: compose["services"][name]["depends_on"]["migrate"]["condition"] for name in OURS - {"migrate"}}
        assert set(waiting.values()) == {"service_completed_successfully"}

    def test_keeps_the_spool_on_a_volume_of_the_gateways_own(self, compose):
        gateway = compose["services"]["gateway"]
        assert f"spool:{gateway['environment']['GATEWAY_SPOOL_DIR']}" in gateway["volumes"]
        others = [
            name for name in OURS - {"gateway"} if any("spool" in v for v in compose["services"][name]["volumes"])
        ]
        assert others == []

    @pytest.mark.parametrize("role", sorted(OURS))
    def test_runs_modules_that_exist(self, compose, role):
        assert_runnable(compose["services"][role]["command"])


class TestProcfile:
    def lines(self) -> dict[str, str]:
        lines = (house.ROOT / "Procfile").read_text().splitlines()
        return dict(line.split(": ", 1) for line in lines)

    def test_names_the_roles_of_compose(self):
        assert set(self.lines()) == (OURS - {"migrate"}) | {"release"}

    @pytest.mark.parametrize("role", ["release", "web", "gateway", "worker", "beat", "settlement"])
    def test_runs_modules_that_exist(self, role):
        assert_runnable(shlex.split(self.lines()[role]))


def assert_runnable(command: list[str]) -> None:
    """Check that the module, application or management command of a command line is there."""
    match command:
        case ["python", "-m", module, *_]:
            assert find_spec(module)
        case ["python", "manage.py", name, *_]:
            assert list(house.ROOT.glob(f"*/*/management/commands/{name}.py"))
        case ["uvicorn", application, *_]:
            module, _, name = application.partition(":")
            tree = ast.parse((house.ROOT / (module.replace(".", "/") + ".py")).read_text())
            assert name in {target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets}
        case ["celery", "-A", module, *_]:
            assert find_spec(module)
        case _:
            pytest.fail(f"What does this run? {command}")

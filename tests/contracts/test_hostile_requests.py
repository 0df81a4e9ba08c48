"""Whatever somebody sends to the APIs, the answer is one that their documents promise: never a mistake of ours.

All checks of schemathesis judge every answer; tests/contracts/exceptions.py names what they may not say, and why.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyStrategyDefinition, Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import CoverageScenario

from config.api_urls import customer_api, seller_api
from tests.architecture import error_codes
from tests.contracts.asking import Asker, one_connection, undone
from tests.contracts.exceptions import EXCEPTIONS, reason
from tests.factories.belongings import belongings

pytestmark = pytest.mark.django_db
#: How many right and how many wrong requests an endpoint gets: FUZZ_EXAMPLES=200 looks on, FUZZ_ONLY=aliases there.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2"))
ONLY = os.environ.get("FUZZ_ONLY", "")
#: How long a story of requests is that hand on what they got.
STEPS = 8
#: Asked of every endpoint, however few requests it gets.
ALWAYS = {CoverageScenario.UNSPECIFIED_HTTP_METHOD, CoverageScenario.MISSING_PARAMETER}
ROOTS = [("/v1", "buyer"), ("/v1/seller", "seller")]
_quiet = settings(
    max_examples=EXAMPLES,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
    report_multiple_bugs=False,
)


@pytest.fixture(autouse=True)
def _requests_leave_the_connection_open() -> Iterator[None]:
    with one_connection():
        yield


@pytest.fixture
def asker(root: str, whose: str) -> Asker:
    owner = belongings()
    return Asker(root, getattr(owner, f"{whose}_key_text"), owner)


@pytest.mark.parametrize(("root", "whose"), ROOTS)
class TestEveryAnswer:
    @pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    def test_to_right_and_to_wrong_requests_is_one_that_the_document_promises(self, asker, mode):
        found = [each for each in asker.operations if ONLY in each.label]
        broken = [promise for each in found if (promise := broken_promise(asker, each, mode))]

        assert found
        assert broken == [], "\n\n".join(broken)

    def test_to_what_stands_at_the_edges_of_the_document_is_promised_too(self, asker):
        """Other methods, missing parameters, the smallest and the largest values."""
        broken = []
        for operation in asker.operations:
            for case in edges(asker, operation) if ONLY in operation.label else ():
                try:
                    asker.ask(case)
                except AssertionError as told:
                    broken.append(str(told))

        assert broken == [], "\n\n".join(broken)

    def test_to_requests_that_hand_on_what_they_got_is_promised_too(self, asker):
        """What was made is there, and what was deleted is not."""
        broken: list[str] = []

        class Story(asker.document.as_state_machine()):
            def setup(self) -> None:
                self.undone = undone()
                self.undone.__enter__()

            def teardown(self) -> None:
                self.undone.__exit__(None, None, None)
                super().teardown()

            def get_call_kwargs(self, case: Case) -> dict[str, object]:
                return {"headers": asker.headers}

            def validate_response(self, response, case, **_: object) -> None:
                try:
                    asker.judge(case, response, recorder=self.recorder)
                except AssertionError as told:
                    broken.append(str(told))

        with suppress(FlakyStrategyDefinition):  # ids are new in every story, so that no two are alike
            Story.run(settings=settings(_quiet, max_examples=EXAMPLES * 3, stateful_step_count=STEPS))

        assert broken == [], "\n\n".join(broken)


class TestTheExceptions:
    def test_are_about_endpoints_and_codes_that_are_there(self):
        documents = [api.get_openapi_schema()["paths"] for api in (customer_api, seller_api)]
        labels = {f"{method.upper()} {path}" for paths in documents for path, item in paths.items() for method in item}
        codes = error_codes.PAGE.read_text()
        unknown = [each for each in EXCEPTIONS if each.operation and each.operation not in labels]
        unheard = [each for each in EXCEPTIONS if each.code and f"`{each.code}`" not in codes]

        assert (unknown, unheard) == ([], [])

    def test_excuse_nothing_else(self):
        assert reason("RejectedPositiveData", "POST /v1/aliases/", "invalid_target")
        assert not reason("RejectedPositiveData", "POST /v1/aliases/", "invalid_name")
        assert not reason("ServerError", "POST /v1/aliases/", "invalid_target")


def broken_promise(asker: Asker, operation: APIOperation, mode: GenerationMode) -> str:
    """Return what is wrong with the answer to one of many requests; nothing when all are as promised."""

    @_quiet
    @given(case=operation.as_strategy(mode), is_known=st.booleans())
    def ask(case: Case, is_known: bool) -> None:
        if is_known and not case.meta.is_negative_at(ParameterLocation.PATH):
            case.path_parameters = asker.known(operation.path)
        asker.ask(case)

    try:
        ask()
    except Unsatisfiable:
        return ""  # an endpoint that takes nothing cannot be asked wrongly
    except AssertionError as told:
        return str(told)
    return ""


def edges(asker: Asker, operation: APIOperation) -> Iterator[Case]:
    """Yield requests at the edges of what an endpoint understands: some kinds always, of the others a few."""
    document = asker.document
    cases = list(
        document.iter_coverage_cases(
            operation,
            generation_modes=list(GenerationMode),
            generation_config=document.config.generation_for(operation=operation, phase="coverage"),
        )
    )
    always = [case for case in cases if case.meta.phase.data.scenario in ALWAYS]
    others = [case for case in cases if case.meta.phase.data.scenario not in ALWAYS]
    yield from always
    yield from islice(others, 0, None, max(len(others) // EXAMPLES, 1))

"""The whole document asked at random, with a key that may all and one that may only read: no server error, no answer
that the document does not describe.

API_FUZZ=500 asks that many times per operation instead of a handful; `make fuzz` does.
"""

from __future__ import annotations

import copy
import json
import os
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test

from config.api_docs import generated
from tenants.partner.scopes import READ_ONLY
from tests.security.api_world import api_company, key_text
from tests.security.world import Company

pytestmark = pytest.mark.django_db(transaction=True)

EXAMPLES = int(os.environ.get("API_FUZZ", "3"))
# The edges of every schema are many requests: asked when more is asked for.
MODES = [HypothesisTestMode.EXAMPLES, HypothesisTestMode.FUZZING] + [HypothesisTestMode.COVERAGE] * ("API_FUZZ" in os.environ)
CONFIG = {
    "seed": 7,
    "generation": {"deterministic": True, "max-examples": EXAMPLES, "database": "none", "allow-x00": False},
    "checks": {
        # What is right in form may still be refused because of how things stand.
        "positive_data_acceptance": {"expected-statuses": ["2xx", "401", "403", "404", "409", "412", "422"]},
        "negative_data_rejection": {
            "expected-statuses": ["400", "401", "403", "404", "405", "406", "409", "412", "415", "422", "428"]
        },
        "missing_required_header": {"expected-statuses": ["400", "401", "403", "404", "406", "412", "422", "428"]},
        "unsupported_method": {"enabled": True},
    },
}


@pytest.fixture
def alder(settings: Any) -> Company:
    settings.API_BURST = settings.API_HOURLY = 10_000_000
    return api_company("Alderwood")


@pytest.fixture
def document(alder: Company) -> Any:
    """The document with the company's own ids in its addresses, so that more than 404 is found."""
    made = copy.deepcopy(generated())
    for path in made["paths"].values():
        for operation in path.values():
            # No schema can say which cursors are ours.
            operation["parameters"] = [each for each in operation.get("parameters", []) if each["name"] != "cursor"]
            for parameter in operation["parameters"]:
                if parameter["in"] == "path":
                    parameter["schema"]["enum"] = [alder.ids[parameter["name"]]]
    loaded = schemathesis.openapi.from_dict(made, config=SchemathesisConfig.from_dict(CONFIG))
    loaded.app = get_wsgi_application()
    return loaded


@pytest.fixture
def full(alder: Company) -> dict[str, str]:
    return {"Authorization": f"Bearer {key_text(alder)}"}


@pytest.fixture
def reads(alder: Company) -> dict[str, str]:
    return {"Authorization": f"Bearer {key_text(alder, *READ_ONLY)}"}


def ask_everything(document: Any, headers: dict[str, str]) -> dict[str, str]:
    """Every operation by its examples, at the edges of its schema, and at random; what failed, by operation."""
    failures: dict[str, str] = {}

    def ask(case: Any) -> None:
        if any(value in ({}, []) for value in (case.query or {}).values()):
            return  # an empty object or list is nothing in an address: what was to be wrong is not sent
        try:
            case.call_and_validate(headers=headers)
        except BaseException as error:
            error.add_note(case.as_curl_command())
            raise

    for found in document.get_all_operations():
        operation = found.ok()
        test = create_test(operation=operation, test_func=ask, config=_config(document))
        try:
            test()
        except (Exception, BaseExceptionGroup) as error:
            failures[operation.label] = _told(error)
    return failures


def _told(error: BaseException) -> str:
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else [error]
    told = [f"{type(each).__name__}: {each}"[:1200] for each in inner[:3]]
    return "\n".join([*told, *getattr(error, "__notes__", [])])[:3000]


def _config(document: Any) -> HypothesisTestConfig:
    settings = hypothesis.settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(hypothesis.HealthCheck)
    )
    return HypothesisTestConfig(project=document.config, modes=MODES, settings=settings)


def test_a_key_that_may_all(document: Any, full: dict[str, str]) -> None:
    failures = ask_everything(document, full)
    assert not failures, "\n\n".join(f"{name}\n{told}" for name, told in failures.items())


def test_a_key_that_may_only_read(document: Any, reads: dict[str, str]) -> None:
    failures = ask_everything(document, reads)
    assert not failures, "\n\n".join(f"{name}\n{told}" for name, told in failures.items())


def test_the_examples_are_what_the_document_describes() -> None:
    """Every operation has words and examples, and each example fits its own schema."""
    from jsonschema import Draft202012Validator

    made = generated()
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert len(operation["summary"]) > 5, where
            assert len(operation["description"]) > 20, where
            contents = [operation["requestBody"]["content"]["application/json"]] if "requestBody" in operation else []
            answers = [answer for answer in operation["responses"].values() if "$ref" not in answer]
            assert answers, where
            contents += [answer["content"]["application/json"] for answer in answers if "content" in answer]
            for content in contents:
                assert content.get("examples"), where
                for example in content["examples"].values():
                    schema_ = {**content["schema"], "components": made["components"]}
                    errors = list(Draft202012Validator(schema_).iter_errors(json.loads(json.dumps(example["value"]))))
                    assert not errors, f"{where}: {errors[0].message} at {list(errors[0].path)}"

# make run      the whole marketplace on this machine, until Ctrl-C
# make test     the whole suite
# make check    style, types, floors, migrations
# make lock     the lock files anew (UPGRADE=--upgrade takes the newest versions)
# make css      static/css/app.css anew (needs Node.js)
# make icons    static/icons.svg anew, after an icon was added to assets/icons
# make bench    how fast the gateway, the settlement, schedules and the market are. Asked for apart, because they fill a database
#               first: python -m benchmarks.pages (every list, 5,000 services, 1,000,000 log rows), python -m benchmarks.request_logs
# make screenshots   the pictures of the README in docs/images anew (needs Chromium)
#
# VENV names the virtual environment, made when missing. PYTHON names the interpreter that makes it.

VENV ?= .venv
BIN = $(VENV)/bin
export VENV PYTHON
# some machines set it; then each of the many processes here would compile everything anew
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check lock css icons bench screenshots stop-engines

run:
	@.ci/venv run
	@exec $(BIN)/python -m config.embedded.supervisor

test:
	@.ci/test

check:
	@.ci/venv dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --quiet --check --lint templates
	$(BIN)/mypy .
	$(BIN)/lint-imports
	DJANGO_SETTINGS_MODULE=config.settings.test $(BIN)/python manage.py makemigrations --check --dry-run

LOCK = CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options $(UPGRADE) pyproject.toml

lock:
	@.ci/venv dev
	$(LOCK) --output-file requirements/prod.txt
	$(LOCK) --extra embedded --constraint requirements/prod.txt --output-file requirements/run.txt
	$(LOCK) --extra embedded --extra dev --constraint requirements/run.txt --output-file requirements/dev.txt

css:
	npm ci
	npm run css

icons:
	@.ci/venv dev
	$(BIN)/python -m common.icons

bench:
	@.ci/venv dev
	$(BIN)/python -m benchmarks.gateway
	$(BIN)/python -m benchmarks.settlement
	$(BIN)/python -m benchmarks.schedules
	$(BIN)/python -m benchmarks.market

screenshots:
	@.ci/venv dev
	@.ci/system-packages tests
	$(BIN)/python -m tests.screenshots

stop-engines:
	@$(BIN)/python -m config.embedded.for_tests

.PHONY: docs
docs:
	@.ci/venv dev
	$(BIN)/python -m tests.architecture.error_codes
	$(BIN)/python -m tests.architecture.constraints

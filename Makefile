# `make` builds the package; `make test` tests it. Both need Python 3.11 or newer, make, and the package registries.
# Parts that need Java with Maven, or Node, run where those are installed and say so where not.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JAVA := $(and $(shell command -v java),$(shell command -v mvn))
NODE := $(and $(shell command -v node),$(shell command -v npm))

.PHONY: all test lint types official node server server-jar elm pages bench lock release-check release clean

all: $(VENV)/core
	@$(BIN)/cervical-options generate
	@$(BIN)/cervical-options generate --check
	@$(BIN)/cervical-options examples
	@$(BIN)/cervical-options docs
	@$(BIN)/cervical-options cds-examples
	@$(BIN)/cervical-options validate --fail-on warning fhir >/dev/null
	@$(BIN)/cervical-options package
	@echo "Next: load dist/bundle-by-id.json into a FHIR R4 server, or read 'cervical-options --help'." >&2

test: $(VENV)/dev lint types $(if $(JAVA),official server-jar,no-java) $(if $(NODE),node,no-node)
	@rm -rf build/reports
	$(BIN)/pytest --numprocesses 2 --dist loadgroup
	@cat build/reports/*.txt

lint: $(VENV)/dev
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .

# The checkout maps folders to packages (pyproject.toml); a tree of links shows mypy the packages as they are installed.
types: $(VENV)/dev
	@mkdir -p build/types/cervical_options
	@ln -sfn $(CURDIR)/cervical_options/*.py $(CURDIR)/cervical_options/py.typed build/types/cervical_options/
	@ln -sfn $(CURDIR)/generator $(CURDIR)/packages $(CURDIR)/review $(CURDIR)/service $(CURDIR)/validator \
	  build/types/cervical_options/
	@ln -sfn $(CURDIR)/tests build/types/tests
	MYPYPATH=build/types $(BIN)/mypy --package cervical_options --package tests

official: tests/official/target/built
tests/official/target/built: tests/official/pom.xml $(shell find tests/official/src -name '*.java')
	cd tests/official && mvn --batch-mode --quiet package
	@touch $@

node: tests/node/node_modules/installed review/js/node_modules/installed
tests/node/node_modules/installed: tests/node/package.json tests/node/package-lock.json
	cd tests/node && npm ci --no-audit --no-fund --loglevel=error
	@touch $@
review/js/node_modules/installed: review/js/package.json review/js/package-lock.json
	cd review/js && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# The script of the review pages, after a change of its sources: a test builds it anew and compares.
pages: review/js/node_modules/installed
	node review/js/build.mjs

# A HAPI server of one's own, on 127.0.0.1 and in memory: server/README.md.
PORT ?= 8080
HEAP ?= 1g
server: server-jar
	java -Xmx$(HEAP) -jar server/target/server.jar --server.port=$(PORT)

server-jar: server/target/built
server/target/built: server/pom.xml $(shell find server/src -type f)
	cd server && mvn --batch-mode --quiet package
	@touch $@

.PHONY: no-java no-node
no-java:
	@echo "Java and Maven were not found: official validation, CQL and a HAPI server are not run." >&2
no-node:
	@echo "Node and npm were not found: CQL, the review pages in a browser, and validation with the profiles are not run." >&2

# The logic as ELM, after a change of it: the generator embeds what stands in generator/elm.json where it is current.
elm: $(VENV)/dev official node
	$(BIN)/python -m cervical_options.generator.translate tests/node/translate.mjs tests/official/target/cql
	$(BIN)/cervical-options generate

bench: $(VENV)/dev official node server-jar
	$(BIN)/python bench/commands.py
	$(BIN)/python bench/logic.py
	$(BIN)/python bench/review.py
	$(BIN)/python bench/validator.py
	$(BIN)/python bench/server.py
	$(BIN)/python bench/service.py

# May this be released? Its version against the last release, kept in releases/, and its entry in the changelog.
release-check: $(VENV)/core
	@$(BIN)/python -m cervical_options.packages.release_check

# Keeps what was released, so that the next release can be compared with it.
release: all release-check
	@mkdir -p releases
	@cp dist/*-$(shell cat generator/source/VERSION).tgz releases/
	@cd releases && sha256sum *.tgz > SHA256SUMS

# 100,000 calls of the CDS Hooks service, its memory watched; `make test` does the same for a minute.
.PHONY: soak
soak: $(VENV)/dev
	$(BIN)/python -m tests.cds.soak 100000

# Locks carry hashes and no address, so any registry can serve them.
lock: $(VENV)/dev
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --quiet --upgrade --output-file requirements/core.txt pyproject.toml requirements/build.in
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --quiet --upgrade --output-file requirements/service.txt --extra service pyproject.toml requirements/build.in
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --quiet --upgrade --output-file requirements/dev.txt --extra dev pyproject.toml requirements/build.in

$(VENV)/core: requirements/core.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes --requirement requirements/core.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev: requirements/dev.txt $(VENV)/core
	$(BIN)/pip install --quiet --require-hashes --requirement requirements/dev.txt
	@touch $@

clean:
	rm -rf $(VENV) build dist server/target tests/official/target tests/node/node_modules review/js/node_modules

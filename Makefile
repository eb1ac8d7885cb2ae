# Only makes a virtual environment with tox in it and calls tox; what happens there stands in tox.ini.
# The first that runs and is new enough: of pyenv, there may be names on PATH behind which there is none.
ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for each in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	"$$each" -c '$(ENOUGH)' 2>/dev/null && { command -v "$$each"; break; }; done)
TOX := .venv/bin/tox

.PHONY: app demo test
DATASET ?= fts
app: $(TOX)
	@$(TOX) run -q -e app --notest
	@.tox/app/bin/connector-build app $(DATASET) || test $$? -eq 130 # Ctrl-C ends it
demo: $(TOX)
	@$(TOX) run -q -e demo
	@echo "For these commands, once: source .tox/demo/bin/activate"
test: $(TOX)
	@$(TOX) run

$(TOX):
	@"$(PYTHON)" -c '$(ENOUGH)' 2>/dev/null || { echo "Error: $(if $(PYTHON),$(PYTHON) is no Python 3.11 or later,no Python 3.11 or later was found). \
	Install one, or say where one is: make PYTHON=/path/to/python3.12 ..." >&2; exit 2; }
	@echo "Setting up; the first time takes a while ..."
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check 'tox>=4.25,<5'

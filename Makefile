# Only makes a virtual environment with tox in it and calls tox; what happens there stands in tox.ini.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
TOX := .venv/bin/tox

.PHONY: app demo test
DATASET ?= fts
app: $(TOX)
	@$(TOX) run -q -e app -- $(DATASET)
demo: $(TOX)
	@$(TOX) run -q -e demo
	@echo "For these commands, once: source .tox/demo/bin/activate"
test: $(TOX)
	@$(TOX) run

$(TOX):
	@echo "Setting up; the first time takes a while ..."
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check 'tox>=4.25,<5'

# Every command of the project. `make run` and `make test` work on a fresh Debian 12 with Python, git and make.
.DEFAULT_GOAL := help
.PHONY: help setup run test lint format tour dist dist-smoke bench bulk mutants soak clean
BIN := .venv/bin
ROWS ?= 1000000
MINUTES ?= 60
# The map must need no network: where this may be done, its tests run in a network namespace with nothing in it.
CUT_OFF := $(shell unshare --net true 2>/dev/null && echo unshare --net)

help:  ## list these commands
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

setup:  ## prepare everything without starting anything
	@packaging/setup.sh

run: setup  ## open the desktop program on sample data; without a display, make pictures of it
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		$(BIN)/opsdesk demo; \
	else \
		echo "There is no display here: making a picture of every page in build/tour instead, in one look; that takes a"; \
		echo "minute or two. \`make tour\` makes them in three looks and two sizes."; \
		$(BIN)/opsdesk tour --out build/tour --theme light --size 1440x900; \
	fi

# Files are begun in the order of tests/conftest.py, those that take minutes first.
test: lint  ## check the code and run every test, on all cores
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder --ignore tests/ui/map
	$(CUT_OFF) $(BIN)/pytest tests/ui/map  # in a process of its own: tests that watch every event of Qt crash beside the web engine

lint: setup  ## check style, types and the layers
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup  ## lay the code out
	$(BIN)/ruff format

tour: setup  ## make pictures of every page in build/tour, in three looks and two sizes
	$(BIN)/opsdesk tour --out build/tour

# CHROMIUM_NOTICES=FILE lays the notices of Chromium's parts in; without it the folder says that they are missing.
dist: export BUILDING = yes
dist: setup  ## build the installed program, dist/opsdesk, and prove that it runs by itself
	$(BIN)/pyinstaller --noconfirm --log-level WARN --distpath dist --workpath build/pyinstaller packaging/opsdesk.spec
	$(BIN)/python packaging/smoke.py dist/opsdesk

dist-smoke:  ## prove once more that dist/opsdesk runs by itself
	$(BIN)/python packaging/smoke.py dist/opsdesk

bench: setup  ## measure the desk on ROWS tickets (one million)
	$(BIN)/opsdesk bench list --rows $(ROWS) --json
	$(BIN)/opsdesk bench start --rows $(ROWS) --json
	$(BIN)/opsdesk bench edit --rows $(ROWS) --json
	$(BIN)/opsdesk bench sync --json
	$(BIN)/opsdesk bench map --json

bulk: setup  ## edit 5,000 tickets at once between two desks and a server
	OPSDESK_BULK=5000 $(BIN)/pytest tests/services/link/test_bulk_across.py -q --durations=1

mutants: setup  ## plant each known bug and see that the simulator finds it
	OPSDESK_MUTANTS=all $(BIN)/pytest tests/simulator -q

soak: setup  ## simulate for MINUTES (60) and print seeds a minute
	$(BIN)/opsdesk simulate --seeds 0:1 --minutes $(MINUTES) --json

clean:  ## remove all that the commands above have made
	rm -rf .venv build dist node_modules resources/assets *.egg-info
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find opsdesk tests -name __pycache__ -type d -prune -exec rm -rf {} +

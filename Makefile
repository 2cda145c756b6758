# The whole developer interface. `make` alone lists it.
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test slow check bench faults trust trials strangers simulate scale figures mutants docs model lock clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: ## everything for running and working on Storeside; can be repeated
	@PYTHON=$(PYTHON) deploy/setup.sh dev

demo: ## a whole store on this machine; ARGS="--speed 60 --headless --for 60 --json"
	@PYTHON=$(PYTHON) deploy/setup.sh run
	@$(BIN)/storeside demo $(ARGS)

# Three workers, for two cores: a third of the tests' time is waiting. In development mode like the one that leads
# them; ARGS="-n0" runs all in one process.
TESTS := $(BIN)/python -X dev -m pytest --tx '3*popen//python=$(BIN)/python -X dev' --dist loadscope

test: setup ## all tests but the slow ones, in minutes; ARGS="-k name"
	@$(TESTS) -m "not slow" $(ARGS)

slow: setup ## the tests that take long: Spark, a chain's data, kills, the benchmark; ARGS="-k spark"
	@$(TESTS) -m slow $(ARGS)

check: setup ## style, types, import contracts, what nothing calls, documents
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/pyright
	@$(BIN)/lint-imports
	@$(BIN)/vulture
	@$(BIN)/python -m pytest -q tests/test_docs.py tests/test_house.py tests/test_asserted_words.py

bench: setup ## the benchmark and its chart; ARGS="--json"
	@$(BIN)/storeside bench $(ARGS)

faults: setup ## the fault campaign; ARGS="--kills 100"
	@$(BIN)/python -m tests.faults $(ARGS)

trust: setup ## shares, caps under kill -9, public screens, consent, latency; ARGS="--only caps"
	@$(BIN)/python -m tests.trust $(ARGS)

trials: setup ## are the statistics right? planted effects in 100 runs each; ARGS="--only lift"
	@$(BIN)/python -m tests.trials $(ARGS)

strangers: setup ## how soon it is good in shops nobody here has seen; ARGS="--only invented"
	@$(BIN)/python -m tests.strangers $(ARGS)

simulate: setup ## three days of a store in virtual time; ARGS="--seed 7 --json"
	@$(BIN)/storeside simulate $(or $(ARGS),--days 3)

scale: setup ## the chain's counting stage at 1, 5 and 25 times the data; ARGS="--times 1"
	@$(BIN)/python -m tests.chain_scale $(ARGS)

figures: setup ## measure what the README's table says, write it, compare it with the last release; ARGS="--short"
	@$(BIN)/python -m tests.figures $(ARGS)

mutants: setup ## do the tests notice planted mistakes? a sample of 200; ARGS="--sample 20 --only consent"
	@$(BIN)/python -m tests.mutants $(ARGS)

docs: setup ## write the generated documents anew
	@$(BIN)/python -m tests.write_docs

model: setup ## train the shipped bundle anew from the raw data
	@$(BIN)/storeside models train --data completejourney --out models/artifacts/grocer

lock: ## exact versions and hashes anew from pyproject.toml; ARGS="--upgrade-package aiohttp"
	@PYTHON=$(PYTHON) deploy/lock.sh $(ARGS)

clean: ## remove what setup and runs have made
	rm -rf .venv .storeside-* build *.egg-info reports bench.json

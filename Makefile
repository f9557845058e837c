# Every command that the README names. `make help` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080
N ?= 100
SEED ?= 1
CONCURRENCY ?= 4
MODEL ?= builtin
RUN_FLAGS := $(if $(DATABASE),--database "$(DATABASE)") $(if $(DOCUMENTS),--documents "$(DOCUMENTS)") $(if $(DATA),--data "$(DATA)")
PAGE_LINTER := $(if $(shell command -v npm),node_modules/.dev)
biome = $(if $(PAGE_LINTER),node_modules/.bin/biome $(1),@echo "Skipped: Biome on the page's JavaScript and CSS, which needs Node and npm")
export SAM_CLI_TELEMETRY := 0

.DEFAULT_GOAL := help
.PHONY: help run test unit check format questions eval-routing index eval-documents batch-plan bench chaos chaos-batch contracts build validate ask invoke clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo '  make run takes PORT=8080, DATABASE=<file.sqlite>, DOCUMENTS=<folder>,'
	@echo '  DATA=<folder> (keeps threads over a restart) and'
	@echo '  MODEL=builtin | openai:<model>@<base url> | bedrock[:<model id>]'

run: $(VENV)/.local ## Start the stack on this machine and print its address
	@$(BIN)/python -m waypost_local run --port "$(PORT)" --model "$(MODEL)" $(RUN_FLAGS) $(FLAGS)

test: $(VENV)/.dev ## Check and test everything; with FLAGS=<file or options> only run pytest
ifdef FLAGS
	$(BIN)/pytest $(FLAGS)
else
	@echo "Checking and testing everything: about 6 minutes on two idle cores."
	@$(MAKE) --no-print-directory check
	$(BIN)/pytest -n auto --durations=15
endif

unit: $(VENV)/.dev ## Run only the tests that need no server: less than a minute
	$(BIN)/pytest -n auto -m "not server and not slow" $(FLAGS)

check: $(VENV)/.dev $(PAGE_LINTER) ## Run only the linters and the type checker
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(call biome,check --error-on-warnings)

format: $(VENV)/.dev $(PAGE_LINTER) ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(call biome,check --write)

questions: $(VENV)/.local ## Send the questions of FILE=… to a running stack and print the results
	@$(BIN)/python -m waypost_local questions "$(FILE)" --url "$(or $(URL),http://127.0.0.1:$(PORT))" $(FLAGS)

ROUTING_DATA := ../shared/data/routing
eval-routing: $(VENV)/.local ## Measure how the labelled questions of FILE=… are routed, what TRAIN=… holds being known; MODEL=… decides the rest
	@$(BIN)/python -m waypost_local eval-routing $(if $(FILE),"$(FILE)" $(if $(TRAIN),--train "$(TRAIN)"),$(ROUTING_DATA)/clinc150_val.jsonl --train $(ROUTING_DATA)/clinc150_train.jsonl) $(if $(filter command environment,$(firstword $(origin MODEL))),--model "$(MODEL)") $(FLAGS)

index: $(VENV)/.local ## Index DOCUMENTS=<folder>, and print what is left out and why
	@$(BIN)/python -m waypost_local index "$(or $(DOCUMENTS),demo/documents)" $(FLAGS)

eval-documents: $(VENV)/.local ## Measure how often a search finds the passage that answers
	@for questions in tests/data/questions.jsonl:tests/data/policies tests/core/hard_questions.jsonl:demo/documents; do \
	  $(BIN)/python -m waypost_local eval-documents "$${questions%:*}" "$${questions#*:}" $(FLAGS) || exit; \
	done

BENCHES := bench bench_concurrency bench_router bench_documents bench_answers bench_runs bench_batches bench_memory
bench: $(VENV)/.dev ## Measure the runtime and runs against peers, as ratios
	@failed=0; for bench in $(BENCHES); do \
	  $(BIN)/python tests/performance/$$bench.py $(FLAGS) || failed=1; \
	done; exit $$failed

batch-plan: $(VENV)/.local ## Print the workers, hours and dollars of a batch for a quota of TPM=1000000 tokens a minute
	@$(BIN)/waypost batch plan --tokens-per-minute "$(or $(TPM),1000000)" $(FLAGS)

chaos-batch: $(VENV)/.dev ## Draw N=100 batches and their faults from SEED=1, or replay CASE=…, and check what follows
	@$(BIN)/python -m tests.chaos.batch $(if $(CASE),--case "$(CASE)",--cases "$(N)" --seed "$(SEED)") --concurrency "$(CONCURRENCY)" $(FLAGS)

chaos: $(VENV)/.dev ## Draw N=100 faults from SEED=1, or replay CASE=…, and check what follows
	@$(BIN)/python -m tests.chaos $(if $(CASE),--case "$(CASE)",--cases "$(N)" --seed "$(SEED)") --concurrency "$(CONCURRENCY)" $(FLAGS)

contracts: $(VENV)/.dev ## Run every client against a stack, or URL=…, and print a row per endpoint and event
	@$(BIN)/python -m tests.contracts $(if $(URL),--url "$(URL)") $(FLAGS)

build: $(VENV)/.dev ## Build what `sam deploy` uploads, and print its size
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/sam build --cached
	@$(BIN)/python -m waypost_local size .aws-sam/build

validate: $(VENV)/.dev ## Check the template
	$(BIN)/sam validate --lint
	$(BIN)/cfn-lint template.yaml

ask: $(VENV)/.local ## Ask Q="…" of the stack that runs, and stream the answer
	@$(BIN)/waypost ask "$(Q)" --url "$(or $(URL),http://127.0.0.1:$(PORT))" $(FLAGS)

invoke: $(VENV)/.dev ## Run EVENT=events/….json through Lambda's own emulator
	@$(BIN)/python -m waypost_local invoke "$(EVENT)" --model "$(MODEL)" $(RUN_FLAGS) $(FLAGS)

clean: ## Remove everything that these commands made
	rm -rf $(VENV) .aws-sam .waypost .pytest_cache .mypy_cache .ruff_cache .hypothesis node_modules tests/clients/node/node_modules

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Waypost needs Python 3.11 or newer; set PYTHON=…"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "Python cannot make a virtual environment: on Debian, apt-get install python3-venv"; rm -rf $(VENV); exit 1; }
	@$(BIN)/pip install --quiet --upgrade pip

$(VENV)/.local: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing what the stack needs into $(VENV): a minute or two …"
	@$(BIN)/pip install --quiet --constraint constraints.txt --editable . --group local
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing what the tests need into $(VENV): two minutes or three …"
	@$(BIN)/pip install --quiet --constraint constraints.txt --editable . --group dev
	@touch $(VENV)/.local $@

node_modules/.dev: package.json package-lock.json
	@echo "Installing the page's linter into node_modules …"
	@$(if $(shell command -v flock),flock package-lock.json) sh -c '[ $@ -nt package-lock.json ] && [ $@ -nt package.json ] \
	  || { npm ci --ignore-scripts --no-audit --no-fund --silent && touch $@; }'

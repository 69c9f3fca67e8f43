# Every command of a contributor. `make` alone lists them.

BIN := $(CURDIR)/node_modules/.bin
# PATH without our own programs, in case the caller has them there: npm must not run on the Node that it replaces.
OUTER_PATH := $(subst $(BIN):,,$(PATH))
# After the installation the pinned Node, tsc, biome and mocha come first on PATH.
WITH_BIN := PATH="$(BIN):$(OUTER_PATH)"
INSTALLED := node_modules/.installed

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: install
install: $(INSTALLED) ## Install the packages of package-lock.json, if it has changed

# Errors only: npm would warn about an old Node, and the right one is among the packages.
$(INSTALLED): package-lock.json
	@command -v node >/dev/null || { echo 'Node.js is not on PATH: install Node.js 20 or newer, with npm' >&2; exit 1; }
	@node -e 'process.exit(Number.parseInt(process.versions.node) >= 20 ? 0 : 1)' || \
		{ echo "Node.js $$(node --version) is too old: install Node.js 20 or newer" >&2; exit 1; }
	@command -v npm >/dev/null || { echo 'npm is not on PATH: install npm (it comes with Node.js)' >&2; exit 1; }
	@echo 'Installing packages'
	@PATH="$(OUTER_PATH)" npm ci --loglevel=error --prefer-offline
	@touch $(INSTALLED)

.PHONY: build
build: dist/main.js ## Check the types and bundle dist/main.js, if a source has changed

dist/main.js: $(INSTALLED) $(shell find src -type f) $(wildcard scripts/bundle.ts scripts/bundle/*) package.json tsconfig.json
	@echo 'Building dist/main.js'
	@$(WITH_BIN) npm run --silent build

# With the flags and the variables of the image.
.PHONY: run
run: build ## Run the operator with the current kubeconfig; ARGS="--log-format=pretty"
	@$(WITH_BIN) MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=16384 node --max-semi-space-size=4 --heap-growing-percent=10 --no-maglev-destroy-on-background --no-separate-gc-phases --max-opt=2 dist/main.js $(ARGS)

.PHONY: demo
demo: build ## Show the operator at work with a real API server and a simulated cloud
	@$(WITH_BIN) node test/world/demo/main.ts

.PHONY: monitoring
monitoring: install ## Build Prometheus for tests and the demo into the user's cache, if needed (4 min)
	@$(WITH_BIN) node test/world/monitoring/build.ts

.PHONY: simulator
simulator: install ## Run the simulated cloud alone; ARGS=--help lists its options
	@$(WITH_BIN) node simulator/main.ts $(ARGS)

.PHONY: bench
bench: build ## Measure what has a target, with its floor (15 min); ARGS="load 1000" measures another part
	@$(WITH_BIN) ALIBABA_CLOUD_ECS_METADATA_DISABLED=true node scripts/bench.ts $(ARGS)

.PHONY: bench-large
bench-large: build ## Measure 100,000 objects (5 min)
	@$(WITH_BIN) ALIBABA_CLOUD_ECS_METADATA_DISABLED=true node scripts/bench.ts many

.PHONY: chaos
chaos: build ## Break everything around the operator by a schedule: SEED=1 MINUTES=10
	@$(WITH_BIN) ALIBABA_CLOUD_ECS_METADATA_DISABLED=true node scripts/chaos.ts $(or $(SEED),1) $(or $(MINUTES),10)

.PHONY: soak
soak: build ## Look for leaks in two hours, the second with faults: HOURS=0.5 OBJECTS=2000
	@$(WITH_BIN) ALIBABA_CLOUD_ECS_METADATA_DISABLED=true node scripts/soak.ts

.PHONY: test
test: install ## Run every suite, as CI does; SUITES="unit guards" runs these
	@$(WITH_BIN) node scripts/test/main.ts $(SUITES)

.PHONY: test-unit
test-unit: install ## Run the unit tests (25 s)
	@$(WITH_BIN) node scripts/test/main.ts unit

.PHONY: test-file
test-file: install ## Run one test file: FILE=test/unit/base/clock.test.ts, with ARGS="-g 'part of a title'" one test
	@$(WITH_BIN) ALIBABA_CLOUD_ECS_METADATA_DISABLED=true mocha --timeout=120000 --reporter=spec \
		--require=./scripts/test/fail-on-rejection.ts $(if $(SHUFFLE),--require=./scripts/test/shuffle.ts) $(ARGS) $(FILE)

.PHONY: fuzz
fuzz: install ## Try 100,000 hostile inputs at each border (15 min); BORDER=objects RUNS=1000 SEED=1 choose others
	@$(WITH_BIN) ALIBABA_CLOUD_ECS_METADATA_DISABLED=true BORDER="$(BORDER)" RUNS="$(RUNS)" SEED="$(SEED)" REPLAY="$(REPLAY)" \
		node scripts/fuzz.ts

.PHONY: lint
lint: install ## Check style, imports and types
	@$(WITH_BIN) biome check
	@$(WITH_BIN) npm run --silent typecheck

.PHONY: fmt
fmt: install ## Format, and fix what biome can fix safely
	@$(WITH_BIN) biome check --write

# The shell reads TAG from the environment: in its command, the name of a tag could hold a command of its own.
.PHONY: release-check
release-check: install ## Check that all says the version of a tag: TAG=v1.2.3
	@$(WITH_BIN) node scripts/release.ts "$$TAG"

.PHONY: release-files
release-files: build ## Write dist/release for TAG=v1.2.3, with IMAGE=REGISTRY/NAME, DIGEST=sha256:…, REPOSITORY=https://…
	@$(WITH_BIN) node scripts/release.ts "$$TAG" "$$IMAGE" "$$DIGEST" "$$REPOSITORY"

.PHONY: clean
clean: ## Remove dist and node_modules; the control plane stays in the user's cache
	rm -rf dist node_modules

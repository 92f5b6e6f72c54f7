# What people run here; `make` alone lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
IMAGE ?= flashpoint-operator:dev
# Most of the tests' time passes in waiting: for the API server, for a lease, for a retry.
export RUST_TEST_THREADS ?= 8
# Prints what is done and, at the end, how long it took.
step = @t=$$SECONDS; printf '\n== %s\n' "$(1)"; $(2) && printf '== %s: %d s\n' "$(1)" $$((SECONDS - t))

.PHONY: help check unit demo test test-all slow chart e2e lint build image bench generate

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

check: ## Formatting, lints, unit tests: before each commit; no control plane, half a minute where little has changed
	$(call step,Formatting,cargo fmt --all --check)
	$(call step,Lints,cargo clippy --locked --workspace --all-targets -- -D warnings)
	@$(MAKE) --no-print-directory unit

unit: ## Unit tests alone
	$(call step,Unit tests,cargo test --locked --quiet --workspace --lib)

demo: ## Show the operator at work: a sync, then the whole of it on a real control plane (KEEP=1 leaves it up)
	$(call step,Building the operator and the simulators,cargo build --locked --bin flashpoint-operator --bin demo --package flashpoint-operator --package demo)
	@./target/debug/demo

test: ## Unit tests, the sync against the simulators, the controller against a real API server
	$(call step,Building kube-apiserver and etcd where they are missing,cargo run --locked --quiet --package control-plane -- build)
	$(call step,Building the tests,cargo test --locked --workspace --no-run)
	$(call step,Running the tests,cargo test --locked --workspace)

test-all: test slow chart ## All of that, and what is slow: chaos, upgrade, bounds, SDK, pymisp, TAXII servers, chart, real tools, the demo, fuzzing

slow: ## What test-all adds, the chart aside
	$(call step,The sync in a thousand random lives,SYNC_SEEDS=0..1000 cargo test --locked --package flashpoint-operator --lib chaos)
	$(call step,Random lives of a feed over each destination,LIVES=0..120 cargo test --locked --test destinations lives)
	$(call step,An operator of an earlier commit replaced by this one,cargo test --locked --test controller upgrade -- --ignored)
	$(call step,What waits for a minute,cargo test --locked --test cli -- --ignored)
	$(call step,What the largest reports take in a release build,cargo test --locked --release --test bounds -- --ignored --nocapture --test-threads 1)
	$(call step,The memory that 1000 feeds take,benches/run row)
	$(call step,The page of figures against the figures,benches/page/run --check)
	$(call step,The vendor's own SDK against the simulator,tests/sdk/run)
	$(call step,Reports into real TAXII servers and their judges,tests/taxii/run)
	$(call step,pymisp as client of the simulator and as judge of the events,tests/misp/run)
	$(call step,States and metrics and alerts and dashboard as real tools see them,tests/observe/run)
	$(call step,The demo,$(MAKE) --no-print-directory demo)
	$(call step,Fuzzing each target of the extractor for a minute,fuzz/run 60)

chart: ## The chart, the image's files, the examples, the scripts and the workflows
	$(call step,Chart and examples and workflows,tests/chart/run)

e2e: ## The image on a real Kubernetes node, by Helm, and the commands of the documentation (Linux, root)
	$(call step,The operator on a real node,tests/e2e/run)

lint: ## Formatting, lints, documentation, dependencies
	$(call step,Formatting,cargo fmt --all --check)
	$(call step,Lints,cargo clippy --locked --workspace --all-targets -- -D warnings)
	$(call step,Documentation,RUSTDOCFLAGS='-D warnings' cargo doc --locked --quiet --no-deps --workspace)
	$(call step,Dependencies,cargo deny --locked check bans licenses sources)

build: ## The release binary
	$(call step,Building,cargo build --locked --release --package flashpoint-operator)

image: ## The image, without a registry: make image IMAGE=name:tag
	@tests/image/build $(IMAGE)

# A part of bench. One that fails does not end it: the others are measured, and the page is written of what there is.
part = $(call step,$(1),$(2)) || { printf '== %s: failed\n' "$(1)"; echo "$(1)" >> $(FAILED); }
bench: FAILED := target/bench-failed
bench: ## Measure everything beside its peers and write docs/performance.md (hours, idle machine; benches/README.md)
	@mkdir -p $(dir $(FAILED)) && rm -f $(FAILED)
	$(call part,Instructions of the hot paths,benches/instructions/run)
	$(call part,Against a bare loop,benches/run limit)
	$(call part,Beside a script,benches/run script)
	$(call part,Size and start,benches/run footprint)
	$(call part,The peers do the same work,benches/run peers)
	$(call part,Beside other operators,benches/run scale)
	$(call part,Growth,benches/run growth)
	$(call part,Backfill,benches/run backfill)
	$(call part,The extractor beside its peers,python3 benches/indicators/compare.py)
	$(call part,The page of figures,benches/page/run)
	@[ ! -e $(FAILED) ] || { printf '\n== bench: these failed, see above:\n'; cat $(FAILED); exit 1; }

generate: ## What is generated and checked against drift: CRDs, the chart's copies and README, the command line's reference
	cargo run --locked --quiet --package flashpoint-operator -- crd --output-dir crds
	UPDATE=1 cargo test --locked --quiet --package flashpoint-operator --test resource chart
	tests/chart/sync
	tests/chart/run --update
	UPDATE=1 cargo test --locked --quiet --package flashpoint-operator --test cli reference

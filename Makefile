# The index of habits. Every target installs what it needs and is missing.
.PHONY: help demo build check test test-all size bench mutants soak fuzz
.DEFAULT_GOAL := help

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: build ## Start the servers and the demo page; Ctrl-C ends everything
	@node scripts/demo.mjs

build: ## Make the npm package in pkg/
	@scripts/build

check: ## The fast part of the tests: format, lints, native tests, types
	@scripts/check

test: ## Everything; CI runs this and nothing else
	@scripts/test

test-all: ## That, and what takes minutes: the other examples, bundlers and browser engines
	@scripts/test-all

size: build ## What the package weighs in a page, against size-budget.json
	@node scripts/size.mjs

bench: build ## Side by side with the peers in headless Chromium, 10 minutes (scripts/bench NAME… for some of it)
	@scripts/bench

mutants: ## Break the source on purpose and see the tests fail
	@scripts/mutants

fuzz: ## Feed each parser what it was never meant for, five minutes each; needs nightly Rust
	@scripts/fuzz 300

soak: ## A million schedules of the simulation (SEEDS=…)
	@scripts/soak

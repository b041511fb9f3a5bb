# The index of habits. `make setup` installs the tools; the other targets only say which tools are missing.
.PHONY: help setup rules docs demo build check test test-all size bench mutants soak fuzz
.DEFAULT_GOAL := help

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what is missing; seconds where everything is there
	@scripts/setup

demo: build ## Start the servers and the demo page; Ctrl-C ends everything
	@node scripts/demo.mjs

build: ## Make the npm package: pkg/, and packed in target/wicketgate-*.tgz
	@scripts/build

check: ## The fast part of the tests: format, lints, native tests, types
	@scripts/check

test: setup ## Everything; CI runs this and nothing else
	@scripts/test

test-all: setup ## That, and what takes minutes: the other examples, bundlers and browser engines
	@scripts/test-all

size: build ## What the package weighs in a page, against size-budget.json
	@node scripts/size.mjs

bench: build ## Side by side with the peers in headless Chromium, under 15 minutes (scripts/bench NAME… for some of it)
	@scripts/bench

rules: ## Write docs/design/rules.md anew from the tests
	@node scripts/rules.mjs

docs: build ## Write docs/reference/api/ anew from the types, and make a site of all documents in target/docs/site/
	@scripts/docs

mutants: ## Break the source on purpose and see the tests fail
	@node scripts/mutants.mjs

fuzz: ## Feed each parser what it was never meant for, five minutes each; needs nightly Rust
	@scripts/fuzz 300

soak: ## A million schedules of the simulation (SEEDS=…)
	@node scripts/soak.mjs

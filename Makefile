# Thin: each target calls cargo or a script of dev/. `make` alone lists them.

# The server that install, installcheck and package work for.
PG_CONFIG ?= $(shell command -v /usr/lib/postgresql/15/bin/pg_config || command -v pg_config || echo pg_config)
# `make install DESTDIR=…` reaches the scripts by their environment.
export DESTDIR

.DEFAULT_GOAL := help
.PHONY: help demo demo-stop test test-full lint install installcheck package bench

help: ## list these targets
	@echo "pg_warden: make TARGET [PG_CONFIG=/path/to/pg_config]"
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: ## show pg_warden on a shop of a million orders, in a throw-away cluster
	@dev/demo start

demo-stop: ## stop the demo's cluster and remove it
	@dev/demo stop

test: ## run everything but the long suites: PostgreSQL 15, and 15, 17 and 18 built with assertions
	@dev/test

test-full: ## the same and the long suites
	@PG_WARDEN_FULL=1 dev/test

lint: ## check formatting, clippy, dependencies and shell scripts
	@dev/lint

install: ## build for release and install into the server of PG_CONFIG, below DESTDIR if set
	@dev/install "$(PG_CONFIG)"

installcheck: ## check the installed extension on the running server (PGHOST, PGPORT, PGUSER; as a superuser)
	@dev/installcheck "$(PG_CONFIG)"

package: ## make target/release/pg_warden-pgNN and a tar.gz of it
	@dev/package --archive "$(PG_CONFIG)"

bench: ## measure what pg_warden adds to DDL, in a throw-away cluster
	@dev/bench

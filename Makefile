# Countinghouse: `make` alone lists what can be done.

SHELL := /bin/sh
PYTHON ?= python3
DESK := $(CURDIR)/.venv/bin/python
ENVIRONMENT := $(PYTHON) -m dashboard.local.environment

.DEFAULT_GOAL := help
.PHONY: help run test lint check pictures bench reset stop psql migrations backup restore

help: ## list the targets
	@echo "make <target>, where <target> is one of"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile

run: ## open the desk (PORT=8000, DATABASE_URL=…, DEMO=no for an empty one)
	@$(ENVIRONMENT)
	@exec "$(DESK)" -m dashboard.local.run

test: ## linters, types, contracts and every test
	@$(ENVIRONMENT) --test
	@exec "$(DESK)" -m dashboard.local.suite

lint: ## linters, types, contracts and migrations, without the tests
	@$(ENVIRONMENT) --test
	@exec "$(DESK)" -m dashboard.local.suite lint

check: ## check every invariant of the books
	@$(ENVIRONMENT)
	@"$(DESK)" -m dashboard.local.with_database manage.py verify_books

pictures: ## render every screen into one contact sheet
	@$(ENVIRONMENT) --test
	@exec "$(DESK)" -m dashboard.local.with_database --throwaway tests/browser/pictures.py

bench: ## run what is in benchmarks/
	@$(ENVIRONMENT) --test
	@for file in benchmarks/*/run.py; do \
		test -f "$$file" || { echo "There is nothing in benchmarks/."; exit 0; }; \
		echo "── $$file"; "$(DESK)" -m dashboard.local.with_database "$$file" || exit 1; \
	done

reset: ## drop the demo data (asks first; YES=1 does not)
	@$(ENVIRONMENT)
	@YES=$(YES) "$(DESK)" -m dashboard.local.reset

migrations: ## write the migrations that the models ask for
	@$(ENVIRONMENT)
	@"$(DESK)" -m dashboard.local.with_database manage.py makemigrations

stop: ## end the desk and its database, wherever they were started
	@$(ENVIRONMENT)
	@"$(DESK)" -m dashboard.local.stop

psql: ## a SQL prompt on the embedded database, as its owner
	@$(ENVIRONMENT)
	@exec "$(DESK)" -m dashboard.local.postgres psql

backup: ## write the embedded database into a file (FILE=var/backup.dump)
	@$(ENVIRONMENT)
	@"$(DESK)" -m dashboard.local.postgres dump $(or $(FILE),var/backup.dump)

restore: ## put the embedded database back from a file (FILE=var/backup.dump)
	@$(ENVIRONMENT)
	@"$(DESK)" -m dashboard.local.postgres restore $(or $(FILE),var/backup.dump)
	@"$(DESK)" -m dashboard.local.with_database manage.py migrate --verbosity 0
	@"$(DESK)" -m dashboard.local.with_database manage.py roll_up --rebuild
	@"$(DESK)" -m dashboard.local.with_database manage.py seal_audit --baseline

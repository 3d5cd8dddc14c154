# Targets that run bng-opt for a team: in containers, or the same processes without any.

COMPOSE = docker compose --project-directory deploy
LOCAL ?= deploy/local
PORTS ?= 88
# By default a new file of the time; restore needs one to be named.
FILE ?=

.PHONY: up down logs scale backup restore up-local down-local engine

engine:
	@docker compose version >/dev/null 2>&1 || { \
		echo "Docker Compose isn't installed: install docker and its plugin compose (version 2)," \
			"or run the same processes without containers: make up-local" >&2; exit 1; }
	@docker info >/dev/null 2>&1 || { \
		echo "Docker's daemon can't be reached: start it, or join its group;" \
			"without containers: make up-local" >&2; exit 1; }

up: engine ## start dashboard, service, workers, database and proxy in containers
	@"$(PYTHON)" deploy/make_secrets.py deploy/secrets
	@VERSION=$$(sed -n 's/^__version__ = "\(.*\)"/\1/p' bng_opt/__init__.py) \
		REVISION=$$(git rev-parse HEAD 2>/dev/null || echo unknown) $(COMPOSE) build
	@$(COMPOSE) up --detach --remove-orphans --wait
	@$(COMPOSE) ps --format 'table {{.Service}}\t{{.Status}}'

down: engine ## end all containers; what they keep stays
	@$(COMPOSE) down --remove-orphans

logs: engine ## follow the logs of all containers
	@$(COMPOSE) logs --follow --tail 200

scale: engine ## let WORKERS=4 work
	@$(COMPOSE) up --detach --wait --no-deps --no-recreate --scale worker=$(WORKERS) worker

backup: engine ## back up the database, into FILE or deploy/backups
	@umask 077; file="$(FILE)"; \
	file=$${file:-deploy/backups/bng-$$(date -u +%Y%m%d-%H%M%S).dump}; \
	[ ! -e "$$file" ] || { echo "There is a file $$file already; give FILE another name." >&2; \
		exit 1; }; \
	mkdir -p "$$(dirname "$$file")"; \
	$(COMPOSE) run --rm --no-deps --no-TTY migrate sh -c \
		'bng-opt db backup --out /tmp/backup >&2 && cat /tmp/backup' >"$$file.part" || { \
		rm -f "$$file.part"; echo "There is no backup." >&2; exit 1; }; \
	mv "$$file.part" "$$file"; echo "Backed up to $$file"

restore: engine ## let the database hold what the backup FILE holds
	@[ -r "$(FILE)" ] || { echo "Name the backup: make restore FILE=deploy/backups/…" >&2; exit 1; }
	@echo "What the database holds now is backed up first"
	@$(MAKE) --no-print-directory backup FILE=
	@$(COMPOSE) stop proxy app api reports worker
	@failed=0; $(COMPOSE) run --rm --no-deps --no-TTY migrate sh -c 'cat >/tmp/backup && \
		bng-opt db restore --force /tmp/backup && bng-opt db upgrade && bng-opt db grant bng' \
		<"$(FILE)" || failed=1; \
	$(COMPOSE) up --detach --wait || failed=1; \
	[ $$failed = 0 ] || { echo "It wasn't restored; the messages above say why." >&2; exit 1; }

up-local: $(VENV)/.stamp-dev ## start the same processes without containers; Ctrl-C ends them
	@PATH="$(abspath $(BIN)):$$PATH" LOCAL="$(LOCAL)" PORTS="$(PORTS)" WORKERS="$(WORKERS)" \
		deploy/up_local

down-local: ## end what make up-local started
	@[ -e "$(LOCAL)/supervisord.pid" ] || { echo "Nothing runs in $(LOCAL)." >&2; exit 1; }
	@process=$$(cat "$(LOCAL)/supervisord.pid"); kill -TERM "$$process"; \
	echo "Ending all processes; jobs are kept"; \
	while kill -0 "$$process" 2>/dev/null; do sleep 0.2; done

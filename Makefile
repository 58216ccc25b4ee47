# `make demo` and `make test` do all set-up on a fresh machine; see README.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
SECONDS_ ?= 45
SEED := $(or $(SEED),$(shell date +%s))
# What the tests use as real parts; only `make test` installs them.
APT := e2fsprogs faketime gcc gcc-arm-none-eabi iproute2 libc6-dev mosquitto nftables openssl procps qemu-system-arm socat

.PHONY: demo demo-wheel demo-release test test-long test-loaded test-newest check format docs deb bench lock clean

demo: $(VENV)/.demo
	$(BIN)/poleagent demo --seconds $(SECONDS_) $(if $(KEEP),--keep)

# The same from a built wheel, in an environment that has nothing of this folder.
WHEEL ?= .venv-wheel
demo-wheel: $(WHEEL)/bin/python
	requirements/install $(WHEEL)/bin/python demo
	rm -rf build/lib $(WHEEL)/dist
	$(WHEEL)/bin/pip wheel -qq --disable-pip-version-check --no-deps --no-build-isolation -w $(WHEEL)/dist .
	$(WHEEL)/bin/pip install -qq --disable-pip-version-check --force-reinstall --no-deps $(WHEEL)/dist/*.whl
	cd $(WHEEL)/dist && ../bin/poleagent demo --seconds $(SECONDS_) $(if $(KEEP),--keep) $(if $(JSON),--json)

# Two people sign a model, a pole takes it; two bad ones do not stay.
demo-release: $(VENV)/.dev
	$(BIN)/python -m demo.release

test: check
	$(BIN)/pytest -q -n 2 --dist loadgroup -m "not long"

# What only `make test-long` installs in addition: a second RTSP camera, 300 packages.
test-long: APT += gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly python3-gi
# a browser for the platform's pages, and a Chinese font for it
test-long: APT += chromium fonts-wqy-microhei
# a database server, whose own cluster is neither made nor started
test-long: APT += postgresql
test-long: $(VENV)/.dev apt
	@$(BIN)/pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements/axe.txt
	@echo "make test-long SEED=$(SEED) does the same again, and goes on behind what has passed."
	$(BIN)/pytest -m "long or not long" --durations 20 --seed $(SEED) --hypothesis-seed $(SEED) --resume .pytest_cache/passed-$(SEED)

# The tests next to a busy loop on every core.
test-loaded: $(VENV)/.dev apt
	$(BIN)/python -m tests.loaded $(BIN)/pytest -q -n 2 --dist loadgroup -m "not long"

# The same checks and tests with the newest releases inside the ranges of setup.py; names a release that breaks something.
test-newest: .venv-newest/bin/python apt
	.venv-newest/bin/pip install -qq --disable-pip-version-check --upgrade --upgrade-strategy eager -e '.[demo,dev,update,release]'
	.venv-newest/bin/python -m tests.newest

check: $(VENV)/.dev apt
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.docs_check
	$(BIN)/python -m tests.words_check

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Rewrites every page that is made from the code.
docs: $(VENV)/.dev
	$(BIN)/python -m tests.docs_check --write

deb:
	packaging/build-deb

bench: $(VENV)/.dev
	$(BIN)/python -m bench

# Kept: make would remove what a chain of pattern rules made on its way.
.PRECIOUS: %/bin/python
%/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || { echo "poleagent needs Python 3.11 to 3.14; this is $$($(PYTHON) --version)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $*

$(VENV)/.%: requirements/%.txt requirements/build.txt setup.py | $(VENV)/bin/python
	requirements/install $(BIN)/python $*
	@$(BIN)/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# The newest releases inside the ranges of setup.py, written down with their hashes.
lock: .venv-lock/bin/python
	requirements/install .venv-lock/bin/python lock
	requirements/lock .venv-lock/bin

.PHONY: apt
apt:
	@missing=; for p in $(APT); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing$$missing"; \
	  case $$missing in *postgresql*) $(SUDO) mkdir -p /etc/postgresql-common; \
	    test -e /etc/postgresql-common/createcluster.conf || echo 'create_main_cluster = false' | $(SUDO) tee /etc/postgresql-common/createcluster.conf >/dev/null;; esac; \
	  $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 $(SUDO) apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi

clean:
	rm -rf $(VENV) .venv-lock .venv-newest .venv-wheel build dist *.egg-info

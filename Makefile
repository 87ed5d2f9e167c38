# Run `make` for the list of targets. A line "target: … ## text" documents itself.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build libmxnet test test-slow check-fmt lint test-rust test-c test-python test-jvm test-upstream \
        test-upstream-dist test-cluster sanitizers fmt header demo bench fuzz loom sim clean

LIBRARY := target/release/libmxkv.so

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## the optimised library, target/release/libmxkv.so
	@scripts/need.sh cc
	cargo build --release

libmxnet: build ## a copy named libmxnet.so, for loaders that insist on the name
	@scripts/need.sh readelf
	@scripts/libmxnet.sh $(LIBRARY)

test: check-fmt lint test-rust test-c test-python test-jvm ## everything that must pass before a change lands

check-fmt: ## formatting, without writing
	@scripts/need.sh rustfmt
	cargo fmt --check

lint: ## clippy, warnings are errors
	@scripts/need.sh cc c++ clippy
	cargo clippy --all-targets -- -D warnings

test-rust: ## unit, property and golden tests in Rust
	@scripts/need.sh cc c++ ip
	cargo test

test-c: build ## C programs against the library; also under the address sanitizer and valgrind
	@scripts/need.sh cc c++ clang clang-rt valgrind
	$(MAKE) -C c-tests check asan valgrind

test-python: build ## the stock Python frontend running on the library
	scripts/test-python.sh

test-jvm: build ## the Java and Clojure bindings, and DJL; with MXNET_JVM_FIXTURES also MXNet's own JVM packages
	@scripts/need.sh java mvn
	$(MAKE) -C bindings test LIBRARY=$(CURDIR)/$(LIBRARY)

test-upstream: build ## MXNet's own unit tests on the library; needs MXNET_SOURCE (a checkout or git directory)
	scripts/upstream-tests.sh

loom: ## the engine in all interleavings of small models
	@scripts/need.sh cc
	scripts/loom.sh

sanitizers: ## the C programs and the library under the thread and the address sanitizer; needs a nightly Rust
	@scripts/need.sh cc clang clang-rt
	$(MAKE) -C c-tests tsan instrument

sim: ## ten thousand simulated clusters
	@scripts/need.sh cc c++
	MXKV_SIM_SEEDS=10000 cargo test --lib ps::sim

test-cluster: ## nodes killed and stopped ten times, ten minutes of nonsense from strangers
	@scripts/need.sh cc c++ ip
	MXKV_TEST_TIMES=10 MXKV_FUZZ_SECONDS=600 cargo test --test cluster -- --test-threads 1

test-upstream-dist: build ## MXNet's own tests of distributed stores, ten times; needs MXNET_SOURCE
	TIMES=10 scripts/upstream-dist-tests.sh

# What these need and cannot get by themselves must be there; MXKV_ALLOW_SKIP=1 leaves out what lacks it.
test-slow: test-upstream test-upstream-dist test-cluster sanitizers loom sim ## what takes too long for every change
	scripts/test-python.sh -m slow
	$(MAKE) -C bindings soak LIBRARY=$(CURDIR)/$(LIBRARY)

fmt: ## rewrite the sources in the one format
	@scripts/need.sh rustfmt
	cargo fmt

header: ## write include/ again from the sources
	BLESS=1 cargo test --test header

demo: build ## train a digit classifier on our library and on the original, side by side; then on a cluster
	@$$(scripts/venv.sh) examples/digits/compare.py --library $(CURDIR)/$(LIBRARY)
	@echo; echo "on a cluster of 3 workers and 2 servers:"
	@MXNET_LIBRARY_PATH=$(CURDIR)/$(LIBRARY) target/release/mxkv launch -n 3 -s 2 -- \
	    $$(scripts/venv.sh) -W ignore examples/digits/cluster.py

bench: build ## us and the original in turn: table and picture in build/bench
	@scripts/need.sh cc java mvn
	$$(scripts/venv.sh) benches/run.py

fuzz: ## each fuzz target for ten minutes
	scripts/fuzz.sh

clean: ## remove everything that was built
	cargo clean
	rm -rf build

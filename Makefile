# The targets that need more than cargo. `make` alone lists them.

CARGO ?= cargo
# `make prove`: the card in hdl/cards, how its modular multipliers are simulated (fast or rtl), and
# further arguments such as "--payments 4 --depth 20 --check".
CONFIG ?= bn254
FILL ?= fast
ARGS ?=
# dev instead of release: what the tests have built already.
PROFILE ?= release
# Where `make emit` writes and `make lint` reads.
VERILOG ?= target/verilog

.PHONY: help setup setup-synthesis prove test lint doc emit checksums yosys

help:
	@echo "make setup            install the pinned simulator into .venv"
	@echo "make setup-synthesis  install the pinned synthesiser besides"
	@echo "make prove            prove a batch of payments on a simulated card (FILL=fast|rtl ARGS=\"--payments 3 --depth 16\")"
	@echo "make test             all tests"
	@echo "make lint             check the Verilog of all cards with all of Verilator's warnings"
	@echo "make emit             write the Verilog of all cards"
	@echo "make checksums        record the Verilog of all cards after a change of the RTL"
	@echo "make yosys            elaborate and check the Verilog of all cards with Yosys"
	@echo "make doc              the documentation of all crates"

setup:
	@tools/setup

setup-synthesis:
	@tools/setup synthesis

prove: setup
	$(CARGO) run --profile $(PROFILE) -p gristmill-sim --bin gristmill-sim -- --config $(CONFIG) --fill $(FILL) prove $(ARGS)

test: setup
	$(CARGO) test --workspace

lint: setup emit
	$(CARGO) run -p gristmill-sim --bin gristmill-sim -- lint $(VERILOG)/*.v

emit:
	$(CARGO) run -p gristmill-hdl --bin gristmill-hdl -- emit --output $(VERILOG)

checksums:
	$(CARGO) run -p gristmill-hdl --bin gristmill-hdl -- checksums --accept

yosys: setup-synthesis emit
	@tools/elaborate $(VERILOG)/*/

doc:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps

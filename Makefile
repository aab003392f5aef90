# The targets that need more than cargo. `make` alone lists them.

CARGO ?= cargo
# `make prove`: the card in hdl/cards, how its modular multipliers are simulated (fast or rtl), and
# further arguments such as "--payments 4 --depth 20 --check".
CONFIG ?= bn254_prover
# Where that card is simulated: sim (in the same process) or vfio-user (in one of its own, over a socket).
CARD ?= sim
FILL ?= fast
ARGS ?=
# dev instead of release: what the tests have built already.
PROFILE ?= release
# Programs that are there already, instead of those that cargo builds: .ci/run has the tests' own.
HDL ?=
SIM ?=
run_hdl = $(or $(HDL),$(CARGO) run -p gristmill-hdl --bin gristmill-hdl --)
run_sim = $(or $(SIM),$(CARGO) run --profile $(1) -p gristmill-sim --bin gristmill-sim --)
# The sums of `make bls12-381`: number of pairs, and how the scalars are distributed.
BLS12_381_SUMS ?= 1:uniform 2:minus-one 33:uniform 1000:witness 1024:equal 1024:zero 1024:one 1024:minus-one \
	4096:uniform 16384:uniform
# The transforms of `make ntt-long`: cards, binary logarithms of sizes, and modes with `+` for a space.
NTT_CARDS ?= $(filter-out ntt_toy%,$(basename $(notdir $(wildcard hdl/cards/ntt_*.toml))))
NTT_SIZES ?= 15 16 17 18 19 20 21 22 23 24
NTT_MODES ?= --output-reversed --inverse --coset+--input-reversed
# The CPU libraries of `make bench` are built for this machine's vector extensions, beside the usual builds. FULL=1 goes on
# to the largest sizes.
BENCH = RUSTFLAGS="-C target-cpu=native" CARGO_TARGET_DIR=$(or $(CARGO_TARGET_DIR),target)/native \
	$(CARGO) run --release -p gristmill-bench --features cpu --
FULL ?=
# Why `make bench-accept` records another baseline.
REASON ?=
# Where `make emit` writes and `make lint` reads.
VERILOG ?= target/verilog
# `make resources`: further arguments, such as "--jobs 2 --total-seconds 3000".
RESOURCES ?=
# The board of `make bitstream`.
BOARD ?= ecpix5

.PHONY: help setup setup-synthesis prove bench report bench-check bench-accept model-points figures path-figures test test-vm test-vm-iommufd conformance-long ntt-long fills adder-rtl bls12-381 lint doc emit checksums yosys \
	setup-bitstream resources bitstream shell-check

help:
	@echo "make setup            install the pinned simulator into .venv"
	@echo "make setup-synthesis  install the pinned synthesiser besides"
	@echo "make setup-bitstream  install the pinned place and route for ECP5 besides"
	@echo "make prove            prove a batch of payments on a simulated card (CARD=sim|vfio-user FILL=fast|rtl ARGS=\"--payments 3 --depth 16\")"
	@echo "make bench            measure cards and CPU libraries, and write bench/results/report.html (FULL=1: larger sizes)"
	@echo "make report           write the report, and the README's part of it, from the results that are there"
	@echo "make bench-check      compare the cycles of all listed points with the baseline"
	@echo "make bench-accept     record the cycles of all listed points (REASON=\"...\")"
	@echo "make model-points     simulate the points of the cycle model again (minutes)"
	@echo "make figures          measure what the design promises, on the simulated card"
	@echo "make path-figures     measure what the way to the simulated card costs, in the process and over a socket"
	@echo "make test             all tests"
	@echo "make test-vm          the card behind a virtual machine's kernel: the suite and a proof through VFIO (Debian)"
	@echo "make test-vm-iommufd  the same on a kernel that offers VFIO by iommufd, which is built first (minutes, once)"
	@echo "make adder-rtl        the BN254 adder of record, tile by tile, against arkworks (minutes)"
	@echo "make bls12-381        the BLS12-381 adder and card against arkworks (minutes)"
	@echo "make conformance-long the long conformance suite on the toy cards, in the RTL of record"
	@echo "make ntt-long         transforms of 2^15 to 2^24 elements of every field against the host's (hours; NTT_SIZES=\"15 20\")"
	@echo "make fills            compare the RTL of record with the fast fill (CONFIG=bn254, some minutes)"
	@echo "make lint             check the Verilog of all cards with all of Verilator's warnings"
	@echo "make emit             write the Verilog of all cards"
	@echo "make checksums        record the Verilog of all cards after a change of the RTL"
	@echo "make yosys            elaborate and check the Verilog of all cards with Yosys"
	@echo "make resources        synthesise what has changed, write hdl/RESOURCES.md (hours when everything has)"
	@echo "make bitstream        build the image of a board (BOARD=ecpix5, up to an hour)"
	@echo "make shell-check      elaborate the shell of the Alveo U55C with black boxes for what is the vendor's"
	@echo "make doc              the documentation of all crates"

setup:
	@tools/setup

setup-synthesis:
	@tools/setup synthesis

setup-bitstream:
	@tools/setup synthesis bitstream

prove: setup
	$(call run_sim,$(PROFILE)) --config $(CONFIG) --fill $(FILL) prove --card $(CARD) $(ARGS)

bench: setup
	$(BENCH) run $(if $(FULL),--full)

report:
	$(CARGO) run --release -p gristmill-bench -- report

bench-check: setup
	$(CARGO) run --release -p gristmill-bench -- check

bench-accept: setup
	$(CARGO) run --release -p gristmill-bench -- accept --reason "$(REASON)"

model-points: setup
	$(CARGO) run --release -p gristmill-bench -- model-points

figures: setup
	$(CARGO) run --release -p gristmill-bench -- figures

path-figures: setup
	$(CARGO) run --release -p gristmill-bench -- path

test: setup
	$(CARGO) test --workspace

test-vm: setup
	PROFILE=$(PROFILE) tools/test-vm

test-vm-iommufd: setup
	PROFILE=$(PROFILE) KERNEL=iommufd tools/test-vm

adder-rtl: setup
	$(CARGO) test -p gristmill-sim --test cells -- --ignored --exact adder::bn254_adder_of_record

bls12-381: setup
	$(CARGO) test -p gristmill-sim --test cells -- --ignored --exact adder::bls12_381_adder
	$(CARGO) build --release -p gristmill-sim --bin gristmill-sim
	set -e; for sum in $(BLS12_381_SUMS); do \
		$(CARGO) run --release --quiet -p gristmill-sim --bin gristmill-sim -- --config bls12_381 \
			msm --card sim --curve bls12-381 --size $${sum%:*} --distribution $${sum#*:}; \
	done

conformance-long: setup
	for card in toy toy2; do for link in ideal hostile; do \
	$(CARGO) run --release -p gristmill-sim --bin gristmill-sim -- --config $$card --fill rtl --link $$link selftest --long || exit 1; \
	done; done

ntt-long: setup
	set -e; for size in $(NTT_SIZES); do for card in $(NTT_CARDS); do for mode in $(NTT_MODES); do \
		echo "$$card"; \
		$(call run_sim,release) --config $$card ntt --card sim --size-log2 $$size $$(echo $$mode | tr + ' '); \
	done; done; done

fills: setup
	GRISTMILL_FILLS=$(CONFIG) $(CARGO) test --release -p gristmill-sim --test fills

lint: setup emit
	$(call run_sim,dev) lint $(VERILOG)/*.v

emit:
	$(run_hdl) emit --output $(VERILOG)

checksums:
	$(run_hdl) checksums --accept

yosys: setup-synthesis emit
	@tools/elaborate $(VERILOG)/*/

resources: setup-synthesis
	$(run_hdl) cells --output target/resources/verilog/cells
	set -e; for card in bn254_prover bls12_381 ntt_goldilocks ntt_baby_bear ntt_koala_bear ntt_bls12_381; do \
		$(run_hdl) emit --config $$card --output target/resources/verilog/record > /dev/null; \
	done
	set -e; for card in ntt_goldilocks ntt_baby_bear; do \
		$(run_hdl) emit --config $$card --fill portable --output target/resources/verilog/portable > /dev/null; \
	done
	python3 tools/resources $(RESOURCES)

bitstream: setup-bitstream
	$(run_hdl) self-test --output target/bitstreams/verilog
	tools/bitstream $(BOARD) target/bitstreams/verilog

shell-check: setup-synthesis
	$(run_hdl) emit --config bn254_prover --output $(VERILOG) > /dev/null
	tools/shell-check u55c $(VERILOG)/bn254_prover

doc:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps

# palmal: `make` alone lists what there is.

GO      ?= go
TAGS    ?= mujoco
BIN     := bin
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -X main.version=$(VERSION)

.DEFAULT_GOAL := help
.PHONY: help setup build build-portable demo test test-portable torture race lint bench clean
.PHONY: setup-cuda kernels build-cuda test-emulated bundle peers-check

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install MuJoCo, OpenBLAS and OSMesa if they are missing (Debian, Ubuntu)
	@sh .ci/setup

build: setup ## build bin/palmal with MuJoCo
	$(GO) build -tags "$(TAGS)" -ldflags "$(LDFLAGS)" -o $(BIN)/palmal ./cmd/palmal

build-portable: ## build bin/palmal-portable without any C: toy worlds only
	CGO_ENABLED=0 $(GO) build -ldflags "$(LDFLAGS)" -o $(BIN)/palmal-portable ./cmd/palmal

DEMO := runs/demo
demo: build ## train PAL on the inverted pendulum until solved, evaluate it, show where things are
	@if [ -e $(DEMO) ]; then \
	  echo "$(DEMO) exists: continuing or showing that run (remove it to start anew)"; \
	  $(BIN)/palmal resume $(DEMO); \
	else \
	  $(BIN)/palmal train --task inverted_pendulum --algo pal --preset tuned --set evaluation.stop_at=950 --out $(DEMO); \
	fi
	@$(BIN)/palmal eval $(DEMO)
	@$(BIN)/palmal plot $(DEMO)
	@echo
	@echo "learning curve  $(DEMO)/plots/learning.svg"
	@echo "metrics         $(DEMO)/metrics.jsonl"
	@echo "checkpoints     $(DEMO)/checkpoints/"
	@echo "next            $(BIN)/palmal train --task hopper --algo pal --preset tuned"

test: setup ## run every test, with and without MuJoCo
	$(GO) vet -tags "$(TAGS)" ./...
	$(GO) test -tags "$(TAGS)" ./...
	CGO_ENABLED=0 $(GO) vet ./...
	CGO_ENABLED=0 $(GO) test ./...

test-portable: ## run the tests that need no C library
	CGO_ENABLED=0 $(GO) test ./...

TORTURE ?= 9m
torture: setup ## attack run directories for TORTURE (default 9m): kills, faults of every operation, power cuts, altered files
	PALMAL_TORTURE=$(TORTURE) $(GO) test -count 1 -parallel 4 -timeout 20m -v -tags "$(TAGS)" -run 'Torture|AnyFailing|PowerCuts' ./cmd/palmal ./cmd/palmal/internal/run

race: setup ## run the tests that use goroutines under the race detector
	$(GO) test -race -tags "$(TAGS)" -short ./physics/... ./algo/... ./nn/...

lint: ## formatting and vet
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "gofmt wants to change:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...

bench: build ## time fit, rollout, natural gradient and a whole iteration against this machine's SGEMM
	$(BIN)/palmal bench

# The linker wants a libcuda although the program finds the driver when it runs; the toolkit has a stub.
CUDA_ENV := CGO_LDFLAGS="$(CGO_LDFLAGS) -L/usr/lib/x86_64-linux-gnu/stubs -L/usr/local/cuda/lib64/stubs" \
            CGO_CFLAGS="$(CGO_CFLAGS) -O2 -g -I$(CURDIR)/gpu/internal/compat"
IMAGE    := cuda/build/kernels.fatbin

setup-cuda: ## install nvcc and the CUDA headers if they are missing (Debian, Ubuntu)
	@sh .ci/setup-cuda

kernels: $(IMAGE) ## compile the CUDA kernels; fails on register spills that cuda/spills.txt does not explain

$(IMAGE): $(wildcard cuda/*.cu cuda/*.cuh) cuda/build.sh cuda/spills.txt
	cuda/build.sh

build-cuda: setup kernels ## build bin/palmal-cuda with MuJoCo and CUDA; starts without a GPU too
	$(CUDA_ENV) $(GO) build -tags "$(TAGS) cuda" -ldflags "$(LDFLAGS)" -o $(BIN)/palmal-cuda ./cmd/palmal

test-emulated: ## run the kernels and package gpu on a CPU emulator; no GPU needed
	@$(CUDA_ENV) cuda/emu/test.sh

bundle: build-cuda ## pack bin/palmal-cuda with the libraries it needs, for a bare GPU server
	$(CUDA_ENV) $(GO) test -tags "$(TAGS) cuda" -c -o $(BIN)/gpu.test ./gpu
	.ci/bundle $(BIN)/palmal-cuda.tar.gz $(BIN)/palmal-cuda $(BIN)/gpu.test

PYTHON ?= python3
PEERS  := "torch_batched.py" "torch_batched.py --variant compile" "jax_scan.py" "jax_scan.py --variant unrolled" "torch_reference.py"

peers-check: ## run the peers of bench/gpu.sh on the CPU at a tenth of the work; PYTHON needs PyTorch and JAX
	@mkdir -p $(BIN) && rm -f $(BIN)/peers.jsonl
	@for peer in $(PEERS); do \
	  $(PYTHON) bench/peers/$$peer --device cpu --quick --seconds 0.2 >> $(BIN)/peers.jsonl || exit 1; \
	done
	@$(PYTHON) bench/table.py $(BIN)/peers.jsonl

clean: ## remove what was built
	rm -rf $(BIN) cuda/build

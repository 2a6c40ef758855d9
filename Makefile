# palmal: `make` alone lists what there is.

GO      ?= go
BIN     := bin
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -X main.version=$(VERSION)

.DEFAULT_GOAL := help
.PHONY: help setup build build-portable build-all demo test test-gymnasium test-portable test-arm64 torture race lint bench clean
.PHONY: setup-cuda kernels build-cuda test-emulated bundle bench-peers peers-check gpu-tests gpu-dry-run sanitize profile

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install MuJoCo, OpenBLAS and OSMesa if they are missing (Debian, Ubuntu)
	@sh .ci/setup

build: setup ## build bin/palmal
	$(GO) build -ldflags "$(LDFLAGS)" -o $(BIN)/palmal ./cmd/palmal

build-portable: ## build bin/palmal-portable without cgo
	CGO_ENABLED=0 $(GO) build -ldflags "$(LDFLAGS)" -o $(BIN)/palmal-portable ./cmd/palmal

PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

build-all: ## build bin/palmal-OS-ARCH for the systems in PLATFORMS, without any C
	@for platform in $(PLATFORMS); do \
	  system=$${platform%/*} processor=$${platform#*/} ending=; \
	  [ $$system != windows ] || ending=.exe; \
	  echo "$(BIN)/palmal-$$system-$$processor$$ending"; \
	  CGO_ENABLED=0 GOOS=$$system GOARCH=$$processor $(GO) build -ldflags "$(LDFLAGS)" -o $(BIN)/palmal-$$system-$$processor$$ending ./cmd/palmal || exit 1; \
	done

DEMO := runs/demo
demo: build ## train PAL on the inverted pendulum until solved, evaluate it, show where things are
	@if [ -e $(DEMO) ]; then \
	  echo "$(DEMO) exists: continuing or showing that run (remove it to start again)"; \
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

test: setup ## run every test, with MuJoCo, and without it and cgo
	$(GO) vet ./...
	$(GO) test -timeout 25m ./...
	CGO_ENABLED=0 $(GO) vet ./...
	CGO_ENABLED=0 PALMAL_MUJOCO=off $(GO) test -timeout 25m ./...

test-portable: ## run the tests that need no library
	CGO_ENABLED=0 PALMAL_MUJOCO=off $(GO) test -timeout 25m ./...

test-gymnasium: ## run the tests on environments of Gymnasium, which it installs from PyPI into a folder of their own
	PALMAL_PYTHON=$$(sh .ci/setup-gymnasium) && export PALMAL_PYTHON && export PALMAL_REQUIRE_GYMNASIUM=1 && \
	$(GO) test -count=1 -timeout 15m ./physics/remote && \
	$(GO) test -count=1 -timeout 15m -run 'Environment|WhatNeverEnds|Terminations' ./physics && \
	$(GO) test -count=1 -run ONNX ./cmd/palmal/run && \
	$(GO) test -count=1 -timeout 40m -run 'TestScripts/gymnasium|Gymnasium' ./cmd/palmal

# Programs that load libraries when they run are linked to the C library, so the emulator needs arm64's.
ARM64 := qemu-aarch64-static -L /usr/aarch64-linux-gnu

test-arm64: ## run the tests of the loops over elements for arm64 in an emulator of the processor
	@sh .ci/setup-arm64
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 $(GO) test -c -o $(BIN)/cpu-arm64.test ./nn/cpu
	@$(ARM64) $(BIN)/cpu-arm64.test -test.list Element | grep -q TestElementLoopsAgreeWithTheirTwins
	$(ARM64) $(BIN)/cpu-arm64.test -test.v -test.run 'Element|Tanh|ValueInputs'

TORTURE ?= 9m
torture: setup ## attack run directories for TORTURE (default 9m): kills, faults of every operation, power cuts, altered files
	PALMAL_TORTURE=$(TORTURE) $(GO) test -count 1 -parallel 4 -timeout 20m -v -run 'Torture|AnyFailing|PowerCuts' ./cmd/palmal ./cmd/palmal/run

race: setup ## run the tests that use goroutines under the race detector
	$(GO) test -race -short -timeout 30m ./physics/... ./algo/... ./nn/...

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

build-cuda: setup kernels ## build bin/palmal-cuda with CUDA; starts without a GPU too
	$(CUDA_ENV) $(GO) build -tags cuda -ldflags "$(LDFLAGS)" -o $(BIN)/palmal-cuda ./cmd/palmal

test-emulated: ## run the kernels and package gpu on a CPU emulator; no GPU needed
	@$(CUDA_ENV) cuda/emu/test.sh

PLANTED  := cuda/build/planted.fatbin

$(PLANTED): $(wildcard gpu/testdata/planted/*) cuda/device.cuh
	gpu/testdata/planted/build.sh $@

gpu-tests: build-cuda $(PLANTED)
	$(CUDA_ENV) $(GO) test -tags cuda -c -o $(BIN)/gpu.test ./gpu

# Programs of the bundle carry no symbols, and find its libraries beside them. The library that reads Parquet would be a
# twentieth of it, and inlined functions too; the tests need no speed of their own.
BUNDLE_LDFLAGS := -s -w $(LDFLAGS) -extldflags '-Wl,--disable-new-dtags,-rpath,\$$ORIGIN/../lib'

bundle: setup kernels $(PLANTED) ## pack palmal-cuda and the GPU tests with the libraries they need, for a bare GPU server
	$(CUDA_ENV) $(GO) build -tags cuda -ldflags "$(BUNDLE_LDFLAGS)" -o $(BIN)/bundle/palmal-cuda ./cmd/palmal
	$(CUDA_ENV) $(GO) test -tags cuda -gcflags=all=-l -c -ldflags "$(BUNDLE_LDFLAGS)" -o $(BIN)/bundle/gpu.test ./gpu
	.ci/bundle $(BIN)/palmal-cuda.tar.gz $(BIN)/bundle/palmal-cuda $(BIN)/bundle/gpu.test
	.ci/bundle-size $(BIN)/palmal-cuda.tar.gz

gpu-dry-run: setup setup-cuda gpu-tests ## run all of bench/gpu.sh on the emulator, also with parts that fail and hang; no GPU needed
	@$(CUDA_ENV) cuda/emu/build.sh cuda/build/emulator
	@$(CUDA_ENV) cuda/emu/build.sh cuda/build/planted gpu/testdata/planted
	bench/dry-run.sh

SANITIZE_TESTS := Smoke|Conformance|Width|ValueFit|LongPaths

sanitize: gpu-tests ## on a GPU: compute-sanitizer's memcheck, racecheck and synccheck over the short tests of package gpu
	PALMAL_GPU_SCALE=20 SANITIZE_TESTS='$(SANITIZE_TESTS)' bench/gpu.sh $(BIN)/sanitize memcheck racecheck synccheck

PROFILE := $(BIN)/profile
profile: build-cuda ## profile a PAL iteration on this GPU by Nsight Systems (nsys)
	@command -v nsys >/dev/null 2>&1 || { echo "no nsys in PATH: install NVIDIA Nsight Systems (package nsight-systems of NVIDIA's repository)" >&2; exit 1; }
	nsys profile --force-overwrite=true --trace=cuda,nvtx --capture-range=cudaProfilerApi --capture-range-end=stop -o $(PROFILE) \
	  $(BIN)/palmal-cuda bench iteration --backend cuda --repeat 1 --profile 1:1
	nsys stats --force-export=true $(PROFILE).nsys-rep
	@echo "the whole of it: nsys-ui $(PROFILE).nsys-rep"

PYTHON ?= python3
PEERS  := "torch_batched.py" "torch_batched.py --variant compile" "jax_scan.py" "jax_scan.py --variant unrolled" "torch_reference.py"

bench-peers: build ## time palmal beside PyTorch and JAX on this CPU, which PYTHON needs (PYTHON=venv/bin/python)
	PYTHON=$(PYTHON) $(BIN)/palmal bench --peers bench/peers

peers-check: ## run the peers of bench/gpu.sh on the CPU at a tenth of the work; PYTHON needs PyTorch and JAX
	@mkdir -p $(BIN) && rm -f $(BIN)/peers.jsonl
	@for peer in $(PEERS); do \
	  $(PYTHON) bench/peers/$$peer --device cpu --quick --seconds 0.2 >> $(BIN)/peers.jsonl || exit 1; \
	done
	@$(PYTHON) bench/table.py $(BIN)/peers.jsonl

clean: ## remove what was built
	rm -rf $(BIN) cuda/build

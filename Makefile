# palmal: `make` alone lists what there is.

GO      ?= go
TAGS    ?= mujoco
BIN     := bin
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -X main.version=$(VERSION)

.DEFAULT_GOAL := help
.PHONY: help setup build build-portable demo test test-portable race lint bench clean

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

race: setup ## run the tests that use goroutines under the race detector
	$(GO) test -race -tags "$(TAGS)" -short ./physics/... ./algo/... ./nn/...

lint: ## formatting and vet
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "gofmt wants to change:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...

bench: build ## time fit, rollout, natural gradient and a whole iteration against this machine's SGEMM
	$(BIN)/palmal bench

clean: ## remove what was built
	rm -rf $(BIN)

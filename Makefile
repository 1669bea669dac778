# Everything a person or a machine does with this repository.
#
#   make          build the tool, vendor the pinned policies, build the chart
#   make test     the tests that need no cluster, without the long proofs
#   make proof    every package with a long proof, in full: all fixtures at all versions, random pods, long scripts
#   make e2e      the tests on a real API server, which is built once; docs/e2e.md
#   make e2e-up   leave that API server running, make e2e-down to end it
#   make chainsaw the chart's Chainsaw suite on the present cluster, CLUSTER=name for that of one; docs/chainsaw.md
#   make lint     gofmt, go vet, golangci-lint, go mod tidy
#   make pairs    bump between every two of upstream's versions, which takes minutes
#   make bench    timings, as ratios within one run
#   make fuzz     reader and chart against random input, FUZZTIME each, then PODS pods; docs/parity.md
#   make update   write goldens, locks, docs/flags.md and docs/flow.svg anew; read the diff before committing
#   make package  the chart as an archive in dist/
#   make release  the bundle of this version in dist/, and its record in releases/
#   make verify   make the bundle of this version again, and prove it by the record

GO       ?= go
FUZZTIME ?= 2m
PODS     ?= 20000
SEED     ?= 1
BIN      := bin/vapchart
VERSION  := $(shell sed -n 's/^chart:.*version: *\([^},]*\).*/\1/p' vapchart.yaml)

.PHONY: all tool test proof e2e e2e-up e2e-down chainsaw lint pairs bench fuzz update package release verify clean
.DEFAULT_GOAL := all

all: tool
	@$(BIN) vendor
	@$(BIN) build

# Without a version of Go's making, which would name a commit: releases are the same
# whichever commit the tool was built from.
tool:
	@$(GO) build -trimpath -buildvcs=false -o $(BIN) ./cmd/vapchart

# Collecting less often halves the time; the memory is there.
test:
	GOGC=400 $(GO) test -short -timeout 30m ./...

# Whatever skips under -short is run here, for its package is found by that word.
proof:
	GOGC=400 $(GO) test -count=1 -timeout 60m $$(grep -rlE 'testing\.Short\(\)|^\[short\] skip' --include=*_test.go --include=*.txtar cmd internal locks policies templates | \
	  sed -E 's#^#./#; s#/testdata/.*##; s#/[^/]*_test\.go$$##' | sort -u)

# As many at once as there are control planes.
e2e:
	cd e2e && GOGC=400 $(GO) test -count=1 -timeout 40m -parallel 3 ./...

e2e-up:
	@cd e2e && $(GO) run ./cmd/cluster up

e2e-down:
	@cd e2e && $(GO) run ./cmd/cluster down

# The suite of the chart, or what the values of one cluster enforce.
chainsaw: $(if $(CLUSTER),tool)
	@command -v chainsaw >/dev/null || { echo "error: no chainsaw on the PATH" >&2; \
		echo "hint: https://kyverno.github.io/chainsaw/latest/quick-start/install/ has the binary" >&2; exit 1; }
	@$(if $(CLUSTER),$(BIN) chainsaw --cluster $(CLUSTER) --out dist/chainsaw-$(CLUSTER))
	@chainsaw test --test-dir $(if $(CLUSTER),dist/chainsaw-$(CLUSTER),chainsaw)

lint:
	test -z "$$(gofmt -l cmd e2e internal templates policies locks | tee /dev/stderr)"
	$(GO) vet ./...
	$(GO) mod tidy -diff
	$(GO) tool -modfile=tools/go.mod golangci-lint run -c tools/golangci.yaml
	cd e2e && $(GO) vet ./... && $(GO) mod tidy -diff && \
	  $(GO) tool -modfile=../tools/go.mod golangci-lint run -c ../tools/golangci.yaml --disable depguard,forbidigo

pairs:
	GOGC=400 $(GO) test ./internal/bump -run '^TestBumpPairs$$' -count=1 -timeout 60m -v -pairs

bench:
	$(GO) test -run '^$$' -bench . -benchtime 5x -timeout 60m $$(grep -rl 'func Benchmark' internal | xargs -n1 dirname | sort -u | sed 's#^#./#')

fuzz:
	$(GO) test -run '^$$' -fuzz FuzzRead -fuzztime $(FUZZTIME) ./internal/kyverno
	$(GO) test -run '^$$' -fuzz FuzzParity -fuzztime $(FUZZTIME) ./internal/proof
	$(GO) test -run '^TestRandomPods$$' -timeout 0 -v ./internal/proof -pods $(PODS) -seed $(SEED)

update:
	$(GO) test $$(grep -rl 'flag.Bool("update"' internal | xargs -n1 dirname | sort -u | sed 's#^#./#') -update
	UPDATE_SCRIPTS=1 $(GO) test ./internal/cli -run 'TestScripts|TestFlagsPage|TestFlowPicture'

package: tool
	@$(BIN) vendor
	@$(BIN) build --package dist

release: tool
	@$(BIN) vendor
	@$(BIN) release $(VERSION)

# What is recorded is never changed: a bundle that comes out otherwise fails.
verify: release
	@test -f releases/$(VERSION)/release.yaml
	@$(BIN) verify dist/pod-security-$(VERSION).bundle.tar.gz --version $(VERSION) --record releases/$(VERSION)

clean:
	rm -rf bin dist upstream

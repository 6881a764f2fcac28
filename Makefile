# Seestern: `make demo` shows it, `make test` proves it.

.DELETE_ON_ERROR:
.PHONY: build demo test check assets judge soak gallery bench bench-matching clean

export CGO_ENABLED := 0

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOFUMPT := mvdan.cc/gofumpt@v0.12.0

GALLERY ?= bin/gallery
FRONTEND := web/frontend
JUDGE := federation/fedify
MODULES := node_modules/.package-lock.json
MANIFEST := web/static/manifest.json

build: assets ## the program, bin/seestern
	go build -trimpath -ldflags "-s -w" -o bin/seestern ./cmd/seestern

demo: build ## three instances on this machine, partners of each other
	./bin/seestern demo

test: ## everything: tools, checks, database, browser, all tests
	./scripts/test

check: ## format, vet, staticcheck, build
	@unformatted="$$(go run $(GOFUMPT) -l .)" && \
		if [ -n "$$unformatted" ]; then echo "run gofumpt -w on:"; echo "$$unformatted"; exit 1; fi
	go vet -tags browser ./...
	go run $(STATICCHECK) -tags browser ./...
	go build ./...

assets: $(MANIFEST) ## style, scripts and fonts that the program embeds

judge: $(JUDGE)/$(MODULES) ## the server of another make that a test meets

soak: ## a thousand kills on each database while activities flow; hours
	SEESTERN_KILLS=1000 ./scripts/with-postgres go test ./federation -run TestKill9 -v -timeout 6h

gallery: assets ## pictures of every page in bin/gallery (or GALLERY=folder), after every page was checked in every way it can be looked at
	./scripts/setup-test
	SEESTERN_CHROMIUM="$$(./scripts/find-tool chromium)" SEESTERN_GALLERY="$(abspath $(GALLERY))" SEESTERN_EVERY_LOOK=1 \
		go test -tags browser -count 1 -timeout 3h -run 'TestGallery|TestEveryPage' ./web
	@echo "open $(GALLERY)/index.html"

bench: assets ## the figures of ARCHITECTURE.md, measured on this machine
	./scripts/with-postgres go run ./scripts/bench

bench-matching: build ## how well opportunities are matched with people, against what other platforms do
	go run ./scripts/bench/matching -program ./bin/seestern

clean: ## removes what the targets above made
	rm -rf bin $(FRONTEND)/node_modules $(JUDGE)/node_modules
	find web/static -mindepth 1 ! -name README -delete

# npm ci runs again only when the lock file changed, the asset build only when one of its sources did.
%/$(MODULES): %/package-lock.json
	cd $* && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

$(MANIFEST): $(FRONTEND)/$(MODULES) $(shell find $(FRONTEND) -name node_modules -prune -o -type f -print)
	cd $(FRONTEND) && node build.mjs
	touch $@

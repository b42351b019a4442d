# SPDX-License-Identifier: Apache-2.0
# The front door. Meson does the work; these are the words people type.
BUILD ?= build
PREFIX ?= /usr/local
export CI

.PHONY: all build deps demo check quick parity install bench clean

all: build

deps:            ## everything a build needs (asks for root only when something is missing)
	@sh tools/deps.sh build

build: deps      ## build/mintmark and the libraries
	@sh tools/build.sh $(BUILD) $(PREFIX)

demo: build      ## the main job on the bundled example
	@sh tools/demo.sh $(BUILD)

check:           ## builds and passes all tests, sanitizer runs included
	@sh tools/deps.sh check
	@sh tools/check.sh

quick: build     ## the tests that take less than a minute
	@meson test -C $(BUILD) --suite quick --print-errorlogs

parity: build    ## our figures beside those of the reference packages, which it installs (network, gigabytes)
	@sh tests/golden/parity.sh

install: build   ## everything under PREFIX
	@meson install -C $(BUILD) --quiet
	@echo "installed under $(PREFIX); try: $(PREFIX)/bin/mintmark doctor"

clean:
	rm -rf $(BUILD) build-*

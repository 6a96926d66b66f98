# A thin front for meson; what it needs and does stands in tools/.
BUILD ?= build
ASAN ?= build-asan
PLAIN ?= build-plain
PREFIX ?= /usr/local
DESTDIR ?=
ARGS ?=

.PHONY: all run test lint bench install clean

# Builds build/descry. Installs nothing, but says what package is missing.
all:
	@tools/deps.sh check build
	@tools/build.sh $(BUILD)

# Installs what is missing, builds, and looks at the open ports of localhost: make run [ARGS="-p 8000 127.0.0.1"]
run:
	@tools/deps.sh install build
	@tools/build.sh $(BUILD)
	@tools/run-local.sh $(ARGS)

# All tests; unit and scenario tests and the fuzz corpus once more with the address and undefined behaviour sanitizers;
# scenarios once more without OpenSSL.
test:
	@tools/deps.sh install build test live
	@tools/build.sh $(BUILD)
	@tools/build.sh $(ASAN) -Db_sanitize=address,undefined -Db_lundef=false
	@tools/build.sh $(PLAIN) -Dtls=disabled
	@tools/run-tests.py $(BUILD) $(ASAN):unit,scenario,fuzz $(PLAIN):scenario

# Layers, style, format, shell scripts.
lint:
	@tools/deps.sh install lint
	@tools/lint.sh

# Measures what descry is to reach (docs/benchmarks.md); as root, for its network namespaces: make bench [ARGS=--with-reference]
bench:
	@tools/deps.sh install build test live
	@tools/build.sh $(BUILD)
	@tests/bench/bench.py --build $(BUILD) $(ARGS)

install:
	@tools/deps.sh check build
	@tools/build.sh $(BUILD)
	@meson configure $(BUILD) -Dprefix=$(PREFIX)
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD)

clean:
	rm -rf $(BUILD) $(ASAN) $(PLAIN)

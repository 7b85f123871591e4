# Short names for the long commands.
.PHONY: build test truth torture lint format bench bench-quick clean
build: ; tools/install.sh build && cmake --preset release && cmake --build --preset release
test: ; ./test.sh
truth: ; tools/install.sh build test && cmake --preset release && cmake --build --preset release && tests/e2e/truth_at_scale.py
torture: ; tests/torture/all.sh
lint: ; tools/install.sh build test lint && tools/lint
format: ; find src tests bench fuzz -name '*.cc' -o -name '*.h' | xargs clang-format -i
bench: ; tools/install.sh build test && cmake --preset release && cmake --build --preset release && bench/all.sh
bench-quick: ; bench/all.sh --quick
clean: ; rm -rf build

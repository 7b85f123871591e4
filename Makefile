# Short names for the long commands.
.PHONY: build test lint format bench clean
build: ; tools/install.sh build && cmake --preset release && cmake --build --preset release
test: ; ./test.sh
lint: ; tools/install.sh build test lint && tools/lint
format: ; find src tests bench fuzz -name '*.cc' -o -name '*.h' | xargs clang-format -i
bench: ; bench/main_job.sh
clean: ; rm -rf build

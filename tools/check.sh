#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# All tests: the ordinary build with gcc, then clang with the address and undefined-behaviour sanitizers, then clang with the
# thread sanitizer. Noise of libraries is suppressed by name in tests/*.supp, with the reason.
set -eu
export OMP_WAIT_POLICY=passive # XGBoost's threads must not spin against the test beside
cd "$(dirname "$0")/.."
say() { printf '\n== %s\n' "$*"; }

say "layers, symbols, documents"
python3 tools/check_layers.py
for header in include/mintmark/*.h; do
    gcc -std=c99 -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only -x c "$header"
    gcc -std=c17 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -Iinclude -fsyntax-only -x c "$header"
done

say "gcc, all warnings are errors"
sh tools/build.sh build /usr/local
python3 tools/check_symbols.py build/src/libmintmark.so include/mintmark
python3 tools/make_docs.py build/mintmark --check
meson test -C build --print-errorlogs

say "clang, address and undefined-behaviour sanitizers"
CC=clang sh tools/build.sh build-asan /usr/local -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false -Db_ndebug=false
ASAN_OPTIONS=detect_leaks=1:halt_on_error=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 LSAN_OPTIONS="suppressions=$PWD/tests/leaks.supp" \
    meson test -C build-asan --print-errorlogs --timeout-multiplier 10
# gcc picks vector instructions at load, this build has none to pick.
LSAN_OPTIONS="suppressions=$PWD/tests/leaks.supp:print_suppressions=0" ASAN_OPTIONS=detect_leaks=0 sh tools/compare_builds.sh build build-asan

say "clang, thread sanitizer"
CC=clang sh tools/build.sh build-tsan /usr/local -Dbuildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false
TSAN_OPTIONS="suppressions=$PWD/tests/threads.supp:halt_on_error=1" \
    meson test -C build-tsan --print-errorlogs --timeout-multiplier 10 base model boost ledger golden fuzz_model fuzz_text
say "all tests passed"

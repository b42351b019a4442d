#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# build.sh FOLDER PREFIX [meson options]: configures once, then builds.
set -eu
cd "$(dirname "$0")/.."
folder=$1 prefix=$2
shift 2
options="--prefix=$prefix -Dduckdb=$PWD/.deps/libduckdb.so"
if [ ! -f "$folder/build.ninja" ]; then
    # shellcheck disable=SC2086
    meson setup "$folder" $options "$@" >/dev/null || { cat "$folder/meson-logs/meson-log.txt" >&2; exit 1; }
else
    # New source files are found at configuration.
    # shellcheck disable=SC2086
    meson configure "$folder" $options >/dev/null && meson setup --reconfigure "$folder" >/dev/null
fi
if [ -t 1 ]; then ninja -C "$folder"; else ninja --quiet -C "$folder"; fi

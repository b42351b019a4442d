#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts in place what a build (or, with "check", the tests) needs: Debian packages, libduckdb from its npm package with a
# pinned checksum, and the report page's packages. Does nothing that is done already.
set -eu
cd "$(dirname "$0")/.."
what=${1:-build}
packages="gcc libc6-dev meson ninja-build pkg-config python3 libjansson-dev libyaml-dev libsodium-dev libsqlite3-dev libxgboost-dev ca-certificates"
[ "$what" = check ] && packages="$packages clang libclang-rt-14-dev"
command -v npm >/dev/null 2>&1 || packages="$packages npm"

say() { printf 'mintmark deps: %s\n' "$*"; }
stop() { printf 'mintmark deps: %s\n' "$*" >&2; exit 1; }

missing=""
for package in $packages; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
if [ -n "$missing" ]; then
    say "installing Debian packages:$missing"
    root=""
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null 2>&1 || stop "root or sudo is needed to install:$missing"
        root=sudo
    fi
    export DEBIAN_FRONTEND=noninteractive
    $root apt-get update -q >/dev/null || stop "apt-get update failed: is the package registry reachable?"
    # shellcheck disable=SC2086
    $root apt-get install -y -q --no-install-recommends $missing >/dev/null || stop "these packages cannot be had:$missing"
fi

# The newest that each platform's package has.
case $(uname -m) in
x86_64) arch=x64 version=1.5.6-r.1 sum=21772b64913a904a8cd19e30c1d5671811d7fdface4b7dd53cd0300d743f43e16cf386f4e7c41ef78721ac208870d2651bc6375072145387817824315b998dd5 ;;
aarch64) arch=arm64 version=1.5.5-r.5 sum=09a7c7d8022f5eda700f29c6dca07fe2e10e1d11a516807b6ae091308c07dc128d2286ec00d5792d2a43277b5fc9108522c2ba7bc013d5eb1e5959eed83bf773 ;;
*) stop "no libduckdb is packaged for $(uname -m)" ;;
esac
if [ "$(cat .deps/version 2>/dev/null)" != "$version-$arch" ]; then
    say "fetching libduckdb $version ($arch) from the npm registry that npm is set up for"
    rm -rf .deps/fetch && mkdir -p .deps/fetch
    (cd .deps/fetch && npm pack --silent "@duckdb/node-bindings-linux-$arch@$version" >/dev/null) || stop "npm cannot fetch @duckdb/node-bindings-linux-$arch@$version"
    archive=$(ls .deps/fetch/*.tgz)
    [ "$(sha512sum "$archive" | cut -d' ' -f1)" = "$sum" ] || stop "the checksum of $archive is not the pinned one: refusing it"
    tar -xzf "$archive" -C .deps/fetch package/libduckdb.so package/LICENSE
    mv .deps/fetch/package/libduckdb.so .deps/libduckdb.so
    mv .deps/fetch/package/LICENSE .deps/LICENSE.duckdb
    rm -rf .deps/fetch
    echo "$version-$arch" > .deps/version
fi

stamp=$(sha512sum web/package-lock.json | cut -c1-32)
if [ "$(cat web/node_modules/.mintmark-stamp 2>/dev/null)" != "$stamp" ]; then
    say "fetching the report page's packages (web/package-lock.json)"
    (cd web && npm ci --silent --no-progress >/dev/null) || stop "npm cannot fetch the packages of web/package-lock.json"
    echo "$stamp" > web/node_modules/.mintmark-stamp
fi

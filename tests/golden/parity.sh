#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the reference packages, each group into an environment of its own, makes their figures anew on the committed tables and
# compares ours with them. Needs the network and some gigabytes; the ordinary suite reads the committed golden.json instead.
# Usage: tests/golden/parity.sh [FOLDER_FOR_ENVIRONMENTS] [GROUP...]
set -eu
cd "$(dirname "$0")/../.."
home=${1:-build/parity}
[ $# -gt 0 ] && shift
mkdir -p "$home"

packages() {
    case $1 in
    sdmetrics) echo "sdmetrics==0.24.0 pandas==2.3.3 numpy==1.26.4" ;;
    scikit) echo "scipy==1.17.1 scikit-learn==1.9.1 xgboost==1.7.6 prdc==0.2 pandas==2.3.3 numpy==1.26.4" ;;
    mostlyai) echo "mostlyai-qa==1.10.11" ;;
    anonymeter) echo "anonymeter==1.1.0" ;;
    synthcity) echo "synthcity==0.2.12 opacus<1.5 transformers<4.40 numpy<2" ;;
    *) echo "parity: no group is called '$1'" >&2 && return 1 ;;
    esac
}

for group in ${*:-sdmetrics scikit mostlyai anonymeter synthcity}; do
    wanted=$(packages "$group")
    printf 'parity: %s: %s\n' "$group" "$wanted"
    [ -x "$home/$group/bin/python" ] || python3 -m venv "$home/$group"
    # uv resolves in seconds what pip tries for minutes.
    "$home/$group/bin/pip" install --quiet uv
    # shellcheck disable=SC2086
    "$home/$group/bin/uv" pip install --quiet --python "$home/$group/bin/python" $wanted
    "$home/$group/bin/python" tests/golden/make_golden.py "$group"
done
build/tests/test_golden tests/golden
git --no-pager diff --stat -- tests/golden/golden.json

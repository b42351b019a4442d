#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job on the bundled example. Pass, fail and inconclusive are all answers; anything else is a failure.
set -eu
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
mkdir -p "$build/demo"
cd "$build/demo"
"$build/loan_applications" 5000 7 > loan_applications.csv
echo "example: $PWD/loan_applications.csv (made by rules: examples/loan_applications.c; nobody in it exists)"
status=0
"$build/mintmark" run loan_applications.csv --target default --force || status=$?
case $status in 0|3|4) ;; *) exit "$status" ;; esac
echo
echo "open $PWD/loan_applications.mint.d/report.html"
echo "rows $PWD/loan_applications.mint.d/synthetic.csv"

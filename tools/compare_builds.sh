#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# compare_builds.sh A B: two builds of the program (another compiler, other vector instructions) must make the same model file
# and the same rows.
set -eu
a=$(cd "$1" && pwd) b=$(cd "$2" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"$a/loan_applications" 3000 5 > data.csv
"$a/mintmark" fit data.csv --target default -o a.mint 2>/dev/null
"$b/mintmark" fit data.csv --target default -o b.mint 2>/dev/null
"$a/mintmark" sample a.mint -n 9000 -o a.csv
"$b/mintmark" sample b.mint -n 9000 -o b.csv
cmp a.mint b.mint && cmp a.csv b.csv && echo "builds: same model, same rows"

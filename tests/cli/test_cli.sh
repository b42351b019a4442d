#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The program as a script sees it: statuses, messages, files. Usage: test_cli.sh PROGRAM EXAMPLE
program=$(realpath "$1") example=$(realpath "$2") corpora=$(realpath "$(dirname "$0")/../../fuzz/corpora")
number=0 failures=0
folder=$(mktemp -d) && cd "$folder" || exit 99
trap 'rm -rf "$folder"' EXIT

ok() { number=$((number + 1)); if [ "$1" = 0 ]; then echo "ok $number - $2"; else echo "not ok $number - $2"; failures=$((failures + 1)); [ -f err ] && sed 's/^/# /' err; fi; }
# expect STATUS WORDS COMMAND...: the exit status, and words on standard error (or - for any).
expect() { status=$1 words=$2; shift 2; "$program" "$@" >out 2>err; got=$?; [ "$got" = "$status" ] && { [ "$words" = - ] || grep -q -- "$words" err; }; ok $? "$* -> $status"; }
one_line() { [ "$(wc -l <err)" = 1 ]; ok $? "one line of error: $(cat err)"; }
same() { cmp -s "$1" "$2"; ok $? "$1 equals $2"; }

"$example" 600 3 > loans.csv
expect 2 usage
expect 0 - help
expect 0 - run --help
expect 0 - --version
expect 2 "no command 'mint'" mint
expect 2 "no option '--colour'" run loans.csv --colour red
expect 2 "whole number" run loans.csv --seed x
expect 2 "between 0 and 1" run loans.csv --holdout 3
expect 2 "needs either" sample m.mint -o x.csv
expect 0 - doctor
grep -q '"healthy": true' out; ok $? "the doctor finds libduckdb"

# A corpus of files that are refused at the door would fuzz nothing behind it.
for model in "$corpora"/model/*.mint; do expect 0 - list "$model"; done

expect 1 "No such file" run nothing.csv
one_line
expect 1 "no column 'wealth'" run loans.csv --target wealth
expect 1 "cannot be the target" run loans.csv --target application
printf 'a,b\n1,2\n3\n' > ragged.csv
expect 1 "row 2 (line 3)" run ragged.csv
[ ! -e ragged.mint.d ] && ! ls | grep -q part; ok $? "a refused run leaves nothing behind"

expect 0 - schema loans.csv -o schema.yaml
grep -q 'reason:' schema.yaml; ok $? "a schema gives its reasons"
sed 's/type: integer/type: wholenumber/' schema.yaml > bad.yaml
expect 1 "is no type" run loans.csv --schema bad.yaml

"$program" run loans.csv --target default --set rounds=5 >out 2>err; got=$?
case $got in 0|3|4) ok 0 "a run gives a verdict";; *) ok 1 "a run gives a verdict ($got)";; esac
for file in synthetic.csv train.csv holdout.csv model.mint report.json report.html record.json mintmark.yaml; do [ -s loans.mint.d/$file ]; ok $? "$file"; done
grep -qi anonym loans.mint.d/report.html loans.mint.d/report.json loans.mint.d/record.json; [ $? = 1 ]; ok $? "no output is called anonymous"
grep -Eq '(src|href)="?https?:' loans.mint.d/report.html; [ $? = 1 ]; ok $? "the page loads nothing from the network"
expect 1 "--force" run loans.csv --target default
expect 5 "rows of a locked holdout" fit loans.csv -o whole.mint
[ ! -e whole.mint ]; ok $? "a refused fit writes nothing"
expect 0 - fit loans.mint.d/train.csv --schema loans.mint.d/schema.yaml --target default --set rounds=5 -o m.mint
same m.mint loans.mint.d/model.mint
expect 0 - sample m.mint -n 100 -o a.csv
expect 0 - sample m.mint --rows 40:100 -o b.csv
(head -1 a.csv; tail -60 a.csv) > slice.csv
same b.csv slice.csv
expect 0 - sample m.mint -n 100 -o a.parquet
expect 0 - score m.mint loans.mint.d/holdout.csv
[ "$(wc -l <out)" = 121 ]; ok $? "a density a row"
expect 0 - evaluate --real loans.mint.d/train.csv --synthetic loans.mint.d/synthetic.csv --holdout loans.mint.d/holdout.csv --target default --model m.mint -o report.json
grep -q '"verdict": null' report.json; ok $? "evaluate leaves the verdict open"
"$program" gate report.json -o judged.json >out 2>err; got=$?
[ $got = 0 ] || [ $got = 3 ] || [ $got = 4 ]; ok $? "gate exits 0, 3 or 4"
grep -q '^verdict:' out; ok $? "and prints the verdict"
expect 0 - report judged.json -o page.html
expect 0 - list m.mint
grep -q '"shareable": false' out; ok $? "a model is marked as not for sharing"
expect 0 - ledger
grep -q '"kind": "run"' out; ok $? "the ledger knows the run"
grep -q '"kind": "fit"' out && grep -q '"kind": "sample"' out; ok $? "and the fit and the samples"
mkdir blocked && : > blocked/.mintmark
(cd blocked && "$program" sample ../m.mint -n 5 -o x.csv >../out 2>../err); got=$?
[ $got = 0 ] && [ -s blocked/x.csv ] && grep -q "not in the ledger" err; ok $? "rows that cannot be recorded are drawn all the same, and it is said"
expect 1 "no model file\|no sound model file" sample loans.csv -n 5 -o x.csv
head -c 5000 m.mint > cut.mint
expect 5 "checksum" sample cut.mint -n 5 -o x.csv
[ ! -e x.csv ]; ok $? "nothing half written"
expect 1 "cannot write" sample m.mint -n 5 -o nowhere/x.csv
if [ -w /dev/full ]; then expect 1 - sample m.mint -n 5 -o /dev/full/x.csv; fi
expect 1 "forecast" fit loans.mint.d/train.csv --memory 2 -o x.mint
(cd loans.mint.d && cp mintmark.yaml ../plan.yaml)
"$program" run --plan plan.yaml -o again >out 2>err
same again/synthetic.csv loans.mint.d/synthetic.csv
same again/report.json loans.mint.d/report.json
"$program" run loans.csv --target default --set rounds=5 --threads 1 -o one >out 2>err
same one/synthetic.csv loans.mint.d/synthetic.csv
same one/report.json loans.mint.d/report.json

expect 0 - canary plant loans.csv -n 200 -o planted.csv
expect 1 "is there already" canary plant loans.csv -n 200 -o planted.csv
expect 1 "canaries among" canary plant loans.csv -n 500 -o planted2.csv
expect 2 "needs --canaries" canary audit planted.csv
expect 1 "No such file" canary audit planted.csv --canaries nothing.canaries.json
expect 0 - canary audit planted.csv --canaries planted.csv.canaries.json -o leak.json
grep -q "A leak is proven" leak.json; ok $? "a copy of the training file is a proven leak"
"$example" 600 77 > others.csv
expect 0 - canary audit others.csv --canaries planted.csv.canaries.json
grep -q "No leak was proven. That is no guarantee" out; ok $? "rows of others prove none"
# A disk that is full after some kilobytes: one line, and neither the file nor a part of it. The limit is the shell's; 25 is SIGXFSZ.
"$program" schema loans.csv -o full.yaml && "$program" fit loans.mint.d/train.csv --schema full.yaml --target default -o full.mint 2>/dev/null
"$program" evaluate --real loans.mint.d/train.csv --synthetic loans.mint.d/synthetic.csv --holdout loans.mint.d/holdout.csv --metric fidelity.shape -o full.json >/dev/null
full() {
    limit=$1; shift
    ls -A | sort > before
    (trap '' 25; ulimit -f "$limit"; exec "$program" "$@") >/dev/null 2>err.full; got=$?
    ls -A | grep -v '^err.full$' | sort > after
    grep -v '^err.full$' before > before.2; grep -v -e '^before' -e '^after$' before.2 > left; grep -v -e '^before' -e '^after$' after > right
    [ "$got" = 1 ] && grep -q -e 'too large' -e 'disk I/O' err.full && cmp -s left right; ok $? "full disk after $limit blocks: $* -> 1, nothing left"
    rm -f before before.2 after left right
}
for limit in 1 16; do
    full $limit fit loans.mint.d/train.csv --schema full.yaml --target default -o f.mint
    full $limit sample full.mint -n 3000 -o f.csv
    full $limit sample full.mint -n 3000 -o f.parquet
    full $limit report full.json -o f.html
    full $limit canary plant loans.csv -n 50 -o planted2.csv
    full $limit run loans.csv --target default -o f.d
done
full 1 evaluate --real loans.mint.d/train.csv --synthetic loans.mint.d/synthetic.csv --holdout loans.mint.d/holdout.csv --metric fidelity.shape -o f.json
full 1 collapse loans.mint.d/synthetic.csv loans.mint.d/synthetic.csv --holdout loans.mint.d/holdout.csv -o f.json
full 1 schema loans.csv -o f.yaml
expect 2 "needs --holdout" collapse loans.csv loans.csv
expect 0 - collapse loans.mint.d/synthetic.csv loans.mint.d/synthetic.csv --holdout loans.mint.d/holdout.csv -o trend.json
grep -q '"alarm": false' trend.json; ok $? "the same rows twice are no trend"
expect 1 "File exists" collapse loans.mint.d/synthetic.csv loans.mint.d/synthetic.csv --holdout loans.mint.d/holdout.csv -o trend.json
expect 0 - evaluate --list
expect 0 - evaluate --real loans.mint.d/train.csv --synthetic loans.mint.d/synthetic.csv --holdout loans.mint.d/holdout.csv --target default --axis coverage -o coverage.json
grep -q '"privacy' coverage.json; [ $? = 1 ] && grep -q 'coverage.tails.lost' coverage.json; ok $? "one axis only"
expect 1 "no metric is called" evaluate --real loans.mint.d/train.csv --synthetic loans.mint.d/synthetic.csv --holdout loans.mint.d/holdout.csv --metric beauty -o x.json
expect 1 "no metric is called 'beauty'" evaluate --real loans.mint.d/train.csv --synthetic loans.mint.d/synthetic.csv --holdout loans.mint.d/holdout.csv --metric fidelity.shape,beauty -o x.json
expect 0 - evaluate --real loans.mint.d/train.csv --synthetic loans.mint.d/synthetic.csv --holdout loans.mint.d/holdout.csv --metric privacy.exact_copies,privacy.near_copies.holdout -o two.json
[ "$(grep -o '"id": "privacy[^"]*"' two.json | sort -u | wc -l)" = 3 ]; ok $? "two metrics of a list, one with two figures"

"$example" 40000 9 > large.csv
"$program" run large.csv --target default -o interrupted >out 2>err &
pid=$!
sleep 1
kill -INT $pid
wait $pid; got=$?
[ $got = 130 ]; ok $? "Ctrl-C exits 130 ($got)"
[ ! -e interrupted ] && ! ls | grep -q part; ok $? "and leaves no half folder"
[ "$(cat err)" = "mintmark: interrupted" ] || grep -q interrupted err; ok $? "and says so"
echo "1..$number"
[ $failures = 0 ]

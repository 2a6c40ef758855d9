"""Checks the results of a run of bench/gpu.sh: all parts and rows in the table with a number or a reason, no part beyond
its time limit, few files, and an exit status that agrees with the parts. Prints what is wrong and ends with 1.

    check_run.py RESULTS --exit STATUS --grace SECONDS --parts "facts smoke ..." [--expect PART=STATUS ...] [--others STATUS]
"""

import argparse
import json
import os
import sys
import tarfile

FILES = {"table.txt", "results.jsonl", "log.txt", "rest.tar.gz"}
MOST_FILES = 6
WELL = {"passed", "absent"}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("results")
    parser.add_argument("--exit", type=int, required=True)
    parser.add_argument("--parts", required=True)
    parser.add_argument("--expect", action="append", default=[], metavar="PART=STATUS[=PIECE OF THE REASON]")
    parser.add_argument("--others", default="passed", help="statuses of all other parts, any of several with commas between")
    parser.add_argument("--grace", type=float, required=True, help="seconds beyond the allowed until a killed part is gone")
    return parser.parse_args()


def last_of_parts(lines):
    parts, planned = {}, {}
    for line in lines:
        if "part" in line:
            parts[line["part"]] = line
            for row in line.get("rows", []):
                planned[row["algo"], row["sizes"], row["who"]] = line["part"]
    return parts, planned


def wrong_files(folder):
    names = os.listdir(folder)
    if len(names) > MOST_FILES:
        yield f"{len(names)} files, at most {MOST_FILES}: {sorted(names)}"
    for name in sorted(FILES - set(names)):
        yield f"no {name}"
    if "rest.tar.gz" in names:
        with tarfile.open(os.path.join(folder, "rest.tar.gz")) as tar:
            if not any(name.endswith(".txt") for name in tar.getnames()):
                yield "rest.tar.gz holds no output of a part"


def wrong_parts(options, parts, table):
    wanted = dict((one.split("=", 2) + [""])[:2] for one in options.expect)
    pieces = {one.split("=", 2)[0]: one.split("=", 2)[2] for one in options.expect if one.count("=") > 1}
    for name in options.parts.split():
        part = parts.get(name, {})
        status, seconds, allowed = part.get("status"), part.get("seconds", 0), part.get("allowed", 0)
        if status not in (wanted[name].split(",") if name in wanted else options.others.split(",")):
            yield f"{name}: {status}, {part.get('reason')}; want {wanted.get(name, options.others)}"
        if status not in WELL and not part.get("reason"):
            yield f"{name}: {status} without a reason"
        if pieces.get(name, "") not in part.get("reason", ""):
            yield f"{name}: the reason is {part.get('reason')!r}, want {pieces[name]!r} in it"
        if not seconds <= allowed + options.grace:
            yield f"{name}: took {seconds} s of {allowed} s and {options.grace} s until it is killed"
        if not any(line.startswith(name + " ") and str(status) in line for line in table):
            yield f"{name}: not in the table as {status}"


def wrong_times(planned, parts, table):
    for (algo, sizes, who), part in planned.items():
        lines = [line for line in table if line.startswith(f"{algo} {sizes} ") and line[12:48].strip() == who]
        unmeasured = [line for line in lines if f"NOT ALL MEASURED: {part}: " in line]
        if not lines:
            yield f"no row of {who}, {algo} {sizes}"
        elif parts[part]["status"] == "passed" and (unmeasured or "." not in lines[0][48:]):
            yield f"{part} passed, and its row has no number: {lines[0]}"
        elif parts[part]["status"] != "passed" and not unmeasured:
            yield f"{part} did not pass, and its row does not say so: {lines[0]}"


def main():
    options = arguments()
    with open(os.path.join(options.results, "results.jsonl")) as lines:
        parts, planned = last_of_parts([json.loads(line) for line in lines])
    with open(os.path.join(options.results, "table.txt")) as text:
        table = text.read().splitlines()
    wrong = [*wrong_files(options.results), *wrong_parts(options, parts, table), *wrong_times(planned, parts, table)]
    should = 0 if all(part["status"] in WELL for part in parts.values()) else 1
    if options.exit != should:
        wrong.append(f"exit status {options.exit}, want {should}")
    for one in wrong:
        print(f"check_run.py: {options.results}: {one}")
    sys.exit(bool(wrong))


main()

"""Prints a JSON line for each kernel of Nsight Compute's details page as CSV: time, rates, occupancy, registers. Where
a kernel was seen several times, the last counts. Metrics that are not there are left out.

    ncu_rows.py ncu.csv
"""

import csv
import json
import sys

METRICS = {"Duration": "us", "Compute (SM) Throughput": "sm", "Memory Throughput": "memory", "L2 Cache Throughput": "l2",
           "DRAM Throughput": "dram", "Achieved Occupancy": "occupancy", "Registers Per Thread": "registers"}
MICROSECONDS = {"nsecond": 1e-3, "ns": 1e-3, "usecond": 1, "us": 1, "msecond": 1e3, "ms": 1e3, "second": 1e6, "s": 1e6}


def number(text):
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def kernels(lines):
    found = {}
    for row in csv.DictReader(lines):
        metric, unit, value = row.get("Metric Name"), row.get("Metric Unit") or "", number(row.get("Metric Value") or "")
        if metric not in METRICS or value is None or (METRICS[metric] in ("memory", "sm") and unit != "%"):
            continue
        if metric == "Duration":
            value *= MICROSECONDS.get(unit, 1)
        kernel = found.setdefault(row["Kernel Name"].split("(")[0], {})
        kernel[METRICS[metric]] = value
    return found


def main():
    with open(sys.argv[1], errors="replace") as text:
        # The tool may print messages above the head of the table.
        lines = [line for line in text if line.startswith('"')]
    for name, numbers in kernels(lines).items():
        print(json.dumps({"ncu": name, **numbers}))


main()

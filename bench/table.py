"""Prints one table from the JSON lines that bench/gpu.sh gathers: seconds of every stage, how many times faster
palmal is than each peer, and the fraction of the measured float32 rate that it reaches.

    python3 bench/table.py results.jsonl
"""

import json
import sys

STAGES = ["fit", "rollout", "npg", "iteration"]


def rows(path):
    with open(path) as lines:
        for line in lines:
            line = line.strip()
            if line.startswith("{"):
                yield json.loads(line)


def main():
    found, fractions, scaled = {}, {}, set()
    for row in rows(sys.argv[1]):
        who = row.get("peer") or f"palmal {row['backend']}"
        key = (row.get("algo", "pal"), row.get("sizes", "hopper"), who)
        found.setdefault(key, {})[row["stage"]] = row["seconds"]
        if row.get("fraction") is not None and "backend" in row:
            fractions.setdefault(key, {})[row["stage"]] = row["fraction"]
        if row.get("scaled"):
            scaled.add(key)
    print(f"{'algo sizes':<12} {'who':<24}" + "".join(f" {s + ' s':>12}" for s in STAGES) + f" {'× slower':>9} {'of fp32 peak':>13}")
    for algo, sizes in sorted({k[:2] for k in found}):
        ours = found.get((algo, sizes, "palmal cuda"), {}).get("iteration")
        for key in sorted((k for k in found if k[:2] == (algo, sizes)), key=lambda k: found[k].get("iteration", 0)):
            times, mark = found[key], " *" if key in scaled else ""
            line = f"{algo + ' ' + sizes:<12} {key[2] + mark:<24}"
            line += "".join(f" {times[s]:>12.4f}" if s in times else f" {'':>12}" for s in STAGES)
            ratio = f"{times['iteration'] / ours:.1f}" if ours and "iteration" in times else ""
            share = fractions.get(key, {}).get("iteration")
            print(line + f" {ratio:>9}" + (f" {share:>13.2f}" if share is not None else ""))
    if scaled:
        print("* a fixed time of steps was measured and scaled to the stage")


main()

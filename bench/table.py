"""Prints one table from the JSON lines that bench/gpu.sh gathers: seconds of every stage, how many times as long as
palmal each peer takes, and the fraction of the measured float32 rate that palmal reaches. Of lines about the same
stage the last counts.

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


def gathered(rows):
    """The rows by (algo, sizes), who and stage."""
    found = {}
    for row in rows:
        who = row.get("peer") or f"palmal {row['backend']}"
        group = found.setdefault((row.get("algo", "pal"), row.get("sizes", "hopper")), {})
        group.setdefault(who, {})[row["stage"]] = row
    return found


def seconds(row):
    return f"{row['seconds']:.4f}{'*' if row.get('scaled') else ' '}" if row else ""


def line(name, who, stages, ours):
    """What one program takes, beside an iteration of `ours`."""
    iteration = stages.get("iteration", {})
    ratio = f"{iteration['seconds'] / ours:.2f}" if iteration and ours else ""
    share = "" if iteration.get("fraction") is None else f"{iteration['fraction']:.2f}"
    cells = "".join(f" {seconds(stages.get(stage)):>12}" for stage in STAGES)
    return f"{name:<12} {who:<34}{cells} {ratio:>10} {share:>8}".rstrip()


def main():
    found = gathered(rows(sys.argv[1]))
    heads = "".join(f" {stage + ' s ':>12}" for stage in STAGES)
    print(f"{'algo sizes':<12} {'who':<34}{heads} {'× palmal':>10} {'fraction':>8}")
    for (algo, sizes), group in sorted(found.items()):
        palmal = group.get("palmal cuda") or group.get("palmal cpu") or {}
        ours = palmal.get("iteration", {}).get("seconds")
        for who in sorted(group, key=lambda who: group[who].get("iteration", {}).get("seconds", 0)):
            print(line(f"{algo} {sizes}", who, group[who], ours))
    print("* less than the whole stage was timed, and scaled")


main()

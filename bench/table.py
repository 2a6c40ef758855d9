"""Prints one page from the JSON lines of bench/gpu.sh: the device, the status of each part, times of
palmal and of its peers, and the time of each kernel. Every planned row is there: where a number is missing, the row
says why. The last of several lines for the same row counts. Lines that are not JSON and unknown members are ignored.

    python3 bench/table.py results.jsonl

Lines of `palmal bench --json` have stage, backend, seconds and fraction; where it repeats a stage, seconds is the median,
repeats their number, and spread the slowest less the fastest over the median.
"""

import json
import sys

STAGES = ["fit", "rollout", "npg", "pathwise", "iteration"]
HOW = {"fit": "fit s", "rollout": "rollout s", "npg": "npg s", "pathwise": "pathwise s", "iteration": "iteration s"}


def rows(path):
    with open(path, errors="replace") as lines:
        for line in lines:
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict):
                yield row


class Results:
    """The lines, sorted: facts, parts, and times by (algo, sizes), who and stage."""

    def __init__(self, rows):
        self.facts, self.parts, self.times, self.planned, self.kernels, self.counters = {}, {}, {}, {}, {}, {}
        for row in rows:
            self.take(row)

    def take(self, row):
        if "fact" in row:
            self.facts[row["fact"]] = row.get("value", "")
        elif "part" in row:
            self.parts.setdefault(row["part"], {}).update(row)
            for one in row.get("rows", []):
                self.planned[one["algo"], one["sizes"], one["who"]] = row["part"]
        elif "kernels" in row:
            self.kernels[row.get("algo", "pal"), row.get("sizes", "hopper")] = row["kernels"]
        elif "ncu" in row:
            self.counters[row["ncu"]] = row
        elif "stage" in row and isinstance(row.get("seconds"), (int, float)):
            who = row.get("peer") or f"palmal {row.get('backend', '')}"
            group = self.times.setdefault((row.get("algo", "pal"), row.get("sizes", "hopper")), {})
            group.setdefault(who, {})[row["stage"]] = row

    def missing(self):
        """Planned rows whose part did not pass or gave no time of an iteration, with the reason. Numbers of such a row may
        come from an earlier call."""
        for (algo, sizes, who), name in self.planned.items():
            part = self.parts[name]
            if part.get("status") != "passed" or "iteration" not in self.times.get((algo, sizes), {}).get(who, {}):
                yield algo, sizes, who, f"{name}: {part.get('status')}: {part.get('reason', '')}"


def seconds(row):
    mark = "+" if row and row.get("computed") else "*" if row and row.get("scaled") else " "
    return f"{row['seconds']:.4f}{mark}" if row else "- "


def spread(row):
    """The slowest repeat less the fastest, over the median, in per cent."""
    given = row.get("spread")
    return f"{100 * given:.1f}" if isinstance(given, (int, float)) and row.get("repeats", 2) > 1 else ""


def line(name, who, stages, ours):
    """The times of one program, compared with an iteration of `ours`."""
    iteration = stages.get("iteration", {})
    ratio = f"{iteration['seconds'] / ours:.2f}" if iteration and ours else ""
    share = iteration.get("fraction")
    share = f"{share:.3f}" if isinstance(share, (int, float)) else ""
    cells = "".join(f" {seconds(stages.get(stage)):>12}" for stage in STAGES)
    return f"{name:<12} {who:<34}{cells} {spread(iteration):>9} {ratio:>9} {share:>9}".rstrip()


def show_parts(results):
    print(f"{'part':<14} {'status':<12} {'seconds':>8} {'allowed':>8}  reason")
    for name, part in results.parts.items():
        print(f"{name:<14} {part.get('status', ''):<12} {part.get('seconds', 0):>8.1f} {part.get('allowed', 0):>8.1f}  {part.get('reason', '')}".rstrip())


def show_times(results):
    heads = "".join(f" {HOW[stage] + ' ':>12}" for stage in STAGES)
    print(f"{'algo sizes':<12} {'who':<34}{heads} {'spread %':>9} {'× palmal':>9} {'fraction':>9}")
    gaps = {}
    for algo, sizes, who, reason in results.missing():
        gaps.setdefault((algo, sizes), {})[who] = reason
    for key in sorted({*results.times, *gaps}):
        group = results.times.get(key, {})
        palmal = group.get("palmal cuda") or group.get("palmal cpu") or {}
        ours = palmal.get("iteration", {}).get("seconds")
        last = float("inf")
        for who in sorted(group, key=lambda who: group[who].get("iteration", {}).get("seconds", last)):
            print(line(" ".join(key), who, group[who], ours))
        for who, reason in gaps.get(key, {}).items():
            print(f"{' '.join(key):<12} {who:<34} NOT ALL MEASURED: {reason}")
    print("seconds: the median where a stage was repeated, spread: the slowest less the fastest over it. fraction: of the multiply-adds in float32 that the device reaches")
    print("* less than the whole stage was timed, and scaled   + computed from the steps timed for another algorithm")


def show_kernels(results):
    for (algo, sizes), kernels in results.kernels.items():
        print(f"\nkernels of fit, npg and pathwise, {algo} {sizes}, with --sync: from the call until the device is idle")
        print(f"{'kernel':<26} {'launches':>9} {'seconds':>10} {'mean us':>10} {'share':>7}")
        for k in kernels:
            print(f"{k.get('kernel', '?'):<26} {k.get('launches', 0):>9} {k.get('seconds', 0):>10.4f} {k.get('mean_us', 0):>10.1f} {100 * k.get('share', 0):>6.1f}%")
    if results.counters:
        print("\nhot kernels by Nsight Compute, one launch each; per cent of the device's peak")
        columns = ["us", "sm", "memory", "l2", "dram", "occupancy", "registers"]
        print(f"{'kernel':<26}" + "".join(f" {c:>10}" for c in columns))
        for name, k in results.counters.items():
            print(f"{name:<26}" + "".join(f" {k[c]:>10.1f}" if c in k else f" {'-':>10}" for c in columns))


def main():
    results = Results(rows(sys.argv[1]))
    for name, value in results.facts.items():
        print(f"{name + ':':<18} {value}")
    if results.facts:
        print()
    if results.parts:
        show_parts(results)
        print()
    show_times(results)
    show_kernels(results)


main()

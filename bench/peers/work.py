"""What every peer does: the sizes and the amounts of work of cmd/palmal/internal/bench, on synthetic data.

A peer times a few steps of each stage and scales: the line that it prints says how many were timed and how
many the stage has. Stages are fit (one ensemble fit), rollout, npg (rollout, advantages, gradient, ten Fisher
products, step, one value epoch) and iteration (fit and all natural gradient steps), as in `palmal bench`.
"""

import argparse
import json
import sys
import time

SIZES = {"hopper": (12, 3), "ant": (28, 8), "pen": (45, 24)}
WORKS = {
    "pal": {"rows": 2500, "fit_steps": 1300, "npg_steps": 4},
    "mal": {"rows": 100_000, "fit_steps": 5000, "npg_steps": 25},
}
MEMBERS, BATCH, HIDDEN = 4, 200, 512
POLICY_HIDDEN, VALUE_HIDDEN, VALUE_BATCH = 64, 128, 256
STARTS, HORIZON, CG_STEPS = 200, 500, 10
GAMMA, LAMBDA = 0.995, 0.97
SAMPLES = MEMBERS * STARTS * HORIZON
VALUE_STEPS = -(-SAMPLES // VALUE_BATCH)


def arguments(name, variants):
    parser = argparse.ArgumentParser(description=f"times {name} at the work of palmal bench; prints JSON lines")
    parser.add_argument("--variant", choices=variants, default=variants[0])
    parser.add_argument("--sizes", choices=sorted(SIZES), default="hopper")
    parser.add_argument("--algo", choices=sorted(WORKS), default="pal")
    parser.add_argument("--seconds", type=float, default=8.0, help="about how long a part of a stage is timed")
    parser.add_argument("--device", default="cuda")
    return parser.parse_args()


class Clock:
    """Times parts of stages and prints what whole stages take."""

    def __init__(self, peer, options, wait):
        self.peer, self.options, self.wait, self.parts = peer, options, wait, {}

    def part(self, name, step, total, block=1):
        """Times step(), which does `block` of `total` steps, for about the given time, after two for warmth.
        Less than all is scaled."""
        step()
        step()
        self.wait()
        done, start = 0, time.perf_counter()
        while done < total and (done == 0 or time.perf_counter() - start < self.options.seconds):
            step()
            done += block
            if done % (16 * block) == 0:
                self.wait()  # so that the host does not run far ahead of the clock
        self.wait()
        took = time.perf_counter() - start
        self.parts[name] = {"seconds": took * total / done, "timed": min(done, total), "of": total}
        print(f"{self.peer}: {name}: {done} of {total} in {took:.2f} s", file=sys.stderr)

    def report(self):
        work = WORKS[self.options.algo]
        npg = sum(self.parts[p]["seconds"] for p in ("rollout", "advantages", "gradient", "fisher", "step", "value"))
        stages = {"fit": self.parts["fit"]["seconds"], "rollout": self.parts["rollout"]["seconds"], "npg": npg}
        stages["iteration"] = stages["fit"] + work["npg_steps"] * npg
        for stage, seconds in stages.items():
            print(json.dumps({"peer": self.peer, "stage": stage, "algo": self.options.algo, "sizes": self.options.sizes,
                              "seconds": seconds, "parts": self.parts,
                              "scaled": any(p["timed"] < p["of"] for p in self.parts.values())}), flush=True)

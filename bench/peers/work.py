"""The work of every peer: the sizes and the amounts of work of cmd/palmal/internal/bench, on synthetic data.

A peer times the parts of a stage, each repeatedly for some time, and scales the times. Its line says how many steps
of a part were timed and how many the stage has. A line is printed as soon as its parts are timed. Stages are
fit (one ensemble fit), rollout, npg (rollout, advantages, gradient, ten Fisher products, step, one value epoch) and
iteration (fit and all natural gradient steps), as in `palmal bench`. With --also, the times of another algorithm are
computed from the times of the same steps, with that algorithm's numbers of steps. Outside the clock, two checks are
made: losses fall, and numbers are finite.
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
PATHS = MEMBERS * STARTS
NPG_PARTS = ["rollout", "advantages", "gradient", "fisher", "step", "value", "value error"]


def arguments(name, variants, precisions=("float32",)):
    """Reads the command line; the result also has the amounts of work."""
    parser = argparse.ArgumentParser(description=f"times {name} at the work of palmal bench; prints JSON lines")
    parser.add_argument("--variant", choices=variants, default=variants[0])
    parser.add_argument("--sizes", choices=sorted(SIZES), default="hopper")
    parser.add_argument("--algo", choices=sorted(WORKS), default="pal")
    parser.add_argument("--seconds", type=float, default=8.0, help="about how long each part of a stage is timed")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--precision", choices=precisions, default=precisions[0], help="of matrix products")
    parser.add_argument("--also", choices=sorted(WORKS), help="an algorithm whose times to compute from the same steps")
    parser.add_argument("--warm", action="store_true", help="compile everything, for the compiler's cache, and time nothing")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work or less, as palmal bench --quick")
    options = parser.parse_args()
    options.observation, options.action = SIZES[options.sizes]
    vars(options).update(amounts(options.algo, options.quick))
    options.samples = PATHS * options.horizon
    options.value_steps = -(-options.samples // VALUE_BATCH)
    return options


def amounts(algo, quick):
    """The amounts of work of an iteration of an algorithm."""
    work = dict(WORKS[algo], horizon=HORIZON)
    if quick:
        work.update(fit_steps=work["fit_steps"] // 10, npg_steps=1, horizon=HORIZON // 5)
    return work


def parameters(options):
    """The number of parameters of each network of palmal."""
    def mlp(*sizes):
        return sum((a + 1) * b for a, b in zip(sizes, sizes[1:]))
    O, A = options.observation, options.action
    return {"model": MEMBERS * mlp(O + A, HIDDEN, HIDDEN, O), "policy": mlp(O, POLICY_HIDDEN, POLICY_HIDDEN, A) + A,
            "value": mlp(O + 4, VALUE_HIDDEN, VALUE_HIDDEN, 1)}


class Clock:
    """Times parts of stages and prints the times of whole stages."""

    def __init__(self, peer, options, wait, **networks):
        if networks != parameters(options):
            sys.exit(f"{peer}: parameters {networks}, palmal has {parameters(options)}")
        self.peer = ", ".join([peer] + ["tf32"] * (options.precision == "tf32") + ["cpu"] * (options.device == "cpu") + ["quick"] * options.quick)
        self.options, self.wait, self.parts, self.printed = options, wait, {}, set()

    def part(self, name, step, total, block=1, falls=None, holds=None):
        """Times step(), which does `block` of `total` steps, after two warm-up calls. A loss that does not fall, or a
        check that fails afterwards, ends the peer."""
        before = falls and float(falls())
        step()
        step()
        self.wait()
        if self.options.warm:
            return
        done, took = self.timed(step)
        self.parts[name] = {"each": took / (done * block), "done": done * block, "of": total}
        print(f"{self.peer}: {name}: {done * block} for {total} in {took:.2f} s", file=sys.stderr)
        if falls and not float(falls()) < before:
            sys.exit(f"{self.peer}: {name}: the loss went from {before} to {float(falls())}")
        if holds and not bool(holds()):
            sys.exit(f"{self.peer}: {name}: computes what it should not")
        self.print_stages()

    def timed(self, step):
        """Calls step for the given time; returns how often and how long. Each wait for the device comes after
        twice as many calls as the one before, until an eighth of the time lies between two: rare enough not to
        count, often enough that the host does not run far ahead of the clock."""
        done, calls, took, start = 0, 1, 0, time.perf_counter()
        while took < self.options.seconds:
            for _ in range(calls):
                step()
            self.wait()
            done, last, took = done + calls, took, time.perf_counter() - start
            if took - last < self.options.seconds / 8:
                calls *= 2
        return done, took

    def print_stages(self):
        """Prints the stages whose parts are all timed."""
        for algo in dict.fromkeys([self.options.algo, self.options.also or self.options.algo]):
            work = amounts(algo, self.options.quick)
            stages = {"fit": {"fit": 1}, "rollout": {"rollout": 1}, "npg": dict.fromkeys(NPG_PARTS, 1),
                      "iteration": {"fit": 1, **dict.fromkeys(NPG_PARTS, work["npg_steps"])}}
            for stage, times in stages.items():
                if times.keys() <= self.parts.keys() and (algo, stage) not in self.printed:
                    self.printed.add((algo, stage))
                    self.show(algo, stage, [self.scaled(name, n, work) for name, n in times.items()])

    def show(self, algo, stage, parts):
        print(json.dumps({"peer": self.peer, "stage": stage, "algo": algo, "sizes": self.options.sizes,
                          "seconds": sum(p["seconds"] for p in parts), "scaled": any(p["timed"] < p["of"] for p in parts),
                          "computed": algo != self.options.algo, "parts": parts}), flush=True)

    def report(self):
        """Ends the peer, with an error where a part of a stage was never timed."""
        missing = {"fit", *NPG_PARTS} - self.parts.keys()
        if missing and not self.options.warm:
            sys.exit(f"{self.peer}: not timed: {sorted(missing)}")

    def scaled(self, name, times, work):
        part = self.parts[name]
        of = (work["fit_steps"] if name == "fit" else part["of"]) * times
        return {"name": name, "seconds": part["each"] * of, "timed": min(part["done"], of), "of": of}

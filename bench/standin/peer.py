"""Stands for a peer: the clock of the peers over steps that only sleep."""

import sys
import time

import work

script = sys.argv.pop(1)
name, variants, precisions = {
    "torch_batched.py": ("torch batched", ["eager", "graphs", "compile"], ["float32", "tf32"]),
    "torch_reference.py": ("torch", ["reference"], ["float32"]),
    "jax_scan.py": ("jax", ["scan", "unrolled"], ["float32"]),
}[script]
options = work.arguments(name, variants, precisions)
options.seconds = 0.01
joined = ", " if name == "torch batched" else " "
clock = work.Clock(name + joined + options.variant, options, lambda: None, **work.parameters(options))
totals = {"fit": options.fit_steps, "rollout": options.horizon, "fisher": work.CG_STEPS, "value": options.value_steps, "value error": 2}
for part in ["fit", *work.NPG_PARTS]:
    clock.part(part, lambda: time.sleep(1e-4), totals.get(part, 1))
clock.report()

#!/usr/bin/env bash
# gpu.sh RESULTS PART...: proves and times the CUDA backend on a machine with a GPU and without Go, within 570
# seconds in all, whatever fails. A part that fails, hangs or lacks a tool costs its own row of the table only.
# Exit 0: every part passed. 1: one did not, and the table says why.
#
#   all           every part below down to the table, in this order; those of one line side by side
#
#   facts         the device, the driver and the versions of everything
#   smoke         every kernel launched once, each operation held to the CPU at full width
#   bench-pal bench-mal bench-ant bench-pen     palmal bench: fit, rollout, npg and whole iterations
#   bench-sync    what each kernel takes, with --sync
#   ncu           Nsight Compute on the hot kernels; where it is not installed, that is no failure
#   conformance memcheck racecheck synccheck warm-compile warm-tf32 warm-jax
#                 the tests of package gpu; compute-sanitizer's tools on every kernel, each proven by a planted
#                 fault; and the compilers of the peers filling their caches
#   peer-compile peer-graphs peer-jax peer-eager peer-tf32
#                 PyTorch and JAX doing the work of a PAL iteration; MAL is computed from the same steps
#   table         the table of what the folder holds; written after every other part too
#
#   peer-unrolled peer-reference                more peers, not part of `all`
#
# RESULTS then holds table.txt, results.jsonl (one line a result, appended), log.txt, and rest.tar.gz with all else.
#
# palmal-cuda and gpu.test lie beside each other in PALMAL_BIN: the unpacked bundle of `make bundle`, or bin after
# `make gpu-tests` (default: bin beside this file's folder). PYTHON (default python3) runs the peers and the table.
# SIZES (default hopper) is hopper, ant or pen. PALMAL_GPU_SCALE multiplies every time allowed; PALMAL_GPU_LIMIT is
# that of the whole, before it is multiplied.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export here PALMAL_BIN=${PALMAL_BIN:-$here/../bin} PYTHON=${PYTHON:-python3} SIZES=${SIZES:-hopper}
. "$here/gpu/plan.sh"
. "$here/gpu/run.sh"
. "$here/gpu/report.sh"

usage() {
	sed -n '2,/^\[/{/^\[/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2
	exit 2
}

[ $# -ge 2 ] || usage
results=$1
shift
lines=("$@")
[ "$*" != all ] || mapfile -t lines < <(everything)
for part in ${lines[*]}; do
	[ "$part" = table ] || known "$part" || { echo "gpu.sh: unknown part $part" >&2; exit 2; }
done
mkdir -p "$results" && out=$(cd "$results" && pwd) || exit 2
work=$(mktemp -d) || exit 2
export out work
trap 'stop_all; rm -rf "$work"' EXIT
trap 'interrupted=yes' INT TERM HUP
caches
start_clock
plan_rows ${lines[*]}

for line in "${lines[@]}"; do
	[ -z "$interrupted" ] || break
	[ "$line" != table ] || continue
	together $line || continue
	write_table
	pack
done
summary

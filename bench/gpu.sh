#!/usr/bin/env bash
# gpu.sh RESULTS PART...: tests and times the CUDA backend on a machine with a GPU and without Go, within 570 seconds
# in all, whatever fails. A part that fails, hangs or lacks a tool costs only its own row of the table. Exit 0: every
# part passed. Exit 1: a part did not, and the table says why.
#
#   all           every part from facts to table, in this order; parts on one line run together
#
#   facts         the device, the driver and the versions of everything
#   smoke         every kernel launched once, each operation compared with the CPU at full width
#   bench-pal bench-mal bench-ant bench-pen     palmal bench: fit, rollout, npg, pathwise and whole iterations
#   bench-sync    the time of each kernel, with --sync
#   ncu           Nsight Compute on the hot kernels; a missing ncu is no failure
#   conformance memcheck racecheck synccheck warm-compile warm-tf32 warm-jax
#                 the tests of package gpu; compute-sanitizer's tools on every kernel, each proven by a planted
#                 fault; and the peers' compilers, which fill their caches
#   peer-compile peer-graphs peer-jax peer-eager peer-tf32
#                 PyTorch and JAX on the work of a PAL iteration; MAL is computed from the same steps
#   table         the table of the results in the folder; also written after every other part
#
#   peer-unrolled peer-reference                more peers, not part of `all`
#
# RESULTS then holds table.txt, results.jsonl (one line per result, appended), log.txt, and rest.tar.gz with the rest.
#
# PALMAL_BIN holds palmal-cuda and gpu.test: the unpacked bundle of `make bundle`, or bin after `make gpu-tests`
# (default: bin next to this file's folder). PYTHON (default python3) runs the peers and the table. SIZES (default
# hopper) is hopper, ant or pen. PALMAL_GPU_SCALE multiplies every time limit; PALMAL_GPU_LIMIT is the total limit
# before that.
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

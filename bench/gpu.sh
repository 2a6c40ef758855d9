#!/bin/sh
# gpu.sh RESULTS PART...: proves and times the CUDA backend on a machine with a GPU and without Go. Each part
# takes less than ten minutes and appends to the folder RESULTS; `all` does them in turn.
#
#   conformance   the conformance suite, every task, and parity with the CPU backend at full width
#   memcheck      compute-sanitizer's memcheck over the short tests
#   racecheck     compute-sanitizer's racecheck over the kernels, at small sizes
#   synccheck     its synccheck, over the same
#   bench         palmal bench on the GPU: fit, rollout, npg, whole PAL and MAL iterations
#   peers-pal     PyTorch and JAX doing the work of a PAL iteration on the same GPU; needs their Python packages
#   peers-mal     the same for MAL
#   table         one table of times, ratios and fractions of the measured rate
#
# It wants palmal-cuda and gpu.test beside each other in PALMAL_BIN (the unpacked bundle of `make bundle`, or
# bin after `make build-cuda`; default: this file's ../bin), and for peers PYTHON (default python3). SIZES is
# hopper, ant or pen.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bin=${PALMAL_BIN:-$here/../bin}
python=${PYTHON:-python3}
sizes=${SIZES:-hopper}
[ $# -ge 2 ] || { sed -n '2,/^set/p' "$0" | sed 's/^# \{0,1\}//; /^set/d'; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift

small='Conformance/(fit/steps|value/steps|rollout/steps|gradient/acted|fisher/product|solver/agrees|advantages/gae)|ValueFit|LongPaths'

say() { echo "== $*" | tee -a "$out/log.txt"; }

# logged NAME COMMAND...: runs a command, keeps what it says, and tells whether it went well.
logged() {
	name=$1
	shift
	say "$name: $*"
	if "$@" > "$out/$name.txt" 2>&1; then
		say "$name: passed"
	else
		say "$name: FAILED with exit $?, see $out/$name.txt"
		tail -n 20 "$out/$name.txt"
		return 1
	fi
}

sanitize() { # tool, pattern of tests
	tool=$(command -v compute-sanitizer) || { say "$1: SKIPPED, no compute-sanitizer in PATH"; return 0; }
	logged "$1" "$tool" --tool "$1" --error-exitcode 9 "$bin/gpu.test" -test.short -test.run "$2" -test.timeout 9m
}

peer() { # seconds that it may take, algorithm, script, its arguments
	limit=$1 game=$2 script=$3
	shift 3
	say "peer $script $*, $game $sizes"
	timeout -k 5 "$limit" $python "$here/peers/$script" "$@" --algo "$game" --sizes "$sizes" --seconds 3 >> "$out/results.jsonl" 2>> "$out/peers.txt" ||
		say "peer $script $*: FAILED or out of time, see $out/peers.txt"
}

peers() { # algorithm; about 25 seconds of each peer are timing, the rest is start, compilation and warmth
	peer 70 "$1" torch_batched.py --variant eager
	peer 80 "$1" torch_batched.py --variant graphs
	peer 170 "$1" torch_batched.py --variant compile
	peer 80 "$1" jax_scan.py --variant scan
	peer 90 "$1" jax_scan.py --variant unrolled
	peer 100 "$1" torch_reference.py
}

part() {
	case "$1" in
	conformance)
		logged device "$bin/palmal-cuda" doctor || true
		logged conformance "$bin/gpu.test" -test.v -test.timeout 9m
		;;
	memcheck) sanitize memcheck 'Conformance|Width' ;;
	racecheck) sanitize racecheck "$small" ;;
	synccheck) sanitize synccheck "$small" ;;
	bench)
		for algo in pal mal; do
			say "bench $algo $sizes"
			"$bin/palmal-cuda" bench --backend cuda --algo $algo --sizes "$sizes" --json > "$out/bench.tmp"
			$python -c '
import json, sys
for line in open(sys.argv[1]):
    if line.startswith("{"):
        print(json.dumps({**json.loads(line), "algo": sys.argv[2], "sizes": sys.argv[3]}))
' "$out/bench.tmp" $algo "$sizes" | tee -a "$out/results.jsonl"
			rm "$out/bench.tmp"
		done
		;;
	peers-pal) peers pal ;;
	peers-mal) peers mal ;;
	table) $python "$here/table.py" "$out/results.jsonl" | tee "$out/table.txt" ;;
	all) for each in conformance memcheck racecheck synccheck bench peers-pal peers-mal table; do part $each; done ;;
	*) echo "gpu.sh: unknown part $1" >&2; exit 2 ;;
	esac
}

for each in "$@"; do part "$each"; done

#!/usr/bin/env bash
# part.sh PART: runs one part of ../gpu.sh, which sets a time limit and `here`, `out`, `work`, PALMAL_BIN, PYTHON and
# SIZES. Exit 77: a tool is missing. The table shows the text of `note` next to the part.
set -u -o pipefail
part=$1
. "$here/gpu/sanitize.sh"

note() { echo "$*" | tee "$work/$part.note"; }

# need ends the part where a command or a Python package is missing.
need() { command -v "$1" > /dev/null || { note "no $1 in PATH"; exit 77; }; }
need_package() {
	need "$PYTHON"
	"$PYTHON" -c 'import importlib.util as u, sys; sys.exit(u.find_spec(sys.argv[1]) is None)' "$1" || { note "$PYTHON has no package $1"; exit 77; }
}

fact() { printf '{"fact":"%s","value":"%s"}\n' "$1" "$(tr -d '\000-\037\\"' <<< "$2" | cut -c 1-200)" >> "$out/results.jsonl"; }

facts() {
	local card=""
	fact program "$("$PALMAL_BIN/palmal-cuda" version | head -n 1)"
	if command -v nvidia-smi > /dev/null; then
		card=$(nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.sm,compute_mode --format=csv,noheader | head -n 1)
		nvidia-smi -q
	else
		note "no nvidia-smi in PATH; the program's own report is in the log"
	fi
	fact card "${card:-unknown}"
	fact cores "$(getconf _NPROCESSORS_ONLN)"
	for tool in nvcc ncu compute-sanitizer; do
		fact "$tool" "$("$tool" --version 2> /dev/null | grep -iE 'release|version' | head -n 1 || echo missing)"
	done
	fact python "$("$PYTHON" -c 'import importlib.metadata as m, sys
def version(name):
    try: return m.version(name)
    except m.PackageNotFoundError: return "missing"
print(sys.version.split()[0], *(f"{name} {version(name)}" for name in ("torch", "triton", "jax")))' || echo missing)"
	# The program must find the device; other things that doctor misses, such as drawing, do not matter here.
	"$PALMAL_BIN/palmal-cuda" doctor > "$work/doctor.out" 2>&1
	cat "$work/doctor.out"
	grep -qE '^OK +backend.*cuda: ' "$work/doctor.out" || { note "palmal doctor finds no usable device: $(grep backend "$work/doctor.out" | head -n 1)"; return 1; }
	note "$(sed -n 's/^OK  *backend.*cuda: \([^;]*\).*/\1/p' "$work/doctor.out")"
}

smoke() {
	# shellcheck disable=SC2086 # flags
	"$PALMAL_BIN/gpu.test" -test.v -test.run '^TestSmoke$' ${SMOKE_FLAGS:-} > "$work/smoke.out" 2>&1
	local status=$?
	cat "$work/smoke.out"
	every_kernel "$work/smoke.out" && note "$(launched "$work/smoke.out")" && return $status
	[ $status != 0 ] || note "the test did not say that it launched every kernel: is there a device?"
	return 1
}

# bench appends the output of palmal bench to the results, with the algorithm and the sizes.
bench() { # algorithm, sizes, stages and flags
	local algo=$1 sizes=$2
	shift 2
	# shellcheck disable=SC2086 # flags
	"$PALMAL_BIN/palmal-cuda" bench --backend cuda --json --algo "$algo" --sizes "$sizes" ${BENCH_FLAGS:-} "$@" |
		tee "$work/$part.json" | sed -u -n "s/^{\(.*\"stage\":\)/{\"algo\":\"$algo\",\"sizes\":\"$sizes\",\1/p" >> "$out/results.jsonl" || return
	grep -q '"stage":"iteration"' "$work/$part.json" || { note "it printed no time of an iteration"; return 1; }
}

# kernels times every kernel. Its stages wait for each launch, so their times do not go into the results.
kernels() {
	# shellcheck disable=SC2086 # flags
	"$PALMAL_BIN/palmal-cuda" bench --backend cuda --json --sync --algo pal --sizes "$SIZES" ${BENCH_FLAGS:-} fit npg pathwise > "$work/$part.json" || return
	grep '"event":"kernels"' "$work/$part.json" | sed "s/^{/{\"algo\":\"pal\",\"sizes\":\"$SIZES\",/" >> "$out/results.jsonl" ||
		{ note "it printed no times of kernels"; return 1; }
}

HOT='ensemble_forward|ensemble_backward|ensemble_update|ensemble_loss|rollout_paths|value_fit|fisher_partials|gradient_partials|pathwise_fold'

# profile runs Nsight Compute on the second launch of each hot kernel (some first launches are of a narrow layer), or,
# where it finds none, on the first few launches of all. The clocks of the card do not change.
profile() {
	need ncu
	local report=$work/hot.ncu-rep sections="--section SpeedOfLight --section LaunchStats --section Occupancy --section MemoryWorkloadAnalysis --section WarpStateStats --section SourceCounters"
	for which in "--kernel-id ::regex:^($HOT)\$:2 --launch-count 9" "--kernel-name regex:^($HOT)\$ --launch-count 24"; do
		# shellcheck disable=SC2086 # flags
		ncu --clock-control none --target-processes all --kill yes $sections $which -f -o "$report" \
			"$PALMAL_BIN/palmal-cuda" bench --backend cuda --algo pal --sizes "$SIZES" --quick ${BENCH_FLAGS:-} --repeat 1 fit npg npg pathwise
		ncu --import "$report" --page details --csv > "$work/ncu.csv" 2> "$work/ncu.log"
		if grep -qE "$HOT" "$work/ncu.csv"; then
			"$PYTHON" "$here/gpu/ncu_rows.py" "$work/ncu.csv" >> "$out/results.jsonl"
			note "$(grep -oE "$HOT" "$work/ncu.csv" | sort -u | wc -l) of 9 hot kernels; hot.ncu-rep and ncu.csv are in rest.tar.gz"
			return 0
		fi
	done
	note "ncu saw no hot kernel; it may lack the permission to read counters"
	return 1
}

conformance() {
	# shellcheck disable=SC2086 # flags
	"$PALMAL_BIN/gpu.test" -test.v -test.timeout 20m ${CONFORMANCE_FLAGS:-} > "$work/conformance.out" 2>&1
	local status=$?
	grep -E '^( *--- FAIL| *[a-z_]*_test.go|panic|FAIL|ok|PASS)' "$work/conformance.out" | head -n 200
	note "$(grep -cE '^ *--- PASS' "$work/conformance.out") tests and cases passed, $(grep -cE '^ *--- FAIL' "$work/conformance.out") failed, $(grep -cE '^ *--- SKIP' "$work/conformance.out") skipped"
	grep -qE '^ *--- PASS' "$work/conformance.out" || return 1
	! grep -q 'NOT TESTED: no CUDA device' "$work/conformance.out" || { note "no device was found"; return 1; }
	return $status
}

# peer appends the output of a peer to the results.
peer() { # package, script, its flags
	need_package "$1"
	local script=$2
	shift 2
	local before after
	before=$(wc -l < "$out/results.jsonl")
	"$PYTHON" -u "$here/peers/$script" "$@" --algo pal --also mal --sizes "$SIZES" --seconds 2 | tee -a "$out/results.jsonl" || return
	after=$(wc -l < "$out/results.jsonl")
	[ "$after" -gt "$before" ] || { note "it printed no times"; return 1; }
}

# warm lets a compiler fill its cache. Other parts use the device at the same time, so warm may not take all its memory.
warm() { # package, script, its flags
	need_package "$1"
	local script=$2
	shift 2
	XLA_PYTHON_CLIENT_PREALLOCATE=false "$PYTHON" -u "$here/peers/$script" "$@" --algo pal --sizes "$SIZES" --warm
}

case $part in
facts) facts ;;
smoke) smoke ;;
bench-pal) bench pal "$SIZES" ;;
bench-mal) bench mal "$SIZES" fit npg iteration ;;
bench-ant) bench pal ant iteration ;;
bench-pen) bench pal pen iteration ;;
bench-sync) kernels ;;
ncu) profile ;;
conformance) conformance ;;
memcheck | racecheck | synccheck) sanitize "$part" ;;
warm-compile) warm torch torch_batched.py --variant compile ;;
warm-tf32) warm torch torch_batched.py --variant compile --precision tf32 ;;
warm-jax) warm jax jax_scan.py ;;
peer-compile) peer torch torch_batched.py --variant compile ;;
peer-tf32) peer torch torch_batched.py --variant compile --precision tf32 ;;
peer-graphs) peer torch torch_batched.py --variant graphs ;;
peer-eager) peer torch torch_batched.py --variant eager ;;
peer-jax) peer jax jax_scan.py ;;
peer-unrolled) peer jax jax_scan.py --variant unrolled ;;
peer-reference) peer torch torch_reference.py ;;
*) note "part.sh knows no part $part" && exit 2 ;;
esac

#!/usr/bin/env bash
# dry-run.sh: runs gpu.sh without a GPU, on the emulator and with stand-ins for missing tools: all of it, with a part
# that fails, with one that hangs, and with too little time. It checks the results of each run, and shows that the check
# notices spoilt ones. `make gpu-dry-run` builds what it needs.
set -u
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
dry=$root/bin/dry
. "$here/gpu/plan.sh"
command -v python3 > /dev/null || { echo "dry-run.sh: python3 is missing; it writes the table" >&2; exit 1; }

# The layout of an unpacked bundle.
rm -rf "$dry"
mkdir -p "$dry/bundle/bin"
for program in palmal-cuda gpu.test; do
	ln -s "$root/bin/$program" "$dry/bundle/bin/$program"
	ln -s "$here/standin/launch" "$dry/bundle/$program"
done
cp "$root/cuda/build/planted.fatbin" "$dry/bundle/"

SCALE=1 # factor of a GPU's time limits: the work is small, but a gate must not fail because its two cores are busy
export PATH=$here/standin:$PATH PYTHON=$here/standin/python PALMAL_BIN=$dry/bundle XDG_CACHE_HOME=$dry/cache
export LD_LIBRARY_PATH=$root/cuda/build/emulator PALMAL_PLANTED_EMULATOR=$root/cuda/build/planted
export BENCH_FLAGS="--divide 5000 --repeat 1" SMOKE_FLAGS=-test.short CONFORMANCE_FLAGS="-test.short -test.run=TestConformance/(gae|fisher)"
all=$(everything | tr '\n' ' ')
failed=0

complain() { echo "DRY RUN: $*"; failed=1; }

# dry_run runs gpu.sh; its arguments are the broken part, the scale of times, and the parts. The results go to $dry/NAME.
dry_run() { # name, PALMAL_BREAK, scale, parts...
	local name=$1
	shift
	began=$SECONDS
	PALMAL_BREAK=$1 PALMAL_GPU_SCALE=$2 "$here/gpu.sh" "$dry/$name" "${@:3}" > "$dry/$name.out" 2>&1
	status=$?
	took=$((SECONDS - began))
	! left=$(grep -lzE "^PALMAL_PART=palmal" /proc/[0-9]*/environ 2> /dev/null) || complain "$name: left processes: $left"
}

check() { # name, flags of check_run.py
	local name=$1
	shift
	if python3 -B "$here/check_run.py" "$dry/$name" --exit "$status" --grace 6 "$@"; then
		echo "dry run, $name: $took s, exit $status, as it should be"
	else
		complain "$name: see above, and $dry/$name.out"
	fi
}

# refuse spoils a copy of a good run and expects the check to notice.
refuse() { # what is spoilt, exit status of the run, command
	rm -rf "$dry/spoilt"
	cp -r "$dry/whole" "$dry/spoilt"
	(cd "$dry/spoilt" && eval "$3")
	if python3 -B "$here/check_run.py" "$dry/spoilt" --exit "$2" --grace 6 --parts "$all" > "$dry/spoilt.out"; then
		complain "the check does not notice $1"
	else
		echo "noticed: $1: $(head -n 1 "$dry/spoilt.out" | sed 's/.*spoilt: //')"
	fi
}

dry_run whole "" $SCALE all
check whole --parts "$all"
dry_run fails fail:smoke $SCALE all
check fails --parts "$all" --expect "smoke=failed=broken \"on purpose\" \\ by the dry run"
dry_run hangs hang:bench-sync $SCALE all
check hangs --parts "$all" --expect "bench-sync=out of time=hangs on purpose"

# Too little time in all: parts that no longer fit are skipped, and the table is ready in time.
PALMAL_GPU_LIMIT=40 dry_run short "" 1 all
check short --parts "$all" --others "passed,out of time,skipped" --expect "peer-tf32=skipped=no time left"
[ $took -le 40 ] || complain "short: took $took s of 40 s"

for tool in memcheck racecheck synccheck; do
	dry_run "blind-$tool" "blind:$tool" $SCALE $tool
	check "blind-$tool" --parts $tool --expect "$tool=failed=proved nothing: it did not find planted_"
done
dry_run talks talk:smoke 0.2 smoke
check talks --parts smoke --expect "smoke=out of time"
[ "$(tar -xzOf "$dry/talks/rest.tar.gz" ./smoke.txt | wc -c)" -le 4000000 ] || complain "talks: the output of a part has no end"

# No peers run where Python is missing, and the table is plain.
PYTHON=no-such-python dry_run plain "" $SCALE peer-jax
[ $status = 1 ] && grep -q 'peer-jax *missing *no no-such-python in PATH' "$dry/plain/table.txt" || complain "plain: see $dry/plain.out"
echo "dry run, plain: exit $status"

# A signal to the script ends its parts and still leaves a table.
PALMAL_BREAK=hang:smoke PALMAL_GPU_SCALE=$SCALE "$here/gpu.sh" "$dry/stopped" smoke bench-pal > "$dry/stopped.out" 2>&1 &
sleep 2
kill -TERM $!
wait $!
status=$? took=2
check stopped --parts smoke --expect smoke=interrupted
grep -lzE "^PALMAL_PART=palmal" /proc/[0-9]*/environ 2> /dev/null && complain "stopped: left processes"

refuse "a part that is not in the table" 0 "sed -i '/^bench-mal/d' table.txt"
refuse "a row of times that is not in the table" 0 "sed -i '/^mal hopper *jax/d' table.txt"
refuse "a number that is missing" 0 "sed -i '/^pal pen/s/[0-9.]//g' table.txt"
refuse "a part beyond its time" 0 "sed -i 's/\"part\":\"ncu\",\"status\":\"passed\",\"seconds\":[0-9.]*/\"part\":\"ncu\",\"status\":\"passed\",\"seconds\":99/' results.jsonl"
refuse "too many files" 0 "touch 1 2 3"
refuse "a wrong exit status" 1 ":"
exit $failed

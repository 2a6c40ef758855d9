#!/bin/sh
# mutate.sh EMULATOR RACES: leaves out one barrier of the kernels at a time and expects a test of package gpu to
# fail under one of a few schedules. Lanes of a warp wait for each other in votes and shuffles too, so no schedule
# shows that the barrier of a warp is missing: RACES, the emulator that looks for races, must. A barrier whose lack no
# test can notice has a comment on its line, "unseen: reason". Fails on barriers that no test executes, and on those
# whose lack goes unnoticed. MUTATE_SITES is a pattern of the barriers to leave out (default: all).
set -eu
cd "$(dirname "$0")/../.."
lib=$(cd "$1" && pwd)
races=$(cd "$2" && pwd)
test=$lib/gpu.test
${GO:-go} test -tags cuda -c -o "$test" ./gpu
run() { # variables; runs the short tests up to the first failure
	(cd gpu && env LD_LIBRARY_PATH="$lib" "$@" "$test" -test.short -test.failfast -test.timeout 10m ${MUTATE_RUN:+-test.run "$MUTATE_RUN"}) > "$lib/mutate.log" 2>&1
}

rm -f "$lib/sites"
run PALMAL_EMU_SITES="$lib/sites" || { cat "$lib/mutate.log"; echo "the tests fail without any change" >&2; exit 1; }
barrier='__syncthreads[(]|__syncwarp[(]|group_barrier[(]'
grep -nE "$barrier" cuda/*.cu cuda/*.cuh | grep -vE '^cuda/device.cuh|:[0-9]+:[[:space:]]*//' | sed -E 's|^cuda/([^:]*:[0-9]+):.*|\1|' | sort > "$lib/barriers"

bad=0
for site in $(grep -E "${MUTATE_SITES:-.}" "$lib/barriers"); do
	line=$(sed -n "${site#*:}p" "cuda/${site%:*}")
	case "$line" in *//*unseen:*) echo "explained  $site"; continue ;; esac
	if ! grep -qx "$site" "$lib/sites"; then
		echo "UNTESTED   $site: $line"
		bad=1
		continue
	fi
	noticed=""
	# Few multiprocessors make blocks do several pieces of work, one after the other.
	case "$line" in *__syncwarp*)
		run LD_LIBRARY_PATH="$races" PALMAL_EMU_SKIP="$site" || noticed="by its race"
		grep -q "without a barrier" "$lib/mutate.log" || noticed=""
		seeds="" ;;
	*) seeds="0 1 2 3" ;;
	esac
	for seed in $seeds; do
		run PALMAL_EMU_SKIP="$site" PALMAL_EMU_SEED=$seed PALMAL_EMU_SMS=$((4 - seed)) || { noticed="under schedule $seed"; break; }
	done
	if [ -n "$noticed" ]; then
		echo "noticed    $site $noticed"
	else
		echo "UNNOTICED  $site: $line"
		bad=1
	fi
done
exit $bad

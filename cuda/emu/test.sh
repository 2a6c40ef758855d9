#!/bin/sh
# test.sh: all tests of the CUDA build without a GPU. Builds the emulator, runs the tests of package gpu on it, with
# the search for races and under several schedules, then the program, and shows that the tests notice every barrier
# that is left out.
# If nvcc or cuda.h is missing it says so and skips, unless PALMAL_CUDA_REQUIRED is set.
set -eu
cd "$(dirname "$0")/../.."
GO=${GO:-go}
CXX=${CXX:-g++}

missing=""
command -v "${NVCC:-nvcc}" >/dev/null 2>&1 || missing="$missing nvcc"
echo '#include <cuda.h>' | "$CXX" ${CGO_CFLAGS:-} -I/usr/local/cuda/include -x c++ -fsyntax-only - 2>/dev/null || missing="$missing cuda.h"
[ "$(uname -m)" = x86_64 ] || missing="$missing x86-64"
if [ -n "$missing" ]; then
	echo "******************************************************************************" >&2
	echo "  SKIPPED: the emulated CUDA tests. Missing:$missing. Install: .ci/setup-cuda" >&2
	echo "******************************************************************************" >&2
	[ -z "${PALMAL_CUDA_REQUIRED:-}" ]
	exit
fi

make -s kernels # the test program embeds the kernels, though it runs the emulated ones
build=$PWD/cuda/build
cuda/emu/build.sh "$build/emulator"
cuda/emu/build.sh "$build/probes" gpu/internal/driver/testdata
cuda/emu/build.sh "$build/planted" gpu/testdata/planted
RACES=1 cuda/emu/build.sh "$build/races"
RACES=1 cuda/emu/build.sh "$build/race-probes" gpu/internal/driver/testdata

echo "== vet"
$GO vet -tags cuda ./cuda/... ./gpu/... ./cmd/...

echo "== the emulator finds faults; the driver's wrapper"
for seed in 0 1 2; do
	PALMAL_EMU_SEED=$seed LD_LIBRARY_PATH=$build/probes $GO test -tags cuda -count=1 ./gpu/internal/...
done

echo "== races are found; there are none in the kernels, each of which is launched"
PALMAL_RACES_REQUIRED=1 LD_LIBRARY_PATH=$build/race-probes $GO test -tags cuda -count=1 -run 'Races|Barrier|Faults|Launch|Meet|Warp' \
	./gpu/internal/driver
rm -f "$build/races/launches"
PALMAL_EMU_LAUNCHES=$build/races/launches LD_LIBRARY_PATH=$build/races $GO test -tags cuda -count=1 -short -timeout 30m \
	-run 'Conformance|PolicyPlayer|InOneLaunch|Permutation|LongPaths|RateIs|SlopesOfEvery' ./gpu
for kernel in $(sed -n 's/^EMULATED_KERNEL(\([a-z_0-9]*\),.*/\1/p' "$build"/races/kernel_*.cpp); do
	grep -qx "$kernel" "$build/races/launches" || { echo "no test looks for races in $kernel" >&2; exit 1; }
done

echo "== package gpu on the emulator"
LD_LIBRARY_PATH=$build/emulator $GO test -tags cuda -count=1 -timeout 30m ./gpu ./cuda/...

echo "== faults planted for compute-sanitizer are faults"
PALMAL_PLANTED=$build/planted/libcuda.so.1 LD_LIBRARY_PATH=$build/planted $GO test -tags cuda -count=1 -run '^TestPlanted$' ./gpu

# Where MuJoCo is found, the method runs in it too; CI must not leave this out.
if ! $GO run ./cmd/palmal doctor --json | grep -q '"name":"MuJoCo","verdict":"OK"'; then
	echo "  SKIPPED: the method in MuJoCo on the emulator. Missing: MuJoCo. Install: .ci/setup" >&2
	[ -z "${PALMAL_CUDA_REQUIRED:-}" ]
fi
echo "== the program on the emulator: the method on both backends, a run, its resumption, bench"
LD_LIBRARY_PATH=$build/emulator $GO test -tags cuda -count=1 -timeout 20m -run 'Device|FirstIteration|Learn|OtherBackend|Scripts/cuda' \
	./algo ./cmd/palmal ./cmd/palmal/internal/bench

echo "== package gpu under other schedules and with the shared memory of a V100, short"
for seed in 1 2; do
	PALMAL_EMU_SHARED=98304 PALMAL_EMU_SEED=$seed LD_LIBRARY_PATH=$build/emulator $GO test -tags cuda -count=1 -short -timeout 30m ./gpu
done

echo "== left-out barriers are noticed"
cuda/emu/mutate.sh "$build/emulator" "$build/races"

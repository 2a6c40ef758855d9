#!/bin/sh
# build.sh OUT [KERNELS]: compiles the kernels for the emulator and links OUT/libcuda.so.1. KERNELS is the
# folder of .cu files (default cuda). Only changed files are compiled again. With RACES set the kernels look for
# races, see races.h. Needs g++ and cuda.h; Go lists the kernels.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kernels=$(cd "${2:-$here/..}" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
CXX=${CXX:-g++}
# No contraction of a*b+c: the code runs as written. fmaf is one instruction by -mfma.
FLAGS="-std=c++17 -O2 -g1 -fPIC -fvisibility=hidden -ftls-model=initial-exec -mavx2 -mfma -ffp-contract=off -fno-strict-aliasing -Wall -Wno-unknown-pragmas -Wno-unused-function -Wno-unused-variable"

# RACES makes every kernel report its accesses, see races.h. Loads that the source does not make would look like races.
[ -z "${RACES:-}" ] || RACES="-fsanitize=thread --param tsan-instrument-func-entry-exit=0 -fno-tree-loop-if-convert -fno-if-conversion -fno-if-conversion2"

# A GPU refuses an access that is not aligned to its type; the emulator's handler says where it was.
ALIGNED="-fsanitize=alignment -fno-sanitize-recover=alignment"

(cd "$here/../.." && ${GO:-go} run ./gpu/internal/launchgen -emulator "$kernels" "$out")

objects=""
newest=$(ls -t "$here"/*.h "$here"/../*.cuh "$here"/build.sh | head -1)
compile() { # source, extra flags
	object=$out/$(basename "$1" .cpp).o
	objects="$objects $object"
	if [ ! -e "$object" ] || [ "$1" -nt "$object" ] || [ "$newest" -nt "$object" ] || { [ -n "$3" ] && [ "$3" -nt "$object" ]; }; then
		$CXX $FLAGS $2 -c "$1" -o "$object"
	fi
}
for f in "$here"/*.cpp; do compile "$f" "${CGO_CFLAGS:-}" ""; done
for f in "$out"/kernel_*.cpp; do
	cu=$kernels/$(basename "$f" .cpp | sed 's/^kernel_//').cu
	compile "$f" "-DPALMAL_EMULATED $ALIGNED ${RACES:-} -I$here/.. -I$kernels" "$cu"
done
$CXX -shared -Wl,-soname,libcuda.so.1 -o "$out/libcuda.so.1" $objects -lpthread -ldl

#!/bin/sh
# gen.sh writes names.h: a TRAMPOLINE(symbol) for every driver function that gorgonia.org/cu or package
# driver calls. cuda.h renames functions (cuMemAlloc is cuMemAlloc_v2), so the preprocessor gives the names.
# Headers after 11.8 rename a few more to _v2; those names are listed too and cost nothing if unused.
set -eu
cd "$(dirname "$0")"
cu=$(go list -m -f '{{.Dir}}' gorgonia.org/cu)
headers='#include <cuda.h>
#include <cudaProfiler.h>'
functions=$(echo "$headers" | cpp -P ${CGO_CFLAGS:-} - | grep -oE '\bcu[A-Z][A-Za-z0-9_]*[ ]*\(' | tr -d ' (' | sort -u)
used=$(cat "$cu"/*.go "$cu"/*.c ../driver/*.go | grep -oE '\bcu[A-Z][A-Za-z0-9_]*' | sort -u)
renamed=$({ echo "$headers"; echo '@@@'; echo "$used"; } | cpp -P ${CGO_CFLAGS:-} - | sed '1,/@@@/d' | tr ' ' '\n' | sort -u)
names=$({ echo "$functions"; echo "$renamed"; } | sort | uniq -d | grep -vxE 'cuInit|cuDeviceGetCount')
{
	echo "// Written by gen.sh; do not edit. Included with TRAMPOLINE(symbol) defined."
	{ echo "$names"; echo "$names" | grep -vE '_v[0-9]+$' | sed 's/$/_v2/'; } | sort -u | sed 's/.*/TRAMPOLINE(&)/'
} > "${1:-names.h}"

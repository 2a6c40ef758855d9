#!/bin/sh
# build.sh OUT.fatbin: compiles the planted faults, as PTX of the oldest device that the kernels know and for sm_90.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
NVCC=${NVCC:-nvcc}
oldest=$("$NVCC" --list-gpu-arch | sed -n 's/^compute_\([0-9]*\)$/\1/p' | sort -n | awk '$1 >= 70 { print; exit }')
mkdir -p "$(dirname "$1")"
"$NVCC" -std=c++17 -lineinfo -I"$here/../../../cuda" -gencode "arch=compute_$oldest,code=compute_$oldest" \
	-gencode arch=compute_90,code=sm_90 -fatbin -o "$1" "$here/planted.cu"

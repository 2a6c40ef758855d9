#!/bin/sh
# build.sh: compiles all kernels into build/kernels.fatbin (sm_70, sm_80, sm_90 and PTX for later devices)
# and fails on register spills that spills.txt does not explain. Needs nvcc 11.8 or newer.
set -eu
cd "$(dirname "$0")"
mkdir -p build

NVCC=${NVCC:-nvcc}
architectures=""
for sm in 70 80 90; do
	# nvcc 13 has no sm_70 any more.
	if "$NVCC" --list-gpu-arch | grep -qx "compute_$sm"; then
		architectures="$architectures -gencode arch=compute_$sm,code=sm_$sm"
	fi
done

# One translation unit, since a fat binary holds one image for each architecture.
for f in *.cu; do echo "#include \"$f\""; done > build/all.cu

# No --use_fast_math: the CPU is the oracle, with bounds for plain float32.
if ! "$NVCC" -std=c++17 -O3 -I. $architectures -gencode arch=compute_90,code=compute_90 \
	-Xptxas -v -fatbin -o build/new.fatbin build/all.cu > build/ptxas.log 2>&1; then
	cat build/ptxas.log >&2
	exit 1
fi
grep -i warning build/ptxas.log >&2 || true

awk '
	BEGIN {
		while ((getline line < "spills.txt") > 0) {
			if (line !~ /^#/ && split(line, f, " ") >= 4) allowed[f[1], f[2]] = f[3]
		}
	}
	/Compiling entry function/ { split($0, q, "\047"); kernel = q[2]; sm = q[4] }
	/bytes spill stores/ {
		for (i = 1; i < NF; i++) if ($(i + 2) == "spill") spilled[kernel, sm] += $i
	}
	/Used [0-9]+ registers/ {
		for (i = 1; i <= NF; i++) if ($i == "Used") registers = $(i + 1)
		bytes = spilled[kernel, sm] + 0
		printf "%-24s %-6s %3d registers %5d bytes spilled\n", kernel, sm, registers, bytes
		count++
		if (bytes > allowed[kernel, sm] + 0) {
			bad = bad sprintf("%s on %s spills %d bytes, explained are %d\n", kernel, sm, bytes, allowed[kernel, sm])
		}
	}
	END {
		if (!count) { print "no kernel found in build/ptxas.log" > "/dev/stderr"; exit 1 }
		if (bad) {
			printf "%s", bad > "/dev/stderr"
			print "Explain them in cuda/spills.txt, or give the kernel more registers." > "/dev/stderr"
			exit 1
		}
	}
' build/ptxas.log > build/registers.txt || { cat build/registers.txt; exit 1; }
mv build/new.fatbin build/kernels.fatbin
echo "cuda/build/kernels.fatbin: $(wc -c < build/kernels.fatbin) bytes, $(cut -d' ' -f1 build/registers.txt | sort -u | wc -l) kernels; registers in cuda/build/registers.txt"

#!/bin/sh
# build.sh [OUT]: compiles all kernels into OUT/kernels.fatbin (default build/kernels.fatbin): sm_70, sm_80, sm_90, from
# nvcc 12.8 on sm_100 and sm_120, and PTX for other devices from 9.0 on. Fails on register spills that spills.txt does
# not explain. Needs nvcc 11.8 or newer, and Go.
set -eu
mkdir -p "${1:-$(dirname "$0")/build}"
out=$(cd "${1:-$(dirname "$0")/build}" && pwd)
cd "$(dirname "$0")"

NVCC=${NVCC:-nvcc}
version=$("$NVCC" --version | sed -n 's/.*release \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
[ -n "$version" ] || { echo "cuda/build.sh: $NVCC --version names no release" >&2; exit 1; }
# at_least MAJOR MINOR
at_least() { [ "${version% *}" -gt "$1" ] || { [ "${version% *}" -eq "$1" ] && [ "${version#* }" -ge "$2" ]; }; }
at_least 11 8 || { echo "cuda/build.sh: nvcc $(echo "$version" | tr ' ' .) is too old: the kernels need 11.8" >&2; exit 1; }

wanted="70 80 90"
# Otherwise devices of 10.0 and 12.0 would compile all kernels from PTX at their first start.
if at_least 12 8; then wanted="$wanted 100 120"; fi
architectures=""
for sm in $wanted; do
	# nvcc 13 dropped sm_70.
	if "$NVCC" --list-gpu-arch | grep -qx "compute_$sm"; then
		architectures="$architectures -gencode arch=compute_$sm,code=sm_$sm"
	fi
done

# One translation unit, since a fat binary holds one image for each architecture.
for f in *.cu; do echo "#include \"$f\""; done > "$out/all.cu"

# No --use_fast_math: the CPU is the oracle, with bounds for plain float32. -lineinfo lets profilers and sanitizers name
# lines; it does not change the code.
if ! "$NVCC" -std=c++17 -O3 -lineinfo -I. $architectures -gencode arch=compute_90,code=compute_90 \
	-Xptxas -v -fatbin -o "$out/new.fatbin" "$out/all.cu" > "$out/ptxas.log" 2>&1; then
	cat "$out/ptxas.log" >&2
	exit 1
fi
grep -i warning "$out/ptxas.log" >&2 || true
(cd .. && ${GO:-go} run ./gpu/internal/trimimage "$out/new.fatbin")

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
		if (!count) { print "no kernel found in ptxas.log" > "/dev/stderr"; exit 1 }
		if (bad) {
			printf "%s", bad > "/dev/stderr"
			print "Explain them in cuda/spills.txt, or give the kernel more registers." > "/dev/stderr"
			exit 1
		}
	}
' "$out/ptxas.log" > "$out/registers.txt" || { cat "$out/registers.txt"; exit 1; }
mv "$out/new.fatbin" "$out/kernels.fatbin"
echo "$out/kernels.fatbin: $(wc -c < "$out/kernels.fatbin") bytes, $(cut -d' ' -f1 "$out/registers.txt" | sort -u | wc -l) kernels; registers in registers.txt there"

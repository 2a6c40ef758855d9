package cpu

import (
	"slices"
	"strings"

	"golang.org/x/sys/cpu"
)

// abilities are the vector instructions of a processor that the kernels of OpenBLAS are written for.
type abilities struct {
	avx2     bool // AVX2 and FMA
	avx512   bool // AVX-512 with the parts of Skylake's servers
	bfloat16 bool // AVX-512 BF16
}

// abilitiesHere are those of this processor that the system has enabled. Other architectures than amd64
// have none of them.
func abilitiesHere() abilities {
	x := cpu.X86
	avx512 := x.HasAVX512F && x.HasAVX512CD && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL
	return abilities{avx2: x.HasAVX2 && x.HasFMA, avx512: avx512, bfloat16: avx512 && x.HasAVX512BF16}
}

// name is the best of the instructions.
func (a abilities) name() string {
	switch {
	case a.avx512:
		return "AVX-512"
	case a.avx2:
		return "AVX2"
	}
	return "SSE"
}

// better lists the kernels of OpenBLAS, the fastest first, that suit a processor better than those in use;
// none if these are good. An OpenBLAS that is older than the processor takes kernels for SSE, several times
// as slow. Only kernels that are known to be older than AVX2 are poor: those of newer processors, and Zen's
// and Haswell's, are the library's own affair.
func (a abilities) better(core string) []string {
	if !a.avx2 || !olderThanAVX2(core) {
		return nil
	}
	var cores []string
	if a.bfloat16 {
		cores = append(cores, "Cooperlake")
	}
	if a.avx512 {
		cores = append(cores, "SkylakeX")
	}
	return append(cores, "Haswell")
}

// olderThanAVX2 reports whether a kernel of OpenBLAS, by the name that the library gives, is for
// processors of x86 without AVX2. Source: driver/others/dynamic.c of OpenBLAS 0.3.21.
func olderThanAVX2(core string) bool {
	older := []string{"katmai", "coppermine", "northwood", "prescott", "banias", "atom", "core2", "penryn", "dunnington",
		"nehalem", "sandybridge", "athlon", "opteron", "opteron_sse3", "barcelona", "bobcat", "nano", "bulldozer",
		"piledriver", "steamroller", "generic"}
	return slices.Contains(older, strings.ToLower(core))
}

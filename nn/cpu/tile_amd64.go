package cpu

import "golang.org/x/sys/cpu"

//go:noescape
func tileAVX512(number int, t *tile)

//go:noescape
func tileAVX2(number int, t *tile)

//go:noescape
func transposeAVX512(dst, src *float32, lddst, ldsrc int)

//go:noescape
func transposeAVX2(dst, src *float32, lddst, ldsrc int)

// allUnits lists what this processor has, the fastest first.
func allUnits() []units {
	can := abilitiesHere()
	var all []units
	if can.avx512 {
		all = append(all, units{"AVX-512", tileAVX512, transposeAVX512, 16, 14})
	}
	if can.avx2 && cpu.X86.HasFMA {
		all = append(all, units{"AVX2", tileAVX2, transposeAVX2, 8, 6})
	}
	return all
}

// adamFlushed is adamUpdate for a multiple of 8 elements, with numbers below 2⁻¹²⁶ taken for 0, see flush.
func adamFlushed(w, g, h, m, v []float32, s *adamStep) {
	n := len(g)
	_, _, _, _ = w[n-1], h[n-1], m[n-1], v[n-1]
	if wide() {
		adamFlushedAVX512(&w[0], &g[0], &h[0], &m[0], &v[0], n, s)
	} else {
		adamFlushedAVX2(&w[0], &g[0], &h[0], &m[0], &v[0], n, s)
	}
}

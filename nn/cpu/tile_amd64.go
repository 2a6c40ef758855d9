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

//go:noescape
func sumColumns1AVX512(sums, x *float32, rows, ld int)

//go:noescape
func sumColumns4AVX512(sums, x *float32, rows, ld int)

//go:noescape
func copyColumns1AVX512(dst, src *float32, rows, lddst, ldsrc int)

//go:noescape
func copyColumns2AVX512(dst, src *float32, rows, lddst, ldsrc int)

//go:noescape
func sumColumns1AVX2(sums, x *float32, rows, ld int)

//go:noescape
func sumColumns4AVX2(sums, x *float32, rows, ld int)

//go:noescape
func copyColumns1AVX2(dst, src *float32, rows, lddst, ldsrc int)

//go:noescape
func copyColumns2AVX2(dst, src *float32, rows, lddst, ldsrc int)

//go:noescape
func copyPart1AVX512(dst, src *float32, rows, lddst, ldsrc, last int)

//go:noescape
func copyPart2AVX512(dst, src *float32, rows, lddst, ldsrc, last int)

//go:noescape
func normalsAVX512(z *[32]float32, seed, step uint64, lane, stream uint32)

//go:noescape
func gapsAVX512(gaps *[32]int32, seed, step uint64, lane, stream uint32, stride int, factor, most float64)

// allUnits lists what this processor has, the fastest first.
func allUnits() []units {
	can := abilitiesHere()
	var all []units
	if can.avx512 {
		all = append(all, units{"AVX-512", tileAVX512, transposeAVX512, 16, 14,
			[2]func(dst, src *float32, rows, lddst, ldsrc int){copyColumns1AVX512, copyColumns2AVX512},
			[2]func(dst, src *float32, rows, lddst, ldsrc, last int){copyPart1AVX512, copyPart2AVX512}, halvesHere(), normalsAVX512, gapsAVX512})
	}
	if can.avx2 && cpu.X86.HasFMA {
		all = append(all, units{"AVX2", tileAVX2, transposeAVX2, 8, 6,
			[2]func(dst, src *float32, rows, lddst, ldsrc int){copyColumns1AVX2, copyColumns2AVX2},
			[2]func(dst, src *float32, rows, lddst, ldsrc, last int){}, nil, nil, nil})
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

// columnSums writes the sums over the rows of x [rows,len(sums)], each added from the first row to the last.
func columnSums(sums, x []float32, rows int) {
	width, vector, one, four := len(sums), 8, sumColumns1AVX2, sumColumns4AVX2
	if wide() {
		vector, one, four = 16, sumColumns1AVX512, sumColumns4AVX512
	}
	if rows == 0 || !cpu.X86.HasAVX2 {
		columnSumsGo(sums, x, rows, 0)
		return
	}
	_ = x[rows*width-1]
	first := 0
	for ; first+4*vector <= width; first += 4 * vector {
		four(&sums[first], &x[first], rows, width)
	}
	for ; first+vector <= width; first += vector {
		one(&sums[first], &x[first], rows, width)
	}
	columnSumsGo(sums, x, rows, first)
}

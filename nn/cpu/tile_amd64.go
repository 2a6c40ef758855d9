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

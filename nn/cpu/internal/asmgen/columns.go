package main

// columnLoops writes the functions that walk down columns of a matrix, one vector wide or four: sums of them, and copies.
func (w *writer) columnLoops(v vectors) {
	for _, vectors := range []int{1, 4} {
		w.line("\n// func sumColumns%d%s(sums, x *float32, rows, ld int)", vectors, v.name)
		w.line("TEXT ·sumColumns%d%s(SB), NOSPLIT, $0-32", vectors, v.name)
		w.line("\tMOVQ sums+0(FP), DI\n\tMOVQ x+8(FP), SI\n\tMOVQ rows+16(FP), CX\n\tMOVQ ld+24(FP), R8\n\tSHLQ $2, R8")
		for j := range vectors {
			w.line("\tVXORPS X%d, X%d, X%d", j, j, j)
		}
		w.line("turn:")
		for j := range vectors {
			w.line("\tVADDPS %d(SI), %s%d, %s%d", j*v.bytes, v.register, j, v.register, j)
		}
		w.line("\tADDQ R8, SI\n\tDECQ CX\n\tJNE turn")
		for j := range vectors {
			w.line("\tVMOVUPS %s%d, %d(DI)", v.register, j, j*v.bytes)
		}
		w.line("\tVZEROUPPER\n\tRET")
	}
	for _, vectors := range []int{1, 2} {
		w.line("\n// func copyColumns%d%s(dst, src *float32, rows, lddst, ldsrc int)", vectors, v.name)
		w.line("TEXT ·copyColumns%d%s(SB), NOSPLIT, $0-40", vectors, v.name)
		w.line("\tMOVQ dst+0(FP), DI\n\tMOVQ src+8(FP), SI\n\tMOVQ rows+16(FP), CX\n\tMOVQ lddst+24(FP), R8\n\tMOVQ ldsrc+32(FP), R9\n\tSHLQ $2, R8\n\tSHLQ $2, R9\n\tLEAQ (SI)(R9*8), R10\nturn:")
		for j := range vectors {
			w.line("\tPREFETCHT0 %d(R10)\n\tVMOVUPS %d(SI), %s%d", j*v.bytes, j*v.bytes, v.register, j)
		}
		for j := range vectors {
			w.line("\tVMOVUPS %s%d, %d(DI)", v.register, j, j*v.bytes)
		}
		w.line("\tADDQ R9, SI\n\tADDQ R9, R10\n\tADDQ R8, DI\n\tDECQ CX\n\tJNE turn\n\tVZEROUPPER\n\tRET")
	}
	if v.bytes == 64 {
		w.maskedCopies(v)
	}
}

// maskedCopies writes copies of columns that do not fill the last of one or two vectors. AVX2 has no masks of this kind.
func (w *writer) maskedCopies(v vectors) {
	for _, vectors := range []int{1, 2} {
		w.line("\n// func copyPart%d%s(dst, src *float32, rows, lddst, ldsrc, last int)", vectors, v.name)
		w.line("TEXT ·copyPart%d%s(SB), NOSPLIT, $0-48", vectors, v.name)
		w.line("\tMOVQ last+40(FP), CX\n\tMOVL $1, R11\n\tSHLL CX, R11\n\tDECL R11\n\tKMOVW R11, K2")
		w.line("\tMOVQ dst+0(FP), DI\n\tMOVQ src+8(FP), SI\n\tMOVQ rows+16(FP), CX\n\tMOVQ lddst+24(FP), R8\n\tMOVQ ldsrc+32(FP), R9\n\tSHLQ $2, R8\n\tSHLQ $2, R9\nturn:")
		if vectors == 2 {
			w.line("\tVMOVUPS (SI), Z0\n\tVMOVUPS Z0, (DI)")
		}
		at := (vectors - 1) * v.bytes
		w.line("\tVMOVUPS.Z %d(SI), K2, Z1\n\tVMOVUPS Z1, K2, %d(DI)", at, at)
		w.line("\tADDQ R9, SI\n\tADDQ R8, DI\n\tDECQ CX\n\tJNE turn\n\tVZEROUPPER\n\tRET")
	}
}

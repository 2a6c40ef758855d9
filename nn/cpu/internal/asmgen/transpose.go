package main

import "fmt"

// transpose writes the function that transposes a square block of as many rows as a register has numbers.
func (w *writer) transpose(v vectors) {
	w.line("\n// func transpose%s(dst, src *float32, lddst, ldsrc int)", v.name)
	w.line("TEXT ·transpose%s(SB), NOSPLIT, $0-32", v.name)
	w.line("\tMOVQ dst+0(FP), DI\n\tMOVQ src+8(FP), SI\n\tMOVQ lddst+16(FP), R8\n\tMOVQ ldsrc+24(FP), R9\n\tSHLQ $2, R8\n\tSHLQ $2, R9")
	size := v.bytes / 4
	for i := range size {
		w.line("\tVMOVUPS (SI), %s%d\n\tADDQ R9, SI", v.register, i)
	}
	if size == 16 {
		w.transpose16()
	} else {
		w.transpose8()
	}
	w.line("\tVZEROUPPER\n\tRET")
}

// pairs interleaves rows of numbers, then of pairs: afterwards register from+4g+j holds, in each group of 128 bits, column
// 4·group+j of the rows 4g to 4g+3.
func (w *writer) pairs(register string, size, from, to int) {
	for i := 0; i < size; i += 2 {
		w.line("\tVUNPCKLPS %s%d, %s%d, %s%d", register, from+i+1, register, from+i, register, to+i)
		w.line("\tVUNPCKHPS %s%d, %s%d, %s%d", register, from+i+1, register, from+i, register, to+i+1)
	}
	for g := 0; g < size; g += 4 {
		for half := range 2 {
			low, high := to+g+half, to+g+2+half
			w.line("\tVUNPCKLPD %s%d, %s%d, %s%d", register, high, register, low, register, from+g+2*half)
			w.line("\tVUNPCKHPD %s%d, %s%d, %s%d", register, high, register, low, register, from+g+2*half+1)
		}
	}
}

func (w *writer) transpose16() {
	w.pairs("Z", 16, 0, 16)
	for j := range 4 { // groups 0 and 2, and 1 and 3, of rows 0 to 7 and of rows 8 to 15
		for pair := range 2 {
			first := 8*pair + j
			w.line("\tVSHUFF32X4 $0x88, Z%d, Z%d, Z%d", first+4, first, 16+4*j+pair)
			w.line("\tVSHUFF32X4 $0xdd, Z%d, Z%d, Z%d", first+4, first, 16+4*j+2+pair)
		}
	}
	for j := range 4 {
		even, odd := 16+4*j, 16+4*j+2
		w.line("\tVSHUFF32X4 $0x88, Z%d, Z%d, Z%d", even+1, even, j)
		w.line("\tVSHUFF32X4 $0xdd, Z%d, Z%d, Z%d", even+1, even, 8+j)
		w.line("\tVSHUFF32X4 $0x88, Z%d, Z%d, Z%d", odd+1, odd, 4+j)
		w.line("\tVSHUFF32X4 $0xdd, Z%d, Z%d, Z%d", odd+1, odd, 12+j)
	}
	w.storeRows("Z", 0, 16)
}

func (w *writer) transpose8() {
	w.pairs("Y", 8, 0, 8)
	for j := range 4 {
		w.line("\tVPERM2F128 $0x20, Y%d, Y%d, Y%d", 4+j, j, 8+j)
		w.line("\tVPERM2F128 $0x31, Y%d, Y%d, Y%d", 4+j, j, 12+j)
	}
	w.storeRows("Y", 8, 8)
}

func (w *writer) storeRows(register string, from, size int) {
	for i := range size {
		w.line("\tVMOVUPS %s, (DI)\n\tADDQ R8, DI", fmt.Sprintf("%s%d", register, from+i))
	}
}

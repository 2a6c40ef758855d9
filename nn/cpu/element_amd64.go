package cpu

import "golang.org/x/sys/cpu"

// elementLoops names the instructions of the loops over elements.
func elementLoops() string {
	switch {
	case wide():
		return "AVX-512"
	case cpu.X86.HasAVX2:
		return "AVX2"
	}
	return "Go"
}

// wide reports whether loops over elements take 16 at a time.
func wide() bool { return cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL }

// The twins work on n elements; n may not be 0, and is a multiple of 8 for AVX2.

//go:noescape
func addAVX512(dst, src *float32, n int)

//go:noescape
func addAVX2(dst, src *float32, n int)

//go:noescape
func biasReLUAVX512(y, bias *float32, n, rows int)

//go:noescape
func biasReLUAVX2(y, bias *float32, n, rows int)

//go:noescape
func biasTanhAVX512(y, bias *float32, n, rows int)

//go:noescape
func biasTanhAVX2(y, bias *float32, n, rows int)

//go:noescape
func reluBackwardAVX512(delta, out *float32, n int)

//go:noescape
func reluBackwardAVX2(delta, out *float32, n int)

//go:noescape
func tanhBackwardAVX512(delta, out *float32, n int)

//go:noescape
func tanhBackwardAVX2(delta, out *float32, n int)

//go:noescape
func tanhForwardAVX512(tangent, bias, out *float32, n, rows int)

//go:noescape
func tanhForwardAVX2(tangent, bias, out *float32, n, rows int)

//go:noescape
func normaliseAVX512(dst, x, shift, scale *float32, n int)

//go:noescape
func normaliseAVX2(dst, x, shift, scale *float32, n int)

//go:noescape
func clipScaleAVX512(dst, x *float32, n int, bound *float32)

//go:noescape
func clipScaleAVX2(dst, x *float32, n int, bound *float32)

//go:noescape
func adamAVX512(w, d, h, m, v *float32, n int, s *adamStep)

//go:noescape
func adamAVX2(w, d, h, m, v *float32, n int, s *adamStep)

//go:noescape
func adamFlushedAVX512(w, d, h, m, v *float32, n int, s *adamStep)

//go:noescape
func adamFlushedAVX2(w, d, h, m, v *float32, n int, s *adamStep)

// vectored is the number of elements, out of n, that the twin computes; Go computes the others, fewer than 8.
func vectored(n int) int {
	if wide() {
		return n
	}
	return whole(n)
}

// whole is that number for a twin in AVX2.
func whole(n int) int {
	if n < 8 || !cpu.X86.HasAVX2 {
		return 0
	}
	return n &^ 7
}

func addVector(dst, src *float32, n int) {
	if wide() {
		addAVX512(dst, src, n)
	} else {
		addAVX2(dst, src, n)
	}
}

func biasReLUVector(y, bias *float32, n int) { biasReLUMany(y, bias, n, 1) }

// biasReLUMany is biasReLUVector for rows without gaps.
func biasReLUMany(y, bias *float32, n, rows int) {
	if wide() {
		biasReLUAVX512(y, bias, n, rows)
	} else {
		biasReLUAVX2(y, bias, n, rows)
	}
}

func biasTanhVector(y, bias *float32, n int) { biasTanhMany(y, bias, n, 1) }

// biasTanhMany is biasTanhVector for rows without gaps.
func biasTanhMany(y, bias *float32, n, rows int) {
	if wide() {
		biasTanhAVX512(y, bias, n, rows)
	} else {
		biasTanhAVX2(y, bias, n, rows)
	}
}

func reluBackwardVector(delta, out *float32, n int) {
	if wide() {
		reluBackwardAVX512(delta, out, n)
	} else {
		reluBackwardAVX2(delta, out, n)
	}
}

func tanhBackwardVector(delta, out *float32, n int) {
	if wide() {
		tanhBackwardAVX512(delta, out, n)
	} else {
		tanhBackwardAVX2(delta, out, n)
	}
}

func tanhForwardVector(tangent, bias, out *float32, n int) { tanhForwardMany(tangent, bias, out, n, 1) }

// tanhForwardMany is tanhForwardVector for rows without gaps.
func tanhForwardMany(tangent, bias, out *float32, n, rows int) {
	if wide() {
		tanhForwardAVX512(tangent, bias, out, n, rows)
	} else {
		tanhForwardAVX2(tangent, bias, out, n, rows)
	}
}

func normaliseVector(dst, x, shift, scale *float32, n int) {
	if wide() {
		normaliseAVX512(dst, x, shift, scale, n)
	} else {
		normaliseAVX2(dst, x, shift, scale, n)
	}
}

func adamVector(w, g, h, m, v *float32, n int, s *adamStep) {
	if wide() {
		adamAVX512(w, g, h, m, v, n, s)
	} else {
		adamAVX2(w, g, h, m, v, n, s)
	}
}

func clipScaleVector(dst, x *float32, n int, bound *float32) {
	if wide() {
		clipScaleAVX512(dst, x, n, bound)
	} else {
		clipScaleAVX2(dst, x, n, bound)
	}
}

package cpu

import "golang.org/x/sys/cpu"

// elementLoops names the instructions of the loops over elements.
func elementLoops() string {
	if cpu.X86.HasAVX2 {
		return "AVX2"
	}
	return "Go"
}

// The twins work on n elements, a multiple of 8; n may be 0.

//go:noescape
func addAVX2(dst, src *float32, n int)

//go:noescape
func biasReLUAVX2(y, bias *float32, n int)

//go:noescape
func biasTanhAVX2(y, bias *float32, n int)

//go:noescape
func reluBackwardAVX2(delta, out *float32, n int)

//go:noescape
func tanhBackwardAVX2(delta, out *float32, n int)

//go:noescape
func tanhForwardAVX2(tangent, bias, out *float32, n int)

//go:noescape
func normaliseAVX2(dst, x, shift, scale *float32, n int)

//go:noescape
func adamAVX2(w, d, h, m, v *float32, n int, s *adamStep)

// whole is the number of elements, out of n, that the twin computes; Go computes the others, fewer than 8.
func whole(n int) int {
	if n < 8 || !cpu.X86.HasAVX2 {
		return 0
	}
	return n &^ 7
}

func addVector(dst, src *float32, n int) { addAVX2(dst, src, n) }

func biasReLUVector(y, bias *float32, n int) { biasReLUAVX2(y, bias, n) }

func biasTanhVector(y, bias *float32, n int) { biasTanhAVX2(y, bias, n) }

func reluBackwardVector(delta, out *float32, n int) { reluBackwardAVX2(delta, out, n) }

func tanhBackwardVector(delta, out *float32, n int) { tanhBackwardAVX2(delta, out, n) }

func tanhForwardVector(tangent, bias, out *float32, n int) { tanhForwardAVX2(tangent, bias, out, n) }

func normaliseVector(dst, x, shift, scale *float32, n int) { normaliseAVX2(dst, x, shift, scale, n) }

func adamVector(w, d, h, m, v *float32, n int, s *adamStep) { adamAVX2(w, d, h, m, v, n, s) }

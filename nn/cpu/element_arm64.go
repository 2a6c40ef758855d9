package cpu

import "unsafe"

// elementLoops names the instructions of the loops over elements. Every processor of arm64 has NEON.
func elementLoops() string { return "NEON" }

// vectored is the number of elements, out of n, that the twin computes; Go computes the others, fewer than 4.
func vectored(n int) int { return n &^ 3 }

// The twins work on n elements, a multiple of 4 above 0.

//go:noescape
func addVector(dst, src *float32, n int)

//go:noescape
func biasReLUVector(y, bias *float32, n int)

//go:noescape
func biasTanhVector(y, bias *float32, n int)

//go:noescape
func reluBackwardVector(delta, out *float32, n int)

//go:noescape
func tanhBackwardVector(delta, out *float32, n int)

//go:noescape
func tanhForwardVector(tangent, bias, out *float32, n int)

//go:noescape
func normaliseVector(dst, x, shift, scale *float32, n int)

//go:noescape
func adamVector(w, d, h, m, v *float32, n int, s *adamStep)

// clipScaleVector has no twin here; Go computes.
func clipScaleVector(dst, x *float32, n int, bound *float32) {
	clipScaleGo(unsafe.Slice(dst, n), unsafe.Slice(x, n), (*bounds)(unsafe.Pointer(bound)))
}

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

// add: dst += src.
func add(dst, src []float32) {
	dst = dst[:len(src)]
	n := whole(len(src))
	if n > 0 {
		addAVX2(&dst[0], &src[0], n)
	}
	addGo(dst[n:], src[n:])
}

// biasReLU: y = max(y + bias, 0). A NaN stays.
func biasReLU(y, bias []float32) {
	y = y[:len(bias)]
	n := whole(len(bias))
	if n > 0 {
		biasReLUAVX2(&y[0], &bias[0], n)
	}
	biasReLUGo(y[n:], bias[n:])
}

// biasTanh: y = tanh(y + bias).
func biasTanh(y, bias []float32) {
	y = y[:len(bias)]
	n := whole(len(bias))
	if n > 0 {
		biasTanhAVX2(&y[0], &bias[0], n)
	}
	biasTanhGo(y[n:], bias[n:])
}

// reluBackward: delta = 0 unless out > 0.
func reluBackward(delta, out []float32) {
	delta = delta[:len(out)]
	n := whole(len(out))
	if n > 0 {
		reluBackwardAVX2(&delta[0], &out[0], n)
	}
	reluBackwardGo(delta[n:], out[n:])
}

// tanhBackward: delta *= 1 - out².
func tanhBackward(delta, out []float32) {
	delta = delta[:len(out)]
	n := whole(len(out))
	if n > 0 {
		tanhBackwardAVX2(&delta[0], &out[0], n)
	}
	tanhBackwardGo(delta[n:], out[n:])
}

// tanhForward: tangent = (tangent + bias)·(1 - out²).
func tanhForward(tangent, bias, out []float32) {
	tangent, out = tangent[:len(bias)], out[:len(bias)]
	n := whole(len(bias))
	if n > 0 {
		tanhForwardAVX2(&tangent[0], &bias[0], &out[0], n)
	}
	tanhForwardGo(tangent[n:], bias[n:], out[n:])
}

// normalise: dst = (x - shift) / scale.
func normalise(dst, x, shift, scale []float32) {
	n := whole(len(shift))
	dst, x, scale = dst[:len(shift)], x[:len(shift)], scale[:len(shift)]
	if n > 0 {
		normaliseAVX2(&dst[0], &x[0], &shift[0], &scale[0], n)
	}
	normaliseGo(dst[n:], x[n:], shift[n:], scale[n:])
}

// adamUpdate: one Adam step of parameters w with the gradient g + h and moments m and v.
func adamUpdate(w, g, h, m, v []float32, s *adamStep) {
	w, h, m, v = w[:len(g)], h[:len(g)], m[:len(g)], v[:len(g)]
	n := whole(len(g))
	if n > 0 {
		adamAVX2(&w[0], &g[0], &h[0], &m[0], &v[0], n, s)
	}
	adamGo(w[n:], g[n:], h[n:], m[n:], v[n:], s)
}

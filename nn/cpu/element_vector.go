//go:build amd64 || arm64

package cpu

// add: dst += src.
func add(dst, src []float32) {
	dst = dst[:len(src)]
	n := vectored(len(src))
	if n > 0 {
		addVector(&dst[0], &src[0], n)
	}
	addGo(dst[n:], src[n:])
}

// biasReLU: y = max(y + bias, 0). A NaN stays.
func biasReLU(y, bias []float32) {
	y = y[:len(bias)]
	n := vectored(len(bias))
	if n > 0 {
		biasReLUVector(&y[0], &bias[0], n)
	}
	biasReLUGo(y[n:], bias[n:])
}

// biasTanh: y = tanh(y + bias).
func biasTanh(y, bias []float32) {
	y = y[:len(bias)]
	n := vectored(len(bias))
	if n > 0 {
		biasTanhVector(&y[0], &bias[0], n)
	}
	biasTanhGo(y[n:], bias[n:])
}

// reluBackward: delta = 0 unless out > 0.
func reluBackward(delta, out []float32) {
	delta = delta[:len(out)]
	n := vectored(len(out))
	if n > 0 {
		reluBackwardVector(&delta[0], &out[0], n)
	}
	reluBackwardGo(delta[n:], out[n:])
}

// tanhBackward: delta *= 1 - out².
func tanhBackward(delta, out []float32) {
	delta = delta[:len(out)]
	n := vectored(len(out))
	if n > 0 {
		tanhBackwardVector(&delta[0], &out[0], n)
	}
	tanhBackwardGo(delta[n:], out[n:])
}

// tanhForward: tangent = (tangent + bias)·(1 - out²).
func tanhForward(tangent, bias, out []float32) {
	tangent, out = tangent[:len(bias)], out[:len(bias)]
	n := vectored(len(bias))
	if n > 0 {
		tanhForwardVector(&tangent[0], &bias[0], &out[0], n)
	}
	tanhForwardGo(tangent[n:], bias[n:], out[n:])
}

// normalise: dst = (x - shift) / scale.
func normalise(dst, x, shift, scale []float32) {
	n := vectored(len(shift))
	dst, x, scale = dst[:len(shift)], x[:len(shift)], scale[:len(shift)]
	if n > 0 {
		normaliseVector(&dst[0], &x[0], &shift[0], &scale[0], n)
	}
	normaliseGo(dst[n:], x[n:], shift[n:], scale[n:])
}

// clipScale: dst = clip(x, ±b)/b.
func clipScale(dst, x []float32, b *bounds) {
	dst = dst[:len(x)]
	n := vectored(len(x))
	if n > 0 {
		clipScaleVector(&dst[0], &x[0], n, &b[0])
	}
	clipScaleGo(dst[n:], x[n:], b)
}

// adamUpdate: one Adam step of parameters w with the gradient g + h and moments m and v.
func adamUpdate(w, g, h, m, v []float32, s *adamStep) {
	w, h, m, v = w[:len(g)], h[:len(g)], m[:len(g)], v[:len(g)]
	n := vectored(len(g))
	if n > 0 {
		adamVector(&w[0], &g[0], &h[0], &m[0], &v[0], n, s)
	}
	adamGo(w[n:], g[n:], h[n:], m[n:], v[n:], s)
}

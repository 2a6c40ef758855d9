package cpu

import "math"

// The loops over elements, in Go. Each has twins in AVX2 (element_amd64.s) and NEON (element_arm64.s) with
// the same operations in the same order, each rounded once and none fused, so that all give the same bits
// except for NaN payloads. The conversions to float32 keep the compiler from fusing operations.

// tanhTable holds the clamp and the coefficients of tanh(x) ≈ clip(x, ±clamp)·α(x²)/β(x²), with α of degree 6
// and β of degree 3. Source: the minimax coefficients of generic_fast_tanh_float in Eigen 3.3. The largest
// absolute error is 3e-7 (tested over the floats).
var tanhTable = [...]float32{
	7.90531110763549805,
	-7.90531110763549805,
	-2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-08,
	1.48572235717979e-05, 6.37261928875436e-04, 4.89352455891786e-03,
	1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03,
	1,
	0.5,
}

// Offsets of the parts of tanhTable; element_amd64.s and element_arm64.s have the same order.
const (
	tanhAlpha = 2  // highest power first
	tanhBeta  = 9  // highest power first
	tanhOne   = 13 // also the end of β
)

// tanh is the hyperbolic tangent in all of this backend.
func tanh(x float32) float32 {
	if tanhTable[0] < x {
		x = tanhTable[0]
	}
	if tanhTable[1] > x {
		x = tanhTable[1]
	}
	square := float32(x * x)
	p := tanhTable[tanhAlpha]
	for _, c := range tanhTable[tanhAlpha+1 : tanhBeta] {
		p = float32(p*square) + c
	}
	q := tanhTable[tanhBeta]
	for _, c := range tanhTable[tanhBeta+1 : tanhOne] {
		q = float32(q*square) + c
	}
	return float32(p*x) / q
}

func addGo(dst, src []float32) {
	for i, x := range src {
		dst[i] += x
	}
}

func biasReLUGo(y, bias []float32) {
	for i, b := range bias {
		x := y[i] + b
		if 0 > x {
			x = 0
		}
		y[i] = x
	}
}

func biasTanhGo(y, bias []float32) {
	for i, b := range bias {
		y[i] = tanh(y[i] + b)
	}
}

func reluBackwardGo(delta, out []float32) {
	for i, h := range out {
		if !(h > 0) {
			delta[i] = 0
		}
	}
}

func tanhBackwardGo(delta, out []float32) {
	for i, h := range out {
		delta[i] *= 1 - float32(h*h)
	}
}

func tanhForwardGo(tangent, bias, out []float32) {
	for i, b := range bias {
		h := out[i]
		tangent[i] = float32(tangent[i]+b) * (1 - float32(h*h))
	}
}

func normaliseGo(dst, x, shift, scale []float32) {
	for i, s := range shift {
		dst[i] = (x[i] - s) / scale[i]
	}
}

// bounds are a clip and its negative, side by side for the twins.
type bounds [2]float32

func clipScaleGo(dst, x []float32, b *bounds) {
	for i, y := range x {
		if b[0] < y {
			y = b[0]
		}
		if b[1] > y {
			y = b[1]
		}
		dst[i] = y / b[0]
	}
}

// adamStep holds the numbers of one Adam step, rounded once from float64. element_amd64.s and element_arm64.s
// depend on the order of the fields.
type adamStep struct {
	beta1, oneMinusBeta1 float32 // β₁, 1-β₁
	beta2, oneMinusBeta2 float32 // β₂, 1-β₂
	rate                 float32 // rate / (1-β₁ᵗ)
	root                 float32 // 1 / √(1-β₂ᵗ)
	epsilon              float32
	decay                float32
}

func adamGo(w, g, h, m, v []float32, s *adamStep) {
	for i := range g {
		d := float32(g[i]+h[i]) + float32(s.decay*w[i])
		m[i] = float32(s.beta1*m[i]) + float32(s.oneMinusBeta1*d)
		v[i] = float32(s.beta2*v[i]) + float32(s.oneMinusBeta2*float32(d*d))
		root := float32(float32(math.Sqrt(float64(v[i])))*s.root) + s.epsilon
		w[i] -= float32(s.rate*m[i]) / root
	}
}

// columnSumsGo is columnSums from a column on.
func columnSumsGo(sums, x []float32, rows, first int) {
	width := len(sums)
	for i := first; i < width; i++ {
		sum := float32(0)
		for row := range rows {
			sum += x[row*width+i]
		}
		sums[i] = sum
	}
}

// addBias adds the bias to every row of y [rows,len(bias)].
func addBias(y, bias []float32, rows int) {
	width := len(bias)
	for row := range rows {
		add(y[row*width:(row+1)*width], bias)
	}
}

package cpu

import "math"

// The loops over the elements of gaussian members, in Go.

// biasSiLUGo: x = (y + bias)·keep, y = x·s with s = 1/(1 + e⁻ˣ), slope = dy/d(y + bias).
func biasSiLUGo(y, slope, bias []float32, keep float32) {
	y, slope = y[:len(bias)], slope[:len(bias)]
	for i, b := range bias {
		x := float32(float32(y[i]+b) * keep)
		s := float32(0.5*tanh(0.5*x)) + 0.5
		h := float32(x * s)
		y[i] = h
		slope[i] = float32(keep * float32(s+float32(h*float32(1-s))))
	}
}

// biasSlopeReLU: x = (y + bias)·keep, y = max(x, 0), slope = dy/d(y + bias). A NaN stays.
func biasSlopeReLU(y, slope, bias []float32, keep float32) {
	y, slope = y[:len(bias)], slope[:len(bias)]
	for i, b := range bias {
		x := float32(float32(y[i]+b) * keep)
		slope[i] = 0
		if x > 0 {
			slope[i] = keep
		}
		if 0 > x {
			x = 0
		}
		y[i] = x
	}
}

// multiplyGo: y *= x.
func multiplyGo(y, x []float32) {
	y = y[:len(x)]
	for i, e := range x {
		y[i] *= e
	}
}

// A sum over a row is eight sums, of every eighth number, so that vector instructions make the same ones.
type sums [8]float32

// all is the sum of the eight.
func (s *sums) all() float32 {
	a, b := float32(s[0]+s[4]), float32(s[1]+s[5])
	c, d := float32(s[2]+s[6]), float32(s[3]+s[7])
	return float32(a+c) + float32(b+d)
}

// addGo adds the sums of y.
func (s *sums) addGo(y []float32) {
	for i, e := range y {
		s[i&7] += e
	}
}

// centreGo subtracts the mean from y and adds the sums of squares.
func (s *sums) centreGo(y []float32, mean float32) {
	for i, e := range y {
		e -= mean
		y[i] = e
		s[i&7] += float32(e * e)
	}
}

// dotsGo adds the sums of y·x.
func (s *sums) dotsGo(y, x []float32) {
	x = x[:len(y)]
	for i, e := range y {
		s[i&7] += float32(e * x[i])
	}
}

// scaleGo: y *= factor.
func scaleGo(y []float32, factor float32) {
	for i := range y {
		y[i] *= factor
	}
}

// projectGo: y = (y - mean - x·along)·factor.
func projectGo(y, x []float32, mean, along, factor float32) {
	x = x[:len(y)]
	for i, e := range y {
		y[i] = float32(float32(e-mean)-float32(x[i]*along)) * factor
	}
}

// standardise brings y to mean 0 and divides it by its standard deviation, with a floor on the variance. It returns the
// inverse of what it divided by.
func standardise(y []float32, floor float32) float32 {
	var first, second sums
	addSums(&first, y)
	n := float32(len(y))
	centre(&second, y, first.all()/n)
	inverse := float32(1 / math.Sqrt(float64(float32(second.all()/n)+floor)))
	scale(y, inverse)
	return inverse
}

// standardiseBackward turns derivatives by standardised numbers h into those by the numbers before.
func standardiseBackward(delta, h []float32, inverse float32) {
	var first, second sums
	addSums(&first, delta)
	dots(&second, delta, h)
	n := float32(len(delta))
	project(delta, h, first.all()/n, second.all()/n, inverse)
}

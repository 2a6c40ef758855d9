package formula

import "math"

// leaning returns the derivatives of a condition by its operands x, as [Program.SmoothGradient] defines them.
func leaning(op opcode, x [3]float64, smooth float64) [3]float64 {
	switch op {
	case opNot:
		return [3]float64{-1}
	case opAnd:
		return [3]float64{x[1], x[0]}
	case opOr:
		return [3]float64{1 - x[1], 1 - x[0]}
	case opLess, opLessEqual:
		if rise := bell((x[1]-x[0])/width(x[0], x[1], smooth)) / width(x[0], x[1], smooth); finite(rise) {
			return [3]float64{-rise, rise}
		}
	}
	return [3]float64{} // equality, and what is no number: a sigmoid has no place for them
}

// width is the width of the sigmoid of a comparison.
func width(a, b, smooth float64) float64 {
	least, most := math.Abs(a), math.Abs(b)
	if least > most {
		least, most = most, least
	}
	switch {
	case least > 0:
		return smooth * least
	case most > 0:
		return smooth * most
	}
	return smooth
}

// bell is the derivative of the sigmoid.
func bell(x float64) float64 {
	s := 1 / (1 + math.Exp(-x))
	return s * (1 - s)
}

// decide adds g to the derivative of the condition that alone decides whether all, or any, hold. x are the truths.
func decide(to, x []float64, g float64, all bool) {
	others := 0 // those that settle the matter whatever the rest is
	last := -1
	for i, truth := range x {
		if (truth == 0) == all {
			others++
			last = i
		}
	}
	for i := range x {
		if others == 0 || others == 1 && i == last {
			to[i] += g
		}
	}
}

package formula

import "math"

// Every product is rounded before it is added: conversions to float64 keep a compiler from fusing the two, so that
// all processors compute the same digits.

// unary returns the value of an operation with one operand.
func unary(op opcode, x float64) float64 {
	switch op {
	case opCopy:
		return x
	case opNeg:
		return -x
	case opNot:
		return truth(x == 0)
	case opAbs:
		return math.Abs(x)
	case opSqrt:
		return math.Sqrt(x)
	case opExp:
		return math.Exp(x)
	case opLog:
		return math.Log(x)
	case opFloor:
		return math.Floor(x)
	case opCeil:
		return math.Ceil(x)
	case opWrap:
		return Wrap(x)
	case opSingle:
		return float64(float32(x))
	}
	return angular(op, x)
}

func angular(op opcode, x float64) float64 {
	switch op {
	case opSin:
		return math.Sin(x)
	case opCos:
		return math.Cos(x)
	case opTan:
		return math.Tan(x)
	case opAsin:
		return math.Asin(x)
	case opAcos:
		return math.Acos(x)
	case opAtan:
		return math.Atan(x)
	case opTanh:
		return math.Tanh(x)
	}
	return math.NaN()
}

// Wrap returns x moved by whole turns into [-π, π), up to rounding. The difference of two angles on the circle is
// Wrap(a − b).
func Wrap(x float64) float64 {
	return x - float64(2*math.Pi*math.Floor((x+math.Pi)/(2*math.Pi)))
}

// binary returns the value of an operation with two operands.
func binary(op opcode, x, y float64) float64 {
	switch op {
	case opAdd:
		return x + y
	case opSub:
		return x - y
	case opMul:
		return float64(x * y)
	case opDiv:
		return x / y
	case opMin:
		return min(x, y)
	case opMax:
		return max(x, y)
	case opPow:
		return math.Pow(x, y)
	case opAtan2:
		return math.Atan2(x, y)
	case opHypot:
		return math.Hypot(x, y)
	}
	return truth(holds(op, x, y))
}

// holds returns the value of a comparison or of a connection of conditions.
func holds(op opcode, x, y float64) bool {
	switch op {
	case opLess:
		return x < y
	case opLessEqual:
		return x <= y
	case opEqual:
		return x == y
	case opNotEqual:
		return x != y
	case opAnd:
		return x != 0 && y != 0
	}
	return x != 0 || y != 0
}

// truth is a condition as a number.
func truth(condition bool) float64 {
	if condition {
		return 1
	}
	return 0
}

// reduce returns the value of an operation over x, and y for a product. Sums start from 0 and go up from element 0.
func reduce(op opcode, x, y []float64) float64 {
	switch op {
	case opLeast, opMost:
		return extreme(op, x)
	case opAll, opAny:
		for _, v := range x {
			if (v != 0) == (op == opAny) {
				return truth(op == opAny)
			}
		}
		return truth(op == opAll)
	}
	sum := 0.0
	switch op {
	case opSum:
		for _, v := range x {
			sum += v
		}
	case opDot:
		for i, v := range x {
			sum += float64(v * y[i])
		}
	default:
		for _, v := range x {
			sum += float64(v * v)
		}
		if op == opNorm {
			sum = math.Sqrt(sum)
		}
	}
	return sum
}

func extreme(op opcode, x []float64) float64 {
	best := x[0]
	for _, v := range x[1:] {
		if op == opLeast {
			best = min(best, v)
		} else {
			best = max(best, v)
		}
	}
	return best
}

package formula

import "math"

// Scratch returns the number of scratch numbers that Gradient needs.
func (p *Program) Scratch() int { return 2 * (len(p.constants) + p.tapeSlots) }

// Gradient fills out with the program's outputs, unless it is nil, and adds Σ weights[k]·∂output k/∂x to into for every
// number x of its rows that are not nil. It is one pass in reverse mode, whatever the number of inputs, and allocates
// nothing; scratch holds Scratch numbers. See the package's comment for derivatives at kinks.
func (p *Program) Gradient(into *Inputs, out []float64, in *Inputs, weights, scratch []float64) {
	p.SmoothGradient(into, out, in, weights, 0, scratch)
}

// SmoothGradient is Gradient with conditions that have derivatives: a < b counts as the sigmoid of (b - a)/width, for the
// derivative alone. The width is smooth times the smaller magnitude of the two, which near a threshold is that of the
// threshold. && and || pass a derivative to the side that decides. With smooth 0 conditions have the derivative 0, and so
// have those that compare or choose what is not finite.
func (p *Program) SmoothGradient(into *Inputs, out []float64, in *Inputs, weights []float64, smooth float64, scratch []float64) {
	n := p.Scratch() / 2
	r := reverser{in: in, into: into, local: scratch[:n], adjoint: scratch[n:][:n], constants: uint16(len(p.constants)), smooth: smooth}
	copy(r.local, p.constants)
	run(p.reverse, in, r.local)
	clear(r.adjoint)
	for k, o := range p.tapeOutputs {
		o = localOperand(o, len(p.constants))
		if out != nil {
			out[k] = fetch(o, in, r.local)
		}
		if to := r.sink(o); to != nil {
			to[0] += weights[k]
		}
	}
	for i := len(p.reverse) - 1; i >= 0; i-- {
		if c := &p.reverse[i]; c.op.reduces() && c.op < vectors {
			r.reduction(c)
		} else {
			r.elements(c)
		}
	}
}

// reverser differentiates a tape in reverse.
type reverser struct {
	in, into       *Inputs
	local, adjoint []float64 // values, and the derivatives of the outputs by them
	constants      uint16
	smooth         float64 // smoothing of conditions; 0: they have the derivative 0
}

// sink returns where derivatives by an operand's numbers are added, nil if nowhere.
func (r *reverser) sink(o operand) []float64 {
	switch {
	case o.row != rowLocal:
		if row := r.into[o.row%rowCount]; row != nil {
			return row[o.at:]
		}
		return nil
	case o.at < r.constants:
		return nil
	}
	return r.adjoint[o.at:]
}

// reduction passes on the derivative by the result of a reduction.
func (r *reverser) reduction(c *instruction) {
	g := r.adjoint[c.to]
	if g == 0 {
		return
	}
	x, value := from(c.a, r.in, r.local)[:c.length], r.local[c.to]
	to := r.sink(c.a)
	if c.op == opDot {
		y := from(c.b, r.in, r.local)[:c.length]
		if other := r.sink(c.b); other != nil {
			for i, v := range x {
				other[i] += g * v
			}
		}
		x = y
	}
	if to == nil || c.op == opNorm && value == 0 {
		return
	}
	if c.op == opAll || c.op == opAny {
		if r.smooth > 0 {
			decide(to, x, g, c.op == opAll)
		}
		return
	}
	for i, v := range x {
		switch c.op {
		case opSum:
			to[i] += g
		case opDot:
			to[i] += g * v
		case opSquares:
			to[i] += 2 * g * v
		case opNorm:
			to[i] += g * v / value
		case opLeast, opMost:
			if v == value || v != v {
				to[i] += g
				return
			}
		}
	}
}

// elements passes on the derivatives by the results of an instruction on every element.
func (r *reverser) elements(c *instruction) {
	op := c.op &^ vectors
	condition := op == opNot || op >= opLess && op <= opOr
	if condition && r.smooth == 0 {
		return
	}
	operands := [3]operand{c.a, c.b, c.c}
	count := op.operands()
	for n := range int(c.length) {
		g := r.adjoint[int(c.to)+n]
		if g == 0 { // a branch that was not taken
			continue
		}
		var x [3]float64
		for k := range count {
			x[k] = from(operands[k], r.in, r.local)[n*int(operands[k].stride)]
		}
		slopes := [3]float64{}
		if condition {
			slopes = leaning(op, x, r.smooth)
		} else {
			slopes = slope(op, x, r.local[int(c.to)+n])
		}
		if lift := x[1] - x[2]; op == opWhere && r.smooth > 0 && finite(lift) {
			slopes[0] = lift
		}
		for k := range count {
			if slopes[k] == 0 {
				continue
			}
			if to := r.sink(operands[k]); to != nil {
				to[n*int(operands[k].stride)] += g * slopes[k]
			}
		}
	}
}

// slope returns the derivatives of an operation by its operands x, given its value.
func slope(op opcode, x [3]float64, value float64) [3]float64 {
	switch op {
	case opAdd:
		return [3]float64{1, 1}
	case opSub:
		return [3]float64{1, -1}
	case opMul:
		return [3]float64{x[1], x[0]}
	case opDiv:
		return [3]float64{1 / x[1], -value / x[1]}
	case opMin, opMax:
		if x[0] == value || x[0] != x[0] {
			return [3]float64{1, 0}
		}
		return [3]float64{0, 1}
	case opPow:
		return power(x[0], x[1], value)
	case opAtan2:
		if square := x[0]*x[0] + x[1]*x[1]; square != 0 {
			return [3]float64{x[1] / square, -x[0] / square}
		}
		return [3]float64{}
	case opHypot:
		if value != 0 {
			return [3]float64{x[0] / value, x[1] / value}
		}
		return [3]float64{}
	case opWhere:
		if x[0] != 0 {
			return [3]float64{0, 1, 0}
		}
		return [3]float64{0, 0, 1}
	}
	return [3]float64{steepness(op, x[0], value)}
}

// power returns the derivatives of pow.
func power(x, y, value float64) (slopes [3]float64) {
	if y != 0 {
		slopes[0] = y * math.Pow(x, y-1)
	}
	if value != 0 {
		slopes[1] = value * math.Log(x)
	}
	return slopes
}

// steepness returns the derivative of an operation with one operand.
func steepness(op opcode, x, value float64) float64 {
	switch op {
	case opNeg:
		return -1
	case opAbs:
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return 0
	case opSqrt:
		return 0.5 / value
	case opExp:
		return value
	case opLog:
		return 1 / x
	case opSin:
		return math.Cos(x)
	case opCos:
		return -math.Sin(x)
	case opTan:
		return 1 + value*value
	case opAsin:
		return 1 / math.Sqrt(1-x*x)
	case opAcos:
		return -1 / math.Sqrt(1-x*x)
	case opAtan:
		return 1 / (1 + x*x)
	case opTanh:
		return 1 - value*value
	case opFloor, opCeil:
		return 0
	}
	return 1 // opCopy, opWrap and opSingle
}

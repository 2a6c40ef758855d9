package formula

import (
	"math"
	"slices"
)

// Inputs are the rows that a program reads, by Row. Those that it does not read may be nil.
type Inputs [rowCount][]float64

// Eval fills out with the program's Outputs numbers; a condition is 1 or 0. It allocates nothing and may be called
// from many goroutines. It panics when a row is shorter than the names say.
func (p *Program) Eval(out []float64, in *Inputs) {
	// Go clears an array of slots at every call, so small programs have a small one.
	switch n := len(p.constants) + p.slots; {
	case n <= 16:
		var local [16]float64
		p.eval(out, in, local[:])
	case n <= 64:
		p.eval64(out, in)
	default:
		p.evalAll(out, in)
	}
}

func (p *Program) eval64(out []float64, in *Inputs) {
	var local [64]float64
	p.eval(out, in, local[:])
}

func (p *Program) evalAll(out []float64, in *Inputs) {
	var local [MaxConstants + MaxSlots]float64
	p.eval(out, in, local[:])
}

// Number returns the value of a program with one output.
func (p *Program) Number(in *Inputs) float64 {
	var out [1]float64
	p.Eval(out[:], in)
	return out[0]
}

// Holds reports whether a condition holds.
func (p *Program) Holds(in *Inputs) bool { return p.Number(in) != 0 }

func (p *Program) eval(out []float64, in *Inputs, local []float64) {
	copy(local, p.constants)
	run(p.quick.code, in, local)
	for i, o := range p.quick.outputs {
		out[i] = fetch(o, in, local)
	}
}

// listing is code that finds its constants in front of its slots, in one array.
type listing struct {
	code    []instruction
	outputs []operand
}

// rowLocal is the row of constants and slots in a listing.
const rowLocal = rowConstants

// localised returns the listing of code with that many constants.
func localised(code []instruction, outputs []operand, constants int) listing {
	l := listing{slices.Clone(code), slices.Clone(outputs)}
	move := func(o *operand) {
		if o.row == rowSlots {
			o.row, o.at = rowLocal, o.at+uint16(constants)
		}
	}
	for i := range l.code {
		in := &l.code[i]
		in.to += uint16(constants)
		for _, o := range in.inputs() {
			move(o)
		}
	}
	for i := range l.outputs {
		move(&l.outputs[i])
	}
	return l
}

// fetch returns the number at an operand.
func fetch(o operand, in *Inputs, local []float64) float64 {
	if o.row == rowLocal {
		return local[o.at]
	}
	return in[o.row%rowCount][o.at]
}

// from returns the numbers from an operand on.
func from(o operand, in *Inputs, local []float64) []float64 {
	if o.row == rowLocal {
		return local[o.at:]
	}
	return in[o.row%rowCount][o.at:]
}

// run carries out the code of a listing.
func run(code []instruction, in *Inputs, local []float64) {
	for i := range code {
		c := &code[i]
		if c.op >= opSum {
			local[c.to] = reduced(c, in, local)
			continue
		}
		if c.length != 1 {
			elements(c, in, local)
			continue
		}
		a := fetch(c.a, in, local)
		if c.op < opAdd {
			local[c.to] = quickUnary(c.op, a)
			continue
		}
		b := fetch(c.b, in, local)
		switch c.op {
		case opAdd:
			a += b
		case opSub:
			a -= b
		case opMul:
			a *= b
		case opDiv:
			a /= b
		case opLess:
			a = truth(a < b)
		case opLessEqual:
			a = truth(a <= b)
		case opAnd:
			a = truth(a != 0 && b != 0)
		case opWhere:
			if a == 0 {
				b = fetch(c.c, in, local)
			}
			a = b
		default:
			a = binary(c.op, a, b)
		}
		local[c.to] = a
	}
}

// quickUnary is unary with the frequent operations first, small enough to be inlined.
func quickUnary(op opcode, x float64) float64 {
	switch op {
	case opNeg:
		return -x
	case opNot:
		return truth(x == 0)
	case opAbs:
		return math.Abs(x)
	}
	return unary(op, x)
}

// reduced is the value of a reduction.
func reduced(c *instruction, in *Inputs, local []float64) float64 {
	n := int(c.length)
	a := from(c.a, in, local)[:n]
	switch c.op {
	case opSquares:
		sum := 0.0
		for _, v := range a {
			sum += float64(v * v)
		}
		return sum
	case opDot:
		return reduce(c.op, a, from(c.b, in, local)[:n])
	}
	return reduce(c.op, a, nil)
}

// elements carries out an instruction on every element.
func elements(c *instruction, in *Inputs, local []float64) {
	x, y, z := from(c.a, in, local), []float64(nil), []float64(nil)
	i, j, k := 0, 0, 0
	if c.op >= opAdd {
		y = from(c.b, in, local)
	}
	if c.op == opWhere {
		z = from(c.c, in, local)
	}
	to := local[c.to:][:c.length]
	for n := range to {
		switch {
		case c.op < opAdd:
			to[n] = quickUnary(c.op, x[i])
		case c.op < opWhere:
			to[n] = binary(c.op, x[i], y[j])
		case x[i] != 0:
			to[n] = y[j]
		default:
			to[n] = z[k]
		}
		i, j, k = i+int(c.a.stride), j+int(c.b.stride), k+int(c.c.stride)
	}
}

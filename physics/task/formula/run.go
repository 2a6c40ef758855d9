package formula

import "math"

// Inputs are the rows that a program reads, by Row. Unused rows may be nil.
type Inputs [rowCount][]float64

// Eval fills out with the program's Outputs numbers; a condition is 1 or 0. It allocates nothing, and goroutines may call
// it concurrently. It panics when a row is shorter than the names require.
func (p *Program) Eval(out []float64, in *Inputs) {
	// Go clears an array at every call, so each program gets an array that is not much larger than it needs.
	switch n := p.quick.local; {
	case n == 0:
		p.eval(out, in, nil)
	case n <= 64:
		p.evalSome(out, in)
	default:
		p.evalMany(out, in)
	}
}

//go:noinline
func (p *Program) evalSome(out []float64, in *Inputs) {
	var local [64]float64
	p.eval(out, in, local[:])
}

//go:noinline
func (p *Program) evalMany(out []float64, in *Inputs) {
	var local [MaxConstants + MaxSlots]float64
	p.eval(out, in, local[:])
}

func (p *Program) eval(out []float64, in *Inputs, local []float64) {
	if local != nil {
		copy(local, p.constants)
		run(p.quick.steps, in, local)
	}
	f := frame{in, local}
	for i, n := range p.quick.outputs {
		out[i] = n.get(&f)
	}
}

// Number returns the value of a program with one output.
func (p *Program) Number(in *Inputs) float64 {
	if p.quick.local == 0 {
		return p.quick.outputs[0].value(&frame{in: in})
	}
	var out [1]float64
	p.Eval(out[:], in)
	return out[0]
}

// Holds reports whether the condition of a program with one output holds.
func (p *Program) Holds(in *Inputs) bool {
	if p.quick.local == 0 {
		return p.quick.outputs[0].holds(&frame{in: in})
	}
	return p.Number(in) != 0
}

// vectors is added to the opcode of a step that works on several elements.
const vectors opcode = 64

// fetch returns the number at an operand.
func fetch(o operand, in *Inputs, local []float64) float64 {
	if o.row == rowLocal {
		return local[o.at]
	}
	return in[o.row%rowCount][o.at]
}

// from returns the numbers that begin at an operand.
func from(o operand, in *Inputs, local []float64) []float64 {
	if o.row == rowLocal {
		return local[o.at:]
	}
	return in[o.row%rowCount][o.at:]
}

// run runs the steps of a quick form.
func run(code []instruction, in *Inputs, local []float64) {
	for i := range code {
		c := &code[i]
		x := 0.0
		switch c.op {
		case opSqrt:
			x = math.Sqrt(fetch(c.a, in, local))
		case opAdd:
			x = fetch(c.a, in, local) + fetch(c.b, in, local)
		case opSub:
			x = fetch(c.a, in, local) - fetch(c.b, in, local)
		case opMul:
			x = float64(fetch(c.a, in, local) * fetch(c.b, in, local))
		case opDiv:
			x = fetch(c.a, in, local) / fetch(c.b, in, local)
		case opLess:
			x = truth(fetch(c.a, in, local) < fetch(c.b, in, local))
		case opLessEqual:
			x = truth(fetch(c.a, in, local) <= fetch(c.b, in, local))
		case opAnd:
			x = truth(fetch(c.a, in, local) != 0 && fetch(c.b, in, local) != 0)
		case opOr:
			x = truth(fetch(c.a, in, local) != 0 || fetch(c.b, in, local) != 0)
		case opWhere:
			if x = fetch(c.b, in, local); fetch(c.a, in, local) == 0 {
				x = fetch(c.c, in, local)
			}
		case opSquares:
			for _, v := range from(c.a, in, local)[:c.length] {
				x += float64(v * v)
			}
		default:
			if c.op >= vectors {
				elements(c, in, local)
				continue
			}
			x = other(c, in, local)
		}
		local[c.to] = x
	}
}

// other runs the less frequent instructions that give one number.
func other(c *instruction, in *Inputs, local []float64) float64 {
	switch {
	case c.op == opDot:
		return reduce(c.op, from(c.a, in, local)[:c.length], from(c.b, in, local)[:c.length])
	case c.op.reduces():
		return reduce(c.op, from(c.a, in, local)[:c.length], nil)
	case c.op >= opAdd:
		return binary(c.op, fetch(c.a, in, local), fetch(c.b, in, local))
	}
	return unary(c.op, fetch(c.a, in, local))
}

// elements runs an instruction on every element.
func elements(c *instruction, in *Inputs, local []float64) {
	op := c.op - vectors
	x, y, z := from(c.a, in, local), []float64(nil), []float64(nil)
	i, j, k := 0, 0, 0
	if op >= opAdd {
		y = from(c.b, in, local)
	}
	if op == opWhere {
		z = from(c.c, in, local)
	}
	to := local[c.to:][:c.length]
	if op >= opAdd && op <= opMul {
		arithmetic(op, to, x, y, int(c.a.stride), int(c.b.stride))
		return
	}
	for n := range to {
		switch {
		case op < opAdd:
			to[n] = unary(op, x[i])
		case op < opWhere:
			to[n] = binary(op, x[i], y[j])
		case x[i] != 0:
			to[n] = y[j]
		default:
			to[n] = z[k]
		}
		i, j, k = i+int(c.a.stride), j+int(c.b.stride), k+int(c.c.stride)
	}
}

// arithmetic is the part of elements for the most frequent operations.
func arithmetic(op opcode, to, x, y []float64, i, j int) {
	switch op {
	case opAdd:
		for n := range to {
			to[n] = x[n*i] + y[n*j]
		}
	case opSub:
		for n := range to {
			to[n] = x[n*i] - y[n*j]
		}
	default:
		for n := range to {
			to[n] = x[n*i] * y[n*j]
		}
	}
}

package formula

import "math"

// quick is the form of a program that Eval runs: steps compute vectors, and numbers that are read twice, into local
// numbers first; trees without local numbers compute the rest. The operations are those of the code.
type quick struct {
	steps   []instruction // instructions over one local row, constants first, then slots
	outputs []*node
	local   int // numbers of the local row; 0 if there are no steps
}

// node is an operation in a tree, or one of its leaves.
type node struct {
	op      opcode
	length  uint16  // length of the run that a reduction reads
	from    operand // operand of opRead or of a reduction
	with    operand // the other run of opDot
	number  float64 // value of opNumber
	a, b, c *node
}

// Operations that only trees have.
const (
	opRead opcode = opcodes + iota // a number of an input
	opLocal
	opNumber // a constant
)

// newQuick returns the quick form of a tape.
func newQuick(tape []instruction, outputs []operand, spans []span, constants []float64) quick {
	inTree := treesOf(tape, outputs)
	var ordered []instruction
	for _, wanted := range []bool{false, true} { // steps first; none of them reads a tree
		for i, in := range tape {
			if inTree[i] == wanted {
				ordered = append(ordered, in)
			}
		}
	}
	code, results, slots := reuse(ordered, outputs, spans)
	g := grower{constants: constants, grown: map[uint16]*node{}}
	q := quick{local: len(constants) + slots}
	for i, in := range code {
		if i < len(code)-count(inTree) {
			q.steps = append(q.steps, localised(in, len(constants)))
		}
	}
	if len(q.steps) == 0 {
		q.local = 0
	}
	for i := len(q.steps); i < len(code); i++ {
		g.grown[ordered[i].to] = g.grow(&code[i], &ordered[i])
	}
	for i, o := range results {
		q.outputs = append(q.outputs, g.leaf(o, outputs[i]))
	}
	return q
}

func count(set []bool) int {
	n := 0
	for _, in := range set {
		if in {
			n++
		}
	}
	return n
}

// treesOf marks the instructions that give one number which is read once, by an output or by another of them.
func treesOf(tape []instruction, outputs []operand) []bool {
	reads := map[uint16]int{}       // number of reads, by slot
	readByTree := map[uint16]bool{} // slots that an output or a tree reads as a single number
	for _, o := range outputs {
		if o.row == rowSlots {
			reads[o.at]++
			readByTree[o.at] = true
		}
	}
	marked := make([]bool, len(tape))
	for i := len(tape) - 1; i >= 0; i-- {
		in := &tape[i]
		marked[i] = in.op != opCopy && in.width() == 1 && reads[in.to] == 1 && readByTree[in.to]
		for _, o := range in.inputs()[:in.op.operands()] {
			if o.row == rowSlots {
				reads[o.at]++
				readByTree[o.at] = marked[i] && !in.op.reduces()
			}
		}
	}
	return marked
}

// localised returns an instruction that finds constants and slots in one row.
func localised(in instruction, constants int) instruction {
	in.to += uint16(constants)
	for _, o := range in.inputs() {
		*o = localOperand(*o, constants)
	}
	if in.length != 1 && !in.op.reduces() {
		in.op += vectors
	}
	return in
}

// rowLocal is the row of constants and slots in one.
const rowLocal = rowConstants

func localOperand(o operand, constants int) operand {
	if o.row == rowSlots {
		o.row, o.at = rowLocal, o.at+uint16(constants)
	}
	return o
}

// grower makes trees.
type grower struct {
	constants []float64
	grown     map[uint16]*node // nodes, by slot on the tape
}

// grow returns the node of an instruction, given the original instruction on the tape.
func (g *grower) grow(in, before *instruction) *node {
	if in.op.reduces() {
		return &node{op: in.op, length: in.length, from: localOperand(in.a, len(g.constants)), with: localOperand(in.b, len(g.constants))}
	}
	n := &node{op: in.op}
	children := []**node{&n.a, &n.b, &n.c}
	for i := range in.op.operands() {
		*children[i] = g.leaf(*in.inputs()[i], *before.inputs()[i])
	}
	return n
}

// leaf returns the node at an operand, given the original operand on the tape.
func (g *grower) leaf(o, before operand) *node {
	if n, ok := g.grown[before.at]; ok && before.row == rowSlots {
		return n
	}
	switch o.row {
	case rowConstants:
		return &node{op: opNumber, number: g.constants[o.at]}
	case rowSlots:
		return &node{op: opLocal, from: localOperand(o, len(g.constants))}
	}
	return &node{op: opRead, from: o}
}

// frame holds the numbers that trees read.
type frame struct {
	in    *Inputs
	local []float64
}

// get is value with the most frequent case first, small enough to be inlined.
func (n *node) get(f *frame) float64 {
	if n.op == opRead {
		return f.in[n.from.row%rowCount][n.from.at]
	}
	return n.value(f)
}

// value evaluates a tree. Its switches have few cases each: Go compiles those to comparisons, which a processor predicts
// better than a jump through a table.
func (n *node) value(f *frame) float64 {
	if n.op >= opAdd && n.op <= opOr {
		if n.op < opMin {
			return n.arithmetic(f)
		}
		if n.op >= opLess {
			return truth(n.holds(f))
		}
		return binary(n.op, n.a.get(f), n.b.get(f))
	}
	switch n.op {
	case opNumber:
		return n.number
	case opNeg:
		return -n.a.get(f)
	case opNot:
		return truth(!n.a.holds(f))
	case opAbs:
		return math.Abs(n.a.get(f))
	case opWhere:
		if n.a.holds(f) {
			return n.b.get(f)
		}
		return n.c.get(f)
	case opSquares:
		sum := 0.0
		for _, v := range from(n.from, f.in, f.local)[:n.length] {
			sum += float64(v * v)
		}
		return sum
	}
	return n.other(f)
}

func (n *node) arithmetic(f *frame) float64 {
	x, y := n.a.get(f), n.b.get(f)
	switch n.op {
	case opAdd:
		return x + y
	case opSub:
		return x - y
	case opMul:
		return float64(x * y)
	}
	return x / y
}

// holds reports whether the condition of a tree holds.
func (n *node) holds(f *frame) bool {
	switch n.op {
	case opLess:
		return n.a.get(f) < n.b.get(f)
	case opLessEqual:
		return n.a.get(f) <= n.b.get(f)
	case opAnd:
		return n.a.holds(f) && n.b.holds(f)
	case opOr:
		return n.a.holds(f) || n.b.holds(f)
	case opNot:
		return !n.a.holds(f)
	case opEqual:
		return n.a.get(f) == n.b.get(f)
	case opNotEqual:
		return n.a.get(f) != n.b.get(f)
	}
	return n.get(f) != 0
}

// other evaluates the less frequent operations.
func (n *node) other(f *frame) float64 {
	switch {
	case n.op == opRead:
		return f.in[n.from.row%rowCount][n.from.at]
	case n.op == opLocal:
		return f.local[n.from.at]
	case n.op == opDot:
		return reduce(n.op, from(n.from, f.in, f.local)[:n.length], from(n.with, f.in, f.local)[:n.length])
	case n.op.reduces():
		return reduce(n.op, from(n.from, f.in, f.local)[:n.length], nil)
	}
	return unary(n.op, n.a.get(f))
}

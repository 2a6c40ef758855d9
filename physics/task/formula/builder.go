package formula

import (
	"fmt"
	"math"
	"slices"
)

// Type is the type of a formula's value: a number, a condition, or a vector of either.
type Type struct {
	Condition bool
	Length    int // 1: a single one
}

// String returns the type as in "a vector of 3 numbers".
func (t Type) String() string {
	switch {
	case t.Condition && t.Length == 1:
		return "a condition"
	case t.Condition:
		return fmt.Sprintf("a vector of %d conditions", t.Length)
	case t.Length == 1:
		return "a number"
	}
	return fmt.Sprintf("a vector of %d numbers", t.Length)
}

// value is a compiled expression: where its elements lie. A bad one stands for a mistake that was reported.
type value struct {
	operand
	Type
	bad bool
}

// builder collects instructions. Each fills its own slots, and no instruction is added twice.
type builder struct {
	code      []instruction
	constants []float64
	outputs   []operand
	spans     []span // spans of the tape
	tape      int    // number of filled slots
	known     map[instruction]uint16
	runs      map[string]uint16 // slots of joined vectors, by their parts
	limit     string            // the first limit that was exceeded
}

func newBuilder() *builder {
	return &builder{known: map[instruction]uint16{}, runs: map[string]uint16{}}
}

// exceed records the first limit that the program exceeds.
func (b *builder) exceed(format string, arguments ...any) {
	if b.limit == "" {
		b.limit = fmt.Sprintf(format, arguments...)
	}
}

// take returns the first of n new slots.
func (b *builder) take(n int) uint16 {
	if b.tape+n > MaxTape {
		b.exceed("the formula computes more than %d numbers", MaxTape)
		return 0
	}
	b.spans = append(b.spans, span{first: b.tape, width: n})
	b.tape += n
	return uint16(b.tape - n)
}

func (b *builder) constant(x float64) operand {
	bits := math.Float64bits(x)
	i := slices.IndexFunc(b.constants, func(c float64) bool { return math.Float64bits(c) == bits })
	if i < 0 {
		if i = len(b.constants); i == MaxConstants {
			b.exceed("the formula has more than %d different constants", MaxConstants)
			return operand{row: rowConstants}
		}
		b.constants = append(b.constants, x)
	}
	return operand{row: rowConstants, at: uint16(i)}
}

// emit adds an instruction over operands of the given length and returns where its result lies. It evaluates an
// operation on constants alone.
func (b *builder) emit(op opcode, length int, operands ...operand) operand {
	in := instruction{op: op, length: uint16(length)}
	for i, to := range in.inputs()[:len(operands)] {
		*to = operands[i]
	}
	if length == 1 && !slices.ContainsFunc(operands, func(o operand) bool { return o.row != rowConstants }) {
		return b.fold(in)
	}
	if at, ok := b.known[in]; ok {
		return b.slot(at, in.width())
	}
	at := b.take(in.width())
	b.known[in] = at
	b.add(in, at)
	return b.slot(at, in.width())
}

func (b *builder) add(in instruction, at uint16) {
	if len(b.code) == MaxInstructions {
		b.exceed("the formula needs more than %d instructions", MaxInstructions)
		return
	}
	in.to = at
	b.code = append(b.code, in)
}

func (b *builder) slot(at uint16, width int) operand {
	return operand{row: rowSlots, stride: uint8(min(width-1, 1)), at: at}
}

// fold evaluates an instruction on constants.
func (b *builder) fold(in instruction) operand {
	n := len(b.constants)
	local := append(slices.Clone(b.constants), 0)
	in.to = 0
	run([]instruction{localised(in, n)}, &Inputs{}, local)
	return b.constant(local[n])
}

// join concatenates parts.
func (b *builder) join(parts []value) operand {
	width, key := 0, ""
	for _, p := range parts {
		key += fmt.Sprintln(p.operand, p.Length)
		width += p.Length
	}
	at, ok := b.runs[key]
	if !ok {
		at = b.take(width)
		b.runs[key] = at
		to := at
		for _, p := range parts {
			b.add(instruction{op: opCopy, length: uint16(p.Length), a: p.operand}, to)
			to += uint16(p.Length)
		}
	}
	return b.slot(at, width)
}

// program closes the builder.
func (b *builder) program(types []Type, reads Rows) *Program {
	p := &Program{tape: b.code, tapeOutputs: b.outputs, tapeSlots: b.tape, spans: b.spans, constants: b.constants, types: types, reads: reads}
	p.code, p.outputs, p.slots = reuse(b.code, b.outputs, b.spans)
	for _, in := range b.code {
		p.reverse = append(p.reverse, localised(in, len(p.constants)))
	}
	p.quick = newQuick(b.code, b.outputs, b.spans, p.constants)
	return p
}

package formula

import (
	"fmt"
	"sort"
)

// Program is a compiled formula, or several that were joined. It is immutable.
type Program struct {
	code        []instruction
	outputs     []operand
	slots       int
	constants   []float64
	quick       quick
	reverse     []instruction // the tape as steps of a quick form
	tape        []instruction // code in which no slot is filled twice, for the derivative
	tapeOutputs []operand
	spans       []span // spans of the tape
	tapeSlots   int
	types       []Type
	reads       Rows
	source      string
}

// Type returns the type of the formula's value; for joined programs, of the first.
func (p *Program) Type() Type { return p.types[0] }

// Outputs returns how many numbers Eval fills.
func (p *Program) Outputs() int { return len(p.outputs) }

// Reads reports whether the program reads a row.
func (p *Program) Reads(r Row) bool { return p.reads.has(r) }

// String returns the formula as Format prints it; "" for joined programs.
func (p *Program) String() string { return p.source }

// Join joins several programs into one and concatenates their outputs. Common subexpressions are computed once, with the
// same result.
func Join(programs ...*Program) (*Program, error) {
	b := newBuilder()
	var types []Type
	var reads Rows
	for _, p := range programs {
		moved := b.adopt(p)
		for _, o := range p.tapeOutputs {
			b.outputs = append(b.outputs, moved(o))
		}
		types, reads = append(types, p.types...), reads|p.reads
	}
	if len(b.outputs) > MaxLength {
		b.exceed("the formulas have more than %d numbers as results", MaxLength)
	}
	return b.finish(types, reads)
}

// adopt adds the instructions of p and returns where an operand of its tape lies now.
func (b *builder) adopt(p *Program) func(operand) operand {
	places := make([]uint16, p.tapeSlots)
	moved := func(o operand) operand {
		switch o.row {
		case rowSlots:
			o.at = places[o.at]
		case rowConstants:
			o.at = b.constant(p.constants[o.at]).at
		}
		return o
	}
	place := func(first uint16, width int, at uint16) {
		for i := range width {
			places[int(first)+i] = at + uint16(i)
		}
	}
	var parts []value
	joined := 0 // width of parts
	for _, in := range p.tape {
		operands := in.inputs()
		for _, o := range operands {
			*o = moved(*o)
		}
		if in.op != opCopy {
			place(in.to, in.width(), b.emit(in.op, int(in.length), in.a, in.b, in.c).at)
			continue
		}
		parts = append(parts, value{operand: in.a, Type: Type{Length: int(in.length)}})
		joined += int(in.length)
		first := int(in.to) + int(in.length) - joined
		if i := sort.Search(len(p.spans), func(i int) bool { return p.spans[i].first >= first }); p.spans[i].width == joined {
			place(uint16(first), joined, b.join(parts).at)
			parts, joined = nil, 0
		}
	}
	return moved
}

// finish closes the builder, unless a limit was exceeded.
func (b *builder) finish(types []Type, reads Rows) (*Program, error) {
	if b.limit != "" {
		return nil, fmt.Errorf("%s", b.limit)
	}
	p := b.program(types, reads)
	if p.slots > MaxSlots {
		return nil, fmt.Errorf("the formula keeps %d numbers at one time, more than %d", p.slots, MaxSlots)
	}
	return p, nil
}

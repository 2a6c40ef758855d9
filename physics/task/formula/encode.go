package formula

import "math"

// Version of the binary layout.
const Version = 1

// headWords is the length of the head of the binary layout.
const headWords = 8

// Encode returns the program in the layout that a GPU runs: words of 32 bits.
//
//	0  Version
//	1  I, instructions
//	2  R, outputs
//	3  C, constants
//	4  S, slots that the instructions need
//	5  bit r: the program reads Row r
//	6  number of rows: that of the constants, and after it that of the slots
//	7  0
//	8        C float64 constants, low word first
//	8+2C     I instructions of five words: operation | length<<16, first slot of the result, operands a, b, c
//	8+2C+5I  R operands: where the outputs lie
//
// An operand is row<<24 | stride<<16 | index; element k of it lies at index + k·stride. Operations have the numbers of
// the opcodes in this package; those from opSum on reduce a run of that length to one number, the others work on every
// element.
func (p *Program) Encode() []uint32 { return p.encode(p.code, p.outputs, p.slots) }

// EncodeTape returns the program in the layout of Encode, with a slot for every number that it computes. A GPU keeps them
// for the derivative, see Gradient.
func (p *Program) EncodeTape() []uint32 { return p.encode(p.tape, p.tapeOutputs, p.tapeSlots) }

func (p *Program) encode(code []instruction, outputs []operand, slots int) []uint32 {
	words := []uint32{Version, uint32(len(code)), uint32(len(outputs)), uint32(len(p.constants)), uint32(slots),
		uint32(p.reads), uint32(rowConstants), 0}
	for _, c := range p.constants {
		bits := math.Float64bits(c)
		words = append(words, uint32(bits), uint32(bits>>32))
	}
	for i := range code {
		in := &code[i]
		words = append(words, uint32(in.op)|uint32(in.length)<<16, uint32(in.to), in.a.word(), in.b.word(), in.c.word())
	}
	for _, o := range outputs {
		words = append(words, o.word())
	}
	return words
}

func (o operand) word() uint32 { return uint32(o.row)<<24 | uint32(o.stride)<<16 | uint32(o.at) }

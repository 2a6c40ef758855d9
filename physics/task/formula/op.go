package formula

// opcode is the operation of an instruction. The numbers are part of the binary layout that Encode documents.
type opcode uint8

// Element by element: one operand, then two, then three. The rest reduce a run of numbers to one.
const (
	opCopy opcode = iota
	opNeg
	opNot
	opAbs
	opSqrt
	opExp
	opLog
	opSin
	opCos
	opTan
	opAsin
	opAcos
	opAtan
	opTanh
	opFloor
	opCeil
	opWrap   // wrapped to [-π, π)
	opSingle // rounded to float32 and back
	opAdd
	opSub
	opMul
	opDiv
	opMin
	opMax
	opPow
	opAtan2
	opHypot
	opLess
	opLessEqual
	opEqual
	opNotEqual
	opAnd
	opOr
	opWhere
	opSum
	opSquares
	opNorm
	opLeast
	opMost
	opAll
	opAny
	opDot
	opcodes // number of opcodes
)

// operands returns how many of its operands a, b and c an instruction reads.
func (o opcode) operands() int {
	switch {
	case o == opWhere:
		return 3
	case o >= opAdd && o <= opOr, o == opDot:
		return 2
	}
	return 1
}

// reduces reports whether the instruction reduces a run of numbers to one.
func (o opcode) reduces() bool { return o >= opSum }

// Row is one of the arrays that a formula reads: its index in Inputs. The numbers are part of the binary layout.
type Row uint8

// Rows of a formula. The last two belong to the program itself.
const (
	Obs        Row = iota // the observation before the step
	Action                // the action, clipped to its box
	Next                  // the observation after the step
	Goal                  // numbers of a goal, or an observation of an episode with that goal
	Parameters            // parameters, in the order of Names
	rowConstants
	rowSlots
	rowCount = 8 // a power of two, so that an index can be masked
)

// operand is a number, or a run of numbers, in a row.
type operand struct {
	row    Row
	stride uint8 // 1: element k is at+k; 0: every element is at
	at     uint16
}

// instruction computes length elements, or reduces a run of that length to one, and puts them into slots from to on.
type instruction struct {
	op      opcode
	length  uint16
	to      uint16
	a, b, c operand
}

// inputs returns the operands that the instruction reads, first.
func (in *instruction) inputs() []*operand { return []*operand{&in.a, &in.b, &in.c} }

// width returns how many slots the instruction fills.
func (in *instruction) width() int {
	if in.op.reduces() {
		return 1
	}
	return int(in.length)
}

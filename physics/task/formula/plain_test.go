package formula

import "math"

// EvalEncoded runs a program from its binary layout, as a GPU does.
func EvalEncoded(words []uint32, in *Inputs) []float64 {
	instructions, outputs, constants, slots := words[1], words[2], words[3], words[4]
	local := make([]float64, constants+slots)
	for i := range constants {
		local[i] = math.Float64frombits(uint64(words[headWords+2*i]) | uint64(words[headWords+2*i+1])<<32)
	}
	at := func(w uint32) operand { return operand{Row(w >> 24), uint8(w >> 16), uint16(w)} }
	code := words[headWords+2*constants:]
	for range instructions {
		c := instruction{opcode(code[0]), uint16(code[0] >> 16), uint16(code[1]), at(code[2]), at(code[3]), at(code[4])}
		run([]instruction{localised(c, int(constants))}, in, local)
		code = code[5:]
	}
	var out []float64
	for _, w := range code[:outputs] {
		out = append(out, fetch(localOperand(at(w), int(constants)), in, local))
	}
	return out
}

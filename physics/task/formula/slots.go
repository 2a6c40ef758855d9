package formula

import (
	"slices"
	"sort"
)

// span is a run of slots that is filled once: by one instruction, or by the copies of a joined vector.
type span struct {
	first, width int // place on the tape
	last         int // the last instruction that fills or reads it
	at           int // final place
}

// reuse returns code and outputs that reuse a slot after its last read, and the number of slots. Every span stays in one
// piece.
func reuse(tape []instruction, outputs []operand, spans []span) ([]instruction, []operand, int) {
	find := func(slot uint16) *span {
		i := sort.Search(len(spans), func(i int) bool { return spans[i].first > int(slot) })
		return &spans[i-1]
	}
	moved := func(o operand) operand {
		if o.row == rowSlots {
			s := find(o.at)
			o.at = uint16(s.at + int(o.at) - s.first)
		}
		return o
	}
	ends := lastReads(tape, outputs, find)
	code := slices.Clone(tape)
	var free pool
	for i := range code {
		in := &code[i]
		target := find(in.to)
		if int(in.to) == target.first {
			target.at = free.take(target.width)
		}
		for _, o := range in.inputs()[:in.op.operands()] {
			*o = moved(*o)
		}
		in.to = uint16(target.at + int(in.to) - target.first)
		for _, s := range ends[i] {
			free.give(s.at, s.width)
		}
	}
	results := make([]operand, len(outputs))
	for i, o := range outputs {
		results[i] = moved(o)
	}
	return code, results, free.most
}

// lastReads returns, for every instruction, the spans that are not read after it, without those of the outputs.
func lastReads(tape []instruction, outputs []operand, find func(slot uint16) *span) map[int][]*span {
	kept := map[*span]bool{}
	for _, o := range outputs {
		if o.row == rowSlots {
			kept[find(o.at)] = true
		}
	}
	for i, in := range tape {
		find(in.to).last = i
		for _, o := range in.inputs()[:in.op.operands()] {
			if o.row == rowSlots {
				find(o.at).last = i
			}
		}
	}
	ends := map[int][]*span{}
	for _, in := range tape {
		if s := find(in.to); !kept[s] && int(in.to) == s.first {
			ends[s.last] = append(ends[s.last], s)
		}
	}
	return ends
}

// pool hands out runs of slots, the lowest free ones.
type pool struct {
	used []bool
	most int // slots that were ever used
}

func (p *pool) take(width int) int {
	run := 0
	for at := 0; ; at++ {
		if at == len(p.used) {
			p.used = append(p.used, false)
		}
		if run++; p.used[at] {
			run = 0
		}
		if run == width {
			first := at - width + 1
			for i := range width {
				p.used[first+i] = true
			}
			p.most = max(p.most, at+1)
			return first
		}
	}
}

func (p *pool) give(at, width int) { clear(p.used[at : at+width]) }

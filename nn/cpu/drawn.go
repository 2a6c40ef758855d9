package cpu

import "github.com/palmal-rl/palmal/nn"

// drawn passes rows through the members that were drawn for them: it sorts the rows by member, so that each
// member computes its rows at once.
type drawn struct {
	w      *worker
	model  *ensemble
	order  []int     // [rows] row at each place, member after member
	first  []int     // [E+1] first place of a member
	member []int     // [rows]
	in     []float32 // [rows,O+A] in the order of places
	out    []float32 // [rows,width] in the order of rows
}

// newDrawn takes scratch memory for rows.
func newDrawn(w *worker, m *ensemble, rows int) drawn {
	return drawn{w: w, model: m, order: w.counts.take(rows), first: w.counts.take(m.shape.Members + 1), member: w.counts.take(rows),
		in: w.floats.take(rows * (m.shape.Observation + m.shape.Action)), out: w.floats.take(rows * m.shape.Width())}
}

// sort sorts rows of the given paths by their members.
func (d *drawn) sort(draw nn.MemberDraw, paths []int) {
	clear(d.first)
	for row, path := range paths {
		d.member[row] = draw.Of(path)
		d.first[d.member[row]+1]++
	}
	for member := range d.model.shape.Members {
		d.first[member+1] += d.first[member]
	}
	for row := len(paths) - 1; row >= 0; row-- { // fills the places of each member from its last to its first
		at := d.member[row] + 1
		d.first[at]--
		d.order[d.first[at]] = row
	}
	copy(d.first, d.first[1:]) // each was moved down to the first place of the member before it
	d.first[d.model.shape.Members] = len(paths)
}

// forward returns the network's outputs [rows,width] of the rows' members for inputs x [rows,O+A].
func (d *drawn) forward(draw nn.MemberDraw, paths []int, x []float32, tape [][]float32) []float32 {
	d.sort(draw, paths)
	inputs, outputs := d.model.shape.Observation+d.model.shape.Action, d.model.shape.Width()
	for place, row := range d.order[:len(paths)] {
		copy(d.in[place*inputs:(place+1)*inputs], x[row*inputs:(row+1)*inputs])
	}
	lists := d.w.lists.mark()
	for member := range d.model.shape.Members {
		if first, end := d.first[member], d.first[member+1]; end > first {
			d.w.forward(&d.model.network, d.model.member(member), d.in[first*inputs:end*inputs], d.tape(tape, first, end), end-first)
		}
	}
	d.w.lists.release(lists)
	last := tape[len(d.model.network.layers)-1]
	for place, row := range d.order[:len(paths)] {
		copy(d.out[row*outputs:(row+1)*outputs], last[place*outputs:(place+1)*outputs])
	}
	return d.out
}

// backward replaces x [rows,O+A], the inputs of the last forward pass, by the derivatives with respect to them,
// given those with respect to the outputs, delta [rows,width].
func (d *drawn) backward(x, delta []float32, tape [][]float32) {
	inputs, outputs := d.model.shape.Observation+d.model.shape.Action, d.model.shape.Width()
	order := d.order[:d.first[d.model.shape.Members]]
	for place, row := range order {
		copy(d.out[place*outputs:(place+1)*outputs], delta[row*outputs:(row+1)*outputs])
	}
	lists := d.w.lists.mark()
	for member := range d.model.shape.Members {
		if first, end := d.first[member], d.first[member+1]; end > first {
			d.w.differentiate(&d.model.network, d.model.member(member), nil, d.in[first*inputs:end*inputs], nil,
				d.tape(tape, first, end), d.out[first*outputs:end*outputs], end-first)
		}
	}
	d.w.lists.release(lists)
	for place, row := range order {
		copy(x[row*inputs:(row+1)*inputs], d.in[place*inputs:(place+1)*inputs])
	}
}

// tape is the part of a tape that belongs to some places.
func (d *drawn) tape(tape [][]float32, first, end int) [][]float32 {
	part := d.w.lists.take(len(tape))
	d.model.network.part(part, tape, first, end)
	return part
}

package cpu

import "github.com/palmal-rl/palmal/nn"

// passRows is the largest number of rows that pass through own tiles at once: what they leave stays in a cache of 1 MiB.
const passRows = 128

// drawn passes rows through the members that were drawn for them: it sorts the rows by member, and takes blocks of rows of
// the same member one after another.
type drawn struct {
	model  *ensemble
	order  []int // [rows] row at each place, member after member
	first  []int // [E+1] first place of a member
	member []int // [rows]
	pass   prepared
	in     []float32 // [block,O+A] inputs of the block

	now       int // member of the block
	from, end int // its places
}

// newDrawn takes scratch memory for rows.
func newDrawn(w *worker, m *ensemble, rows int, way way) drawn {
	block := min(rows, passRows)
	return drawn{model: m, order: w.counts.take(rows), first: w.counts.take(m.shape.Members + 1), member: w.counts.take(rows),
		pass: w.prepare(&m.network, nil, nil, block, way), in: w.floats.take(block * (m.shape.Observation + m.shape.Action))}
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
	d.now, d.from, d.end = -1, 0, 0
}

// next goes to the next block, and reports whether there is one.
func (d *drawn) next() bool {
	for d.now < 0 || d.end == d.first[d.now+1] {
		if d.now++; d.now == d.model.shape.Members {
			return false
		}
		d.pass.layers, d.pass.parameters = d.model.forms.of(d.now), d.model.member(d.now)
	}
	left := d.first[d.now+1] - d.end
	blocks := (left + passRows - 1) / passRows
	d.from, d.end = d.end, d.end+(left+blocks-1)/blocks
	return true
}

// rows are those of the block.
func (d *drawn) rows() []int { return d.order[d.from:d.end] }

// forward returns the network's outputs [block,width], given the inputs x [rows,O+A] of all rows.
func (d *drawn) forward(x []float32) []float32 {
	inputs := d.model.shape.Observation + d.model.shape.Action
	for i, row := range d.rows() {
		copy(d.in[i*inputs:(i+1)*inputs], x[row*inputs:(row+1)*inputs])
	}
	return d.pass.forward(d.in, d.end-d.from)
}

// inward replaces the block's rows of x by the derivatives by them, given those by the outputs, delta [block,width].
func (d *drawn) inward(x, delta []float32) {
	inputs := d.model.shape.Observation + d.model.shape.Action
	d.pass.inward(d.in, delta, d.end-d.from)
	for i, row := range d.rows() {
		copy(x[row*inputs:(row+1)*inputs], d.in[i*inputs:(i+1)*inputs])
	}
}

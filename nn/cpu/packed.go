package cpu

import (
	"unsafe"

	"github.com/palmal-rl/palmal/nn"
)

// packed is a layer whose weights lie in the order in which tiles read them. The bias is one more row of the weights, of an
// input that is always 1. Panels of two vectors of columns follow each other, each [In+1, columns]; the last may be one vector.
// Columns beyond Out are 0. The layer is that of a flat parameter vector, to and from which pack and unpack copy.
type packed struct {
	nn.Layer
	units   *units
	weights []float32 // [panels] of [In+1,columns]
	turned  []float32 // the transpose without the bias, in panels of [Out,columns]; nil if no gradient passes through
}

// rows of the weights, with the bias.
func (l *packed) rows() int { return l.In + 1 }

// size is the number of packed weights.
func (l *packed) size() int { return l.rows() * l.units.padded(l.Out) }

// turnedSize is the number of packed weights of the transpose.
func (l *packed) turnedSize() int { return l.Out * l.units.padded(l.In) }

// padded is the number of columns in panels.
func (u *units) padded(columns int) int { return (columns + u.vector - 1) / u.vector * u.vector }

// columns is the number of columns of the panel that begins at column first, of all columns.
func (u *units) columns(first, columns int) int { return u.vectors(columns-first) * u.vector }

// stride is the distance of rows of n numbers and a constant: whole cache lines, and an odd number of them, so that rows spread over
// all sets of a cache.
func stride(n int) int {
	const line = 16
	lines := (n + line) / line
	return (lines | 1) * line
}

// each calls do for every panel of the columns: its first column, its columns with the padding, and how many of them are used.
func (u *units) each(columns int, do func(first, width, used int)) {
	for first := 0; first < columns; first += 2 * u.vector {
		width := u.columns(first, columns)
		do(first, width, min(width, columns-first))
	}
}

// pack copies numbers [In+1,Out] of the layer from a flat vector.
func (l *packed) pack(to, flat []float32) {
	l.units.each(l.Out, func(first, width, used int) {
		panel := to[l.rows()*first:][:l.rows()*width]
		if used < width {
			clear(panel)
		}
		l.units.copyColumns(panel, flat[l.Weights+first:], l.rows(), width, l.Out, used)
	})
}

// unpack copies numbers [In+1,Out] of the layer to a flat vector.
func (l *packed) unpack(flat, from []float32) {
	l.units.each(l.Out, func(first, width, used int) {
		l.units.copyColumns(flat[l.Weights+first:], from[l.rows()*first:], l.rows(), l.Out, width, used)
	})
}

// turn transposes rows [top, end) of the panel that begins at column first.
func (l *packed) turn(first, width, used, top, end int) {
	if l.turned == nil {
		return
	}
	panel := l.weights[l.rows()*first:]
	for end = min(end, l.In); top < end; {
		begin := top / (2 * l.units.vector) * 2 * l.units.vector // of the transpose's panel
		columns := l.units.columns(begin, l.In)
		// A block that is a whole number of vectors high where it can be.
		stop := min(end, begin+columns, (top/l.units.vector+1)*l.units.vector)
		l.units.transpose(l.turned[l.Out*begin+first*columns+top-begin:], panel[top*width:], columns, width, stop-top, used)
		top = stop
	}
}

// turnAll transposes all of the weights.
func (l *packed) turnAll() {
	l.units.each(l.Out, func(first, width, used int) { l.turn(first, width, used, 0, l.In) })
}

// matrix holds rows that lie a stride apart.
type matrix struct {
	numbers []float32
	stride  int
}

// row returns n numbers of a row.
func (m matrix) row(i, n int) []float32 { return m.numbers[i*m.stride : i*m.stride+n] }

// at points to a number.
func (m matrix) at(row, column int) unsafe.Pointer {
	return unsafe.Pointer(&m.numbers[row*m.stride+column])
}

// span is a range of rows.
type span struct{ first, end int }

// through computes y = max(x·B, floor) for some rows, where B [k,columns] lies in panels.
func (p *own) through(x, y matrix, rows span, panels []float32, k, columns int, floor float32) {
	t, u := &p.tile, p.units
	t.lda, t.k, t.floor, t.add = x.stride, k, floor, 0
	m := rows.end - rows.first
	tiles := (m + u.rows - 1) / u.rows
	for first := 0; first < columns; first += 2 * u.vector {
		width := u.columns(first, columns)
		used := min(width, columns-first)
		t.b, t.ldb = unsafe.Pointer(&panels[k*first]), width
		next := panels[k*first:]
		if k*(first+width) < len(panels) {
			next = panels[k*(first+width):]
		}
		for i := range tiles {
			top, end := rows.first+i*m/tiles, rows.first+(i+1)*m/tiles
			t.a = x.at(top, 0)
			t.ahead[0] = unsafe.Pointer(&next[min(i*4*k, len(next)-1)])
			p.place(byRows, width/u.vector, end-top, used, y.stride, y.numbers[top*y.stride+first:])
		}
	}
}

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
	halved  halved    // both in words instead, where products are of bf16 numbers
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

// arrange writes what products read besides the weights, for rows [top, end) of the panel that begins at column first.
func (l *packed) arrange(scratch []float32, first, width, used, top, end int) {
	if l.halved.parts > 0 {
		l.halve(scratch, first, width, used, top, end)
		return
	}
	if l.turned == nil {
		return
	}
	panel := l.weights[l.rows()*first:]
	l.blocks(top, min(end, l.In), func(begin, columns, top, end int) {
		l.units.transpose(l.turned[l.Out*begin+first*columns+top-begin:], panel[top*width:], columns, width, end-top, used)
	})
}

// blocks calls do for rows [top, end) of the weights, block by block, to transpose them: with the first column and the columns of
// the transpose's panel, and the block's rows. A block is a whole number of vectors high where it can be.
func (l *packed) blocks(top, end int, do func(begin, columns, top, end int)) {
	for top < end {
		begin := top / (2 * l.units.vector) * 2 * l.units.vector
		columns := l.units.columns(begin, l.In)
		stop := min(end, begin+columns, (top/l.units.vector+1)*l.units.vector)
		do(begin, columns, top, stop)
		top = stop
	}
}

// arrangeAll writes what products read for all of the weights.
func (l *packed) arrangeAll(scratch []float32) {
	l.units.each(l.Out, func(first, width, used int) { l.arrange(scratch, first, width, used, 0, l.rows()) })
}

// matrix holds rows that lie a stride apart.
type matrix struct {
	numbers []float32
	stride  int
}

// row returns n numbers of a row.
func (m matrix) row(i, n int) []float32 { return m.numbers[i*m.stride : i*m.stride+n] }

// from is the matrix from a row on.
func (m matrix) from(row int) matrix { return matrix{m.numbers[row*m.stride:], m.stride} }

// at points to a number.
func (m matrix) at(row, column int) unsafe.Pointer {
	return unsafe.Pointer(&m.numbers[row*m.stride+column])
}

// begin points to the first number of a row as a tile reads it: a row, or a column.
func (m matrix) begin(way, i int) unsafe.Pointer {
	if way == byColumns {
		return m.at(0, i)
	}
	return m.at(i, 0)
}

// span is a range of rows.
type span struct{ first, end int }

// factor is the second of two factors, B [k,columns] in panels, or the parts of it; k counts words where there are parts.
type factor struct {
	units      *units
	parts      int
	panels     [2][]float32
	k, columns int
}

// through computes y = max(x·B, floor) for some rows of y, given those rows of x.
func (p *own) through(x [2]matrix, y matrix, rows span, b factor, floor float32) {
	t, u := &p.tile, b.units
	t.k = b.k
	m := rows.end - rows.first
	tiles := (m + u.rows - 1) / u.rows
	for first := 0; first < b.columns; first += 2 * u.vector {
		width := u.columns(first, b.columns)
		used := min(width, b.columns-first)
		t.ldb, t.floor, t.add = width, noFloor(), 0
		for i := range terms(b.parts) {
			left, right := term(i, b.parts)
			panels := b.panels[right]
			t.b, t.lda = unsafe.Pointer(&panels[b.k*first]), x[left].stride
			if i == terms(b.parts)-1 {
				t.floor = floor
			}
			next := panels[b.k*first:]
			if b.k*(first+width) < len(panels) {
				next = panels[b.k*(first+width):]
			}
			t.lines = (b.k*width/16 + 2) / 3
			for i := range t.ahead {
				t.ahead[i] = unsafe.Pointer(&next[min(i*t.lines*16, len(next)-1)])
			}
			for i := range tiles {
				top, end := i*m/tiles, (i+1)*m/tiles
				t.a = x[left].at(top, 0)
				if !(b.parts > 0 && u.halves.turns) {
					t.ahead[0] = unsafe.Pointer(&next[min(i*4*b.k, len(next)-1)])
				}
				p.place(u, byRows, width/u.vector, end-top, used, y.stride, y.numbers[(rows.first+top)*y.stride+first:])
			}
			t.add = 1
		}
	}
}

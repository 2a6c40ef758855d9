package cpu

import (
	"math"
	"unsafe"
)

// own multiplies by the tiles of this package. An entry is one chain of fused multiply-adds in the order of k, so it has
// the same bits whichever rows and columns are computed at once, and by whichever of the instructions.
type own struct {
	units *units
	panel []float32 // columns of B [k,vectors], packed
	edge  []float32 // a tile at the edge of C
	tile  tile

	halves  *units       // units whose tiles take words; nil: none
	rows    [2][]float32 // words of rows, by part
	scratch []float32    // see packed.arrange

	numbers [32]float32 // normal ones of which some are used
	gaps    [32]int32   // of eight rows, word by word
}

func newOwn(u *units) *own {
	p := &own{units: u, edge: make([]float32, u.edge()), tile: tile{control: flush}, scratch: make([]float32, u.scratch())}
	if u.halves != nil {
		h := *u
		h.run, h.rows, p.halves = u.halves.run, u.halves.most, &h
	}
	return p
}

// edge is the number of numbers of the largest tile.
func (u *units) edge() int {
	rows := u.rows
	if u.halves != nil {
		rows = max(rows, u.halves.most)
	}
	return rows * 2 * u.vector
}

// ownLibrary multiplies by this package's own assembly.
func ownLibrary(u units) library {
	return library{name: "palmal " + u.name, product: func() product { return newOwn(&u) }, units: &u}
}

// widestDirect is the widest B whose columns are read where they are. Rows of wider matrices often lie a multiple of 2 KiB apart,
// so that they displace each other from a cache of the first level.
const widestDirect = 128

// noFloor is a floor that raises no number.
func noFloor() float32 { return float32(math.Inf(-1)) }

// gemm computes the product panel by panel: two vectors of columns of B, and what is left at the end.
func (p *own) gemm(transA, transB bool, m, n, k int, a, b []float32, beta float32, c []float32) {
	_, _, _ = a[m*k-1], b[k*n-1], c[m*n-1] // assembly does not check bounds
	t := &p.tile
	t.k, t.floor, t.add = k, noFloor(), 0
	if beta != 0 {
		t.add = 1
		if beta != 1 {
			scale(c[:m*n], beta)
		}
	}
	way, lda, step := byRows, k, k // step lies between the first numbers of two rows
	if transA {
		way, lda, step = byColumns, m, 1
	}
	t.lda = lda
	for first := 0; first < n; {
		vectors := p.units.vectors(n - first)
		width := vectors * p.units.vector
		used := min(width, n-first)
		if !transB && used == width && n <= widestDirect {
			t.b, t.ldb = unsafe.Pointer(&b[first]), n
		} else {
			p.pack(transB, n, k, b, first, used, width)
			t.b, t.ldb = unsafe.Pointer(&p.panel[0]), width
		}
		t.ahead = [3]unsafe.Pointer{t.b, t.b, t.b}
		tiles := (m + p.units.rows - 1) / p.units.rows
		for i := range tiles {
			top, end := i*m/tiles, (i+1)*m/tiles
			t.a = unsafe.Pointer(&a[top*step])
			p.place(p.units, way, vectors, end-top, used, n, c[top*n+first:])
		}
		first += used
	}
}

// vectors is the number of vectors of the next panel, given the columns that are left.
func (u *units) vectors(columns int) int {
	if columns > u.vector {
		return 2
	}
	return 1
}

// place computes a tile of which the used columns belong to c, whose rows lie ldc apart.
func (p *own) place(u *units, way, vectors, rows, used, ldc int, c []float32) {
	t, width := &p.tile, vectors*u.vector
	if used == width {
		t.c, t.ldc = unsafe.Pointer(&c[0]), ldc
		u.multiply(way, rows, vectors, t)
		return
	}
	t.c, t.ldc = unsafe.Pointer(&p.edge[0]), width
	if t.add != 0 {
		u.copyColumns(p.edge, c, rows, width, ldc, used)
	}
	u.multiply(way, rows, vectors, t)
	u.copyColumns(c, p.edge, rows, ldc, width, used)
}

// pack copies columns [first, first+used) of op(b) [k,n] to the panel [k,width]; the other columns are 0.
func (p *own) pack(transB bool, n, k int, b []float32, first, used, width int) {
	if cap(p.panel) < k*width {
		p.panel = make([]float32, k*width)
	}
	p.panel = p.panel[:k*width]
	if used < width {
		clear(p.panel)
	}
	if transB {
		p.units.transpose(p.panel, b[first*k:], width, k, used, k)
		return
	}
	p.units.copyColumns(p.panel, b[first:], k, width, n, used)
}

// copyColumns copies the first columns of rows that lie lddst and ldsrc apart, at most two vectors of them.
func (u *units) copyColumns(dst, src []float32, rows, lddst, ldsrc, columns int) {
	_, _ = dst[(rows-1)*lddst+columns-1], src[(rows-1)*ldsrc+columns-1]
	i, last := (columns-1)/u.vector, columns%u.vector
	switch {
	case last == 0:
		u.copies[i](&dst[0], &src[0], rows, lddst, ldsrc)
	case u.parts[i] != nil:
		u.parts[i](&dst[0], &src[0], rows, lddst, ldsrc, last)
	default:
		for row := range rows {
			copy(dst[row*lddst:row*lddst+columns], src[row*ldsrc:])
		}
	}
}

// transpose writes the transpose of src [rows,columns] to dst; rows lie lddst and ldsrc apart.
func (u *units) transpose(dst, src []float32, lddst, ldsrc, rows, columns int) {
	if rows == 0 || columns == 0 {
		return
	}
	_, _ = dst[(columns-1)*lddst+rows-1], src[(rows-1)*ldsrc+columns-1]
	for i := 0; i < rows; i += u.vector {
		for j := 0; j < columns; j += u.vector {
			if i+u.vector <= rows && j+u.vector <= columns {
				u.square(&dst[j*lddst+i], &src[i*ldsrc+j], lddst, ldsrc)
				continue
			}
			for row := i; row < min(rows, i+u.vector); row++ {
				for column := j; column < min(columns, j+u.vector); column++ {
					dst[column*lddst+row] = src[row*ldsrc+column]
				}
			}
		}
	}
}

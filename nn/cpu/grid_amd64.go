package cpu

import (
	"math"
	"unsafe"
)

// gridBlock is the largest number of rows of a block, and gridChunk the largest number of words of a row that are multiplied at once.
const (
	gridBlock = 32
	gridChunk = 16
)

// gridRows is the largest number of rows of a product: to set up the tile registers costs as much as some ten multiplications.
const gridRows = 256

// grid is a product of bf16 numbers by AMX, C [rows·blocks,2·half] = A·B or C += A·B, block by block. Rows of a matrix lie ld words apart.
// A block is two rows of tile registers, whose second begins at a row of its own: where it overlaps the first, both compute the same.
// The assembly reads the fields by their names.
type grid struct {
	config        gridConfig
	a, b, c       unsafe.Pointer
	lda, ldb, ldc int
	chunks        int // of each row of A
	add           int // 1: C is added to; 0: not read
	second        int // row
	half          int // columns
	rows, blocks  int
	ahead         [3]unsafe.Pointer // memory to fetch
	lines         int               // of each of them for every chunk, at least 1
}

// gridConfig is the layout of the tile registers that the processor loads.
type gridConfig struct {
	palette byte
	_       [15]byte
	bytes   [16]uint16 // of a row
	rows    [16]byte
}

//go:noescape
func gridAMX(p *grid)

// runGrid computes a tile of up to gridRows rows. Each entry is a sum over chunks of 16 words, the last one shorter, in the order of k; a
// chunk is the chain of the lower numbers' products and that of the upper ones', from 0, and then their sum.
func runGrid(number int, t *tile) {
	vectors, m := number/gridRows+1, number%gridRows+1
	chunks := max(1, t.k/gridChunk*((m+gridBlock-1)/gridBlock))
	g := grid{lda: t.lda, ldb: t.ldb, ldc: t.ldc, half: 8 * vectors, add: t.add, ahead: t.ahead, lines: max(1, (t.lines+chunks-1)/chunks)}
	for first := 0; first < t.k; first += gridChunk * g.chunks {
		words := gridChunk
		g.chunks = (t.k - first) / gridChunk
		if g.chunks == 0 {
			words, g.chunks = t.k-first, 1
		}
		for top := 0; top < m; top += g.rows * g.blocks {
			g.rows, g.blocks = gridBlock, (m-top)/gridBlock
			if g.blocks == 0 {
				g.rows, g.blocks = m-top, 1
			}
			g.a, g.b, g.c = unsafe.Add(t.a, 4*(top*t.lda+first)), unsafe.Add(t.b, 4*first*t.ldb), unsafe.Add(t.c, 4*top*t.ldc)
			g.lay(words)
			gridAMX(&g)
		}
		g.add, g.lines = 1, 1
	}
	if t.floor > float32(math.Inf(-1)) {
		raise(vectors, m, t)
	}
}

// lay lays out the tile registers for chunks of so many words.
func (g *grid) lay(words int) {
	upper := (g.rows + 1) / 2
	g.second = g.rows - upper
	g.config = gridConfig{palette: 1}
	for i := range 4 {
		g.config.shape(i, upper, g.half)
	}
	for i := range 2 {
		g.config.shape(4+i, upper, words)
		g.config.shape(6+i, words, g.half)
	}
}

// shape sets the rows of a tile register and their words.
func (c *gridConfig) shape(tile, rows, words int) {
	c.rows[tile], c.bytes[tile] = byte(rows), uint16(4*words)
}

// raise raises what stands in C to the floor, by tiles without products.
func raise(vectors, m int, t *tile) {
	const most = 14 // rows of a tile
	one := *t
	one.k, one.add = 0, 1
	for first := 0; first < m; first += most {
		one.c = unsafe.Add(t.c, 4*first*t.ldc)
		tileBF16((vectors-1)*most+min(most, m-first)-1, &one)
	}
}

package cpu

import (
	"math"
	"unsafe"
)

// amxBlock is the largest number of rows of a block, and amxChunk the largest number of words of a row that are multiplied at once.
const (
	amxBlock = 32
	amxChunk = 16
)

// amxRows is the largest number of rows of a tile: to set up the tile registers costs as much as some ten multiplications.
const amxRows = 256

// amxProduct is a product of bf16 numbers by AMX, C [rows·blocks,2·columns] = A·B or C += A·B, block by block. Rows of a matrix lie ld words apart.
// A block is two by two tile registers. The lower two begin at row second; where they overlap the upper two, both compute the same entries.
// The assembly reads the fields by their names.
type amxProduct struct {
	config        amxConfig
	a, b, c       unsafe.Pointer
	lda, ldb, ldc int
	chunks        int // number in each row of A
	add           int // 1: C is added to; 0: not read
	second        int // row
	columns       int // those of one tile register
	rows, blocks  int
	ahead         [3]unsafe.Pointer // memory to fetch
	lines         int               // cache lines to fetch there for every chunk, at least 1
}

// amxConfig is the layout of the tile registers that the processor loads.
type amxConfig struct {
	palette byte
	_       [15]byte
	bytes   [16]uint16 // length of a row
	rows    [16]byte
}

//go:noescape
func multiplyAMX(p *amxProduct)

// runAMX computes a tile of up to amxRows rows. Each entry is a sum over chunks of 16 words, the last one shorter, in the order of k; a
// chunk is the chain of the lower numbers' products and that of the upper ones', from 0, and then their sum.
func runAMX(number int, t *tile) {
	vectors, m := number/amxRows+1, number%amxRows+1
	chunks := max(1, t.k/amxChunk*max(1, m/amxBlock)) // an incomplete block fetches once more what the first did
	p := amxProduct{lda: t.lda, ldb: t.ldb, ldc: t.ldc, columns: 8 * vectors, add: t.add, ahead: t.ahead, lines: max(1, (t.lines+chunks-1)/chunks)}
	for first := 0; first < t.k; first += amxChunk * p.chunks {
		words := amxChunk
		p.chunks = (t.k - first) / amxChunk
		if p.chunks == 0 {
			words, p.chunks = t.k-first, 1
		}
		for top := 0; top < m; top += p.rows * p.blocks {
			p.rows, p.blocks = amxBlock, (m-top)/amxBlock
			if p.blocks == 0 {
				p.rows, p.blocks = m-top, 1
			}
			p.a, p.b, p.c = unsafe.Add(t.a, 4*(top*t.lda+first)), unsafe.Add(t.b, 4*first*t.ldb), unsafe.Add(t.c, 4*top*t.ldc)
			p.lay(words)
			multiplyAMX(&p)
		}
		p.add, p.lines = 1, 1
	}
	if t.floor > float32(math.Inf(-1)) {
		raise(vectors, m, t)
	}
}

// lay lays out the tile registers for chunks of this number of words.
func (p *amxProduct) lay(words int) {
	upper := (p.rows + 1) / 2
	p.second = p.rows - upper
	p.config = amxConfig{palette: 1}
	for i := range 4 {
		p.config.shape(i, upper, p.columns)
	}
	for i := range 2 {
		p.config.shape(4+i, upper, words)
		p.config.shape(6+i, words, p.columns)
	}
}

// shape sets the rows of a tile register and their words.
func (c *amxConfig) shape(tile, rows, words int) {
	c.rows[tile], c.bytes[tile] = byte(rows), uint16(4*words)
}

// raise raises what stands in C to the floor, by tiles without products.
func raise(vectors, m int, t *tile) {
	one := *t
	one.k, one.add = 0, 1
	for first := 0; first < m; first += halfRows {
		one.c = unsafe.Add(t.c, 4*first*t.ldc)
		tileBF16((vectors-1)*halfRows+min(halfRows, m-first)-1, &one)
	}
}

package cpu

import "unsafe"

// tile is one tile of a product, C [m,n] = A·B or C += A·B, with the smallest entries raised to a floor. Rows of a matrix
// lie ld numbers apart. The assembly reads the fields by their names.
type tile struct {
	a, b, c       unsafe.Pointer
	lda, ldb, ldc int
	k             int
	add           int               // 1: C is added to; 0: not read
	floor         float32           // 0 for a ReLU, -Inf for all numbers
	ahead         [3]unsafe.Pointer // memory to fetch: one line for every four k, by tiles of rows from the first only; AMX fetches lines of each
	lines         int               // cache lines of each of ahead, where AMX multiplies
	control       uint32            // of the processor's arithmetic during a tile, see flush
	saved         uint32            // what it was before
}

// flush has the processor take numbers below 2⁻¹²⁶ for 0, operands and results. Weights that decay and are never used
// become so small; with such numbers an instruction takes a hundred times as long.
const flush = 0x9fc0 // MXCSR: FTZ, DAZ, all exceptions masked, rounding to nearest

// Ways in which a tile reads A.
const (
	byRows    = 0 // A[i·lda+k]
	byColumns = 1 // A[k·lda+i]
)

// units are the vector instructions that multiply.
type units struct {
	name   string
	run    func(number int, t *tile)
	square func(dst, src *float32, lddst, ldsrc int)                // transposes [vector,vector]
	vector int                                                      // numbers of a register
	rows   int                                                      // of the largest tile
	copies [2]func(dst, src *float32, rows, lddst, ldsrc int)       // copy columns, one vector of them or two
	parts  [2]func(dst, src *float32, rows, lddst, ldsrc, last int) // the same with a number of columns of the last vector; nil: not here

	halves *halves // tiles of bf16 numbers; nil: not here

	normals func(z *[32]float32, seed, step uint64, lane, stream uint32)                                    // writes the numbers of eight lanes; nil: not here
	gaps    func(gaps *[32]int32, seed, step uint64, lane, stream uint32, stride int, factor, most float64) // draws the gaps of eight rows, see [nn.Dropout.Gaps]; nil: not here
}

// multiply computes a tile of m rows and n vectors of columns.
func (u *units) multiply(way, m, n int, t *tile) { u.run((way*2+n-1)*u.rows+m-1, t) }

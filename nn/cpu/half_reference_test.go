package cpu

import (
	"math"
	"strings"
	"unsafe"
)

// goUnits are units in Go, the reference of all assembly of products: they need no instructions.
func goUnits() *units {
	copyOf := func(vectors int) func(dst, src *float32, rows, lddst, ldsrc int) {
		return func(dst, src *float32, rows, lddst, ldsrc int) {
			for row := range rows {
				for j := range 16 * vectors {
					*beyond(dst, row*lddst+j) = *beyond(src, row*ldsrc+j)
				}
			}
		}
	}
	u := &units{name: "Go", vector: 16, rows: 14, copies: [2]func(dst, src *float32, rows, lddst, ldsrc int){copyOf(1), copyOf(2)}}
	u.square = func(dst, src *float32, lddst, ldsrc int) {
		for i := range 16 {
			for j := range 16 {
				*beyond(dst, j*lddst+i) = *beyond(src, i*ldsrc+j)
			}
		}
	}
	u.run = func(number int, t *tile) { goTile(u.rows, u.vector, number, t, goSum) }
	u.halves = goHalves(u, false)
	return u
}

// goHalves are the instructions of bf16 products in Go, those of AVX512_BF16 or those of AMX.
func goHalves(u *units, amx bool) *halves {
	h := &halves{name: "AVX512_BF16 in Go", most: u.rows, strip: u.rows}
	h.run = func(number int, t *tile) { goTile(h.most, u.vector, number, t, goDot) }
	if amx {
		h.name, h.most, h.strip, h.turns = "AMX in Go", 256, 32, true
		h.run = func(number int, t *tile) { goTile(h.most, u.vector, number, t, goChunks) }
	}
	for part := range h.rows {
		number := func(x float32) uint32 {
			if part == 1 {
				x -= roundedHalf(x)
			}
			return math.Float32bits(roundedHalf(x)) >> 16
		}
		h.rows[part] = func(dst, src *float32, rows, lddst, ldsrc, n int) {
			for row := range rows {
				for j := 0; j < n; j += 2 {
					word := number(*beyond(src, row*ldsrc+j))
					if j+1 < n {
						word |= number(*beyond(src, row*ldsrc+j+1)) << 16
					}
					*beyond(dst, row*lddst+j/2) = math.Float32frombits(word)
				}
			}
		}
		h.pairs[part] = func(dst, first, second *float32, rows, lddst, ldsrc, n int) {
			for row := range rows {
				for j := range n {
					word := number(*beyond(first, row*ldsrc+j)) | number(*beyond(second, row*ldsrc+j))<<16
					*beyond(dst, row*lddst+j) = math.Float32frombits(word)
				}
			}
		}
	}
	return h
}

// beyond is the number at a distance.
func beyond(x *float32, distance int) *float32 {
	return (*float32)(unsafe.Add(unsafe.Pointer(x), 4*distance))
}

// halfOf is the bf16 number in the lower half of bits; numbers below 2⁻¹²⁶ are 0.
func halfOf(bits uint32) float64 {
	if bits &= 0xffff; bits&0x7f80 == 0 {
		bits &= 0x8000
	}
	return float64(math.Float32frombits(bits << 16))
}

// flushed is x rounded to float32. What is below 2⁻¹²⁶ once it is rounded to 24 bits is 0. The sum of a float32 and a product of two bf16
// numbers is rounded to float64 before, whose 53 bits are enough that rounding twice changes nothing.
func flushed(x float64) float32 {
	if x < 0x1p-126-0x1p-151 && x > -0x1p-126+0x1p-151 {
		return float32(math.Copysign(0, x))
	}
	return float32(x)
}

// goTile computes a tile entry by entry, with sums of k terms whose factors lie stepA and stepB bytes apart. The race detector would make it fifty times as slow.
//
//go:norace
//go:nocheckptr
func goTile(height, vector, number int, t *tile, sum func(c float32, a, b unsafe.Pointer, stepA, stepB, k int) float32) {
	way, n, m := number/height/2, number/height%2+1, number%height+1
	for i := range m {
		for j := range n * vector {
			c := (*float32)(unsafe.Add(t.c, 4*(i*t.ldc+j)))
			at, step, start := i*t.lda, 1, float32(0)
			if way == byColumns {
				at, step = i, t.lda
			}
			if t.add != 0 {
				start = *c
			}
			*c = sum(start, unsafe.Add(t.a, 4*at), unsafe.Add(t.b, 4*j), 4*step, 4*t.ldb, t.k)
			if t.floor > *c {
				*c = t.floor
			}
		}
	}
}

// goSum is the chain of float32 numbers.
//
//go:norace
//go:nocheckptr
func goSum(c float32, a, b unsafe.Pointer, stepA, stepB, k int) float32 {
	for i := range k {
		x, y := *(*float32)(unsafe.Add(a, i*stepA)), *(*float32)(unsafe.Add(b, i*stepB))
		c = flushed(float64(flushed(float64(x)))*float64(flushed(float64(y))) + float64(c))
	}
	return c
}

// goDot is the chain of AVX512_BF16: upper halves first.
//
//go:norace
//go:nocheckptr
func goDot(c float32, a, b unsafe.Pointer, stepA, stepB, k int) float32 {
	for i := range k {
		x, y := *(*uint32)(unsafe.Add(a, i*stepA)), *(*uint32)(unsafe.Add(b, i*stepB))
		c = flushed(halfOf(x>>16)*halfOf(y>>16) + float64(c))
		c = flushed(halfOf(x)*halfOf(y) + float64(c))
	}
	return c
}

// goChunks is the sum of AMX: two chains over each 16 words, lower halves and upper ones, whose sum is added.
//
//go:norace
//go:nocheckptr
func goChunks(c float32, a, b unsafe.Pointer, stepA, stepB, k int) float32 {
	for first := 0; first < k; first += 16 {
		var low, high float32
		for i := first; i < min(k, first+16); i++ {
			x, y := *(*uint32)(unsafe.Add(a, i*stepA)), *(*uint32)(unsafe.Add(b, i*stepB))
			low = flushed(halfOf(x)*halfOf(y) + float64(low))
			high = flushed(halfOf(x>>16)*halfOf(y>>16) + float64(high))
		}
		c = flushed(float64(c) + float64(flushed(float64(low)+float64(high))))
	}
	return c
}

// halvedUnits are units with bf16 products: in Go, and all of this processor with those in Go, of both kinds, and with its own.
func halvedUnits() []*units {
	all := []*units{goUnits()}
	for _, u := range allUnits() {
		kinds := []*halves{goHalves(&u, true), goHalves(&u, false)}
		if u.halves != nil {
			kinds = append(allHalves(), kinds...)
		}
		for _, h := range kinds {
			with := u
			with.name, with.halves = u.name+" and "+h.name, h
			all = append(all, &with)
		}
	}
	return all
}

// halvedUnit are the fastest units with bf16 products.
func halvedUnit() *units { return halvedUnits()[min(1, len(allUnits()))] }

// named is the first of halvedUnits whose name ends so; nil: there is none.
func named(name string) *units {
	for _, u := range halvedUnits() {
		if strings.HasSuffix(u.name, name) {
			return u
		}
	}
	return nil
}

// unitsBy are those that multiply bf16 numbers by instructions of a name, or as these do.
func unitsBy(name string) *units {
	for _, name := range []string{name, name + " in Go"} {
		if u := named(name); u != nil {
			return u
		}
	}
	return goUnits()
}

package cpu

import (
	"math"
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
	u.run = func(number int, t *tile) { goTile(u, number, t, false) }
	u.halves = goHalves(u)
	return u
}

// goHalves are the instructions of bf16 products in Go.
func goHalves(u *units) *halves {
	h := &halves{run: func(number int, t *tile) { goTile(u, number, t, true) }}
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

// goTile computes a tile entry by entry, of words if they are halved. The race detector would make it fifty times as slow.
//
//go:norace
//go:nocheckptr
func goTile(u *units, number int, t *tile, halved bool) {
	way, n, m := number/u.rows/2, number/u.rows%2+1, number%u.rows+1
	for i := range m {
		for j := range n * u.vector {
			c := (*float32)(unsafe.Add(t.c, 4*(i*t.ldc+j)))
			sum, at, step := float32(0), i*t.lda, 1
			if way == byColumns {
				at, step = i, t.lda
			}
			if t.add != 0 {
				sum = *c
			}
			for k := range t.k {
				a, b := (*uint32)(unsafe.Add(t.a, 4*(at+k*step))), (*uint32)(unsafe.Add(t.b, 4*(k*t.ldb+j)))
				if halved {
					sum = flushed(halfOf(*a>>16)*halfOf(*b>>16) + float64(sum))
					sum = flushed(halfOf(*a)*halfOf(*b) + float64(sum))
				} else {
					x, y := flushed(float64(math.Float32frombits(*a))), flushed(float64(math.Float32frombits(*b)))
					sum = flushed(float64(x)*float64(y) + float64(sum))
				}
			}
			if t.floor > sum {
				sum = t.floor
			}
			*c = sum
		}
	}
}

// halvedUnits are units with bf16 products: all of this processor with those in Go, and one that has them itself.
func halvedUnits() []*units {
	all := []*units{goUnits()}
	for _, u := range allUnits() {
		if u.halves != nil {
			all = append(all, &u)
		}
		with := u
		with.name += " and Go"
		with.halves = goHalves(&with)
		all = append(all, &with)
	}
	return all
}

// halvedUnit are the fastest units with bf16 products; all give the same bits.
func halvedUnit() *units { return halvedUnits()[min(1, len(allUnits()))] }

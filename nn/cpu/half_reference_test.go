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
	u.run = goTile(u, func(sum, a, b float32) float32 {
		return flushed(float64(flushed(float64(a)))*float64(flushed(float64(b))) + float64(sum))
	})
	u.halves = goHalves(u)
	return u
}

// goHalves are the instructions of bf16 products in Go.
func goHalves(u *units) *halves {
	low := func(x float32) float64 { return halfOf(math.Float32bits(x)) }
	high := func(x float32) float64 { return halfOf(math.Float32bits(x) >> 16) }
	h := &halves{run: goTile(u, func(sum, a, b float32) float32 {
		sum = flushed(high(a)*high(b) + float64(sum))
		return flushed(low(a)*low(b) + float64(sum))
	})}
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
func halfOf(bits uint32) float64 { return float64(flushed(float64(math.Float32frombits(bits << 16)))) }

// flushed is x rounded to float32. What is below 2⁻¹²⁶ once it is rounded to 24 bits is 0. The sum of a float32 and a product of two bf16
// numbers is rounded to float64 before, whose 53 bits are enough that rounding twice changes nothing.
func flushed(x float64) float32 {
	if math.Abs(x) < 0x1p-126-0x1p-151 {
		return float32(math.Copysign(0, x))
	}
	return float32(x)
}

// goTile computes tiles entry by entry.
func goTile(u *units, multiply func(sum, a, b float32) float32) func(number int, t *tile) {
	return func(number int, t *tile) {
		way, n, m := number/u.rows/2, number/u.rows%2+1, number%u.rows+1
		for i := range m {
			for j := range n * u.vector {
				c := beyond((*float32)(t.c), i*t.ldc+j)
				sum := float32(0)
				if t.add != 0 {
					sum = *c
				}
				for k := range t.k {
					at := i*t.lda + k
					if way == byColumns {
						at = k*t.lda + i
					}
					sum = multiply(sum, *beyond((*float32)(t.a), at), *beyond((*float32)(t.b), k*t.ldb+j))
				}
				if t.floor > sum {
					sum = t.floor
				}
				*c = sum
			}
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

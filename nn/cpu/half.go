package cpu

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// Products of bf16 numbers. A word is the place of a float32 that holds two bf16 numbers, which a tile multiplies at once: a word of
// rows holds neighbours of a row, a word of pairs neighbours of a column. Both factors are rounded to bf16, or split into two
// such parts: the rounded number, and the rounded rest. Sums, weights and activations are float32.

// halves are the instructions of such products, by part where they write words.
type halves struct {
	name  string
	run   func(number int, t *tile) // runs a tile as units do; k, lda and ldb count words
	most  int                       // rows of the largest tile
	strip int                       // rows of weights that share a tile of their gradient
	turns bool                      // tiles read by rows only: words of inputs are turned before they multiply gradients
	// rows writes words of rows of n numbers; where n is odd, the last word holds a 0.
	rows [2]func(dst, src *float32, rows, lddst, ldsrc, n int)
	// pairs writes rows of n words, of pairs of rows whose first and second begin at first and second.
	pairs [2]func(dst, first, second *float32, rows, lddst, ldsrc, n int)
}

// parts is the number of bf16 numbers that stand for a number; 0: products are of float32.
func parts(p nn.Precision) int { return int(p - nn.FP32) }

// Multiplies says what is missing for products of a reduced precision.
func (b *machine) Multiplies(nn.Precision) error {
	switch u := b.library.units; {
	case u == nil:
		return fmt.Errorf("%s multiplies, and only this package's own products have it", b.library.name)
	case u.halves == nil:
		return fmt.Errorf("own products by %s on this processor, %s, lack the instructions AVX512_BF16", u.name, Processor())
	}
	return nil
}

// roundedHalf is x rounded to bf16, to nearest even; numbers below 2⁻¹²⁶ are 0.
func roundedHalf(x float32) float32 {
	bits := math.Float32bits(x)
	switch exponent := bits >> 23 & 0xff; {
	case exponent == 0:
		bits &= 1 << 31
	case exponent == 0xff && bits<<9 != 0: // NaN
		bits |= 1 << 22
	default:
		bits += 0x7fff + bits>>16&1
	}
	return math.Float32frombits(bits &^ 0xffff)
}

// words is the number of words of n neighbours.
func words(n int) int { return (n + 1) / 2 }

// twoOnes is a word of the inputs of the bias and of its rest.
func twoOnes() float32 { return math.Float32frombits(0x3f803f80) }

// terms is the number of products that make one, and term says of which parts the i-th is. The smaller ones come first.
func terms(parts int) int { return max(1, 2*parts-1) }

func term(i, parts int) (a, b int) {
	switch terms(parts) - i {
	case 3:
		return 1, 0
	case 2:
		return 0, 1
	}
	return 0, 0
}

// halved are the parts of packed weights as words, and of their transpose.
type halved struct {
	parts         int          // 0: there are none
	forth, turned [2][]float32 // [panels] of [depth,columns] and of [words(Out),columns]; turned may be nil
}

// depth is the number of words of a row of inputs: words(In), and one for the bias.
func (l *packed) depth() int { return words(l.In) + 1 }

// layHalves takes memory for the parts; for the transpose too if derivatives pass through.
func (l *packed) layHalves(c *carver, parts int, turned bool) {
	l.halved = halved{parts: parts}
	for part := range parts {
		l.halved.forth[part] = c.take(l.depth() * l.units.padded(l.Out))
		if turned {
			l.halved.turned[part] = c.take(words(l.Out) * l.units.padded(l.In))
		}
	}
}

// scratch is the number of numbers that arrange needs.
func (u *units) scratch() int { return (2 + u.vector) * u.vector }

// halve writes the words of rows [top, end) of the panel that begins at column first. Top is even, and so is end or it is the last row.
func (l *packed) halve(scratch []float32, first, width, used, top, end int) {
	h, inputs, panel := l.units.halves, min(end, l.In), l.weights[l.rows()*first:]
	zeros, block := scratch[:width], scratch[2*l.units.vector:]
	clear(zeros)
	for part := range l.halved.parts {
		to := l.halved.forth[part][l.depth()*first:]
		if pairs := (inputs - top) / 2; pairs > 0 {
			h.pairs[part](&to[top/2*width], &panel[top*width], &panel[(top+1)*width], pairs, width, 2*width, width)
		}
		if (inputs-top)%2 == 1 {
			h.pairs[part](&to[inputs/2*width], &panel[(inputs-1)*width], &zeros[0], 1, width, width, width)
		}
		if to := l.halved.turned[part]; to != nil {
			l.blocks(top, inputs, func(begin, columns, top, end int) {
				h.rows[part](&block[0], &panel[top*width], end-top, l.units.vector, width, used)
				l.units.transpose(to[words(l.Out)*begin+first/2*columns+top-begin:], block, columns, l.units.vector, end-top, words(used))
			})
		}
	}
	if end == l.rows() {
		l.halveBias(zeros, panel[l.In*width:][:width], first)
	}
}

// halveBias writes the words of a panel's biases: each is the bias and its rest, whatever the number of parts.
func (l *packed) halveBias(rests, bias []float32, first int) {
	width := len(bias)
	for i, x := range bias {
		rests[i] = x - roundedHalf(x)
	}
	at := l.depth()*first + words(l.In)*width
	l.units.halves.pairs[0](&l.halved.forth[0][at], &bias[0], &rests[0], 1, width, width, width)
	if l.halved.parts > 1 {
		clear(l.halved.forth[1][at : at+width])
	}
}

// pairs writes words of pairs of rows, n columns of x, whose first row is even. Zeros stand for a row that is missing.
func (u *units) pairs(to *[2]matrix, parts int, x matrix, rows span, n int, zeros []float32) {
	for part := range parts {
		t, write := to[part], u.halves.pairs[part]
		count := rows.end - rows.first
		at := func(row int) *float32 { return &x.numbers[row*x.stride] }
		if count > 1 {
			write(&t.numbers[rows.first/2*t.stride], at(rows.first), at(rows.first+1), count/2, t.stride, 2*x.stride, n)
		}
		if count%2 == 1 {
			write(&t.numbers[(rows.end-1)/2*t.stride], at(rows.end-1), &zeros[:n][0], 1, t.stride, x.stride, n)
		}
	}
}

// words writes words of rows, n columns of x, to scratch memory, the first row to row 0. Ones add the word of the bias.
func (p *own) words(parts int, x matrix, rows span, n int, ones bool) (to [2]matrix) {
	count, s := rows.end-rows.first, stride(words(n))
	if count == 0 {
		return to
	}
	for part := range parts {
		p.rows[part] = resized(p.rows[part], count*s)
		t := matrix{p.rows[part], s}
		p.units.halves.rows[part](&t.numbers[0], &x.numbers[rows.first*x.stride], count, s, x.stride, n)
		if ones {
			word := twoOnes()
			if part > 0 {
				word = 0
			}
			for row := range count {
				t.numbers[row*s+words(n)] = word
			}
		}
		to[part] = t
	}
	return to
}

// forth computes y = max(x·W + b, floor) for some rows of x [rows,In] and 1.
func (p *own) forth(l *packed, x, y matrix, rows span, floor float32) {
	if parts := l.halved.parts; parts > 0 {
		p.through(p.words(parts, x, rows, l.In, true), y, rows, factor{p.halves, parts, l.halved.forth, l.depth(), l.Out}, floor)
		return
	}
	p.through([2]matrix{x.from(rows.first)}, y, rows, factor{p.units, 0, [2][]float32{l.weights}, l.rows(), l.Out}, floor)
}

// back computes below = delta·Wᵀ for some rows.
func (p *own) back(l *packed, delta, below matrix, rows span) {
	if parts := l.halved.parts; parts > 0 {
		p.through(p.words(parts, delta, rows, l.Out, false), below, rows, factor{p.halves, parts, l.halved.turned, words(l.Out), l.In}, noFloor())
		return
	}
	p.through([2]matrix{delta.from(rows.first)}, below, rows, factor{p.units, 0, [2][]float32{l.turned}, l.Out, l.In}, noFloor())
}

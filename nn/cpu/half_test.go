package cpu

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"unsafe"

	"github.com/palmal-rl/palmal/nn"
)

// edges are numbers at which rounding has cases of its own.
func edges() []float32 {
	var all []float32
	for _, bits := range []uint32{0, 1, 0x7fffff, 0x800000, 0x3f800000, 0x3f807fff, 0x3f808000, 0x3f808001, 0x3f817fff, 0x3f818000, 0x3f818001,
		0x7f7effff, 0x7f7f7fff, 0x7f7f8000, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fc00000, 0x7fffffff, 0x00ffffff, 0x807f, 0x00808000} {
		all = append(all, math.Float32frombits(bits), math.Float32frombits(bits|1<<31))
	}
	return all
}

// TestRoundingIsToNearestEven: ties go to the even number, NaN stays NaN, and numbers below 2⁻¹²⁶ are 0.
func TestRoundingIsToNearestEven(t *testing.T) {
	for x, want := range map[uint32]uint32{0x3f807fff: 0x3f800000, 0x3f808000: 0x3f800000, 0x3f808001: 0x3f810000, 0x3f818000: 0x3f820000,
		0x7f7fffff: 0x7f800000, 0x7f800000: 0x7f800000, 0x7f800001: 0x7fc00000, 0x007fffff: 0, 0x807fffff: 0x80000000} {
		if got := math.Float32bits(roundedHalf(math.Float32frombits(x))); got != want {
			t.Errorf("%08x is rounded to %08x, want %08x", x, got, want)
		}
	}
}

// TestWordsAgreeWithGo also looks for words written beyond the last one.
func TestWordsAgreeWithGo(t *testing.T) {
	h, want := halvesHere(), goHalves(goUnits(), false)
	if h == nil {
		t.Skip("NOT TESTED: this processor lacks AVX512_BF16")
	}
	for n := 1; n <= 70; n++ {
		src := probeNumbers(3*(n+5), uint32(n))
		for i, x := range edges() {
			src[(7*i+n)%len(src)] = x
		}
		for part := range 2 {
			both := [2][]float32{probeNumbers(3*(n+3), 9), probeNumbers(3*(n+3), 9)}
			for i, one := range []*halves{h, want} {
				one.rows[part](&both[i][0], &src[0], 3, n+3, n+5, n)
			}
			if at := sameBits(both[0], both[1]); at >= 0 {
				t.Fatalf("rows of %d, part %d: word %d is %08x, want %08x", n, part, at, math.Float32bits(both[0][at]), math.Float32bits(both[1][at]))
			}
			for i, one := range []*halves{h, want} {
				one.pairs[part](&both[i][0], &src[0], &src[n+5], 2, n+3, n+5, n)
			}
			if at := sameBits(both[0], both[1]); at >= 0 {
				t.Fatalf("pairs of %d, part %d: word %d is %08x, want %08x", n, part, at, math.Float32bits(both[0][at]), math.Float32bits(both[1][at]))
			}
		}
	}
}

// TestTilesOfWordsAgreeWithGo, bit by bit, over numbers of all sizes: sums that overflow, and products that vanish.
func TestTilesOfWordsAgreeWithGo(t *testing.T) {
	all := allHalves()
	if all == nil {
		t.Skip("NOT TESTED: this processor lacks AVX512_BF16")
	}
	if len(all) < 2 {
		t.Log("NOT TESTED: this processor lacks AMX, or the system does not permit it")
	}
	for _, h := range all {
		t.Run(h.name, func(t *testing.T) {
			want := goHalves(goUnits(), h.turns)
			for i, k := range []int{1, 11, 16, 35} {
				for number := range 4 * h.most {
					if h.turns && number/h.most/2 == byColumns {
						break
					}
					for round, spread := range []float64{3, 20, 127} {
						if h.most > 14 && (number+round+i)%3 > 0 {
							continue // each height and size with one spread
						}
						compareTiles(t, h, want, number, k, uint64(round), spread)
					}
				}
			}
		})
	}
}

// compareTiles compares a tile of words whose exponents lie within spread with one in Go.
func compareTiles(t *testing.T, h, inGo *halves, number, k int, round uint64, spread float64) {
	const lda, ldb, ldc = 43, 37, 51 // no two alike, to tell them apart
	rows := max(k, number%h.most+1)
	a, b := randomWords(2*round, lda*rows, spread), randomWords(2*round+1, ldb*k, spread)
	got, want := probeNumbers(ldc*rows, 5), probeNumbers(ldc*rows, 5)
	for i, c := range [][]float32{got, want} {
		one := tile{a: unsafe.Pointer(&a[0]), b: unsafe.Pointer(&b[0]), c: unsafe.Pointer(&c[0]), lda: lda, ldb: ldb, ldc: ldc, k: k,
			add: number % 2, floor: []float32{noFloor(), 0}[number/2%2], control: flush}
		one.ahead = [3]unsafe.Pointer{one.b, one.b, one.b}
		[]*halves{h, inGo}[i].run(number, &one)
	}
	if at := sameBits(got, want); at >= 0 {
		t.Fatalf("tile %d of %d words, exponents within %g: entry %d is %g, want %g", number, k, spread, at, got[at], want[at])
	}
}

// randomWords are words of bf16 numbers of both signs with exponents within spread.
func randomWords(step uint64, n int, spread float64) []float32 {
	key := nn.Key{Seed: 3, Stream: nn.StreamWorld}
	x := make([]float32, n)
	for i := range x {
		half := func(lane uint32) uint32 {
			exponent := uint32(127 + spread*(2*key.Uniform(step, lane)-1))
			return uint32(key.Uniform(step, lane+1)*2)<<15 | exponent<<7 | uint32(key.Uniform(step, lane+2)*128)
		}
		x[i] = math.Float32frombits(half(uint32(6*i)) | half(uint32(6*i+3))<<16)
	}
	return x
}

// layerOf is a packed layer of the given sizes with its parts, and its weights [In+1,Out], of which the first may be given.
func layerOf(u *units, in, out, parts int, first ...float32) (packed, []float32) {
	flat := probeNumbers((in+1)*out, 2)
	copy(flat, first)
	l := packed{Layer: nn.NewMLP(in, nil, out, nn.ReLU).Layers()[0], units: u}
	l.weights, l.turned = make([]float32, l.size()), make([]float32, l.turnedSize())
	var size carver
	l.layHalves(&size, parts, true)
	l.layHalves(&carver{block: make([]float32, size.used)}, parts, true)
	l.pack(l.weights, flat)
	l.arrangeAll(make([]float32, u.scratch()))
	return l, flat
}

// TestProductsKeepTheirBound: an entry is a sum of products, each wrong by the precision's error at most, and of k additions in float32,
// each wrong by 2⁻²⁴ of the partial sum, which the sum of magnitudes bounds. The products of bf16x3 are three, so are their sums.
func TestProductsKeepTheirBound(t *testing.T) {
	for _, u := range halvedUnits() {
		for _, precision := range []nn.Precision{nn.BF16, nn.BF16x3} {
			for _, s := range [][3]int{{1, 1, 1}, {3, 2, 5}, {14, 31, 33}, {15, 32, 16}, {29, 17, 48}, {2, 64, 12}} {
				t.Run(fmt.Sprintf("%s/%v/%v", u.name, precision, s), func(t *testing.T) { productBounds(t, u, precision, s[0], s[1], s[2]) })
			}
		}
	}
}

func productBounds(t *testing.T, u *units, precision nn.Precision, rows, in, out int) {
	l, flat := layerOf(u, in, out, parts(precision))
	p := newOwn(u)
	x, y := matrix{probeNumbers((rows+1)*stride(in), 1), stride(in)}, matrix{make([]float32, (rows+1)*stride(out)), stride(out)}
	if in == 1 { // the largest error: just between two numbers of bf16
		l, flat = layerOf(u, in, out, parts(precision), 1+0x1p-8)
		x.numbers[x.stride] = 1 + 0x1p-8
	}
	x.augment(rows+1, in)
	bound := func(k int) float64 { return precision.Error() + float64(3*(k+2))*0x1p-24 }
	compare := func(what string, got float32, k int, product func(i int) float64) {
		t.Helper()
		want, size := 0.0, 0.0
		for i := range k {
			want += product(i)
			size += math.Abs(product(i))
		}
		if err := math.Abs(float64(got) - want); !(err <= bound(k)*size) {
			t.Fatalf("%s is %g, want %g within %g", what, got, want, bound(k)*size)
		}
	}
	p.forth(&l, x, y, span{1, rows + 1}, noFloor()) // from a row that is not the first
	for row := 1; row <= rows; row++ {
		for j := range out {
			compare("an output", y.numbers[row*y.stride+j], in+1, func(i int) float64 { return float64(x.numbers[row*x.stride+i]) * float64(flat[i*out+j]) })
		}
	}
	delta, below := matrix{probeNumbers((rows+1)*stride(out), 3), stride(out)}, matrix{make([]float32, (rows+1)*stride(in)), stride(in)}
	p.back(&l, delta, below, span{0, rows})
	for row := range rows {
		for i := range in {
			compare("a derivative", below.numbers[row*below.stride+i], out, func(j int) float64 { return float64(delta.numbers[row*delta.stride+j]) * float64(flat[i*out+j]) })
		}
	}
}

// TestReducedPrecisionsHaveTheSameBitsInGo: a whole iteration, by this processor's instructions and by those in Go.
func TestReducedPrecisionsHaveTheSameBitsInGo(t *testing.T) {
	if halvesHere() == nil {
		t.Skip("NOT TESTED: this processor lacks AVX512_BF16")
	}
	for _, h := range allHalves() {
		here, inGo := named(h.name), named(h.name+" in Go")
		if here == nil || inGo == nil {
			t.Fatalf("there are no units named %s, or none in Go", h.name)
		}
		wide := small() // several strips of weights, panels of two vectors, and chunks of turned words
		wide.modelHidden = []int{70, 45}
		for _, s := range []sizes{small(), careful(), wide} {
			for _, s.precision = range []nn.Precision{nn.BF16, nn.BF16x3} {
				s.units = here
				want := iteration(t, 1, s)
				s.units = inGo
				if got := iteration(t, 2, s); !bytes.Equal(got, want) {
					t.Errorf("%v: %s computes other bytes than %s", s.precision, inGo.name, here.name)
				}
			}
		}
	}
}

// TestDescriptionsNameTheInstructions that multiply bf16 numbers, since other ones give other bits.
func TestDescriptionsNameTheInstructions(t *testing.T) {
	for _, u := range halvedUnits() {
		b := newBackendBy(ownLibrary(*u), 1)
		defer b.Close()
		if got, want := b.Describe(), ", bf16 by "+u.halves.name+","; !strings.Contains(got, want) {
			t.Errorf("%q does not contain %q", got, want)
		}
	}
	if got := newBackend(t, 1); got.machine.library.units == nil && strings.Contains(got.Describe(), "bf16") {
		t.Errorf("%q names products that a library lacks", got.Describe())
	}
}

package cpu

import (
	"testing"

	"golang.org/x/sys/cpu"

	"github.com/palmal-rl/palmal/nn"
)

// TestElementLoopsAgreeAcrossWidths compares the loops of both widths, since only one of them computes here.
func TestElementLoopsAgreeAcrossWidths(t *testing.T) {
	if !wide() || !cpu.X86.HasAVX2 {
		t.Skipf("NOT TESTED: this processor has one width, %s", elementLoops())
	}
	step := newAdamStep(nn.Adam{Rate: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, Decay: 1e-3}, 7)
	type arrays = [5]*float32
	by := [3]float32{1.25, 0.3, 0.2}
	for name, pair := range map[string][2]func(x arrays, n int){
		"add":           {func(x arrays, n int) { addAVX512(x[0], x[1], n) }, func(x arrays, n int) { addAVX2(x[0], x[1], n) }},
		"bias ReLU":     {func(x arrays, n int) { biasReLUAVX512(x[0], x[1], n, 1) }, func(x arrays, n int) { biasReLUAVX2(x[0], x[1], n, 1) }},
		"bias tanh":     {func(x arrays, n int) { biasTanhAVX512(x[0], x[1], n, 1) }, func(x arrays, n int) { biasTanhAVX2(x[0], x[1], n, 1) }},
		"ReLU backward": {func(x arrays, n int) { reluBackwardAVX512(x[0], x[1], n) }, func(x arrays, n int) { reluBackwardAVX2(x[0], x[1], n) }},
		"tanh backward": {func(x arrays, n int) { tanhBackwardAVX512(x[0], x[1], n) }, func(x arrays, n int) { tanhBackwardAVX2(x[0], x[1], n) }},
		"tanh forward":  {func(x arrays, n int) { tanhForwardAVX512(x[0], x[1], x[2], n, 1) }, func(x arrays, n int) { tanhForwardAVX2(x[0], x[1], x[2], n, 1) }},
		"normalise":     {func(x arrays, n int) { normaliseAVX512(x[0], x[1], x[2], x[3], n) }, func(x arrays, n int) { normaliseAVX2(x[0], x[1], x[2], x[3], n) }},
		"bias SiLU":     {func(x arrays, n int) { biasSiLUAVX512(x[0], x[1], x[2], n, &by[0]) }, func(x arrays, n int) { biasSiLUAVX2(x[0], x[1], x[2], n, &by[0]) }},
		"multiply":      {func(x arrays, n int) { multiplyAVX512(x[0], x[1], n) }, func(x arrays, n int) { multiplyAVX2(x[0], x[1], n) }},
		"scale":         {func(x arrays, n int) { scaleAVX512(x[0], n, &by[1]) }, func(x arrays, n int) { scaleAVX2(x[0], n, &by[1]) }},
		"project":       {func(x arrays, n int) { projectAVX512(x[0], x[1], n, &by) }, func(x arrays, n int) { projectAVX2(x[0], x[1], n, &by) }},
		"Adam":          {func(x arrays, n int) { adamAVX512(x[0], x[1], x[2], x[3], x[4], n, &step) }, func(x arrays, n int) { adamAVX2(x[0], x[1], x[2], x[3], x[4], n, &step) }},
		"flushed Adam":  {func(x arrays, n int) { adamFlushedAVX512(x[0], x[1], x[2], x[3], x[4], n, &step) }, func(x arrays, n int) { adamFlushedAVX2(x[0], x[1], x[2], x[3], x[4], n, &step) }},
	} {
		for n := 8; n <= 72; n += 8 {
			for turn := range 2 * len(awkward()) {
				var x [2][5][]float32
				for side := range x {
					var at arrays
					for i := range at {
						x[side][i] = array(n+1, turn, uint64(i+1)) // one more, as a guard
						at[i] = &x[side][i][0]
					}
					pair[side](at, n)
				}
				for i := range x[0] {
					if at := sameBits(x[0][i], x[1][i]); at >= 0 {
						t.Fatalf("%s of %d: array %d differs at %d: %g and %g", name, n, i, at, x[0][i][at], x[1][i][at])
					}
				}
			}
		}
	}
}

// TestFlushedAdamIsAdamWithoutTheSmallest: a step of Adam whose operands and results below 2⁻¹²⁶ are 0 gives the same bits as
// the other wherever none is so small, and 0 for a weight and moments that are.
func TestFlushedAdamIsAdamWithoutTheSmallest(t *testing.T) {
	if !cpu.X86.HasAVX2 {
		t.Skip("NOT TESTED: this processor has no AVX2")
	}
	step := newAdamStep(nn.Adam{Rate: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, Decay: 1e-3}, 7)
	const n = 64
	var plain, flushed [5][]float32
	for i := range plain {
		plain[i] = uniform(make([]float32, n), uint64(i+1), 1)
		if i == 4 {
			for j := range plain[i] {
				plain[i][j] *= plain[i][j]
			}
		}
		flushed[i] = append([]float32(nil), plain[i]...)
	}
	small := [5]float32{0x1p-130, 0, 0, -0x1p-128, 0x1p-127}
	for i, x := range small {
		flushed[i][5] = x
	}
	adamGo(plain[0], plain[1], plain[2], plain[3], plain[4], &step)
	adamFlushed(flushed[0], flushed[1], flushed[2], flushed[3], flushed[4], &step)
	for i := range plain {
		if i != 1 && i != 2 && flushed[i][5] != 0 {
			t.Errorf("array %d: %g is left of %g", i, flushed[i][5], small[i])
		}
		plain[i][5], flushed[i][5] = 0, 0
		if at := sameBits(plain[i], flushed[i]); at >= 0 {
			t.Errorf("array %d differs at %d: %g and %g", i, at, plain[i][at], flushed[i][at])
		}
	}
}

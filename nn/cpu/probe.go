package cpu

import (
	"fmt"
	"math"
)

// probe compares a product with gonum's: all transpositions, sizes around the blocks of kernels, and c
// added to or not read. A library with other conventions, or kernels that this processor computes wrongly,
// must not come into use.
func probe(p product) error {
	for _, size := range [...][3]int{{1, 1, 1}, {3, 5, 7}, {17, 33, 65}, {64, 100, 48}, {130, 23, 200}} {
		for variant := range 8 {
			if err := probeOne(p, size[0], size[1], size[2], variant&1 != 0, variant&2 != 0, float32(variant>>2)); err != nil {
				return err
			}
		}
	}
	return nil
}

func probeOne(p product, m, n, k int, transA, transB bool, beta float32) error {
	a, b := probeNumbers(m*k, 1), probeNumbers(k*n, 2)
	c, want := probeNumbers(m*n+1, 3), probeNumbers(m*n+1, 3) // one more, as a guard
	if beta == 0 {
		for i := range c[:m*n] {
			c[i], want[i] = float32(math.NaN()), 0
		}
	}
	p.gemm(transA, transB, m, n, k, a, b, beta, c[:m*n])
	gonumProduct{}.gemm(transA, transB, m, n, k, a, b, beta, want[:m*n])
	bound := 2 * float64(k+1) * 0x1p-24 * float64(k+1) // both sum k products below 1 and round each sum once
	for i := range want {
		if !(math.Abs(float64(c[i])-float64(want[i])) <= bound) {
			return fmt.Errorf("wrong product: element %d of %d×%d×%d, transposed %t %t, beta %g is %g, not %g",
				i, m, n, k, transA, transB, beta, c[i], want[i])
		}
	}
	return nil
}

// probeNumbers are n numbers of both signs below 1.
func probeNumbers(n int, seed uint32) []float32 {
	numbers := make([]float32, n)
	for i := range numbers {
		seed = seed*1664525 + 1013904223 // Numerical Recipes' generator
		numbers[i] = float32(int32(seed)>>8) * 0x1p-23
	}
	return numbers
}

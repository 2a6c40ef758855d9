package cpu

import (
	"fmt"
	"math"
	"testing"
)

// ownProducts are products by each of the instructions that this processor has.
func ownProducts(t *testing.T) map[string]product {
	products := map[string]product{}
	for _, u := range allUnits() {
		products[u.name] = newOwn(&u)
	}
	if len(products) == 0 {
		t.Skip("NOT TESTED: no instructions for own products on this processor")
	}
	return products
}

// TestOwnProductsAgreeWithGonum also looks for numbers written outside of C and read from beyond the operands: probeOne has a guard after C.
func TestOwnProductsAgreeWithGonum(t *testing.T) {
	sizes := []int{1, 2, 7, 8, 13, 14, 15, 16, 17, 31, 32, 33, 64, 100}
	for name, p := range ownProducts(t) {
		if err := probe(p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, m := range sizes {
			for _, n := range sizes {
				for _, k := range []int{1, 3, 4, 5, 16, 31, 100} {
					for variant := range 8 {
						err := probeOne(p, m, n, k, variant&1 != 0, variant&2 != 0, float32(variant>>2))
						if err != nil {
							t.Fatalf("%s: %v", name, err)
						}
					}
				}
			}
		}
	}
}

// TestOwnProductsAreChains computes each entry by fused multiply-adds in the order of k, one after another: no tile, edge or
// instruction may change a bit of it. A product of float32 is exact in float64, and so is its sum with a float32 here, because all
// numbers are small multiples of 2⁻¹¹.
func TestOwnProductsAreChains(t *testing.T) {
	const m, n, k = 45, 77, 61
	a, b, c := probeNumbers(m*k, 1), probeNumbers(k*n, 2), probeNumbers(m*n, 3)
	for _, x := range [][]float32{a, b, c} {
		for i := range x {
			x[i] = float32(math.Round(float64(x[i])*0x1p11) * 0x1p-11)
		}
	}
	for _, beta := range []float32{0, 1} {
		want := make([]float32, m*n)
		for i := range m {
			for j := range n {
				sum := beta * c[i*n+j]
				for l := range k {
					sum = float32(float64(a[i*k+l])*float64(b[l*n+j]) + float64(sum))
				}
				want[i*n+j] = sum
			}
		}
		for name, p := range ownProducts(t) {
			got := append([]float32(nil), c...)
			p.gemm(false, false, m, n, k, a, b, beta, got)
			if at := sameBits(got, want); at >= 0 {
				t.Errorf("%s: entry %d is %g, want %g", name, at, got[at], want[at])
			}
		}
	}
}

func TestTransposition(t *testing.T) {
	for _, u := range allUnits() {
		for _, size := range [][2]int{{1, 1}, {16, 16}, {8, 24}, {17, 33}, {40, 5}} {
			rows, columns := size[0], size[1]
			src, dst := probeNumbers(rows*columns, 1), make([]float32, (rows+3)*columns)
			u.transpose(dst, src, rows+3, columns, rows, columns)
			for i := range rows {
				for j := range columns {
					if dst[j*(rows+3)+i] != src[i*columns+j] {
						t.Fatalf("%s, %d×%d: entry %d,%d differs", u.name, rows, columns, i, j)
					}
				}
			}
		}
	}
}

// BenchmarkProduct compares products at the shapes of a fit, a rollout and a sweep.
func BenchmarkProduct(b *testing.B) {
	products := map[string]product{}
	for _, u := range allUnits() {
		products[u.name] = newOwn(&u)
	}
	if found, err := openForeign("", 1); err == nil {
		products["foreign"] = found.product()
	}
	for _, s := range []struct {
		transA, transB bool
		m, n, k        int
	}{
		{false, false, 100, 512, 512}, {true, false, 512, 512, 100}, {false, true, 100, 512, 512}, {false, false, 200, 512, 512},
		{false, false, 100, 512, 15}, {false, false, 100, 12, 512}, {false, false, 512, 64, 64}, {true, false, 64, 64, 512}, {false, true, 512, 64, 64}, {false, false, 128, 128, 128},
	} {
		for name, p := range products {
			b.Run(fmt.Sprintf("%dx%dx%d/%t/%t/%s", s.m, s.n, s.k, s.transA, s.transB, name), func(b *testing.B) {
				x, y, z := probeNumbers(s.m*s.k, 1), probeNumbers(s.k*s.n, 2), make([]float32, s.m*s.n)
				for range b.N {
					p.gemm(s.transA, s.transB, s.m, s.n, s.k, x, y, 0, z)
				}
				b.ReportMetric(float64(b.N)*2*float64(s.m*s.n*s.k)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}

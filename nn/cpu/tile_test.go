package cpu

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"unsafe"
)

// BenchmarkTile times tiles out of the cache of the first level, those of words too: each multiplies two numbers.
func BenchmarkTile(b *testing.B) {
	all := allUnits()
	for _, u := range all {
		if u.halves != nil {
			u.name, u.run = u.name+" BF16", u.halves.run
			all = append(all, u)
		}
	}
	for _, u := range all {
		for n := 1; n <= 2; n++ {
			for _, way := range []int{byRows, byColumns} {
				for _, m := range []int{u.rows, u.rows - 1, u.rows / 2} {
					b.Run(fmt.Sprintf("%s/%d/%d/%d", u.name, way, n, m), func(b *testing.B) {
						const k = 512
						a, bb, c := make([]float32, 32*600), make([]float32, 32*k), make([]float32, 32*32)
						if way == byColumns {
							a = make([]float32, 600*k)
						}
						w := n * u.vector
						t := tile{a: unsafe.Pointer(&a[0]), b: unsafe.Pointer(&bb[0]), c: unsafe.Pointer(&c[0]), lda: 528, ldb: w, ldc: w, k: k, floor: float32(math.Inf(-1)), control: flush}
						for i := range t.ahead {
							t.ahead[i] = t.b
						}
						for range b.N {
							u.multiply(way, m, n, &t)
						}
						numbers := 1.0
						if strings.HasSuffix(u.name, "BF16") {
							numbers = 2
						}
						b.ReportMetric(numbers*float64(b.N)*2*k*float64(m)*float64(w)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
					})
				}
			}
		}
	}
}

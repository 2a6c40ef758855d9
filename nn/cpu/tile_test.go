package cpu

import (
	"fmt"
	"math"
	"testing"
	"unsafe"
)

// BenchmarkTile times tiles out of the cache of the first level, or of the second where they are large. Those of words multiply two numbers each.
func BenchmarkTile(b *testing.B) {
	for _, u := range allUnits() {
		benchmarkTiles(b, u, 1, []int{byRows, byColumns})
		if u.halves == nil {
			continue
		}
		for _, h := range allHalves() {
			with, ways := u, []int{byRows, byColumns}
			with.name, with.run, with.rows = u.name+" "+h.name, h.run, h.most
			if h.turns {
				ways = ways[:1]
			}
			benchmarkTiles(b, with, 2, ways)
		}
	}
}

func benchmarkTiles(b *testing.B, u units, numbers float64, ways []int) {
	for n := 1; n <= 2; n++ {
		for _, way := range ways {
			for _, m := range []int{u.rows, u.rows - 1, u.rows / 2} {
				b.Run(fmt.Sprintf("%s/%d/%d/%d", u.name, way, n, m), func(b *testing.B) {
					const k, lda = 512, 528
					a, bb, c := make([]float32, lda*max(m, k)), make([]float32, 32*k), make([]float32, 32*m)
					w := n * u.vector
					t := tile{a: unsafe.Pointer(&a[0]), b: unsafe.Pointer(&bb[0]), c: unsafe.Pointer(&c[0]), lda: lda, ldb: w, ldc: w, k: k, floor: float32(math.Inf(-1)), control: flush}
					for i := range t.ahead {
						t.ahead[i] = t.b
					}
					for range b.N {
						u.multiply(way, m, n, &t)
					}
					b.ReportMetric(numbers*float64(b.N)*2*k*float64(m)*float64(w)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
			}
		}
	}
}

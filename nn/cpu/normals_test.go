package cpu

import (
	"math"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// TestNormalsAreThoseOfTheContract: some differ in the last bit, because the functions behind them differ by 1e-13.
func TestNormalsAreThoseOfTheContract(t *testing.T) {
	b := newBackend(t, 1)
	normals := b.machine.workers.all[0].normals
	differ, count := 0, 0
	for _, key := range []nn.Key{{Seed: 3, Stream: nn.StreamRollout}, {Seed: 1<<63 | 12345, Stream: nn.StreamModelNoise}} {
		for _, step := range []uint64{0, 7, 5<<20 | 3, 1<<40 + 1} {
			for n := range 70 {
				for _, lane := range []uint32{0, 1, 1000, math.MaxUint32 - 3} {
					got, want := make([]float32, n+1), make([]float32, n+1) // one more, as a guard
					got[n], want[n] = 5, 5
					normals(got[:n], key, step, lane)
					normalsGo(want[:n], key, step, lane)
					for i, x := range got {
						if count++; x != want[i] {
							differ++
						}
						if up := math.Nextafter32(want[i], x); !(x == want[i] || x == up) || math.Abs(float64(want[i])) < 1e-3 && math.Abs(float64(x-want[i])) > 1e-10 {
							t.Fatalf("number %d of %d at step %d, lane %d is %g, want %g", i, n, step, lane, x, want[i])
						}
					}
				}
			}
		}
	}
	if most := count / 10000; differ > most {
		t.Errorf("%d of %d numbers differ, want at most %d", differ, count, most)
	}
}

// BenchmarkNormals compares the numbers of an ant's row with those of the contract.
func BenchmarkNormals(b *testing.B) {
	backend := newBackend(b, 1)
	z, key := make([]float32, 28), nn.Key{Seed: 3, Stream: nn.StreamModelNoise}
	for name, fill := range map[string]func(z []float32, key nn.Key, step uint64, lane uint32){"here": backend.machine.workers.all[0].normals, "contract": normalsGo} {
		b.Run(name, func(b *testing.B) {
			for i := range b.N {
				fill(z, key, 5, uint32(i))
			}
		})
	}
}

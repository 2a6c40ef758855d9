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

// TestGapsDrawnAtOnceLeaveOutTheSameUnits compares rows of a layer with those that are drawn one by one, for rates at which the
// four gaps are enough, and at which they are not.
func TestGapsDrawnAtOnceLeaveOutTheSameUnits(t *testing.T) {
	p, ok := newBackend(t, 1).machine.workers.all[0].product.(*own)
	if !ok || p.units.gaps == nil {
		t.Skip("NOT TESTED: this processor draws no gaps at once")
	}
	n := newNetwork(nn.NewMLP(3, []int{70, 70}, 1, nn.SiLU))
	for _, rate := range []float64{0.001, 0.01, 0.3} {
		options := &nn.FitOptions{Seed: 1<<40 + 5, Care: nn.Care{Dropout: rate}}
		for layer := range 2 {
			left := &leaving{options: options, epoch: 3, member: 1, members: 5, place: 1000}
			once, each := n.smoothing(p, layer, left), n.smoothing(nil, layer, left)
			for row := 5; row < 2000; row++ {
				var got, want [2][]float32
				for i, s := range []*smoothing{&once, &each} {
					out, slope := uniform(make([]float32, 70), 1, 1), make([]float32, 70)
					s.row(out, slope, make([]float32, 70), row)
					if i == 0 {
						got = [2][]float32{out, slope}
					} else {
						want = [2][]float32{out, slope}
					}
				}
				if sameBits(got[0], want[0]) >= 0 || sameBits(got[1], want[1]) >= 0 {
					t.Fatalf("rate %g, layer %d, row %d: other units are left out", rate, layer, row)
				}
			}
		}
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

//go:build cuda

package gpu

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// TestPermutationIsThatOfTheHost compares whole permutations, of sizes at and beside powers of two and
// four, with those of package nn.
func TestPermutationIsThatOfTheHost(t *testing.T) {
	b := open(t)
	defer shut(t, b)
	of := nn.Key{Seed: 1<<40 + 17, Stream: nn.StreamEnsembleFit}
	for _, n := range []int{1, 2, 3, 16, 17, 255, 1000} {
		a := b.d.arena(forScratch)
		r := &regression{members: 3, rows: n, order: take[int32](a, 3*n)}
		var order []int32
		if err := b.d.Do(func(q *driver.Queue) {
			r.shuffle(q, of, 5)
			order = downloaded(q, r.order)
		}); err != nil {
			t.Fatal(err)
		}
		for member := range 3 {
			want := nn.NewPermutation(n, of, 5, uint32(member))
			for i := range n {
				if int(order[member*n+i]) != want.At(i) {
					t.Fatalf("n %d, member %d: element %d is %d, want %d", n, member, i, order[member*n+i], want.At(i))
				}
			}
		}
		shut(t, a)
	}
}

// Close lets tests close an arena like a handle.
func (a *arena) Close() error { return a.close() }

// TestOutOfMemoryNamesWhatToLower: a limit too small for the paths is an error that tells the key.
func TestOutOfMemoryNamesWhatToLower(t *testing.T) {
	if err := Available(); err != nil {
		t.Skipf("NOT TESTED: %v", err)
	}
	b, err := Open(Options{Limit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, b)
	shape := nn.EnsembleShape{Members: 2, Observation: 4, Action: 1, Hidden: []int{8}, Kinds: []string{"predicted", "predicted", "predicted", "predicted"}}
	m := must[nn.Ensemble](t)(b.NewEnsemble(shape, shape.Init(1)))
	pshape := nn.PolicyShape{Observation: 4, Action: 1, Hidden: []int{8}}
	pi := must[nn.Policy](t)(b.NewPolicy(pshape, pshape.Init(1, 0, 1)))
	defer shut(t, m, pi)
	starts := nn.Starts{Observations: nn.Matrix(make([]float32, 400), 100, 4), Times: make([]float32, 100)}
	_, err = b.Rollout(pi, m, registered(t)[1], starts, nn.RolloutOptions{Horizon: 500})
	if !errors.Is(err, nn.ErrMemory) || !strings.Contains(err.Error(), "npg.") {
		t.Errorf("error %v; want one that wraps ErrMemory and names a key", err)
	}
}

// TestRolloutWithoutKernelEndsTheSame: termination found by the kernel, and afterwards by the Go function.
func TestRolloutWithoutKernelEndsTheSame(t *testing.T) {
	b := open(t)
	defer shut(t, b)
	shape, pshape := hopperModel(t, 3, 20), nn.PolicyShape{Observation: 12, Action: 3, Hidden: []int{9}}
	m := must[nn.Ensemble](t)(b.NewEnsemble(shape, shape.Init(1)))
	pi := must[nn.Policy](t)(b.NewPolicy(pshape, pshape.Init(1, 0, 1)))
	defer shut(t, m, pi)
	var lengths [][]int
	for _, one := range []nn.Task{hopper(t), renamed{hopper(t)}} {
		paths := must[nn.Paths](t)(b.Rollout(pi, m, one, startsOf(10), nn.RolloutOptions{Horizon: 7, Terminate: true}))
		c := must[*nn.PathColumns](t)(paths.Download())
		lengths = append(lengths, c.Lengths)
		for i, ended := range c.Terminated {
			lengths[len(lengths)-1][i] += int(flag(ended)) * 100
		}
		shut(t, paths)
	}
	for i := range lengths[0] {
		if lengths[0][i] != lengths[1][i] {
			t.Errorf("path %d ends at %d with a kernel, at %d without (100: terminated)", i, lengths[0][i], lengths[1][i])
		}
	}
}

func TestRateIsMeasured(t *testing.T) {
	b := open(t)
	defer shut(t, b)
	rate, err := b.SGEMMRate(nil, time.Millisecond)
	if err != nil || !(rate > 0) {
		t.Errorf("rate %g, %v", rate, err)
	}
}

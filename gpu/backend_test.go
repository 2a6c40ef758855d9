//go:build cuda

package gpu

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// TestPermutationIsThatOfTheHost compares whole permutations with those of package nn, at sizes equal to and
// next to powers of two and four.
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

// TestOutOfMemoryNamesWhatToLower: the error for a limit too small for the paths names the key.
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
	for _, one := range []nn.Task{hopper(t), unprogrammed{hopper(t)}} {
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

// TestScoreOfLongPathsIsThatOfTheHost: by the kernel, and under a name without one. Paths are longer than a
// block has threads, and most end in between.
func TestScoreOfLongPathsIsThatOfTheHost(t *testing.T) {
	b := open(t)
	defer shut(t, b)
	const n, horizon = 6, 300
	columns := madeUp(n, horizon, 12, 3)
	obs := columns.Observations.Data().([]float32)
	for i := range n {
		columns.Lengths[i] = horizon
		for step := range horizon + 1 { // upright until step 45·i
			at := (i*(horizon+1) + step) * 12
			obs[at], obs[at+1] = 1.2, float32(int64(step)*flag(step > 45*i))*0.001
		}
	}
	var reports []nn.ScoreReport
	var rewards [][]float64
	for _, one := range []nn.Task{hopper(t), unprogrammed{hopper(t)}} {
		paths := must[nn.Paths](t)(b.UploadPaths(columns))
		reports = append(reports, must[nn.ScoreReport](t)(b.Score(paths, one, nn.ScoreOptions{RewardScale: 2, MinLength: 210})))
		c := must[*nn.PathColumns](t)(paths.Download())
		rewards = append(rewards, kept(c, c.Rewards.Data().([]float32)))
		shut(t, paths)
	}
	if got, want := reports[0], reports[1]; !slices.Equal(got.Lengths, want.Lengths) || !slices.Equal(got.Terminated, want.Terminated) || got.Steps != want.Steps {
		t.Errorf("lengths %v, terminated %v; want %v, %v", got.Lengths, got.Terminated, want.Lengths, want.Terminated)
	}
	near(t, "returns", reports[0].Returns, reports[1].Returns, 1e-9) // float64 sums of hundreds, in another order
	near(t, "means of the terms", reports[0].TermMeans, reports[1].TermMeans, 1e-9)
	near(t, "rewards", rewards[0], rewards[1], 1e-7)
}

//go:build cuda

package gpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics/task/formula"
	"github.com/palmal-rl/palmal/physics/task/formula/formulatest"
)

// RewardScratch, RewardGradient and RewardTape make a scripted task one that the device differentiates.
func (s *scripted) RewardScratch() (n int, ok bool) { return len(s.terms) + s.rewards.Scratch(), true }

func (s *scripted) RewardGradient(dObs, dAct, dNext []float64, weight, smooth float64, obs, act, next, scratch []float64) {
	weights := scratch[:len(s.terms)]
	for i := range weights {
		weights[i] = weight
	}
	into := formula.Inputs{formula.Obs: dObs, formula.Action: dAct, formula.Next: dNext}
	in := formula.Inputs{formula.Obs: obs, formula.Action: act, formula.Next: next, formula.Parameters: s.parameters}
	s.rewards.SmoothGradient(&into, nil, &in, weights, smooth, scratch[len(weights):])
}

func (s *scripted) RewardTape() []uint32 { return s.rewards.EncodeTape() }

// sloped are the derivatives of the rewards of paths by the device and by the host.
func sloped(t *testing.T, b *Backend, one nn.Task, columns *nn.PathColumns, smooth float64) (device, host []float32) {
	t.Helper()
	shape, err := columns.Check()
	if err != nil {
		t.Fatal(err)
	}
	p := must[*paths](t)(b.machine.UploadPaths(shape, columns))
	defer shut(t, p)
	words := tape(one)
	if words == nil {
		t.Fatalf("the host differentiates %v", one)
	}
	options := nn.PathwiseOptions{Gamma: 0.9, Smooth: smooth, Score: nn.ScoreOptions{RewardScale: 2}}
	scratch := b.d.arena(forScratch)
	defer shut(t, scratch)
	if err := b.d.do("test", func(q *driver.Queue) {
		on := p.rewardSlopes(q, scratch, one, words, options)
		device = downloaded(q, on)
	}); err != nil {
		t.Fatal(err)
	}
	host = must[[]float32](t)(p.slopesOnHost(one.(nn.Differentiable), options))
	return device, host
}

// alike compares the derivatives of kept steps, row by row, within bound · (|want| + the largest finite one of the row).
// It returns how many were neither 0 nor infinite.
func alike(t *testing.T, what any, columns *nn.PathColumns, got, want []float32, bound float64) (told int) {
	t.Helper()
	horizon := columns.Actions.Shape()[1]
	wide := len(want) / (len(columns.Lengths) * horizon)
	for i, length := range columns.Lengths {
		for step := range length {
			at := (i*horizon + step) * wide
			row, most := want[at:at+wide], 0.0
			for _, w := range row {
				if w-w == 0 {
					most = math.Max(most, math.Abs(float64(w)))
				}
			}
			for k, w := range row {
				x := got[at+k]
				if w-w == 0 && w != 0 {
					told++
				}
				same := x == w || x != x && w != w
				if !same && !(math.Abs(float64(x)-float64(w)) <= bound*(math.Abs(float64(w))+most)) {
					t.Fatalf("%v: path %d: step %d: derivative %d is %v on the device, %v in Go", what, i, step, k, x, w)
				}
			}
		}
	}
	return told
}

// steppedAt are paths of random and edge states.
func steppedAt(g *rand.Rand, n, horizon int) *nn.PathColumns {
	columns := madeUp(n, horizon, formulatest.Observation, formulatest.Actions)
	obs, act := columns.Observations.Data().([]float32), columns.Actions.Data().([]float32)
	for i, s := range transitionsAt(g, n*horizon) {
		copy(obs[(i+i/horizon)*formulatest.Observation:], s.obs)
		copy(obs[(i+i/horizon+1)*formulatest.Observation:], s.next)
		copy(act[i*formulatest.Actions:], s.act)
	}
	return columns
}

// slopeBound: sums of tens of float64 products, in which nvcc may fuse multiply-adds, rounded to float32.
const slopeBound = 1e-6

// TestSlopesOfFormulas: random formulas of every operation, at random and edge states, with sharp and smooth conditions.
func TestSlopesOfFormulas(t *testing.T) {
	b := open(t)
	defer shut(t, b)
	seen, told := map[uint32]int{}, 0
	for round := range 60 {
		g := formulatest.Generator{Rand: rand.New(rand.NewPCG(uint64(round), 7)), Exact: true}
		var terms []string
		for range 1 + g.IntN(5) {
			terms = append(terms, g.Number(1+g.IntN(4)))
		}
		one := newScripted(t, []float64{-1, 0.5}, "false", terms...)
		words := one.RewardTape()
		code := words[8+2*words[3]:]
		for i := range words[1] {
			seen[code[5*i]&0xff]++
		}
		columns := steppedAt(g.Rand, 12, 5)
		for _, smooth := range []float64{0, 0.4} {
			device, host := sloped(t, b, one, columns, smooth)
			told += alike(t, terms, columns, device, host, slopeBound)
		}
	}
	if told < 10000 {
		t.Errorf("%d derivatives", told)
	}
	// The formulas of TestSlopesOfFunctions have the others: those that processors round differently.
	for op := uint32(1); op < 42; op++ {
		if rounded := op >= 5 && op <= 13 || op >= 24 && op <= 26; seen[op] == 0 && !rounded {
			t.Errorf("no formula has operation %d", op)
		}
	}
}

// TestSlopesOfFunctions: functions that differ in a few units in the last place from Go's, alone.
func TestSlopesOfFunctions(t *testing.T) {
	b := open(t)
	defer shut(t, b)
	columns := steppedAt(rand.New(rand.NewPCG(3, 4)), 20, 9)
	for _, source := range []string{"exp(x)", "log(abs(x))", "sin(x)", "cos(x)", "tan(x)", "asin(x/4)", "acos(x/4)", "atan(x)", "tanh(x)",
		"atan2(x, y)", "hypot(x, y)", "pow(abs(x), y)"} {
		one := newScripted(t, []float64{0, 0}, "false", source)
		device, host := sloped(t, b, one, columns, 0)
		if told := alike(t, source, columns, device, host, slopeBound); told < 50 {
			t.Errorf("%s: %d derivatives", source, told)
		}
	}
}

// TestSlopesOfEveryTask: the device differentiates the rewards of all tasks of the registry as the host does.
func TestSlopesOfEveryTask(t *testing.T) {
	b := open(t)
	defer shut(t, b)
	for _, one := range registered(t) {
		name, _ := one.Identity()
		columns := madeUp(7, 6, len(one.ObservationKinds()), actionsOf(one))
		for _, smooth := range []float64{0, 0.4} {
			device, host := sloped(t, b, one, columns, smooth)
			if told := alike(t, name, columns, device, host, slopeBound); told == 0 && tape(one)[wordInstructions] > 0 {
				t.Errorf("%s: all derivatives are 0", name)
			}
		}
	}
}

// TestSlopesOfLongPrograms: more steps than there are threads with scratch, for a program of thousands of numbers.
func TestSlopesOfLongPrograms(t *testing.T) {
	b := open(t)
	defer shut(t, b)
	var terms []string
	for k := range 9 {
		terms = append(terms, fmt.Sprintf("sum(sin(%d*repeat(vector(x, y), 30)))", k+1))
	}
	one := newScripted(t, []float64{0, 0}, "false", terms...)
	slots := int(one.RewardTape()[wordSlots])
	if most := slopeBytes / (8 * 2 * slots); most > 2000 {
		t.Fatalf("%d threads for a program of %d numbers: the test needs fewer", most, slots)
	}
	columns := steppedAt(rand.New(rand.NewPCG(5, 6)), 90, 60)
	device, host := sloped(t, b, one, columns, 0)
	alike(t, "many sines", columns, device, host, slopeBound)
}

package algo

import (
	"reflect"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// chainScene is a buffer of two episodes of ten and four decisions, whose states are their numbers.
func chainScene() (*experience, Config) {
	x := newExperience(1, 1, 0)
	for number, decisions := range []int{10, 4} {
		e := episode{rewards: make([]float32, decisions), actions: make([]float32, decisions), samples: decisions}
		for i := range decisions + 1 {
			e.observations = append(e.observations, float32(100*(number+1)+i))
		}
		x.replay.add(e)
		x.initial.add(e.observations)
	}
	c := Config{Seed: 3, Pathwise: PathwiseConfig{Age: 6, Initial: 0.2, Recent: 0.5, RecentSamples: 4}}
	return &x, c
}

// Chains start from real states, with their times: initial ones, those of the newest samples, and all.
func TestChainsStartFromRealStates(t *testing.T) {
	x, c := chainScene()
	const n = 4000
	h := newChains(c, x, 100, n, 1)
	initial, recent := 0, 0
	for i, state := range h.states {
		if time := int(state) % 100; time != int(h.times[i]) || h.ages[i] < 0 || h.ages[i] >= 6 {
			t.Fatalf("state %g at time %g has the age %d", state, h.times[i], h.ages[i])
		}
		if state == 100 || state == 200 {
			initial++
		}
		if state >= 200 && state < 204 {
			recent++
		}
	}
	// 0.2 and, of the others, 2 of 14 decisions; with half of these from the second episode, whose first is 1 of 4:
	// 0.2 + 0.8·(0.5·(1/4) + 0.5·(2/14)) = 0.357 ± 0.008 in a standard deviation.
	if share := float64(initial) / n; !(share >= 0.32 && share <= 0.39) {
		t.Errorf("%.3f of the chains start at the beginning of an episode, want 0.357", share)
	}
	// 0.1 and 0.8·(0.5 + 0.5·(4/14)) = 0.614.
	if share := float64(recent) / n; !(share >= 0.57 && share <= 0.66) {
		t.Errorf("%.3f of the chains start in the newest episode, want 0.614", share)
	}
	if again := newChains(c, x, 100, n, 1); !reflect.DeepEqual(h.starts(), again.starts()) {
		t.Error("the same draw gives other chains")
	}
	c.Pathwise.Initial = 1
	for _, state := range newChains(c, x, 100, 50, 1).states {
		if state != 100 && state != 200 {
			t.Fatalf("state %g is no initial one", state)
		}
	}
}

// A chain continues from the end of its path, unless it is too old, was terminated, or its episode is over.
func TestChainsContinueUntilTheyAreOld(t *testing.T) {
	x, c := chainScene()
	c.Pathwise.Initial = 1
	h := newChains(c, x, 50, 4, 1)
	h.ages, h.times = []int{0, 4, 0, 0}, []float32{7, 7, 7, 48}
	paths := &nn.PathColumns{Observations: nn.Matrix([]float32{1, 2, 3, 11, 12, 13, 21, 22, 23, 31, 32, 33}, 4, 3, 1),
		Lengths: []int{2, 2, 1, 2}, Terminated: []bool{false, false, true, false}}
	h.advance(paths, 2)
	if h.states[0] != 3 || h.times[0] != 9 || h.ages[0] != 2 {
		t.Errorf("state %g, time %g, age %d; want the end of the path, 9 and 2", h.states[0], h.times[0], h.ages[0])
	}
	for i, why := range []string{"", "too old", "terminated", "over"} {
		if i > 0 && (h.states[i] < 100 || h.times[i] != 0 || h.ages[i] != 0) {
			t.Errorf("a chain that is %s: state %g, time %g, age %d; want an initial state", why, h.states[i], h.times[i], h.ages[i])
		}
	}
	h.advance(&nn.PathColumns{Observations: paths.Observations, Lengths: []int{1, 0, 0, 0}, Terminated: make([]bool, 4)}, 3)
	if h.states[0] != 2 || h.ages[0] != 3 {
		t.Errorf("state %g, age %d; want that after one decision, and 3", h.states[0], h.ages[0])
	}
}

// A path that is shorter than it could be was cut, where paths are: its chain starts again.
func TestChainsStartAgainWhereTheyWereCut(t *testing.T) {
	x, c := chainScene()
	c.Pathwise.Initial, c.NPG.Cut = 1, 2
	h := newChains(c, x, 50, 3, 1)
	h.ages, h.times = []int{0, 0, 0}, []float32{7, 7, 7}
	h.advance(&nn.PathColumns{Observations: nn.Matrix([]float32{1, 2, 3, 11, 12, 13, 21, 22, 23}, 3, 3, 1), Lengths: []int{2, 1, 0}, Terminated: make([]bool, 3)}, 2)
	if h.states[0] != 3 || h.times[0] != 9 {
		t.Errorf("state %g at time %g, want the end of the whole path", h.states[0], h.times[0])
	}
	for i := 1; i < 3; i++ {
		if h.states[i] < 100 || h.times[i] != 0 || h.ages[i] != 0 {
			t.Errorf("chain %d was cut: state %g at time %g, want an initial state", i, h.states[i], h.times[i])
		}
	}
}

// The chains that are kept go on as they would among all.
func TestFewerChainsGoOn(t *testing.T) {
	x, c := chainScene()
	whole, fewer := newChains(c, x, 100, 5, 1), newChains(c, x, 100, 5, 1)
	paths := func(n int) *nn.PathColumns {
		columns := &nn.PathColumns{Observations: nn.Matrix(make([]float32, 2*n), n, 2, 1), Lengths: make([]int, n), Terminated: make([]bool, n)}
		for i := range n {
			columns.Lengths[i], columns.Terminated[i] = 1, i == 0
			nn.RowMajor(columns.Observations)[2*i+1] = float32(i)
		}
		return columns
	}
	fewer.keep(3)
	whole.advance(paths(5), 2)
	fewer.advance(paths(3), 2)
	if got := fewer.starts(); len(got.Times) != 3 || !reflect.DeepEqual(fewer.states, whole.states[:3]) || !reflect.DeepEqual(fewer.ages, whole.ages[:3]) {
		t.Errorf("states %v and ages %v of the chains kept, want %v and %v", fewer.states, fewer.ages, whole.states[:3], whole.ages[:3])
	}
}

// A chain that starts again does so from another draw than its first.
func TestChainsStartAgainElsewhere(t *testing.T) {
	x, c := chainScene()
	const n = 200
	h := newChains(c, x, 100, n, 5)
	first := append([]float32(nil), h.states...)
	over := &nn.PathColumns{Observations: nn.Matrix(make([]float32, 2*n), n, 2, 1), Lengths: make([]int, n), Terminated: make([]bool, n)}
	for i := range n {
		over.Lengths[i], over.Terminated[i] = 1, true
	}
	h.advance(over, 5)
	same := 0
	for i := range n {
		if h.states[i] == first[i] {
			same++
		}
	}
	// Of 14 states, two are drawn with 0.18 and four with 0.15 or less: independent draws agree for one in nine.
	if same > n/4 {
		t.Errorf("%d of %d chains start again where they started first", same, n)
	}
}

// Before anything was collected chains start from recorded data, and the newest samples are one decision at least.
func TestChainsStartFromWhatThereIs(t *testing.T) {
	collected, c := chainScene()
	c.Pathwise.Initial, c.Pathwise.Recent = 0, 1
	c.Pathwise.RecentSamples = 0 // what is left where a decision has more environment steps than these
	for _, state := range newChains(c, collected, 100, 20, 1).states {
		if state != 203 {
			t.Fatalf("a chain starts in %g, want the newest state 203", state)
		}
	}
	offline := newExperience(1, 1, 0)
	offline.recorded = recorded{replay: collected.replay, joined: true}
	offline.initial = collected.initial
	c.Pathwise.Recent = 0
	seen := map[float32]bool{}
	for _, state := range newChains(c, &offline, 100, 500, 1).states {
		seen[state] = true
	}
	if len(seen) != 14 { // each is missed with a probability of (13/14)^500, 1e-16
		t.Errorf("chains start in %d of the 14 recorded states", len(seen))
	}
}

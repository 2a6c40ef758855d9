//go:build cuda

package gpu

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics/task/formula"
	"github.com/palmal-rl/palmal/physics/task/formula/formulatest"
	"gorgonia.org/tensor"
)

// scripted is a task made of formulas over the names of formulatest.
type scripted struct {
	actions       int
	terms         []string
	rewards, ends *formula.Program
	parameters    []float64
}

func newScripted(t *testing.T, parameters []float64, ends string, terms ...string) *scripted {
	t.Helper()
	return newWide(t, formulatest.Actions, parameters, ends, terms...)
}

// newWide is newScripted with the given number of actions.
func newWide(t *testing.T, actions int, parameters []float64, ends string, terms ...string) *scripted {
	t.Helper()
	s := &scripted{actions: actions, terms: terms, parameters: parameters}
	names := formulatest.Names()
	names.Actions = actions
	var programs []*formula.Program
	scope, problems := formula.NewScope(names)
	for _, source := range terms {
		p, more := scope.Compile(source, formula.Position{}, formula.Want{Type: formula.Type{Length: 1}})
		programs, problems = append(programs, p), append(problems, more...)
	}
	var more []formula.Problem
	if s.ends, more = scope.Compile(ends, formula.Position{}, formula.Want{Type: formula.Type{Length: 1, Condition: true}, Sees: formula.Only(formula.Next)}); len(problems)+len(more) > 0 {
		t.Fatal(problems, more)
	}
	var err error
	if s.rewards, err = formula.Join(programs...); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *scripted) Identity() (string, []float64) { return "scripted", s.parameters }

func (s *scripted) ObservationKinds() []string {
	return slices.Repeat([]string{nn.KindPredicted}, formulatest.Observation)
}

func (s *scripted) ActionBox() (low, high []float64) {
	return slices.Repeat([]float64{-0.75}, s.actions), slices.Repeat([]float64{1}, s.actions)
}

func (s *scripted) RewardTerms() []string { return s.terms }

func (s *scripted) Rewards(terms, obs, act, next []float64) {
	s.rewards.Eval(terms, &formula.Inputs{formula.Obs: obs, formula.Action: act, formula.Next: next, formula.Parameters: s.parameters})
}

func (s *scripted) Terminated(next []float64) bool {
	return slices.ContainsFunc(next, func(x float64) bool { return x-x != 0 }) || s.ends.Holds(&formula.Inputs{formula.Next: next, formula.Parameters: s.parameters})
}

func (s *scripted) Programs() (rewards, terminated []uint32) {
	return s.rewards.Encode(), s.ends.Encode()
}

// step is a transition of formulatest's names.
type step struct{ obs, act, next []float32 }

// transitionsAt are random ones. Whole numbers, signed zeros and, before the step, numbers that are not finite are frequent.
func transitionsAt(g *rand.Rand, n int) []step {
	row := func(length int, edges ...float64) []float32 {
		x := make([]float32, length)
		for i := range x {
			if x[i] = float32(g.NormFloat64()); g.IntN(3) == 0 {
				x[i] = float32(edges[g.IntN(len(edges))])
			}
		}
		return x
	}
	all := make([]step, n)
	for i := range all {
		edges := []float64{0, math.Copysign(0, -1), 1, -1, 2, 0.5}
		all[i].act, all[i].next = row(formulatest.Actions, edges...), row(formulatest.Observation, edges...)
		if i%3 == 0 {
			edges = append(edges, math.Inf(1), math.Inf(-1), math.NaN(), 3e38, 1e-45)
		}
		all[i].obs = row(formulatest.Observation, edges...)
	}
	return all
}

// judged are the terms and terminations of steps by the device, each as a path of its own.
func judged(t *testing.T, b *Backend, one nn.Task, all []step) *nn.Scores {
	t.Helper()
	n, actions := len(all), len(all[0].act)
	var obs, act []float32
	for _, s := range all {
		obs, act = append(append(obs, s.obs...), s.next...), append(act, s.act...)
	}
	p := must[*paths](t)(b.machine.newPaths(n, 1, formulatest.Observation, actions))
	defer shut(t, p)
	p.column(&p.rewards, 1)
	if err := b.d.do("test", func(q *driver.Queue) {
		driver.Upload(q, p.obs.Ptr, obs)
		driver.Upload(q, p.actions.Ptr, act)
		driver.Upload(q, p.rolledOn.Ptr, slices.Repeat([]int32{1}, n))
		driver.Upload(q, p.endedOn.Ptr, p.ended)
	}); err != nil {
		t.Fatal(err)
	}
	options := nn.ScoreOptions{RewardScale: 1}
	scores := nn.NewScores(n, one, options)
	// A reward that is not finite ends a run, but its terms are still to be compared.
	if err := b.machine.scoreOnDevice(p, one, options, scores); err != nil && !errors.Is(err, nn.ErrDiverged) {
		t.Fatal(err)
	}
	return scores
}

// want are the terms by Go; a sum over one step starts from 0.
func (s *scripted) want(one step) ([]float64, bool) {
	terms, act := make([]float64, len(s.terms)), widened(one.act)
	low, high := s.ActionBox()
	for i, a := range act {
		act[i] = min(max(a, low[i]), high[i])
	}
	s.Rewards(terms, widened(one.obs), act, widened(one.next))
	for i := range terms {
		terms[i] += 0
	}
	return terms, s.Terminated(widened(one.next))
}

// TestFormulasOnTheDeviceHaveTheBitsOfGo: random formulas of operations that every processor rounds alike, on random
// and edge states, thresholds among them.
func TestFormulasOnTheDeviceHaveTheBitsOfGo(t *testing.T) {
	b := open(t)
	defer shut(t, b)
	g := formulatest.Generator{Rand: rand.New(rand.NewPCG(1, 2)), Exact: true}
	ended := map[bool]int{}
	for range 60 {
		var terms []string
		for range 1 + g.IntN(12) { // more than any task of ours has
			terms = append(terms, g.Number(1+g.IntN(4)))
		}
		one := newScripted(t, []float64{-1, 0.5}, "next.x < p || "+afterStep(g.Condition(1+g.IntN(3))), terms...)
		if err := ScoredOnHost(one); err != nil {
			t.Fatal(err)
		}
		all := transitionsAt(g.Rand, 64)
		got := judged(t, b, one, all)
		for i, s := range all {
			want, ends := one.want(s)
			ended[ends]++
			if got.Terminated[i] != ends {
				t.Fatalf("%s: %v at %v", one.ends, got.Terminated[i], s.next)
			}
			for k, w := range want {
				if x := got.Sums[i*len(want)+k]; math.Float64bits(x) != math.Float64bits(w) && !(x != x && w != w) {
					t.Fatalf("%s: %v on the device, %v in Go, of %+v", terms[k], x, w, s)
				}
			}
		}
	}
	if ended[true] < 100 || ended[false] < 100 {
		t.Errorf("terminations: %v", ended)
	}
}

// afterStep rewrites a condition as one over the observation after a step.
func afterStep(source string) string {
	source = strings.NewReplacer("next.", "", "action.push", "v[1]", "action", "v").Replace(source)
	var out strings.Builder
	for i := 0; i < len(source); {
		j := i
		for j < len(source) && (source[j] >= 'a' && source[j] <= 'z' || source[j] >= '0' && source[j] <= '9' && j > i) {
			j++
		}
		word := source[i:j]
		if slices.Contains([]string{"x", "y", "v", "w", "on", "both", "turn"}, word) {
			out.WriteString("next.")
		}
		if j == i {
			j++
		}
		out.WriteString(source[i:j])
		i = j
	}
	return out.String()
}

// TestFunctionsOnTheDevice: the units in the last place by which functions may differ. CUDA's manual gives those of its
// own, which are 2 and less in double precision; Go's differ from the true value by 1, tan's by 2. Go's pow multiplies
// powers of x by squares, so that each bit of the result's exponent may cost it half a unit.
func TestFunctionsOnTheDevice(t *testing.T) {
	b := open(t)
	defer shut(t, b)
	for _, c := range []struct {
		source string
		units  float64
	}{{"exp(x)", 2}, {"log(abs(x))", 2}, {"sin(x)", 3}, {"cos(x)", 3}, {"tan(x)", 4}, {"asin(x/4)", 3}, {"acos(x/4)", 3}, {"atan(x)", 3}, {"tanh(x)", 3},
		{"atan2(x, y)", 3}, {"hypot(x, y)", 2}, {"pow(abs(x), y)", 4}} {
		one := newScripted(t, []float64{0, 0}, "false", c.source)
		all := transitionsAt(rand.New(rand.NewPCG(3, 4)), 1500)
		got, worst := judged(t, b, one, all), 0.0
		for i, s := range all {
			want, _ := one.want(s)
			x, w := got.Sums[i], want[0]
			if x == w || x != x && w != w {
				continue
			}
			unit := math.Nextafter(math.Abs(w), math.Inf(1)) - math.Abs(w)
			worst = max(worst, math.Abs(x-w)/unit)
			units := c.units
			if strings.HasPrefix(c.source, "pow") {
				units += math.Abs(math.Log2(w))
			}
			if !(math.Abs(x-w) <= units*unit) {
				t.Fatalf("%s: %v on the device, %v in Go, %v units apart, of %+v", c.source, x, w, math.Abs(x-w)/unit, s)
			}
		}
		t.Logf("%s: %.1f units", c.source, worst)
	}
}

func actionsOf(one nn.Task) int {
	low, _ := one.ActionBox()
	return len(low)
}

// falls is what a task with falls tells of them.
type falls interface {
	nn.Programmed
	HasFall() bool
	Fallen(next []float64) bool
	FallPrograms() (rewards, ended []uint32)
}

// falling is a task as training plays it where falls end episodes.
type falling struct{ falls }

func (f falling) Terminated(next []float64) bool { return f.falls.Terminated(next) || f.Fallen(next) }

func (f falling) Programs() (rewards, ended []uint32) { return f.FallPrograms() }

// TestTerminationInsideARollout: a path ends at the same step whether the kernel asks the program or the host
// asks the task afterwards, at terminations and at falls.
func TestTerminationInsideARollout(t *testing.T) {
	b := open(t)
	defer shut(t, b)
	all := registered(t)
	for _, one := range registered(t) {
		if known := one.(falls); known.HasFall() {
			all = append(all, falling{known})
		}
	}
	for _, one := range all {
		name, _ := one.Identity()
		if _, ends := one.(nn.Programmed).Programs(); ends == nil {
			continue
		}
		kinds := one.ObservationKinds()
		shape := nn.EnsembleShape{Members: 2, Observation: len(kinds), Action: actionsOf(one), Hidden: []int{16}, Kinds: kinds}
		policy := nn.PolicyShape{Observation: len(kinds), Action: actionsOf(one), Hidden: []int{8}}
		m, pi := must[nn.Ensemble](t)(b.NewEnsemble(shape, shape.Init(7))), must[nn.Policy](t)(b.NewPolicy(policy, policy.Init(3, -0.5, 0.5)))
		g := rand.New(rand.NewPCG(8, 9))
		const count, horizon = 40, 2
		states := make([]float32, count*len(kinds))
		for i := range states {
			states[i] = float32(0.15 + 0.5*g.Float64())
			if i%len(kinds) == 1 { // an angle that must stay small
				states[i] *= 0.2
			}
		}
		for i := range count { // what must stay large
			for _, k := range []int{0, 26, 48} {
				if k < len(kinds) {
					states[i*len(kinds)+k] = float32(0.3 + 0.8*g.Float64())
				}
			}
		}
		starts := nn.Starts{Observations: nn.Matrix(states, count, len(kinds)), Times: make([]float32, count)}
		ended := 0
		var found [][]int
		for _, judge := range []nn.Task{one, unprogrammed{one}} {
			p := must[nn.Paths](t)(b.Rollout(pi, m, judge, starts, nn.RolloutOptions{Horizon: horizon, Terminate: true, Seed: 5}))
			c := must[*nn.PathColumns](t)(p.Download())
			for i, on := range c.Terminated {
				if on {
					ended++
					c.Lengths[i] += 1000
				}
			}
			found = append(found, c.Lengths)
			shut(t, p)
		}
		if !slices.Equal(found[0], found[1]) {
			t.Errorf("%s: ends by the kernel %v, by the host %v", name, found[0], found[1])
		}
		if ended == 0 || ended == 2*len(found[0]) {
			t.Errorf("%s: %d of %d paths ended: the test needs some of both", name, ended/2, len(found[0]))
		}
		shut(t, m, pi)
	}
}

// TestWhatIsScoredOnTheHost: a task that is too much for the device is scored by its own functions, and the reason says
// the limit.
func TestWhatIsScoredOnTheHost(t *testing.T) {
	wide := newScripted(t, []float64{0, 0}, "false", "sum(sin(repeat(vector(x, y), 50)))")
	if err := ScoredOnHost(wide); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("numbers at one time, the device %d", deviceFormulaSlots)) {
		t.Errorf("%v", err)
	}
	if err := ScoredOnHost(unprogrammed{wide}); err == nil || !strings.Contains(err.Error(), "it has no programs") {
		t.Errorf("%v", err)
	}
	b := open(t)
	defer shut(t, b)
	for terms, fits := range map[int]bool{40: true, 400: false} {
		err := b.ScoredOnHost(newScripted(t, []float64{0, 0}, "false", slices.Repeat([]string{"x"}, terms)...))
		if (err == nil) != fits || err != nil && !strings.Contains(err.Error(), "its 400 reward terms need") {
			t.Errorf("%d terms: %v", terms, err)
		}
	}
}

// TestSizesOfATaskAreItsOwn: many actions, and more terms than a block's shared memory holds, are scored as few are.
func TestSizesOfATaskAreItsOwn(t *testing.T) {
	p := newPair(t)
	const n, actions = 20, 100
	g := rand.New(rand.NewPCG(5, 6))
	for _, terms := range []int{1, 20, p.cuda.d.Properties.Shared/(8*deviceScoreThreads) + 1} {
		var sources []string
		for k := range terms {
			source := fmt.Sprintf("action[%d]", k%actions) // takes no slot
			if k < 20 {
				source = "x*" + source + " - squares(action)"
			}
			sources = append(sources, source)
		}
		one := newWide(t, actions, []float64{0, 0}, "next.x > 1", sources...)
		if err := ScoredOnHost(one); err != nil {
			t.Fatal(err)
		}
		obs, act := normal(g.Uint64(), n*2*formulatest.Observation, 1), normal(g.Uint64(), n*actions, 1)
		columns := &nn.PathColumns{
			Observations: tensor.New(tensor.WithShape(n, 2, formulatest.Observation), tensor.WithBacking(obs)),
			Actions:      tensor.New(tensor.WithShape(n, 1, actions), tensor.WithBacking(act)),
			Means:        tensor.New(tensor.WithShape(n, 1, actions), tensor.WithBacking(make([]float32, n*actions))),
			LogStd:       make([]float32, actions), Times: make([]float32, n), Lengths: slices.Repeat([]int{1}, n), Terminated: make([]bool, n),
		}
		var reports []nn.ScoreReport
		for _, b := range p.both() {
			paths := must[nn.Paths](t)(b.UploadPaths(columns))
			reports = append(reports, must[nn.ScoreReport](t)(b.Score(paths, one, nn.ScoreOptions{RewardScale: 0.5})))
			shut(t, paths)
		}
		// sums of a few dozen float64
		near(t, fmt.Sprintf("returns of %d terms", terms), reports[0].Returns, reports[1].Returns, 1e-13)
		near(t, fmt.Sprintf("means of %d terms", terms), reports[0].TermMeans, reports[1].TermMeans, 1e-13)
		if !slices.Equal(reports[0].Terminated, reports[1].Terminated) {
			t.Errorf("%d terms: ended %v, want %v", terms, reports[0].Terminated, reports[1].Terminated)
		}
	}
}

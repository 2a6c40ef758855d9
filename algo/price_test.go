package algo

import (
	"math"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// charging is the price of a limit of which 0.1 is accepted, after a step whose paths broke it in a share.
func charging() *price {
	c := Config{Repeat: 1, Promise: PromiseConfig{Starts: 100, Price: 0.1, PriceRate: 1}, NPG: NPGConfig{Steps: 4}, Model: ModelConfig{Members: 2}}
	l := newLedger(1)
	return newPrice(c, newLimits(fence{}), &l)
}

// step lets 200 paths, of which a share breaks the limit, teach the price; their returns are 0 or 2 without it.
func (p *price) step(t *testing.T, share float64) nn.ScoreReport {
	t.Helper()
	paths := drawnPaths{ends: make([]float32, 200)}
	report := paths.report()
	for i := range paths.ends {
		report.Returns[i] = float64(2 * (i % 2))
		if float64(i%100) < 100*share {
			paths.ends[i] = 1
			report.Returns[i] -= float64(p.charged(0)) // the score of the priced task has it so
		}
	}
	if err := p.learn(paths, report, 2); err != nil {
		t.Fatal(err)
	}
	return report
}

// The price of a decision that breaks the limit grows by e^0.25 per step at most, e in an iteration of four, while more than 0.1 of the paths break it,
// falls to its least value otherwise, and moves little near that share.
func TestPriceFollowsTheRisk(t *testing.T) {
	p := charging()
	if p.charged(0) != 0 || p.priced(fence{}) != (fence{}) {
		t.Error("something is charged before a step has shown what a return is worth")
	}
	for range 4 { // an iteration
		p.step(t, 0.9)
	}
	// Four steps of 0.25; the returns 0 and 2 of 200 paths deviate by 1.0025.
	if got, want := p.levels[0], 0.1*math.E; !(math.Abs(got-want) <= 1e-12) {
		t.Errorf("level %g after four steps at risk, want %g", got, want)
	}
	if got := p.charges[0] / p.levels[0]; !(math.Abs(got-1.0025) <= 1e-4) {
		t.Errorf("unit %g, want 1.0025: the price is not part of what returns are worth", got)
	}
	level := p.levels[0]
	p.step(t, 0.1) // 20.5 of 201 with half a path added: 2 % above the risk
	if got := p.levels[0] / level; !(math.Abs(got-math.Pow(20.5/20.1, 0.25)) <= 1e-12) {
		t.Errorf("near the risk the level changed by a factor of %g", got)
	}
	for range 100 {
		p.step(t, 1)
	}
	if p.levels[0] != mostLevel {
		t.Errorf("level %g after a hundred steps at risk, want %d", p.levels[0], mostLevel)
	}
	for range 100 {
		p.step(t, 0)
	}
	if p.levels[0] != 0.1 {
		t.Errorf("level %g after a hundred safe steps, want the least", p.levels[0])
	}
}

// A limit that the models do not see, but the world shows, is at risk.
func TestBrokenPromisesRaiseThePrice(t *testing.T) {
	p := charging()
	p.ledger.promise(promise{paths: 100, worst: []int{0}, episodes: 10, got: []int{9}})
	if p.step(t, 0); !(p.levels[0] > 0.12) {
		t.Errorf("level %g after broken promises", p.levels[0])
	}
}

func TestReportsHoldNoPrice(t *testing.T) {
	p := charging()
	p.step(t, 0.9)
	for i, got := range p.step(t, 0.5).Returns {
		if want := float64(2 * (i % 2)); !(math.Abs(got-want) <= 1e-12) {
			t.Fatalf("return %d is %g, want %g", i, got, want)
		}
	}
}

func TestPriceIsSavedWhole(t *testing.T) {
	p, q := charging(), charging()
	p.step(t, 0.9)
	state := nn.State{{Name: priceArray, Value: nn.Integers(p.save())}}
	if err := q.load(state); err != nil || q.charges[0] != p.charges[0] || q.levels[0] != p.levels[0] || p.charges[0] == 0 {
		t.Errorf("saved %v and %v, loaded %v and %v, %v", p.levels, p.charges, q.levels, q.charges, err)
	}
	for _, bad := range [][]int64{{0}, {0, 0, 0}, {int64(math.Float64bits(math.NaN())), 0}, {0, int64(math.Float64bits(math.Inf(1)))}} {
		if err := q.load(nn.State{{Name: priceArray, Value: nn.Integers(bad)}}); err == nil {
			t.Errorf("the price of bits %v was loaded", bad)
		}
	}
	if err := q.load(nn.State{}); err != nil { // a checkpoint without a price: it begins
		t.Error(err)
	}
}

// paying is a fence whose rewards may come in batches.
type paying struct {
	fence
	batches bool
}

func (paying) Rewards(terms, _, act, next []float64) { terms[0], terms[1] = next[0], act[0] }
func (p paying) Batches() (rewards, terminated bool) { return p.batches, false }
func (p paying) TerminatedBatch([]bool, []float64) error {
	return nil
}
func (p paying) RewardBatch(rewards, _, act, next []float64) error {
	for i := range rewards {
		rewards[i] = next[i] + act[i]
	}
	return nil
}

// Rewards are those of the task, less the charge of decisions that break the limit, one by one and in batches.
func TestPricedTaskCharges(t *testing.T) {
	charge, obs, act, next := []float64{3}, make([]float64, 3), []float64{1, 2, 3}, []float64{0.25, 0.75, 0.5}
	want := []float64{1.25, 2.75 - 3, 3.5}
	one := pricedTask{paying{}, fence{}, charge}
	for i := range want {
		terms := make([]float64, 2)
		if one.Rewards(terms, obs[i:i+1], act[i:i+1], next[i:i+1]); terms[0]+terms[1] != want[i] {
			t.Errorf("decision %d: reward %g, want %g", i, terms[0]+terms[1], want[i])
		}
	}
	if batched, _, _ := nn.Batches(one); batched != nil {
		t.Error("a task that rewards one by one is asked for batches")
	}
	got, many := make([]float64, 3), pricedTask{paying{batches: true}, fence{}, charge}
	if batched, rewards, _ := nn.Batches(many); batched == nil || !rewards {
		t.Fatal("a task that rewards in batches is asked one by one")
	}
	if err := many.RewardBatch(got, obs, act, next); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("decision %d in a batch: reward %g, want %g", i, got[i], want[i])
		}
	}
}

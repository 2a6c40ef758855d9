package nn_test

import (
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// Whatever is refused in other tests is refused for its flaw alone: whole arguments reach the machine, once.
func TestGuardLetsWholeArgumentsThrough(t *testing.T) {
	c := newStage(t)
	p := newProps(c)
	for method, use := range p.Uses(c.Guarded) {
		before := c.stub.calls
		c.need(method, use())
		if c.stub.calls != before+1 {
			t.Errorf("%s: %d calls of the machine, want 1", method, c.stub.calls-before)
		}
	}
	if c.Name() != "stub" || c.Describe() != "a stub" {
		t.Errorf("name %q, description %q", c.Name(), c.Describe())
	}
	for _, handle := range p.Handles() {
		if handle.Backend() != "stub" {
			t.Errorf("%T lives on %q", handle, handle.Backend())
		}
	}
}

// Nothing that is refused reaches the machine.
func TestGuardRefusesBeforeTheMachineIsCalled(t *testing.T) {
	c := newStage(t)
	p := newProps(c)
	p.Fit.Epochs, p.ValueFit.Batch, p.Rollout.Horizon, p.Stride, p.Data.Actions = 0, 0, 0, 0, nil
	for _, method := range []string{"Fit", "FitValue", "Rollout", "FisherVector", "ModelLoss", "Predict"} {
		nntest.Refused(t, method, p.Uses(c.Guarded)[method])
	}
	if c.stub.calls != 0 {
		t.Errorf("%d calls reached the machine", c.stub.calls)
	}
}

func TestGuardOffersWhatTheMachineOffers(t *testing.T) {
	offers := func(machine nn.Machine[*stubNetwork, *stubNetwork, *stubPolicy, *stubPaths]) [2]bool {
		backend := nn.Guard("stub", machine)
		_, solves := backend.(nn.FisherSolver)
		_, differentiates := backend.(nn.Differentiator)
		return [2]bool{solves, differentiates}
	}
	for _, one := range []struct {
		machine nn.Machine[*stubNetwork, *stubNetwork, *stubPolicy, *stubPaths]
		want    [2]bool
	}{{new(stub), [2]bool{}}, {new(solvingStub), [2]bool{true, false}}, {new(differentiatingStub), [2]bool{false, true}}, {new(wholeStub), [2]bool{true, true}}} {
		if got := offers(one.machine); got != one.want {
			t.Errorf("a %T becomes a FisherSolver and a Differentiator: %v, want %v", one.machine, got, one.want)
		}
	}
	c := newStage(t)
	p := newProps(c)
	solver, ok := c.Guarded.(nn.FisherSolver)
	if !ok {
		t.Fatal("a machine with SolveFisher becomes no FisherSolver")
	}
	v := make([]float64, p.Policy.Shape().Parameters())
	_, err := solver.SolveFisher(v, v, p.Paths, p.Policy, nn.CGOptions{Stride: 1})
	c.need("SolveFisher", err)
}

func TestOwnIsWhatAHandleGuards(t *testing.T) {
	p := newProps(newStage(t))
	if own, ok := nn.Own[*stubPaths](p.Paths); !ok || own.facts.Steps != 30 {
		t.Errorf("paths guard %v, %t", own, ok)
	}
	if _, ok := nn.Own[*stubPolicy](p.Paths); ok {
		t.Error("paths guard a policy")
	}
	if _, ok := nn.Own[*stubPaths](strangerPaths{p.Paths}); ok {
		t.Error("a stranger guards something")
	}
}

// A method that is called while another one runs, from a task's function or from another goroutine, is
// refused; the call that runs is not harmed.
func TestGuardLetsOneCallInAtATime(t *testing.T) {
	c := newStage(t)
	p := newProps(c)
	uses, own, makes := p.Uses(c.Guarded), ownUses(p), makes(p, c.Guarded)
	meanwhile := func() {
		for _, calls := range []map[string]func() error{uses, own, makes, {
			"Close of the paths": p.Paths.Close,
			"Close of the model": p.Model.Close,
			"Close":              c.Close,
			"Exclusively":        func() error { return c.Exclusively(func() error { return nil }) },
		}} {
			for what, call := range calls {
				nntest.Refused(t, what+" during Score", call, "while another one runs", "stub")
			}
		}
	}
	c.stub.during = func() {
		c.stub.during = nil
		meanwhile()
		var other sync.WaitGroup
		other.Go(meanwhile)
		other.Wait()
	}
	c.need("Score", uses["Score"]())
	if c.stub.during != nil {
		t.Error("Score did not reach the machine")
	}
	for method, use := range uses {
		c.need(method+" afterwards", use())
	}
}

// A panic of the machine, such as one of a task's functions, leaves the door open for the next call.
func TestGuardSurvivesAPanic(t *testing.T) {
	c := newStage(t)
	use := newProps(c).Uses(c.Guarded)["Score"]
	c.stub.during = func() { panic("a task") }
	if _, panicked := nntest.Attempt(use); panicked != "a task" {
		t.Errorf("panic %v", panicked)
	}
	c.stub.during = nil
	c.need("Score after a panic", use())
}

// What a handle guards is closed once, and never after the backend, whose memory it was.
func TestGuardClosesOnce(t *testing.T) {
	c := newStage(t)
	closed, left := newProps(c), newProps(c)
	first, _ := nn.Own[*stubPaths](closed.Paths)
	second, _ := nn.Own[*stubPaths](left.Paths)
	network, _ := nn.Own[*stubPolicy](closed.Policy)
	closeAll(c, closed)
	closeAll(c, closed)
	c.need("Close", c.Close())
	c.need("a second Close", c.Close())
	closeAll(c, left)
	if first.closes != 1 || network.closes != 1 || second.closes != 0 || c.stub.closes != 1 {
		t.Errorf("closed %d, %d, %d and %d times, want 1, 1, 0 and 1", first.closes, network.closes, second.closes, c.stub.closes)
	}
	nntest.Refused(t, "Exclusively on a closed backend", func() error { return c.Exclusively(func() error { return nil }) }, "closed", "stub")
}

// The checks of every method that a step of the policy player takes allocate nothing.
func TestGuardDoesNotAllocate(t *testing.T) {
	c := newStage(t)
	p := newProps(c)
	v := make([]float64, p.Policy.Shape().Parameters())
	for name, call := range map[string]func() error{
		"gradient":   func() error { return c.PolicyGradient(v, p.Paths, p.Policy) },
		"fisher":     func() error { return c.FisherVector(v, v, p.Paths, p.Policy, 1) },
		"surrogate":  func() error { _, _, err := c.Surrogate(p.Paths, p.Policy); return err },
		"advantages": func() error { return c.Advantages(p.Paths, p.Value, nn.AdvantageOptions{}) },
		"value fit":  func() error { _, err := c.FitValue(p.Value, p.Paths, p.ValueFit); return err },
	} {
		if n := testing.AllocsPerRun(20, func() { c.need(name, call()) }); n != 0 {
			t.Errorf("%s allocates %g times", name, n)
		}
	}
}

func refuseSystems(c *stage) {
	p, closed := newProps(c), newProps(c)
	closeAll(c, closed)
	size := p.Policy.Shape().Parameters()
	gradient, good := make([]float64, size), nn.CGOptions{Iterations: 2, Damping: 0.1, Stride: 1}
	solve := func(room int, gradient []float64, paths nn.Paths, policy nn.Policy, o nn.CGOptions) func() error {
		return func() error {
			_, err := c.Guarded.(nn.FisherSolver).SolveFisher(make([]float64, room), gradient, paths, policy, o)
			return err
		}
	}
	c.need("SolveFisher", solve(size, gradient, p.Paths, p.Policy, good)())
	bare := *p.Columns
	bare.Lengths = make([]int, len(bare.Lengths))
	nntest.Refused(c, "a foreign policy", solve(size, gradient, p.Paths, strangerPolicy{p.Policy}, good), elsewhere, c.Name())
	nntest.Refused(c, "foreign paths", solve(size, gradient, strangerPaths{p.Paths}, p.Policy, good), elsewhere, c.Name())
	nntest.Refused(c, "no paths", solve(size, gradient, nil, p.Policy, good), c.Name())
	nntest.Refused(c, "no policy", solve(size, gradient, p.Paths, nil, good), c.Name())
	nntest.Refused(c, "closed paths", solve(size, gradient, closed.Paths, p.Policy, good), "closed")
	nntest.Refused(c, "a closed policy", solve(size, gradient, p.Paths, closed.Policy, good), "closed")
	nntest.Refused(c, "paths without a step", solve(size, gradient, c.upload(&bare), p.Policy, good), "no steps")
	nntest.Refused(c, "paths of other sizes", solve(size, gradient, c.upload(pathColumns(2, 4, 3, 2)), p.Policy, good), "policy of", "paths of")
	nntest.Refused(c, "too little room", solve(size-1, gradient, p.Paths, p.Policy, good), "want")
	nntest.Refused(c, "a gradient of another size", solve(size, gradient[1:], p.Paths, p.Policy, good), "want")
	for _, o := range []nn.CGOptions{{Iterations: 2}, {Iterations: -1, Stride: 1}, {Iterations: 2, Stride: 1, Tolerance: math.NaN()},
		{Iterations: 2, Stride: 1, Damping: math.Inf(1)}} {
		nntest.Refused(c, fmt.Sprintf("%+v", o), solve(size, gradient, p.Paths, p.Policy, o))
	}
}

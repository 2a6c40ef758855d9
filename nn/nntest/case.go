package nntest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// Config says what to hold to the cases and how.
type Config struct {
	// New makes a fresh backend. The suite closes it.
	New func(t TB) nn.Backend
	// Small shrinks networks, data and rollouts, for a device that is emulated.
	Small bool
	// Scale multiplies the bound of every case, for device arithmetic; 0 counts as 1. Exact cases stay
	// exact.
	Scale float64
	// Band is for RunTasks. It is the distance to a threshold, relative to the size of an entry and to 1,
	// within which a device may decide differently. 0: decisions are exact, as they are if the Go functions
	// score.
	Band float64
	// Bounds replaces the bound of a case, by name.
	Bounds map[string]float64
	// Without are cases that do not hold, by name, with the reason: decisions, in a precision that changes some.
	Without map[string]string
}

// Case is one property that every backend must have.
type Case struct {
	Name    string
	What    string   // the property
	Methods []string // methods of nn.Backend that the case covers
	Bound   float64  // bound of the error relative to |want| + rms of all wanted; 0: equal numbers
	Reason  string   // reason for the bound
	// Optional names the optional interfaces of package nn that the case covers; a backend without them skips
	// the case, and says so.
	Optional string

	// agree computes something on a backend; the results must agree with the reference's.
	agree func(d *driver) results
	// holds checks a property of one backend.
	holds func(c *check)
}

// String describes the case in one line.
func (k Case) String() string {
	return fmt.Sprintf("%s: %s (bound %.1g: %s)", k.Name, k.What, k.Bound, k.Reason)
}

// result is something that a case computes, with its own bound if the case's bound does not fit.
type result struct {
	name   string
	values []float64
	bound  *tolerance
}

type results []result

// add appends a result under the bound of the case.
func (r *results) add(name string, values []float64) {
	*r = append(*r, result{name: name, values: values})
}

// addExact appends a result that must be equal: a count, a decision, a copy.
func (r *results) addExact(name string, values []float64) {
	*r = append(*r, result{name: name, values: values, bound: &tolerance{reason: "a count, a decision or a copy"}})
}

// check is what a case sees: the backend under test and the reference, with the case's bound.
type check struct {
	*driver
	oracle *driver
	config Config
	tol    tolerance
}

// near compares under the bound of the case.
func (c *check) near(what string, got, want []float64) {
	c.Helper()
	near(c, what, got, want, c.tol)
}

// fresh makes another backend of the tested kind.
func (c *check) fresh() *driver { return newDriver(c.TB, c.config.New(c.TB), c.config.Small) }

// scaled widens a bound of the suite as the configuration says.
func (c *check) scaled(tol tolerance) tolerance {
	tol.relative *= c.config.scale()
	tol.absolute *= c.config.scale()
	return tol
}

func (c Config) scale() float64 {
	if c.Scale == 0 {
		return 1
	}
	return c.Scale
}

func (c Config) bound(k Case) tolerance {
	tol := tolerance{relative: k.Bound * c.scale(), reason: k.Reason}
	if bound, ok := c.Bounds[k.Name]; ok {
		tol.relative = bound
	}
	return tol
}

// run holds a backend to the case.
func (k Case) run(t TB, config Config) {
	t.Helper()
	c := &check{
		driver: newDriver(t, config.New(t), config.Small),
		oracle: newDriver(t, Reference(), config.Small),
		config: config,
		tol:    config.bound(k),
	}
	if !offers(c.Backend, k.Optional) {
		skip(t, c.Name()+" does not offer nn."+k.Optional)
		return
	}
	if k.holds != nil {
		k.holds(c)
		return
	}
	got, want := k.agree(c.driver), k.agree(c.oracle)
	if len(got) != len(want) {
		t.Fatalf("%d results, want %d", len(got), len(want))
	}
	for i, w := range want {
		tol := c.tol
		if w.bound != nil {
			tol = c.scaled(*w.bound)
		}
		near(t, w.name, got[i].values, w.values, tol)
	}
}

// offers reports whether a backend has an optional interface.
func offers(b nn.Backend, optional string) bool {
	if first, second, both := strings.Cut(optional, ", "); both {
		return offers(b, first) && offers(b, second)
	}
	switch optional {
	case "":
		return true
	case "GaussianMembers":
		g, ok := b.(nn.GaussianMembers)
		return ok && g.Gaussian() == nil
	case "Disagreeing":
		c, ok := b.(nn.Disagreeing)
		return ok && c.Disagreement() == nil
	case "FisherSolver":
		_, ok := b.(nn.FisherSolver)
		return ok
	case "ActorCritic":
		a, ok := b.(nn.ActorCritic)
		return ok && a.Critical() == nil
	case "Differentiator":
		_, ok := b.(nn.Differentiator)
		return ok
	}
	return false
}

// skip ends a case, as a skipped one if t knows the difference.
func skip(t TB, why string) {
	t.Helper()
	if s, ok := t.(interface{ Skip(...any) }); ok {
		s.Skip(why)
	}
	t.Logf("skipped: %s", why)
}

// Run holds a backend to all cases, each in a subtest of its name.
func Run(t *testing.T, config Config) {
	t.Helper()
	for _, name := range slices.Concat(slices.Collect(maps.Keys(config.Bounds)), slices.Collect(maps.Keys(config.Without))) {
		if !known(name) {
			t.Errorf("config names the unknown case %q", name)
		}
	}
	for _, k := range Cases() {
		if _, without := config.Without[k.Name]; without {
			continue
		}
		t.Run(k.Name, func(t *testing.T) { k.run(t, config) })
	}
}

// Cases lists what the suite covers, in the order in which it runs.
func Cases() []Case {
	var cases []Case
	for _, part := range [][]Case{
		fitCases(), adamCases(), modelCases(), rolloutCases(), scoreCases(), terminationCases(), advantageCases(),
		gradientCases(), fisherCases(), solverCases(), surrogateCases(), pathwiseCases(), gaussianCases(), careCases(), gaussianPathCases(), disagreementCases(), criticCases(), valueCases(), stateCases(), guardCases(),
		divergenceCases(), memoryCases(), staleCases(), shapeCases(),
	} {
		cases = append(cases, part...)
	}
	return cases
}

func known(name string) bool {
	for _, k := range Cases() {
		if k.Name == name {
			return true
		}
	}
	return false
}

package bench

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
)

// Stages of an iteration: the model's fit, one rollout of the policy in it, one natural policy
// gradient step (rollout included), the rollout and the gradient of a step of the pathwise player, all of an iteration
// of npg.
const (
	Fit       = "fit"
	Rollout   = "rollout"
	NPG       = "npg"
	Pathwise  = "pathwise"
	Iteration = "iteration"
)

// Stages lists the stages.
func Stages() []string { return []string{Fit, Rollout, NPG, Pathwise, Iteration} }

// Options say what to time.
type Options struct {
	Backend   nn.Backend
	ChunkRows int // rows of a small network that the backend computes at a time
	Sizes     Sizes
	Work      Work
	Precision nn.Precision // what the members multiply in
	Repeat    int          // timed runs of each stage; the median counts
	// Probe is how long the BLAS is measured, see Steady.
	Probe time.Duration
	// Steady is for devices that no other program uses, in practice GPUs: their rate is measured once, a fit runs in one
	// piece, and each stage runs for WarmUp, at least once, before it is timed, so that kernels are loaded and clocks
	// are up. A CPU is shared and its speed changes from second to second: there the BLAS is measured before and after
	// each part, and a long fit runs in slices, since only times of the same moment compare. Each measurement is a
	// warm-up too.
	Steady bool
	WarmUp time.Duration

	Around func(name string) (end func()) // marks stages and parts for profilers; nil for none
	// Repeated is called for each timed repeat of a stage, numbered from 1, and runs it; nil runs it directly.
	Repeated func(number int, repeat func() error) error
}

// Result holds the times of one stage. Parts and rates are those of the median repeat.
type Result struct {
	Stage     string      `json:"stage"`
	Backend   string      `json:"backend"`
	Precision string      `json:"precision"` // what the members multiply in
	Seconds   float64     `json:"seconds"`   // median; the lower middle one of an even number of repeats
	Repeats   int         `json:"repeats"`
	Fastest   float64     `json:"fastest"`      // seconds
	Slowest   float64     `json:"slowest"`      // seconds
	Spread    float64     `json:"spread"`       // slowest less fastest, over the median
	GFLOPS    float64     `json:"gflops"`       // GFLOP/s of its matrix products
	SGEMM     algo.Number `json:"sgemm_gflops"` // GFLOP/s of the BLAS alone at the same products; null where unknown
	Share     algo.Number `json:"fraction"`     // GFLOPS / SGEMM
	Parts     []Part      `json:"parts"`
	World     *World      `json:"world,omitempty"` // set for an iteration; not part of its seconds
}

// World is the time of an iteration's samples in the real world.
type World struct {
	Task    string  `json:"task"`
	Samples int     `json:"samples"`
	Seconds float64 `json:"seconds"`
}

// Part is one step of a stage.
type Part struct {
	Name    string      `json:"name"`
	Seconds float64     `json:"seconds"`
	GFLOPS  float64     `json:"gflops"`
	SGEMM   algo.Number `json:"sgemm_gflops"`

	flops, ideal float64 // ideal: seconds at the rate of the BLAS
}

// rater is a backend that can measure its BLAS.
type rater interface {
	SGEMMRate(products nn.GEMMs, duration time.Duration) (float64, error)
}

// DefaultProbe is long enough for a rate within a few percent.
const DefaultProbe = 150 * time.Millisecond

// DefaultWarmUp is long enough for a GPU at rest to reach its clocks.
const DefaultWarmUp = 500 * time.Millisecond

// Run times stages in turn and passes each result to take.
func Run(o Options, stages []string, take func(Result) error) (err error) {
	w, err := newWorkload(o.Backend, o.Sizes, o.Work, o.Precision)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	// A short fit first, so that the model predicts small steps and all buffers exist.
	if err := w.fit(min(10, o.Work.FitSteps)); err != nil {
		return err
	}
	c := &clock{options: o, workload: w}
	for _, stage := range stages {
		result, err := c.repeat(stage)
		if err != nil {
			return fmt.Errorf("bench: %s: %w", stage, err)
		}
		if err := take(result); err != nil {
			return err
		}
	}
	return nil
}

// clock times the parts of one stage.
type clock struct {
	options Options
	*workload
	parts  []Part
	steady float64 // rate of a steady device, FLOP/s; 0 before it is measured
}

// repeat times a stage a few times and returns the median.
func (c *clock) repeat(stage string) (Result, error) {
	if err := c.warmUp(stage); err != nil {
		return Result{}, err
	}
	var results []Result
	for i := range c.options.Repeat {
		result, err := c.once(stage, i+1)
		if err != nil {
			return Result{}, err
		}
		results = append(results, result)
	}
	return median(results), nil
}

// median returns the middle result of a stage with the spread of all.
func median(results []Result) Result {
	slices.SortStableFunc(results, func(a, b Result) int { return cmp.Compare(a.Seconds, b.Seconds) })
	r := results[(len(results)-1)/2]
	r.Repeats, r.Fastest, r.Slowest = len(results), results[0].Seconds, results[len(results)-1].Seconds
	r.Spread = (r.Slowest - r.Fastest) / r.Seconds
	return r
}

// warmUp runs a stage on a steady device until it is at full speed, and measures its rate once.
func (c *clock) warmUp(stage string) error {
	if !c.options.Steady {
		return nil
	}
	for start := time.Now(); ; {
		c.parts = nil
		if err := c.run(stage); err != nil {
			return err
		}
		if time.Since(start) >= c.options.WarmUp {
			break
		}
	}
	if c.steady != 0 {
		return nil
	}
	var err error
	c.steady, err = c.measure(c.model.Shape().FitStep(batch)) // its rate is the same for all products
	return err
}

// once times a stage.
func (c *clock) once(stage string, number int) (Result, error) {
	c.parts = nil
	run := func() error { return c.run(stage) }
	err := error(nil)
	if c.options.Repeated != nil {
		err = c.options.Repeated(number, run)
	} else {
		err = run()
	}
	if err != nil {
		return Result{}, err
	}
	return c.result(stage), nil
}

// around marks a range for profilers.
func (c *clock) around(name string) (end func()) {
	if c.options.Around == nil {
		return func() {}
	}
	return c.options.Around(name)
}

// run does the work of a stage.
func (c *clock) run(stage string) error {
	defer c.around(stage)()
	switch stage {
	case Fit:
		return c.timeFit()
	case Rollout:
		paths, err := c.timeRollout()
		if err != nil {
			return err
		}
		return paths.Close()
	case NPG:
		return c.timeNPG()
	case Pathwise:
		return c.timePathwise()
	}
	if err := c.timeFit(); err != nil {
		return err
	}
	for range c.work.NPGSteps {
		if err := c.timeNPG(); err != nil {
			return err
		}
	}
	return nil
}

// part times run, whose cost is the given products, times over.
func (c *clock) part(name string, products nn.GEMMs, times float64, run func() error) error {
	before, err := c.rate(products)
	if err != nil {
		return err
	}
	start := time.Now()
	if err := c.finish(name, run); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	seconds := time.Since(start).Seconds()
	after, err := c.rate(products)
	if err != nil {
		return err
	}
	flops := products.FLOPs() * times
	i := slices.IndexFunc(c.parts, func(p Part) bool { return p.Name == name })
	if i < 0 {
		i = len(c.parts)
		c.parts = append(c.parts, Part{Name: name})
	}
	p := &c.parts[i]
	p.Seconds += seconds
	p.flops += flops
	p.ideal += flops / ((before + after) / 2)
	p.GFLOPS, p.SGEMM = p.flops/p.Seconds/1e9, algo.Number(p.flops/p.ideal/1e9)
	return nil
}

// finish runs a part and waits until the device is done: a backend may return earlier.
func (c *clock) finish(name string, run func() error) error {
	defer c.around(name)()
	if err := run(); err != nil {
		return err
	}
	if device, ok := c.backend.(interface{ Wait() error }); ok {
		return device.Wait()
	}
	return nil
}

// rate returns the rate of the BLAS now, or the fixed rate of a steady device, in FLOP/s.
func (c *clock) rate(products nn.GEMMs) (float64, error) {
	if c.options.Steady {
		return c.steady, nil
	}
	return c.measure(products)
}

// measure returns the measured rate of the BLAS in FLOP/s; NaN where the backend cannot measure it.
func (c *clock) measure(products nn.GEMMs) (float64, error) {
	if r, ok := c.backend.(rater); ok {
		return r.SGEMMRate(products, c.options.Probe)
	}
	return math.NaN(), nil
}

func (c *clock) result(stage string) Result {
	r := Result{Stage: stage, Backend: c.backend.Name(), Precision: c.model.Shape().Precision.String(), Parts: c.parts}
	flops, ideal := 0.0, 0.0
	for _, p := range c.parts {
		r.Seconds += p.Seconds
		flops += p.flops
		ideal += p.ideal
	}
	r.GFLOPS, r.SGEMM, r.Share = flops/r.Seconds/1e9, algo.Number(flops/ideal/1e9), algo.Number(ideal/r.Seconds)
	return r
}

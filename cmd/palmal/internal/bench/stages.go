package bench

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
)

// Stages of an iteration: the model's fit, one rollout of the policy in it, one natural policy
// gradient step (which holds a rollout), all of it.
const (
	Fit       = "fit"
	Rollout   = "rollout"
	NPG       = "npg"
	Iteration = "iteration"
)

// Stages lists them.
func Stages() []string { return []string{Fit, Rollout, NPG, Iteration} }

// Options say what to time.
type Options struct {
	Backend   nn.Backend
	ChunkRows int // rows that the backend passes through a small network at a time
	Sizes     Sizes
	Work      Work
	Repeat    int // times that each stage is done; the fastest counts
	// Probe is how long the BLAS is measured before and after each part. Machines are noisy, and
	// only what is measured at the same time compares.
	Probe time.Duration
}

// Result is what one stage took.
type Result struct {
	Stage   string      `json:"stage"`
	Backend string      `json:"backend"`
	Seconds float64     `json:"seconds"`
	GFLOPS  float64     `json:"gflops"`       // GFLOP/s of its matrix products
	SGEMM   algo.Number `json:"sgemm_gflops"` // GFLOP/s of the BLAS alone at the same products; null where the backend cannot tell
	Share   algo.Number `json:"fraction"`     // the one over the other
	Parts   []Part      `json:"parts"`
	World   *World      `json:"world,omitempty"` // beside an iteration, not in its seconds
}

// World is how long the real world took for the samples of an iteration.
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

// Run times stages in turn and hands over each result.
func Run(o Options, stages []string, take func(Result) error) (err error) {
	w, err := newWorkload(o.Backend, o.Sizes, o.Work)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	// A short fit first, so that the model predicts small steps and all buffers are there.
	if err := w.fit(min(10, o.Work.FitSteps)); err != nil {
		return err
	}
	for _, stage := range stages {
		var best Result
		for i := range o.Repeat {
			c := &clock{options: o, workload: w}
			if err := c.play(stage); err != nil {
				return fmt.Errorf("bench: %s: %w", stage, err)
			}
			if result := c.result(stage); i == 0 || result.Seconds < best.Seconds {
				best = result
			}
		}
		if err := take(best); err != nil {
			return err
		}
	}
	return nil
}

// clock times the parts of one stage.
type clock struct {
	options Options
	*workload
	parts []Part
}

// play does the work of a stage.
func (c *clock) play(stage string) error {
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

// part times something that costs products, times over.
func (c *clock) part(name string, products nn.GEMMs, times float64, run func() error) error {
	before, err := c.rate(products)
	if err != nil {
		return err
	}
	start := time.Now()
	if err := run(); err != nil {
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

// rate measures the BLAS; NaN where the backend cannot.
func (c *clock) rate(products nn.GEMMs) (float64, error) {
	if r, ok := c.backend.(rater); ok {
		return r.SGEMMRate(products, c.options.Probe)
	}
	return math.NaN(), nil
}

func (c *clock) result(stage string) Result {
	r := Result{Stage: stage, Backend: c.backend.Name(), Parts: c.parts}
	flops, ideal := 0.0, 0.0
	for _, p := range c.parts {
		r.Seconds += p.Seconds
		flops += p.flops
		ideal += p.ideal
	}
	r.GFLOPS, r.SGEMM, r.Share = flops/r.Seconds/1e9, algo.Number(flops/ideal/1e9), algo.Number(ideal/r.Seconds)
	return r
}

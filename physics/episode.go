package physics

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/palmal-rl/palmal/physics/task"
)

// actor chooses the action [A] at decision t of an episode from the observation [O].
type actor = func(episode uint64, t int, obs, action []float32)

// episode is a sampled episode of T decisions.
type episode struct {
	observations []float32 // [T+1,O]
	actions      []float32 // [T,A], as applied
	rewards      []float64 // [T,R], summed over the steps of a decision
	samples      int       // environment steps
	terminated   bool
	fallen       bool // a fall ended it; it was not terminated
	success      float64
	dropped      int // episodes that broke down before this one took their place
}

// A failed episode is replaced by episode number + substitute, a range that callers never
// use, and by which actors know what it replaces. After the given number of breakdowns in a row, sampling fails.
const (
	breakdowns = 3
	substitute = 1 << 28
)

// until says what ends an episode beside the task's termination.
type until struct {
	falls     bool // a fall
	decisions int  // their number
}

// sampler samples episodes in one simulator.
type sampler struct {
	task      *task.Task
	repeat    int
	sim       simulator
	low, high []float32 // action box, [A]
	rates     []int     // observation entries that are means over a decision
	// watch, unless nil, is called at the start and after every decision, while the
	// simulator is in that state.
	watch func(decisions, samples int) error
	until until // what ends the present episode

	outside *environment // sim, where that is an environment in Python

	obs, next []float64 // [O] before and after an environment step
	mean      []float64 // mean of the rates over the present decision
	action    []float64 // [A]
	terms     []float64 // [R] of one environment step
	sums      []float64 // [R] of one decision
	narrow    []float32 // [O] what the actor sees
	chosen    []float32 // [A] what the actor wants
}

func newSampler(t *task.Task, repeat int, sim simulator) *sampler {
	p := &sampler{
		task: t, repeat: repeat, sim: sim, rates: t.Rates(),
		obs: make([]float64, len(t.Observation)), next: make([]float64, len(t.Observation)),
		action: make([]float64, len(t.Action)),
		terms:  make([]float64, len(t.Terms)), sums: make([]float64, len(t.Terms)),
		narrow: make([]float32, len(t.Observation)), chosen: make([]float32, len(t.Action)),
	}
	p.outside, _ = sim.(*environment)
	p.mean = make([]float64, len(p.rates))
	low, high := t.ActionBox()
	for i := range low {
		p.low, p.high = append(p.low, float32(low[i])), append(p.high, float32(high[i]))
	}
	return p
}

// sample samples one episode, or its replacement. The result depends on (seed, number)
// and on the actor alone.
func (p *sampler) sample(ctx context.Context, seed, number uint64, act actor) (*episode, error) {
	var first error
	for dropped := range breakdowns {
		e, err := p.attempt(ctx, seed, number+uint64(dropped)*substitute, act)
		switch {
		case err == nil:
			e.dropped = dropped
			return e, nil
		case !errors.Is(err, ErrUnstable):
			return nil, err
		case first == nil:
			first = err
		}
	}
	return nil, fmt.Errorf("%w (and so did the %d episodes that replaced it)", first, breakdowns-1)
}

// attempt samples one episode, which may break down.
func (p *sampler) attempt(ctx context.Context, seed, number uint64, act actor) (*episode, error) {
	if err := p.sim.reset(p.start(seed, number)); err != nil {
		return nil, fmt.Errorf("%s: episode %d: reset: %w", p.task.Name, number, err)
	}
	p.sim.observe(p.obs)
	e := &episode{observations: appendNarrow(nil, p.obs)}
	outcome := task.Episode{}
	if err := p.watched(0, e); err != nil {
		return nil, err
	}
	for t := 0; t < p.until.decisions && !outcome.Terminated && !e.fallen && !p.truncated(); t++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := p.choose(number, t, act); err != nil {
			return nil, err
		}
		if err := p.decide(e, &outcome); err != nil {
			return nil, fmt.Errorf("%s: episode %d, step %d: %w", p.task.Name, number, e.samples, err)
		}
		e.fallen = p.until.falls && !outcome.Terminated && p.task.Fallen(p.obs)
		e.observations = appendNarrow(e.observations, p.obs)
		e.actions = append(e.actions, p.chosen...)
		e.rewards = append(e.rewards, p.sums...)
		if err := p.watched(t+1, e); err != nil {
			return nil, err
		}
	}
	e.terminated = outcome.Terminated
	if e.success = p.task.Succeeded(outcome); p.task.Success == "" && p.outside != nil {
		e.success = p.outside.success
	}
	return e, nil
}

func (p *sampler) watched(decisions int, e *episode) error {
	if p.watch == nil {
		return nil
	}
	return p.watch(decisions, e.samples)
}

// choose asks the actor for the action and clips it to the box.
func (p *sampler) choose(number uint64, t int, act actor) error {
	for i, x := range p.obs {
		p.narrow[i] = float32(x)
	}
	act(number, t, p.narrow, p.chosen)
	for i, a := range p.chosen {
		if a-a != 0 { // NaN or infinite
			return fmt.Errorf("%s: episode %d, decision %d: %w: entry %d is %v", p.task.Name, number, t, ErrAction, i, a)
		}
		p.chosen[i] = min(max(a, p.low[i]), p.high[i])
		p.action[i] = float64(p.chosen[i])
	}
	return nil
}

// decide applies the chosen action for the steps of one decision, fewer if the
// episode terminates, and leaves the observation after it in obs.
func (p *sampler) decide(e *episode, outcome *task.Episode) error {
	clear(p.sums)
	clear(p.mean)
	steps := 0
	for steps < p.repeat && !outcome.Terminated && (steps == 0 || !p.truncated()) {
		if err := p.sim.step(p.action); err != nil {
			return err
		}
		steps++
		e.samples++
		p.sim.observe(p.next)
		p.reward()
		for i, r := range p.terms {
			p.sums[i] += r
		}
		for i, entry := range p.rates {
			p.mean[i] += p.next[entry]
		}
		outcome.Terminated = p.ended() || !p.sim.bounded()
		outcome.Last = p.task.Achieved(p.next)
		if outcome.Last {
			outcome.Achieved++
		}
		p.obs, p.next = p.next, p.obs
	}
	for i, entry := range p.rates {
		p.obs[entry] = p.mean[i] / float64(steps)
	}
	return nil
}

// reward computes the terms of one environment step. What has no formula is the environment's own.
func (p *sampler) reward() {
	if p.outside != nil && p.task.RewardFrom != task.Formula {
		p.terms[0] = p.outside.rewards.reward
		return
	}
	p.task.Rewards(p.terms, p.obs, p.action, p.next)
}

// ended reports whether the last step ended the episode: where an environment says so, and where a formula does.
func (p *sampler) ended() bool {
	if p.outside == nil {
		return p.task.Terminated(p.next)
	}
	return p.outside.terminated || p.task.EndFrom == task.Formula && p.task.Terminated(p.next)
}

// truncated reports whether an environment cut the episode in its last step.
func (p *sampler) truncated() bool { return p.outside != nil && p.outside.truncated }

func appendNarrow(to []float32, x []float64) []float32 {
	to = slices.Grow(to, len(x))
	for _, v := range x {
		to = append(to, float32(v))
	}
	return to
}

// finite returns an error if a reward is not finite in float32, with the place of its formula.
func (e *episode) finite(t *task.Task) error {
	for i, r := range e.rewards {
		if !(math.Abs(r) <= math.MaxFloat32) {
			name := t.Terms[i%len(t.Terms)].Name
			return fmt.Errorf("%w: %sreward %s is %v at decision %d", ErrReward, t.Where("reward "+name), name, r, i/len(t.Terms))
		}
	}
	return nil
}

// Episode is one episode of T decisions as Sample hands it over. It is an alias, so that
// callers of a world need not import this package.
type Episode = struct {
	Observations []float32 // [T+1,O]
	Actions      []float32 // [T,A] as applied
	Rewards      []float64 // [T,R] one per term
	Samples      int       // environment steps
	Terminated   bool      // the task ended it; else a fall or the horizon did
	Fallen       bool      // a fall ended it
	Success      float64   // success in [0,1]; NaN where the task has none
}

//go:build cuda

package gpu

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// scored is what scoring finds out about every path.
type scored struct {
	returns             []float64 // [N]
	sums                []float64 // [N,R] of the reward terms
	lengths, terminated []int32   // [N]
	failed              []int32   // [N] 1 + the step whose reward is not finite; 0: none
}

// Score computes rewards and truncates paths at their termination, on the device where the task has a
// kernel, else by the task's own functions. It starts from the steps that were rolled out, so scoring
// again gives the same.
func (b *Backend) Score(given nn.Paths, t nn.Task, options nn.ScoreOptions) (nn.ScoreReport, error) {
	p, err := b.paths(given)
	if err != nil {
		return nn.ScoreReport{}, err
	}
	if err := p.facts().CheckScore(t, options); err != nil {
		return nn.ScoreReport{}, err
	}
	terms := 0
	if !options.Learned {
		terms = len(t.RewardTerms())
	}
	p.column(&p.rewards, p.horizon)
	var s *scored
	if b.ScoredOnHost(t) == nil {
		s, err = b.scoreOnDevice(p, t, options, terms)
	} else {
		s, err = b.scoreOnHost(p, t, options, terms)
	}
	if err != nil {
		return nn.ScoreReport{}, err
	}
	for i, step := range s.failed {
		if step > 0 {
			return nn.ScoreReport{}, fmt.Errorf("score: path %d: step %d: the reward is not finite: %w", i, step-1, nn.ErrDiverged)
		}
	}
	s.drop(options.MinLength, terms)
	copy(p.lengths, s.lengths)
	copy(p.terminated, s.terminated)
	if err := b.d.do("score", p.pool); err != nil {
		return nn.ScoreReport{}, err
	}
	return s.report(terms, options.Learned), nil
}

func (b *Backend) scoreOnDevice(p *paths, t nn.Task, options nn.ScoreOptions, terms int) (s *scored, err error) {
	scratch := b.d.arena(forScratch)
	defer func() { err = errors.Join(err, scratch.close()) }()
	err = b.d.do("score", func(q *driver.Queue) {
		lengths, terminated, failed := take[int32](scratch, p.n), take[int32](scratch, p.n), take[int32](scratch, p.n)
		returns, sums := take[float64](scratch, p.n), take[float64](scratch, p.n*terms)
		k := &score{
			observations: p.obs.Ptr, actions: p.actions.Ptr, rolled: p.rolledOn.Ptr, horizon: int64(p.horizon),
			observation: int64(p.observation), action: int64(p.action), box: box(q, scratch, t).Ptr, scale: options.RewardScale,
			rewards: p.rewards.Ptr, lengths: lengths.Ptr, terminated: terminated.Ptr, failed: failed.Ptr,
			returns: returns.Ptr, sums: sums.Ptr,
		}
		if options.Learned {
			k.learned = p.learned.Ptr
		}
		shape := driver.Shape{Grid: driver.Dim{X: p.n}, Block: driver.Dim{X: deviceScoreThreads}, Shared: scoreShared(terms)}
		launchScorePaths(q, shape, k, uploadTask(q, scratch, t))
		s = &scored{returns: downloaded(q, returns), sums: downloaded(q, sums), lengths: downloaded(q, lengths),
			terminated: downloaded(q, terminated), failed: downloaded(q, failed)}
	})
	return s, err
}

// scoreOnHost downloads the paths, scores them and uploads the rewards.
func (b *Backend) scoreOnHost(p *paths, t nn.Task, options nn.ScoreOptions, terms int) (*scored, error) {
	columns, err := p.fetch(options.Learned)
	if err != nil {
		return nil, fmt.Errorf("score: %w", err)
	}
	s := &scored{returns: make([]float64, p.n), sums: make([]float64, p.n*terms), lengths: make([]int32, p.n),
		terminated: make([]int32, p.n), failed: make([]int32, p.n)}
	low, high := t.ActionBox()
	rewards, box := make([]float32, p.n*p.horizon), [2][]float32{rounded(low), rounded(high)}
	columns.each(func(i int, r *scorer) {
		r.path(i, t, options, box, rewards[i*p.horizon:], s, s.sums[i*terms:(i+1)*terms])
	})
	return s, b.d.do("score", func(q *driver.Queue) { driver.Upload(q, p.rewards.Ptr, rewards) })
}

// fetched is what the host needs of paths to judge them.
type fetched struct {
	p                    *paths
	obs, action, learned []float32
}

func (p *paths) fetch(learned bool) (*fetched, error) {
	f := &fetched{p: p}
	err := p.owner.d.Do(func(q *driver.Queue) {
		f.obs, f.action = downloaded(q, p.obs), downloaded(q, p.actions)
		if learned {
			f.learned = downloaded(q, p.learned)
		}
	})
	return f, err
}

// scorer is the scratch of one goroutine.
type scorer struct {
	*fetched
	here, next, act []float64
}

// each judges every path once, on all processors. What it finds depends on the path alone.
func (f *fetched) each(judge func(i int, s *scorer)) {
	var crew sync.WaitGroup
	var taken atomic.Int64
	for range min(runtime.GOMAXPROCS(0), f.p.n) {
		crew.Go(func() {
			s := &scorer{f, make([]float64, f.p.observation), make([]float64, f.p.observation), make([]float64, f.p.action)}
			for i := int(taken.Add(1)) - 1; i < f.p.n; i = int(taken.Add(1)) - 1 {
				judge(i, s)
			}
		})
	}
	crew.Wait()
}

// state widens the observation of path i at t.
func (f *fetched) state(i, t int, wide []float64) []float64 {
	at := (i*(f.p.horizon+1) + t) * f.p.observation
	for k, x := range f.obs[at : at+f.p.observation] {
		wide[k] = float64(x)
	}
	return wide
}

// path scores path i up to its termination.
func (s *scorer) path(i int, t nn.Task, options nn.ScoreOptions, box [2][]float32, rewards []float32, found *scored, sums []float64) {
	terms := make([]float64, len(sums))
	for step := range int(s.p.rolled[i]) {
		s.state(i, step, s.here)
		s.state(i, step+1, s.next)
		reward := 0.0
		if options.Learned {
			reward = options.RewardScale * float64(s.learned[i*s.p.horizon+step])
		} else {
			at := (i*s.p.horizon + step) * s.p.action
			for k, a := range s.action[at : at+s.p.action] {
				s.act[k] = float64(min(max(a, box[0][k]), box[1][k]))
			}
			t.Rewards(terms, s.here, s.act, s.next)
			for k, term := range terms {
				sums[k] += options.RewardScale * term
				reward += term
			}
			reward *= options.RewardScale
		}
		if math.IsNaN(reward) || math.IsInf(reward, 0) {
			found.failed[i] = int32(step) + 1
			return
		}
		rewards[step] = float32(reward)
		found.returns[i] += reward
		found.lengths[i] = int32(step) + 1
		if t.Terminated(s.next) {
			found.terminated[i] = 1
			return
		}
	}
}

// drop leaves out paths that are too short.
func (s *scored) drop(least, terms int) {
	for i, length := range s.lengths {
		if int(length) < least {
			s.lengths[i], s.returns[i] = 0, 0
			clear(s.sums[i*terms : (i+1)*terms])
		}
	}
}

// report sums over all paths, in their order.
func (s *scored) report(terms int, learned bool) nn.ScoreReport {
	r := nn.ScoreReport{Returns: s.returns}
	for i, length := range s.lengths {
		r.Lengths = append(r.Lengths, int(length))
		r.Terminated = append(r.Terminated, s.terminated[i] != 0)
		r.Steps += int(length)
	}
	if learned {
		return r
	}
	r.TermMeans = make([]float64, terms)
	for i, sum := range s.sums {
		r.TermMeans[i%terms] += sum
	}
	for k := range r.TermMeans {
		r.TermMeans[k] /= float64(max(r.Steps, 1))
	}
	return r
}

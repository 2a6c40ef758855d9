//go:build cuda

package gpu

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// Score computes rewards and truncates paths at their termination, on the device if the task has a
// kernel, else by the task's own functions, see [nn.Scores]. It starts from all steps of the rollout, so that
// scoring again gives the same result.
func (b *machine) Score(p *paths, t nn.Task, options nn.ScoreOptions) (nn.ScoreReport, error) {
	if p.column(&p.rewards, p.horizon); p.memory.err != nil { // no job has noticed it
		return nn.ScoreReport{}, fmt.Errorf("score: %w", p.memory.err)
	}
	scores := nn.NewScores(p.n, t, options)
	var err error
	if b.ScoredOnHost(t) == nil {
		err = b.scoreOnDevice(p, t, options, scores)
	} else {
		err = b.scoreOnHost(p, options, scores)
	}
	if err != nil {
		return nn.ScoreReport{}, err
	}
	report := scores.Finish()
	for i, length := range report.Lengths {
		p.lengths[i], p.terminated[i] = int32(length), int32(flag(report.Terminated[i]))
	}
	if err := b.d.do("score", p.pool); err != nil {
		return nn.ScoreReport{}, err
	}
	return report, nil
}

func (b *machine) scoreOnDevice(p *paths, t nn.Task, options nn.ScoreOptions, scores *nn.Scores) (err error) {
	scratch := b.d.arena(forScratch)
	defer func() { err = errors.Join(err, scratch.close()) }()
	return b.d.do("score", func(q *driver.Queue) {
		lengths, terminated, failed := take[int32](scratch, p.n), take[int32](scratch, p.n), take[int32](scratch, p.n)
		returns, sums := take[float64](scratch, p.n), take[float64](scratch, p.n*scores.Terms)
		k := &score{
			observations: p.obs.Ptr, actions: p.actions.Ptr, rolled: p.rolledOn.Ptr, ended: p.endedOn.Ptr, horizon: int64(p.horizon),
			observation: int64(p.observation), action: int64(p.action), box: box(q, scratch, t).Ptr, scale: options.RewardScale,
			rewards: p.rewards.Ptr, lengths: lengths.Ptr, terminated: terminated.Ptr, failed: failed.Ptr,
			returns: returns.Ptr, sums: sums.Ptr,
		}
		if options.Learned {
			k.learned = p.learned.Ptr
		}
		if options.Disagreement != 0 {
			k.disagreement, k.cost = p.disagreement.Ptr, options.RewardScale*options.Disagreement
		}
		shape := driver.Shape{Grid: driver.Dim{X: p.n}, Block: driver.Dim{X: deviceScoreThreads}, Shared: scoreShared(scores.Terms)}
		launchScorePaths(q, shape, k, uploadTask(q, scratch, t))
		scores.Returns, scores.Sums = downloaded(q, returns), downloaded(q, sums)
		for i, length := range downloaded(q, lengths) {
			scores.Lengths[i] = int(length)
		}
		for i, ended := range downloaded(q, terminated) {
			scores.Terminated[i] = ended != 0
		}
		for i, step := range downloaded(q, failed) {
			if step > 0 && q.Err() == nil {
				q.Fail(fmt.Errorf("path %d: step %d: the reward is not finite: %w", i, step-1, nn.ErrDiverged))
			}
		}
	})
}

// scoreOnHost downloads the paths, scores them and uploads the rewards.
func (b *machine) scoreOnHost(p *paths, options nn.ScoreOptions, scores *nn.Scores) error {
	columns, err := p.fetch(options)
	if err != nil {
		return fmt.Errorf("score: %w", err)
	}
	rewards, failures := make([]float32, p.n*p.horizon), make([]error, p.n)
	columns.each(func() func(i int) {
		scorer := scores.NewScorer(func(n int) []float64 { return make([]float64, n) })
		return func(i int) { failures[i] = scorer.Path(i, columns.scored(i, rewards)) }
	})
	if err := cmp.Or(failures...); err != nil {
		return fmt.Errorf("score: %w", err)
	}
	return b.d.do("score", func(q *driver.Queue) { driver.Upload(q, p.rewards.Ptr, rewards) })
}

// scored returns the columns of path i that scoring reads and writes.
func (f *fetched) scored(i int, rewards []float32) nn.ScoredPath {
	first, end := i*f.p.horizon, (i+1)*f.p.horizon
	path := nn.ScoredPath{Steps: int(f.p.rolled[i]), Observations: f.obs[(first+i)*f.p.observation : (end+i+1)*f.p.observation],
		Actions: f.action[first*f.p.action : end*f.p.action], Rewards: rewards[first:end], Ended: f.p.ended[i] != 0}
	if f.learned != nil {
		path.Learned = f.learned[first:end]
	}
	if f.disagreement != nil {
		path.Disagreement = f.disagreement[first:end]
	}
	return path
}

// fetched holds the columns that the host needs to judge paths.
type fetched struct {
	p                                  *paths
	obs, action, learned, disagreement []float32
}

// fetch downloads states and actions, and what a score by options needs besides.
func (p *paths) fetch(options nn.ScoreOptions) (*fetched, error) {
	f := &fetched{p: p}
	err := p.machine.d.Do(func(q *driver.Queue) {
		f.obs, f.action = downloaded(q, p.obs), downloaded(q, p.actions)
		if options.Learned {
			f.learned = downloaded(q, p.learned)
		}
		if options.Disagreement != 0 {
			f.disagreement = downloaded(q, p.disagreement)
		}
	})
	return f, err
}

// each judges every path once, on all processors, each with its own judge. The result for a path depends on the
// path alone.
func (f *fetched) each(newJudge func() func(i int)) {
	var workers sync.WaitGroup
	var taken atomic.Int64
	for range min(runtime.GOMAXPROCS(0), f.p.n) {
		workers.Go(func() {
			judge := newJudge()
			for i := int(taken.Add(1)) - 1; i < f.p.n; i = int(taken.Add(1)) - 1 {
				judge(i)
			}
		})
	}
	workers.Wait()
}

// state is the observation of path i at t.
func (f *fetched) state(i, t int) []float32 {
	at := (i*(f.p.horizon+1) + t) * f.p.observation
	return f.obs[at : at+f.p.observation]
}

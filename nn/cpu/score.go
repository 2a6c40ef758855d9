package cpu

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// scorePaths is how many paths a task of Score takes.
const scorePaths = 8

// scoreJob scores a piece of the paths.
type scoreJob struct {
	paths     *paths
	task      nn.Task
	options   nn.ScoreOptions
	low, high []float32 // [A] the box, in float32 as in the rollout
	terms     int       // R; 0 for a learned reward
	report    nn.ScoreReport
	sums      []float64 // [N,R] of the terms over the steps of a path
}

// Score computes rewards and truncates paths at their termination, in float64 on rows widened from
// float32. It starts from the steps that were rolled out, so scoring again gives the same.
func (b *Backend) Score(given nn.Paths, task nn.Task, options nn.ScoreOptions) (nn.ScoreReport, error) {
	p, err := b.paths(given)
	if err != nil {
		return nn.ScoreReport{}, err
	}
	if err := p.facts().CheckScore(task, options); err != nil {
		return nn.ScoreReport{}, err
	}
	job := newScoreJob(p, task, options)
	if err := b.crew.each((p.n+scorePaths-1)/scorePaths, job); err != nil {
		return nn.ScoreReport{}, fmt.Errorf("score: %w", err)
	}
	job.drop()
	copy(p.lengths, job.report.Lengths)
	copy(p.terminated, job.report.Terminated)
	p.pool()
	job.total()
	return job.report, nil
}

func newScoreJob(p *paths, task nn.Task, options nn.ScoreOptions) *scoreJob {
	low, high := task.ActionBox()
	job := &scoreJob{paths: p, task: task, options: options, low: narrow(low), high: narrow(high)}
	if !options.Learned {
		job.terms = len(task.RewardTerms())
	}
	p.rewards = p.column(p.rewards, p.horizon)
	job.sums = make([]float64, p.n*job.terms)
	job.report = nn.ScoreReport{
		Returns: make([]float64, p.n), Lengths: make([]int, p.n), Terminated: make([]bool, p.n),
	}
	return job
}

func (j *scoreJob) run(w *worker, task int) error {
	p := j.paths
	s := scorer{
		scoreJob: j, terms: w.wides.take(j.terms),
		obs: w.wides.take(p.observation), next: w.wides.take(p.observation), act: w.wides.take(p.action),
	}
	for i := task * scorePaths; i < min(p.n, (task+1)*scorePaths); i++ {
		if err := s.path(i); err != nil {
			return fmt.Errorf("path %d: %w", i, err)
		}
	}
	return nil
}

// scorer is the scratch of one task.
type scorer struct {
	*scoreJob
	terms          []float64 // [R]
	obs, next, act []float64
}

// path scores path i up to its termination.
func (s *scorer) path(i int) error {
	p := s.paths
	sums := s.sums[i*len(s.terms) : (i+1)*len(s.terms)]
	widen(s.next, p.state(i, 0))
	for t := range p.rolled[i] {
		s.obs, s.next = s.next, s.obs
		widen(s.next, p.state(i, t+1))
		reward := s.reward(i, t, sums)
		if math.IsNaN(reward) || math.IsInf(reward, 0) {
			return fmt.Errorf("step %d: reward %g: %w", t, reward, nn.ErrDiverged)
		}
		p.rewards[i*p.horizon+t] = float32(reward)
		s.report.Returns[i] += reward
		s.report.Lengths[i] = t + 1
		if s.task.Terminated(s.next) {
			s.report.Terminated[i] = true
			return nil
		}
	}
	return nil
}

// reward is the reward of step t of path i; its terms are added to sums.
func (s *scorer) reward(i, t int, sums []float64) float64 {
	if s.options.Learned {
		return s.options.RewardScale * float64(s.paths.learned[i*s.paths.horizon+t])
	}
	for k, a := range s.paths.row(s.paths.actions, i, t) {
		s.act[k] = float64(min(max(a, s.low[k]), s.high[k]))
	}
	s.task.Rewards(s.terms, s.obs, s.act, s.next)
	reward := 0.0
	for k, term := range s.terms {
		sums[k] += s.options.RewardScale * term
		reward += term
	}
	return s.options.RewardScale * reward
}

func widen(wide []float64, narrow []float32) {
	for i, x := range narrow {
		wide[i] = float64(x)
	}
}

// drop leaves out paths that are too short.
func (j *scoreJob) drop() {
	for i, length := range j.report.Lengths {
		if length >= j.options.MinLength {
			continue
		}
		j.report.Lengths[i], j.report.Returns[i] = 0, 0
		clear(j.sums[i*j.terms : (i+1)*j.terms])
	}
}

// total sums over all paths, in their order.
func (j *scoreJob) total() {
	j.report.Steps = j.paths.steps()
	if j.options.Learned {
		return
	}
	j.report.TermMeans = make([]float64, j.terms)
	for i, sum := range j.sums {
		j.report.TermMeans[i%j.terms] += sum
	}
	for k := range j.report.TermMeans {
		j.report.TermMeans[k] /= float64(max(j.report.Steps, 1))
	}
}

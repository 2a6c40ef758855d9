package nn

import (
	"fmt"
	"math"
)

// Scores collects the results of one scoring. [Scorer.Path] on the host, or a device, fills them in path
// by path; [Scores.Finish] sums them up.
type Scores struct {
	Returns    []float64 // [N]
	Sums       []float64 // [N,R] sum of each reward term over the steps of a path, scaled
	Lengths    []int     // [N]
	Terminated []bool    // [N]
	Terms      int       // R; 0 for a learned reward

	task      Task
	options   ScoreOptions
	low, high []float32 // [A] the box, in float32 as in the rollout
}

// NewScores prepares the scores of n paths.
func NewScores(n int, task Task, options ScoreOptions) *Scores {
	low, high := task.ActionBox()
	s := &Scores{Returns: make([]float64, n), Lengths: make([]int, n), Terminated: make([]bool, n),
		task: task, options: options, low: Rounded(low), high: Rounded(high)}
	if !options.Learned {
		s.Terms = len(task.RewardTerms())
	}
	s.Sums = make([]float64, n*s.Terms)
	return s
}

// ScoredPath holds the columns of one path that scoring reads and writes.
type ScoredPath struct {
	Steps        int       // number of steps in the rollout
	Observations []float32 // [T+1,O]
	Actions      []float32 // [T,A] before the clip
	Learned      []float32 // [T] reward of the ensemble; used only if the options say so
	Disagreement []float32 // [T] of the members; used only if the options say so
	Rewards      []float32 // [T] output
	Ended        bool      // the ensemble ended the path after its last step
}

// Scorer scores paths on the host, in float64 on rows widened from float32. It serves one goroutine.
type Scorer struct {
	scores         *Scores
	terms          []float64 // [R]
	obs, next, act []float64
	batch          *scoredBatch // nil where the task scores transitions one by one
}

// NewScorer makes a scorer; take returns scratch memory of n numbers.
func (s *Scores) NewScorer(take func(n int) []float64) Scorer {
	observation, action := len(s.task.ObservationKinds()), len(s.low)
	return Scorer{scores: s, batch: newScoredBatch(s), terms: take(s.Terms), obs: take(observation), next: take(observation), act: take(action)}
}

// Path scores path i up to its termination.
func (r *Scorer) Path(i int, path ScoredPath) error {
	s, observation := r.scores, len(r.obs)
	sums := s.Sums[i*s.Terms : (i+1)*s.Terms]
	if err := r.batch.score(s, path); err != nil {
		return fmt.Errorf("path %d: %w", i, err)
	}
	Widen(r.next, path.Observations[:observation])
	for t := range path.Steps {
		r.obs, r.next = r.next, r.obs
		Widen(r.next, path.Observations[(t+1)*observation:(t+2)*observation])
		reward := r.reward(&path, t, sums)
		if math.IsNaN(reward) || math.IsInf(reward, 0) {
			return fmt.Errorf("path %d: step %d: reward %g: %w", i, t, reward, ErrDiverged)
		}
		path.Rewards[t] = float32(reward - s.cost(&path, t))
		s.Returns[i] += reward
		s.Lengths[i] = t + 1
		if r.ends(t) || path.Ended && t+1 == path.Steps {
			s.Terminated[i] = true
			return nil
		}
	}
	return nil
}

// cost is what the members' disagreement on step t costs.
func (s *Scores) cost(path *ScoredPath, t int) float64 {
	if s.options.Disagreement == 0 {
		return 0
	}
	return s.options.RewardScale * s.options.Disagreement * float64(path.Disagreement[t])
}

// reward returns the reward of step t and adds its terms to sums.
func (r *Scorer) reward(path *ScoredPath, t int, sums []float64) float64 {
	s := r.scores
	if s.options.Learned {
		return s.options.RewardScale * float64(path.Learned[t])
	}
	width := len(r.act)
	for k, a := range path.Actions[t*width : (t+1)*width] {
		r.act[k] = float64(min(max(a, s.low[k]), s.high[k]))
	}
	if r.batch != nil && r.batch.rewards != nil {
		r.terms[0] = r.batch.rewards[t]
	} else {
		s.task.Rewards(r.terms, r.obs, r.act, r.next)
	}
	reward := 0.0
	for k, term := range r.terms {
		sums[k] += s.options.RewardScale * term
		reward += term
	}
	return s.options.RewardScale * reward
}

// ends reports whether the task ends the path after step t.
func (r *Scorer) ends(t int) bool {
	if r.batch != nil && r.batch.ended != nil {
		return r.batch.ended[t]
	}
	return r.scores.task.Terminated(r.next)
}

// Finish drops paths that are too short, then those of members that do not count, and sums over the others in
// their order.
func (s *Scores) Finish() ScoreReport {
	for i, length := range s.Lengths {
		if length < s.options.MinLength {
			s.drop(i)
		}
	}
	s.leaveOut()
	report := ScoreReport{Returns: s.Returns, Lengths: s.Lengths, Terminated: s.Terminated}
	for _, length := range s.Lengths {
		report.Steps += length
	}
	if s.options.Learned {
		return report
	}
	report.TermMeans = make([]float64, s.Terms)
	for i, sum := range s.Sums {
		report.TermMeans[i%s.Terms] += sum
	}
	for k := range report.TermMeans {
		report.TermMeans[k] /= float64(max(report.Steps, 1))
	}
	return report
}

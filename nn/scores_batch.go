package nn

import "slices"

// scoredBatch holds what a [Batched] task says of all steps of one path.
type scoredBatch struct {
	task           Batched
	rewards        []float64 // [T]; nil: the task rewards steps one by one, or the reward is learned
	ended          []bool    // [T]; nil: the task ends paths step by step
	asks, asksEnds bool
	obs, act       []float64 // [T+1,O], [T,A]
}

// newScoredBatch is nil where a task scores steps one by one.
func newScoredBatch(s *Scores) *scoredBatch {
	batched, rewards, terminated := Batches(s.task)
	if rewards = rewards && !s.options.Learned; !rewards && !terminated {
		return nil
	}
	return &scoredBatch{task: batched, asks: rewards, asksEnds: terminated}
}

// score asks for all steps of a path: for the ends first, since steps beyond them need no reward.
func (b *scoredBatch) score(s *Scores, path ScoredPath) error {
	if b == nil || path.Steps == 0 {
		return nil
	}
	width, steps := len(path.Observations)/(len(path.Actions)/len(s.low)+1), path.Steps
	b.obs = Widen(slices.Grow(b.obs[:0], (steps+1)*width)[:(steps+1)*width], path.Observations[:(steps+1)*width])
	if b.asksEnds {
		b.ended = slices.Grow(b.ended[:0], steps)[:steps]
		if err := b.task.TerminatedBatch(b.ended, b.obs[width:]); err != nil {
			return err
		}
		if end := slices.Index(b.ended, true); end >= 0 {
			steps = end + 1
		}
	}
	if !b.asks {
		return nil
	}
	inputs := len(s.low)
	b.act = b.act[:0]
	for i, a := range path.Actions[:steps*inputs] {
		b.act = append(b.act, float64(min(max(a, s.low[i%inputs]), s.high[i%inputs])))
	}
	b.rewards = slices.Grow(b.rewards[:0], path.Steps)[:path.Steps]
	return b.task.RewardBatch(b.rewards[:steps], b.obs[:steps*width], b.act, b.obs[width:(steps+1)*width])
}

package cpu

import (
	"fmt"

	"github.com/palmal-rl/palmal/nn"
)

// scorePaths is the number of paths in a task of Score.
const scorePaths = 8

// scoreJob scores a piece of the paths.
type scoreJob struct {
	paths  *paths
	scores *nn.Scores
}

// Score computes rewards and truncates paths at their termination, see [nn.Scores]. It starts from all
// steps of the rollout, so that scoring again gives the same result.
func (b *machine) Score(p *paths, task nn.Task, options nn.ScoreOptions) (nn.ScoreReport, error) {
	job := &scoreJob{paths: p, scores: nn.NewScores(p.n, task, options)}
	p.rewards = p.column(p.rewards, p.horizon)
	if err := b.workers.each((p.n+scorePaths-1)/scorePaths, job); err != nil {
		return nn.ScoreReport{}, fmt.Errorf("score: %w", err)
	}
	report := job.scores.Finish()
	copy(p.lengths, report.Lengths)
	copy(p.terminated, report.Terminated)
	p.pool()
	return report, nil
}

func (j *scoreJob) run(w *worker, task int) error {
	p, scorer := j.paths, j.scores.NewScorer(w.wides.take)
	for i := task * scorePaths; i < min(p.n, (task+1)*scorePaths); i++ {
		if err := scorer.Path(i, p.scored(i)); err != nil {
			return err
		}
	}
	return nil
}

// scored returns the columns of path i that scoring reads and writes.
func (p *paths) scored(i int) nn.ScoredPath {
	first, end := i*p.horizon, (i+1)*p.horizon
	path := nn.ScoredPath{Steps: p.rolled[i], Observations: p.obs[(first+i)*p.observation : (end+i+1)*p.observation],
		Actions: p.actions[first*p.action : end*p.action], Rewards: p.rewards[first:end], Ended: p.ended[i]}
	if p.learned != nil {
		path.Learned = p.learned[first:end]
	}
	if p.disagreement != nil {
		path.Disagreement = p.disagreement[first:end]
	}
	return path
}

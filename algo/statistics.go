package algo

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/palmal-rl/palmal/nn"
)

// statistics gathers statistics of episodes.
type statistics struct {
	names     []string // reward terms [R]
	samples   int
	decisions int
	returns   []float64 // return of each episode
	partial   []float64 // return of the first decisions of each episode for which these are wanted
	successes []float64
	terms     []float64 // [R] sums over all decisions
	measured  *measures // nil if the task has none
}

func newStatistics(task nn.Task) *statistics {
	names := task.RewardTerms()
	return &statistics{names: names, terms: make([]float64, len(names)), measured: newMeasures(task)}
}

// add records one episode and its partial return over the first horizon decisions; horizon 0: without one.
func (t *statistics) add(e Episode, horizon int) {
	t.measured.add(e.Observations)
	width := len(t.names)
	decisions := len(e.Rewards) / width
	total, partial := 0.0, 0.0
	for i := range decisions {
		for j, x := range e.Rewards[i*width : (i+1)*width] {
			t.terms[j] += x
			total += x
			if i < horizon {
				partial += x
			}
		}
	}
	t.samples += e.Samples
	t.decisions += decisions
	t.returns = append(t.returns, total)
	if horizon > 0 {
		t.partial = append(t.partial, partial)
	}
	t.successes = append(t.successes, e.Success)
}

// perDecision sums the terms [T,R] of each decision, [T].
func (t *statistics) perDecision(terms []float64) []float32 {
	width := len(t.names)
	rewards := make([]float32, len(terms)/width)
	for i := range rewards {
		sum := 0.0
		for _, x := range terms[i*width : (i+1)*width] {
			sum += x
		}
		rewards[i] = float32(sum)
	}
	return rewards
}

// termMeans is the mean of each reward term over all decisions, by name.
func (t *statistics) termMeans() map[string]Number {
	means := make(map[string]Number, len(t.names))
	for i, name := range t.names {
		means[name] = Number(t.terms[i] / float64(t.decisions))
	}
	return means
}

// evaluation summarises the episodes of a policy that samples environment steps produced.
func (t *statistics) evaluation(samples int) Evaluation {
	average, std := stat.MeanStdDev(t.returns, nil)
	low, high := confidence(average, std, len(t.returns))
	return Evaluation{
		Samples: samples, Episodes: len(t.returns),
		Return: Number(average), Std: Number(std), CILow: Number(low), CIHigh: Number(high),
		Min: Number(slices.Min(t.returns)), Max: Number(slices.Max(t.returns)),
		Length:  Number(float64(t.samples) / float64(len(t.returns))),
		Success: Number(mean(t.successes)), Measures: t.measured.means(),
	}
}

// confidence is the 95 % interval of a mean of n values, by Student's t; NaN for fewer than two.
func confidence(average, std float64, n int) (low, high float64) {
	if n < 2 {
		return math.NaN(), math.NaN()
	}
	quantile := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}.Quantile(0.975)
	half := quantile * std / math.Sqrt(float64(n))
	return average - half, average + half
}

// mean is NaN for no values.
func mean(values []float64) float64 {
	sum := 0.0
	for _, x := range values {
		sum += x
	}
	return sum / float64(len(values))
}

// newRecord returns a record whose optional measurements are NaN.
func newRecord(iteration int) *Record {
	r := &Record{Iteration: iteration, Timing: Timing{Stages: map[string]float64{}}}
	none := Number(math.NaN())
	r.Model.LossFresh, r.Model.Predicted, r.Model.Realised = none, none, none
	return r
}

// finishRecord fills in what is known at the end of an iteration that began after begun samples.
func (g *Game) finishRecord(begun int) {
	r := g.record
	r.Samples, r.Episodes, r.Dropped = g.samples, int(g.episodes), g.dropped
	r.Timing.SamplesPerSecond = perSecond(g.samples-begun, r.Timing.Stages[string(StageWorld)])
	if g.limits != nil {
		r.Broken = g.limits.byName(g.ledger.broken)
	}
	g.policy.describe(r)
}

// perSecond is 0 where no time passed.
func perSecond(n int, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return float64(n) / seconds
}

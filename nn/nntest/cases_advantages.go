package nntest

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

func advantageCases() []Case {
	methods := []string{"Advantages"}
	const reason = "values are sums through two layers in float32, and sums along a path of differences of values"
	like := func(name, what string, limit int, options nn.AdvantageOptions) Case {
		return Case{Name: "advantages/" + name, What: what, Methods: methods, Bound: 1e-5, Reason: reason,
			agree: func(d *driver) results { return estimated(d, limit, options) }}
	}
	one := func(name, what string, options nn.AdvantageOptions) Case { return like(name, what, 0, options) }
	return []Case{
		one("gae", "advantages and discounted returns; value 0 after a termination, V of the last state after a cut",
			nn.AdvantageOptions{Gamma: 0.95, Lambda: 0.8}),
		one("zero-after-cut", "with CutToZero the returns, not the advantages, take 0 after a cut",
			nn.AdvantageOptions{Gamma: 0.95, Lambda: 0.8, CutToZero: true}),
		one("td", "with λ = 0 the advantage is one temporal difference", nn.AdvantageOptions{Gamma: 0.9}),
		one("monte-carlo", "with γ = λ = 1 the advantage is return less value", nn.AdvantageOptions{Gamma: 1, Lambda: 1}),
		one("lambda-returns", "with LambdaReturns the returns are those of λ, whitened advantages or not",
			nn.AdvantageOptions{Gamma: 0.95, Lambda: 0.8, Whiten: true, CutToZero: true, LambdaReturns: true}),
		one("whitened", "whitening is over all steps that count", nn.AdvantageOptions{Gamma: 0.95, Lambda: 0.8, Whiten: true}),
		like("finite", "V is 0 from the end of an episode on, wherever its paths begin", 30,
			nn.AdvantageOptions{Gamma: 0.95, Lambda: 0.8}),
		{Name: "advantages/normalised", Methods: methods, Bound: 1e-5, Reason: reason,
			What: "observations are normalised before they are clipped",
			agree: func(d *driver) results {
				return estimatedBy(d, normalisedValue(beadValue(14, 9)), nn.AdvantageOptions{Gamma: 0.95, Lambda: 0.8})
			}},
		{Name: "advantages/whitened-moments", Methods: methods, Bound: 0, holds: whitened,
			What:   "whitened advantages have mean 0 and standard deviation 1",
			Reason: "see the absolute bounds in the case"},
	}
}

// estimated computes advantages of paths, some of them dropped as too short, in episodes of at most limit
// decisions.
func estimated(d *driver, limit int, options nn.AdvantageOptions) results {
	shape := beadValue(14, 9)
	shape.Limit = limit
	return estimatedBy(d, shape, options)
}

// estimatedBy computes advantages with a value network of the given shape.
func estimatedBy(d *driver, shape nn.ValueShape, options nn.AdvantageOptions) (r results) {
	paths := beadPaths(d, 70)
	d.score(paths, bead{limit: 1.2}, nn.ScoreOptions{RewardScale: 1, MinLength: 3})
	d.advantages(paths, d.value(shape, shape.Init(71)), options)
	r.columns(d.download(paths))
	return r
}

func whitened(c *check) {
	r := estimated(c.driver, 0, nn.AdvantageOptions{Gamma: 0.99, Lambda: 0.95, Whiten: true})
	for _, found := range r {
		if found.name != "advantages" {
			continue
		}
		n := float64(len(found.values))
		mean := dot(found.values, widen(ones(len(found.values)))) / n
		deviation := math.Sqrt(dot(found.values, found.values)/n - mean*mean)
		tol := c.scaled(tolerance{absolute: 1e-5, reason: "rounding to float32 of hundreds of numbers of size 1"})
		near(c, "mean and standard deviation", []float64{mean, deviation}, []float64{0, 1}, tol)
		return
	}
	c.Fatalf("no advantages")
}

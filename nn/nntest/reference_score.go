package nntest

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// Score implements [nn.Machine].
func (r *reference) Score(p *paths, task nn.Task, options nn.ScoreOptions) (nn.ScoreReport, error) {
	n := len(p.path)
	report := nn.ScoreReport{Returns: make([]float64, n), Lengths: make([]int, n), Terminated: make([]bool, n)}
	totals := make([]float64, len(task.RewardTerms()))
	sums := make([][]float64, n)
	for i := range p.path {
		sums[i] = p.path[i].score(task, options)
	}
	p.choose(options, sums)
	for i, terms := range sums {
		if !allFinite(p.path[i].rewards) {
			return report, fmt.Errorf("score: path %d: %w", i, nn.ErrDiverged)
		}
		for k := range totals {
			totals[k] += terms[k]
		}
		for _, reward := range p.path[i].rewards {
			report.Returns[i] += reward
		}
		report.Lengths[i], report.Terminated[i] = p.path[i].length(), p.path[i].terminated
		report.Steps += p.path[i].length()
		p.path[i].charge(options)
	}
	if !options.Learned {
		for k := range totals {
			totals[k] /= float64(max(report.Steps, 1))
		}
		report.TermMeans = totals
	}
	p.scored = true
	return report, nil
}

// choose forgets the paths of members that do not count: those beyond the share that the options name, from
// the lowest mean return up, or from the highest down.
func (p *paths) choose(options nn.ScoreOptions, sums [][]float64) {
	if options.Pessimism == 0 {
		return
	}
	each := len(p.path) / options.Members
	better := func(a, b int) bool { // a stands before b
		x, y := p.meanReturn(a*each, each), p.meanReturn(b*each, each)
		if options.Pessimism < 0 {
			x, y = -x, -y
		}
		return x < y || x == y && a < b
	}
	wanted := max(1, int(math.Round(float64(options.Members)*(1-math.Abs(options.Pessimism)))))
	for member := range options.Members {
		place := 0
		for other := range options.Members {
			if better(other, member) {
				place++
			}
		}
		for i := member * each; place >= wanted && i < (member+1)*each; i++ {
			p.path[i].kept, p.path[i].rewards = 0, nil
			clear(sums[i])
		}
	}
}

// meanReturn is the mean return of the kept ones of some paths.
func (p *paths) meanReturn(first, count int) float64 {
	total, kept := 0.0, 0.0
	for _, one := range p.path[first : first+count] {
		if one.length() > 0 {
			kept++
		}
		for _, reward := range one.rewards {
			total += reward
		}
	}
	return total / kept
}

// score fills in the rewards of a path, truncates it at its termination, drops it if it is too short,
// and returns the sum of each term over the kept steps. It starts from all steps of the rollout, so that
// scoring again forgets the earlier score.
func (p *path) score(task nn.Task, options nn.ScoreOptions) (totals []float64) {
	terms := make([]float64, len(task.RewardTerms()))
	totals = make([]float64, len(terms))
	p.kept, p.rewards, p.terminated = 0, nil, false
	for t := 0; t < len(p.actions) && !p.terminated; t++ {
		task.Rewards(terms, p.obs[t], clipAction(task, p.actions[t]), p.obs[t+1])
		sum := 0.0
		for k, term := range terms {
			sum += term
			totals[k] += options.RewardScale * term
		}
		if options.Learned {
			sum = p.learned[t]
		}
		p.rewards = append(p.rewards, options.RewardScale*sum)
		p.kept++
		p.terminated = task.Terminated(p.obs[t+1]) || p.ended && t == len(p.actions)-1
	}
	if p.kept < options.MinLength {
		p.kept, p.rewards = 0, nil
		clear(totals)
	}
	return totals
}

// features are the inputs of the value network for state t of a path.
func (v *value) features(p *path, t int) []float64 {
	features := make([]float32, v.shape.Features())
	v.shape.Inputs(features, narrow(p.obs[t]), p.time+float32(t))
	return widen(features)
}

func (v *value) at(p *path, t int) float64 {
	if v.shape.Over(p.time + float32(t)) {
		return 0
	}
	return newNetwork(v.shape.MLP()).output(widen(v.parameters), v.features(p, t))[0]
}

// Advantages implements [nn.Machine].
func (r *reference) Advantages(p *paths, v *value, options nn.AdvantageOptions) error {
	for i := range p.path {
		p.path[i].estimate(v, options)
		if !allFinite(p.path[i].advantages, p.path[i].returns) {
			return fmt.Errorf("advantages: path %d: %w", i, nn.ErrDiverged)
		}
	}
	if options.Whiten {
		p.whiten()
	}
	p.advised, p.returned = true, true
	return nil
}

// estimate computes the advantages of one path (Schulman et al. 2016, equation 16) and its
// discounted returns, from the last step to the first.
func (p *path) estimate(v *value, options nn.AdvantageOptions) {
	steps := p.length()
	p.advantages, p.returns = make([]float64, steps), make([]float64, steps)
	after := 0.0 // V of the state after the last step
	if !p.terminated {
		after = v.at(p, steps)
	}
	next, advantage, total := after, 0.0, after
	if options.CutToZero {
		total = 0
	}
	for t := steps - 1; t >= 0; t-- {
		here := v.at(p, t)
		advantage = p.rewards[t] + options.Gamma*next - here + options.Gamma*options.Lambda*advantage
		total = p.rewards[t] + options.Gamma*total
		p.advantages[t], p.returns[t], next = advantage, total, here
		if options.LambdaReturns { // takes the advantage before it is whitened
			p.returns[t] = here + advantage
		}
	}
}

// whiten gives the advantages of all steps mean 0 and standard deviation 1.
func (p *paths) whiten() {
	n, mean, variance := float64(p.steps()), 0.0, 0.0
	for i := range p.path {
		for _, a := range p.path[i].advantages {
			mean += a / n
		}
	}
	for i := range p.path {
		for _, a := range p.path[i].advantages {
			variance += (a - mean) * (a - mean) / n
		}
	}
	for i := range p.path {
		for t, a := range p.path[i].advantages {
			p.path[i].advantages[t] = (a - mean) / math.Sqrt(variance)
		}
	}
}

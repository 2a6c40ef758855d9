package nntest

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// gaussian compares the policy of parameters θ, in float64, with the one that acted.
type gaussian struct {
	policy *policy
	theta  []float64
	logStd []float64 // log σ of θ
	acted  []float64 // log σ of the policy that acted
}

func newGaussian(p *policy, theta []float64, acted []float32) gaussian {
	return gaussian{policy: p, theta: theta, logStd: theta[p.shape.LogStd():], acted: widen(acted)}
}

// logDensity is log π(action) of a diagonal Gaussian without the constant.
func logDensity(action, mean, logStd []float64) float64 {
	sum := 0.0
	for k, a := range action {
		z := (a - mean[k]) / math.Exp(logStd[k])
		sum -= 0.5*z*z + logStd[k]
	}
	return sum
}

func (g gaussian) forward(obs []float64) [][]float64 {
	return newNetwork(g.policy.shape.MLP()).forward(g.theta, g.policy.input(obs))
}

func (g gaussian) mean(obs []float64) []float64 {
	values := g.forward(obs)
	return values[len(values)-1]
}

// ratio is π(action) of θ over that of the policy that acted.
func (g gaussian) ratio(p *path, t int) float64 {
	return math.Exp(logDensity(p.actions[t], g.mean(p.obs[t]), g.logStd) - logDensity(p.actions[t], p.means[t], g.acted))
}

// kl is KL(acted ‖ θ) in one state: Σ log σ'/σ + (σ² + (µ−µ')²)/(2σ'²) − ½.
func (g gaussian) kl(p *path, t int) float64 {
	mean, sum := g.mean(p.obs[t]), 0.0
	for k := range mean {
		variance, difference := math.Exp(2*g.logStd[k]), p.means[t][k]-mean[k]
		sum += g.logStd[k] - g.acted[k] + (math.Exp(2*g.acted[k])+difference*difference)/(2*variance) - 0.5
	}
	return sum
}

// surrogate is the mean of (ratio − 1) · advantage and the mean KL.
func (g gaussian) surrogate(p *paths) (gain, kl float64) {
	n := float64(p.steps())
	for i := range p.path {
		at := &p.path[i]
		for t := range at.length() {
			gain += (g.ratio(at, t) - 1) * at.advantages[t] / n
			kl += g.kl(at, t) / n
		}
	}
	return gain, kl
}

// gradient adds weight · ∇ log π(action) in state t of a path.
func (g gaussian) gradient(sum []float64, p *path, t int, weight float64) {
	shape := g.policy.shape
	values := g.forward(p.obs[t])
	mean := values[len(values)-1]
	dMean := make([]float64, len(mean))
	for k := range mean {
		variance, difference := math.Exp(2*g.logStd[k]), p.actions[t][k]-mean[k]
		dMean[k] = weight * difference / variance
		sum[shape.LogStd()+k] += weight * (difference*difference/variance - 1)
	}
	newNetwork(shape.MLP()).backward(sum, g.theta, values, dMean)
}

// jacobian is ∂mean/∂θ in one state, [A][P], one backward pass for each action.
func (g gaussian) jacobian(obs []float64) [][]float64 {
	values := g.forward(obs)
	rows := make([][]float64, g.policy.shape.Action)
	for k := range rows {
		unit := make([]float64, len(rows))
		unit[k] = 1
		rows[k] = make([]float64, len(g.theta))
		newNetwork(g.policy.shape.MLP()).backward(rows[k], g.theta, values, unit)
	}
	return rows
}

// everyStride calls visit for every stride-th step of all paths, counted path after path, and
// returns the number of visits.
func (p *paths) everyStride(stride int, visit func(at *path, t int)) (count int) {
	step := 0
	for i := range p.path {
		for t := range p.path[i].length() {
			if step%stride == 0 {
				visit(&p.path[i], t)
				count++
			}
			step++
		}
	}
	return count
}

// PolicyGradient implements [nn.Machine].
func (r *reference) PolicyGradient(gradient []float64, p *paths, acting *policy) error {
	g := newGaussian(acting, widen(acting.parameters), p.logStd)
	clear(gradient)
	n := float64(p.steps())
	p.everyStride(1, func(at *path, t int) {
		g.gradient(gradient, at, t, g.ratio(at, t)*at.advantages[t]/n)
	})
	return finite("policy gradient", gradient)
}

// FisherVector implements [nn.Machine].
func (r *reference) FisherVector(product, v []float64, p *paths, acting *policy, stride int) error {
	g := newGaussian(acting, widen(acting.parameters), p.logStd)
	clear(product)
	count := p.everyStride(stride, func(at *path, t int) {
		for k, gradient := range g.jacobian(at.obs[t]) {
			along := dot(gradient, v) / math.Exp(2*g.logStd[k])
			for i := range product {
				product[i] += gradient[i] * along
			}
		}
	})
	first := g.policy.shape.LogStd()
	for i := range product {
		product[i] /= float64(count)
		if i >= first {
			product[i] = 2 * v[i]
		}
	}
	return finite("fisher", product)
}

// Surrogate implements [nn.Machine].
func (r *reference) Surrogate(p *paths, acting *policy) (gain, kl float64, err error) {
	g := newGaussian(acting, widen(acting.parameters), p.logStd)
	gain, kl = g.surrogate(p)
	return gain, kl, finite("surrogate", []float64{gain, kl})
}

func finite(what string, x []float64) error {
	if !allFinite(x) {
		return fmt.Errorf("%s: %w", what, nn.ErrDiverged)
	}
	return nil
}

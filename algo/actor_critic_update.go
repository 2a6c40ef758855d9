package algo

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/palmal-rl/palmal/nn"
)

// actorCriticMove is the player's move of one iteration.
type actorCriticMove struct {
	*actorCriticPlayer
	turn
	buffer   stateBuffer
	gradient []float64 // [P]
	last     int       // number of the last update
}

// update plays short paths, takes a step of the critics and, where both learn, one of the policy.
func (m *actorCriticMove) update(number int, both bool) (err error) {
	model, a := m.actorCriticPlayer.model, m.config.ActorCritic
	options := model.nextRollout(a.Horizon, m.config.Pathwise.draw())
	var paths nn.Paths
	var report nn.ScoreReport
	if err := m.stage(StageRollout, func() (err error) {
		starts := m.buffer.draw(a.Rows, nn.Key{Seed: m.config.Seed, Stream: nn.StreamDistribution}, options.Index)
		paths, report, err = model.play(m.policy, starts, model.task, options, model.scoring(0))
		return err
	}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, paths.Close()) }()
	m.sums.pathSteps += report.Steps
	if number == m.last {
		if err := m.recordLast(report, paths); err != nil {
			return err
		}
	}
	if err := m.stage(StageValue, func() error { return m.fitCritics(paths, options) }); err != nil || !both {
		return err
	}
	if err := m.stage(StageGradient, func() error { return m.differentiate(paths, options) }); err != nil {
		return err
	}
	return m.stage(StageStep, m.step)
}

// recordLast records the paths of the last update.
func (m *actorCriticMove) recordLast(report nn.ScoreReport, paths nn.Paths) error {
	m.recordPaths(report, &m.record.Policy)
	return m.actorCriticPlayer.model.recordFalls(paths, &m.record.Policy)
}

// fitCritics takes a step of the critics.
func (m *actorCriticMove) fitCritics(paths nn.Paths, options nn.RolloutOptions) error {
	a := m.config.ActorCritic
	adam := nn.DefaultAdam()
	adam.Rate = a.LearningRate
	report, err := m.learner.FitCritics(m.critics, paths, m.policy, m.actorCriticPlayer.model.task, nn.CriticOptions{Gamma: m.gamma,
		Bonus: m.bonus(), Low: m.low / (1 - m.gamma), High: m.high / (1 - m.gamma), Slow: a.Slow, Adam: adam, Rollout: options})
	m.report.add(report)
	return err
}

// differentiate computes the policy's gradient, which is no longer than the running norm allows.
func (m *actorCriticMove) differentiate(paths nn.Paths, options nn.RolloutOptions) error {
	model := m.actorCriticPlayer.model
	err := m.learner.ActorGradient(m.gradient, paths, m.policy, m.critics, model.ensemble, model.task, nn.ActorOptions{
		PathwiseOptions: nn.PathwiseOptions{Gamma: m.gamma, Smooth: m.config.Pathwise.Smooth, Score: model.scoring(0), Rollout: options},
		Entropy:         math.Exp(m.logAlpha), Low: m.low / (1 - m.gamma), High: m.high / (1 - m.gamma)})
	if err != nil {
		return err
	}
	norm := floats.Norm(m.gradient, 2)
	if m.norm == 0 {
		m.norm = norm
	}
	if most := m.config.ActorCritic.Clip * m.norm; norm > most {
		floats.Scale(most/norm, m.gradient)
		norm = most
	}
	m.norm += normRate * (norm - m.norm)
	m.report.norm += norm
	return nil
}

// normRate is the share by which the running norm of the gradient follows it: some hundred updates.
const normRate = 0.01

// step moves the policy up its gradient, the averaged policy after it, and the price of entropy.
func (m *actorCriticMove) step() error {
	rate := m.config.ActorCritic.LearningRate
	m.actor.begin(rate)
	for i, slope := range m.gradient {
		m.theta[i] = float32(m.bounded(i, float64(m.theta[i])+m.actor.move(i, slope)))
	}
	m.followAverage()
	m.sums.steps++
	excess := m.entropy() - m.config.ActorCritic.Entropy*float64(len(m.half))
	m.coin.begin(rate)
	m.logAlpha -= m.coin.move(0, math.Exp(m.logAlpha)*excess)
	return m.policy.SetParameters(m.theta)
}

// entropy is that of the policy in every state, in halves of the action box, nats.
func (p *actorCriticPlayer) entropy() float64 {
	sum := 0.0
	for k, logStd := range p.theta[p.policy.Shape().LogStd():] {
		sum += float64(logStd) - math.Log(p.half[k]) + 0.5*math.Log(2*math.Pi*math.E)
	}
	return sum
}

// bonus is what a decision earns by the policy's entropy.
func (p *actorCriticPlayer) bonus() float64 { return math.Exp(p.logAlpha) * p.entropy() }

// adam is the optimiser of Kingma and Ba 2015, algorithm 1, on the host.
type adam struct {
	constants      nn.Adam
	first, second  []float64
	rate1, root    float64 // factors that the present step needs
	power1, power2 float64 // βᵗ
}

func newAdam(n int) adam {
	return adam{constants: nn.DefaultAdam(), first: make([]float64, n), second: make([]float64, n), power1: 1, power2: 1}
}

// begin begins a step.
func (a *adam) begin(rate float64) {
	a.power1 *= a.constants.Beta1
	a.power2 *= a.constants.Beta2
	a.rate1, a.root = rate/(1-a.power1), 1/math.Sqrt(1-a.power2)
}

// move is the step of parameter i along its slope.
func (a *adam) move(i int, slope float64) float64 {
	a.first[i] += (1 - a.constants.Beta1) * (slope - a.first[i])
	a.second[i] += (1 - a.constants.Beta2) * (slope*slope - a.second[i])
	return a.rate1 * a.first[i] / (math.Sqrt(a.second[i])*a.root + a.constants.Epsilon)
}

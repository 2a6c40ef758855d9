package algo

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/palmal-rl/palmal/nn"
)

// price is what the paths of a policy step pay for every decision that breaks a limit, in addition to the reward: a
// Lagrange multiplier for each limit, learned in the model. It grows with every step while the foreseen risk exceeds
// the accepted one, and falls otherwise. The unit is the spread of the returns, so that a price means the same in every task.
type price struct {
	config PromiseConfig
	limits *limits
	ledger *ledger
	repeat float64 // environment steps per decision, by which rewards are multiplied

	levels []float64 // [L] standard deviations of the returns of paths
	unit   float64   // that deviation; 0 before the first step
}

// mostLevel is the largest level of a price: beyond ten deviations for one decision nothing else counts anyway.
const mostLevel = 10

// newPrice is nil where no price is charged.
func newPrice(c Config, l *limits, of *ledger) *price {
	if l == nil || c.Promise.Starts == 0 || c.Promise.Price == 0 {
		return nil
	}
	p := &price{config: c.Promise, limits: l, ledger: of, repeat: float64(c.Repeat), levels: make([]float64, len(l.names))}
	for i := range p.levels {
		p.levels[i] = c.Promise.Price
	}
	return p
}

// checkPrice refuses a price that cannot be charged.
func (c Config) checkPrice() error {
	switch {
	case c.Promise.Price == 0:
		return nil
	case c.Policy.Player == PlayerPathwise:
		return Problem{"promise.price", fmt.Sprintf("is %g, but %s differentiates the reward, and a broken limit has no derivative: want promise.price=0, "+
			"which shortens steps only", c.Promise.Price, PlayerPathwise)}
	case c.Model.LearnReward:
		return Problem{"promise.price", fmt.Sprintf("is %g, but the reward is learned, so that nothing can be taken from it: want promise.price=0, "+
			"which shortens steps only, or a reward that the task computes", c.Promise.Price)}
	}
	return nil
}

// charged is what a decision that breaks limit i pays, in units of the return.
func (p *price) charged(i int) Number {
	if p == nil {
		return 0
	}
	return Number(p.levels[i] * p.unit)
}

// priced is the task with the price in its reward.
func (p *price) priced(task nn.Task) nn.Task {
	if p == nil || p.unit == 0 {
		return task
	}
	charge := make([]float64, len(p.levels))
	for i := range charge {
		charge[i] = float64(p.charged(i)) / p.repeat
	}
	return pricedTask{task, p.limits.task, charge}
}

// learn takes the price out of the returns of paths, and changes it by the risk that they show.
func (p *price) learn(paths nn.Paths, report nn.ScoreReport, members int) error {
	f, err := p.limits.foresee(paths, report, members)
	if err != nil {
		return err
	}
	var returns []float64
	for i, length := range report.Lengths {
		if length == 0 {
			continue
		}
		for k, n := range f.decisions[i] {
			report.Returns[i] += float64(n) * float64(p.charged(k))
		}
		returns = append(returns, report.Returns[i])
	}
	for i, level := range p.levels { // the mean over members: the largest of several noisy estimates is too large
		excess := math.Log((f.mean(i) + p.ledger.calibration(i)) / p.limits.risk)
		level *= math.Exp(p.config.PriceRate * max(-1, min(1, excess)))
		p.levels[i] = max(p.config.Price, min(level, mostLevel))
	}
	middle, spread := stat.MeanStdDev(returns, nil)
	if p.unit = spread; !(spread > 1e-9*math.Abs(middle)) {
		p.unit = 1 // returns that differ by rounding, if at all, outweigh no price
	}
	return nil
}

// priceArray is int64 [L+1] in GroupGame, where a price is charged: the bits of unit and levels.
const priceArray = "prices"

func (p *price) save() []int64 {
	bits := []int64{int64(math.Float64bits(p.unit))}
	for _, level := range p.levels {
		bits = append(bits, int64(math.Float64bits(level)))
	}
	return bits
}

// load replaces the price by a saved one, if there is one.
func (p *price) load(state nn.State) error {
	if p == nil || !holds(state, priceArray) {
		return nil
	}
	bits, err := state.Counters(priceArray, 1+len(p.levels))
	if err != nil {
		return err
	}
	values := make([]float64, len(bits))
	for i, b := range bits {
		if values[i] = math.Float64frombits(uint64(b)); !(values[i] >= 0 && values[i] <= math.MaxFloat64) {
			return fmt.Errorf("array %s: price %g, want a finite one that is not negative", priceArray, values[i])
		}
	}
	p.unit, p.levels = values[0], values[1:]
	return nil
}

// pricedTask is a task whose first reward term pays for broken limits.
type pricedTask struct {
	nn.Task
	limits Limited
	charge []float64 // [L] for a decision that breaks the limit
}

func (t pricedTask) Rewards(terms, obs, act, next []float64) {
	t.Task.Rewards(terms, obs, act, next)
	terms[0] -= t.cost(make([]bool, len(t.charge)), obs, act, next)
}

func (t pricedTask) cost(broken []bool, obs, act, next []float64) float64 {
	t.limits.Broken(broken, obs, act, next)
	sum := 0.0
	for i, b := range broken {
		if b {
			sum += t.charge[i]
		}
	}
	return sum
}

// Batches reports what the task itself computes elsewhere.
func (t pricedTask) Batches() (rewards, terminated bool) {
	_, rewards, terminated = nn.Batches(t.Task)
	return rewards, terminated
}

func (t pricedTask) RewardBatch(rewards, obs, act, next []float64) error {
	if err := t.Task.(nn.Batched).RewardBatch(rewards, obs, act, next); err != nil {
		return err
	}
	broken, o, a := make([]bool, len(t.charge)), len(next)/len(rewards), len(act)/len(rewards)
	for i := range rewards {
		rewards[i] -= t.cost(broken, obs[i*o:(i+1)*o], act[i*a:(i+1)*a], next[i*o:(i+1)*o])
	}
	return nil
}

func (t pricedTask) TerminatedBatch(ended []bool, next []float64) error {
	return t.Task.(nn.Batched).TerminatedBatch(ended, next)
}

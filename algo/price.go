package algo

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/palmal-rl/palmal/nn"
)

// price is what the paths of a policy step pay for every decision that breaks a limit, in addition to the reward: a
// Lagrange multiplier for each limit, learned in the model. It grows with every step while the foreseen risk exceeds
// the accepted one, and falls otherwise. Its unit is the spread of the returns for a path that breaks the limit as often as
// such paths do, so that it means the same in every task.
type price struct {
	config PromiseConfig
	limits *limits
	ledger *ledger
	repeat float64 // environment steps per decision, by which rewards are multiplied
	rate   float64 // largest change of the logarithm of a level in one step

	levels  []float64 // [L] standard deviations of the returns of paths
	charges []float64 // [L] for a decision, in units of the return; 0 before the first step
}

// mostLevel is the largest level of a price: more, and a path that breaks limits is worse than one that ends in a fall.
const mostLevel = 1

// newPrice is nil where no price is charged.
func newPrice(c Config, l *limits, of *ledger) *price {
	if l == nil || c.Promise.Starts == 0 || c.Promise.Price == 0 {
		return nil
	}
	p := &price{config: c.Promise, limits: l, ledger: of, repeat: float64(c.Repeat), rate: c.Promise.PriceRate / float64(c.NPG.Steps),
		levels: make([]float64, len(l.names)), charges: make([]float64, len(l.names))}
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
	case c.Policy.Player == PlayerPathwise || c.Policy.Player == PlayerActorCritic:
		return Problem{"promise.price", fmt.Sprintf("is %g, but %s differentiates the reward, and a broken limit has no derivative: want promise.price=0, "+
			"which shortens steps only", c.Promise.Price, c.Policy.Player)}
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
	return Number(p.charges[i])
}

// priced is the task with the price in its reward.
func (p *price) priced(task nn.Task) nn.Task {
	if p == nil || slices.Max(p.charges) == 0 {
		return task
	}
	charges := slices.Clone(p.charges)
	for i := range charges {
		charges[i] /= p.repeat
	}
	return pricedTask{task, p.limits.task, charges}
}

// learn takes the price out of the returns of paths, and changes it by the risk that they show.
func (p *price) learn(paths nn.Paths, report nn.ScoreReport, members int) error {
	f, err := p.limits.foresee(paths, report, members)
	if err != nil {
		return err
	}
	var returns []float64
	broken, decisions := make([]float64, len(p.levels)), make([]float64, len(p.levels))
	for i, length := range report.Lengths {
		if length == 0 {
			continue
		}
		for k, n := range f.decisions[i] {
			report.Returns[i] += float64(n) * p.charges[k]
			decisions[k] += float64(n)
			if n > 0 {
				broken[k]++
			}
		}
		returns = append(returns, report.Returns[i])
	}
	middle, spread := stat.MeanStdDev(returns, nil)
	if !(spread > 1e-9*math.Abs(middle)) {
		spread = 1 // returns that differ by rounding, if at all, outweigh no price
	}
	for i, level := range p.levels {
		excess := math.Log(p.risk(f, i) / p.limits.risk)
		level *= math.Exp(p.rate * max(-1, min(1, excess)))
		p.levels[i] = max(p.config.Price, min(level, mostLevel))
		p.charges[i] = p.levels[i] * spread * max(1, broken[i]) / max(1, decisions[i])
	}
	return nil
}

// risk is the probability of breaking limit i by the mean over members, since the largest of several noisy estimates is too
// large, corrected by how promises, which are the largest, were kept.
func (p *price) risk(f foresight, i int) float64 {
	calibration := p.ledger.calibration(i)
	if calibration > 0 {
		return f.mean(i) + calibration
	}
	return max(chance(0, len(f.decisions)), min(f.mean(i), f.worst(i)+calibration))
}

// priceArray is int64 [2L] in GroupGame, where a price is charged: the bits of levels and charges.
const priceArray = "prices"

func (p *price) save() []int64 {
	var bits []int64
	for _, x := range slices.Concat(p.levels, p.charges) {
		bits = append(bits, int64(math.Float64bits(x)))
	}
	return bits
}

// load replaces the price by a saved one, if there is one.
func (p *price) load(state nn.State) error {
	if p == nil || !holds(state, priceArray) {
		return nil
	}
	bits, err := state.Counters(priceArray, 2*len(p.levels))
	if err != nil {
		return err
	}
	values := make([]float64, len(bits))
	for i, b := range bits {
		if values[i] = math.Float64frombits(uint64(b)); !(values[i] >= 0 && values[i] <= math.MaxFloat64) {
			return fmt.Errorf("array %s: price %g, want a finite one that is not negative", priceArray, values[i])
		}
	}
	p.levels, p.charges = values[:len(p.levels)], values[len(p.levels):]
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

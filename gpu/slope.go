//go:build cuda

package gpu

import (
	"math"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// slopeBytes bounds the scratch of reward_slopes. Enough for some ten thousand threads of the usual programs.
const slopeBytes = 32 << 20

// tape returns the program of a task's reward that the device differentiates, nil if the host does that.
func tape(t nn.Task) []uint32 {
	taped, ok := t.(nn.Taped)
	if !ok {
		return nil
	}
	words := taped.RewardTape()
	if words == nil || words[wordVersion] != deviceFormulaVersion || int(words[wordOutputs]) != len(t.RewardTerms()) {
		return nil
	}
	return words
}

// discounts are scale·gammaᵗ for t up to most.
func discounts(gamma, scale float64, most int) []float64 {
	factors := make([]float64, most+1)
	for t := range factors {
		factors[t] = math.Pow(gamma, float64(t)) * scale
	}
	return factors
}

// rewardSlopes enqueues the derivatives of the rewards by states, actions and next states, [N,T,O+A+O].
func (p *paths) rewardSlopes(q *driver.Queue, a *arena, t nn.Task, words []uint32, o nn.PathwiseOptions) array[float32] {
	slopes := take[float32](a, p.n*p.horizon*(2*p.observation+p.action))
	_, parameters := t.Identity()
	slots := int(words[wordSlots])
	perBlock := deviceSlopeThreads * (2*slots + 2*p.observation + p.action)
	blocks := max(min(tiles(p.steps(), deviceSlopeThreads), slopeBytes/(8*perBlock)), 1)
	launchRewardSlopes(q, driver.Shape{Grid: driver.Dim{X: blocks}, Block: driver.Dim{X: deviceSlopeThreads}}, slopes.Ptr, p.every(1), &rewardSlopes{
		actions: p.actions.Ptr, box: box(q, a, t).Ptr, action: int64(p.action), reward: uploaded(q, a, words).Ptr,
		parameters: uploaded(q, a, parameters).Ptr, discounts: uploaded(q, a, discounts(o.Gamma, o.Score.RewardScale, p.horizon)).Ptr, smooth: o.Smooth,
		scratch: take[float64](a, blocks*perBlock).Ptr, slots: int64(slots),
	})
	return slopes
}

// slopesOnHost downloads the paths and computes the derivatives of the rewards by the task's own function.
func (p *paths) slopesOnHost(t nn.Differentiable, o nn.PathwiseOptions) ([]float32, error) {
	columns, err := p.fetch(nn.ScoreOptions{})
	if err != nil {
		return nil, err
	}
	low, high := t.ActionBox()
	wide := 2*p.observation + p.action
	slopes := make([]float32, p.n*p.horizon*wide)
	columns.each(func() func(i int) {
		needed, _ := t.RewardScratch()
		weights := discounts(o.Gamma, o.Score.RewardScale, p.horizon)
		by, row, scratch := make([]float64, wide), make([]float64, wide), make([]float64, needed)
		split := func(x []float64) (obs, act, next []float64) {
			return x[:p.observation], x[p.observation : wide-p.observation], x[wide-p.observation:]
		}
		return func(i int) {
			for step := range int(p.lengths[i]) {
				obs, act, next := split(row)
				nn.Widen(obs, columns.state(i, step))
				nn.Widen(next, columns.state(i, step+1))
				at := i*p.horizon + step
				for k, x := range columns.action[at*p.action : (at+1)*p.action] {
					act[k] = float64(min(max(x, float32(low[k])), float32(high[k])))
				}
				clear(by)
				dObs, dAct, dNext := split(by)
				t.RewardGradient(dObs, dAct, dNext, weights[step], o.Smooth, obs, act, next, scratch)
				copy(slopes[at*wide:], nn.Rounded(by))
			}
		}
	})
	return slopes, nil
}

package cpu

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// tail are the last states of some paths and the actions that the policy draws there.
type tail struct {
	obs, mean, sampled, clipped []float32 // [rows,O], [rows,A]
}

// newTail draws the actions with the noise of the decision after the last one, clipped by the dynamics' box.
func newTail(w *worker, p *paths, pi *policy, box *dynamics, options nn.RolloutOptions, paths []int) tail {
	rows, observation, action := len(paths), p.observation, p.action
	t := tail{obs: w.floats.take(rows * observation), mean: w.floats.take(rows * action),
		sampled: w.floats.take(rows * action), clipped: w.floats.take(rows * action)}
	x := w.floats.take(rows * observation)
	for row, i := range paths {
		at := row * observation
		copy(t.obs[at:at+observation], p.state(i, p.lengths[i]))
		normalise(x[at:at+observation], t.obs[at:at+observation], pi.in.shift, pi.in.scale)
	}
	pass := w.prepare(&pi.network, pi.forms.of(0), pi.parameters, rows, forth)
	copy(t.mean, pass.forward(x, rows))
	key, blocks := nn.Key{Seed: options.Seed, Stream: nn.StreamRollout}, nn.NormalBlocks(action)
	for row, i := range paths {
		for block := range blocks {
			noise := key.Normals(options.NoiseStep(p.lengths[i]), uint32(i*blocks+block))
			for k := block * 4; k < min(action, block*4+4); k++ {
				sigma := float32(math.Exp(float64(pi.logStd()[k])))
				t.sampled[row*action+k] = t.mean[row*action+k] + float32(sigma*noise[k-block*4])
			}
		}
	}
	box.clipRows(t.clipped, t.sampled)
	return t
}

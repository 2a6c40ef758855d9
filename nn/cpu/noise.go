package cpu

import "github.com/palmal-rl/palmal/nn"

// addNoise adds the model noise of decision t to the outputs [active,outputs] of the active paths.
func (p *rollout) addNoise(out []float32, t int) {
	if p.noise == nil {
		return
	}
	outputs := p.dynamics.model.shape.Outputs()
	for row := range p.active {
		shake(out[row*outputs:], p.noise, p.options, t, p.path[row])
	}
}

// shake adds the noise [O] of decision t of a path to the network's outputs.
func shake(out, noise []float32, options nn.RolloutOptions, t, path int) {
	key := nn.Key{Seed: options.Seed, Stream: nn.StreamModelNoise}
	blocks := nn.NormalBlocks(len(noise))
	for block := range blocks {
		z := key.Normals(options.NoiseStep(t), uint32(path*blocks+block))
		for k := block * 4; k < min(len(noise), block*4+4); k++ {
			out[k] += float32(noise[k] * z[k-block*4])
		}
	}
}

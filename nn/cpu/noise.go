package cpu

import "github.com/palmal-rl/palmal/nn"

// addNoise adds the model noise of decision t to the outputs [active,outputs] of the active paths.
func (p *rollout) addNoise(out []float32, t int) {
	if p.noise == nil {
		return
	}
	key := nn.Key{Seed: p.options.Seed, Stream: nn.StreamModelNoise}
	outputs, entries := p.dynamics.model.shape.Outputs(), len(p.noise)
	blocks := nn.NormalBlocks(entries)
	for row := range p.active {
		raw := out[row*outputs : row*outputs+entries]
		for block := range blocks {
			z := key.Normals(p.options.NoiseStep(t), uint32(p.path[row]*blocks+block))
			for k := block * 4; k < min(entries, block*4+4); k++ {
				raw[k] += float32(p.noise[k] * z[k-block*4])
			}
		}
	}
}

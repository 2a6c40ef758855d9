package cpu

import "github.com/palmal-rl/palmal/nn"

// addNoise adds the model noise of decision t to the outputs [active,width] of the active paths.
func (p *rollout) addNoise(out []float32, t int) {
	width := p.dynamics.model.shape.Width()
	for row := range p.active {
		raw := out[row*width : (row+1)*width]
		if p.noise != nil {
			shake(raw, p.noise, p.options, t, p.path[row])
		}
		if p.own == nil {
			continue
		}
		member := p.member
		if p.network == nil {
			member = p.drawn.member[row]
		}
		p.own.shake(raw, p.added, member, p.options, t, p.path[row])
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

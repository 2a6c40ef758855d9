package cpu

import "github.com/palmal-rl/palmal/nn"

// addNoise adds the model noise of decision t to the outputs [active,width] of the active paths.
func (p *rollout) addNoise(out []float32, t int) {
	width := p.dynamics.model.shape.Width()
	for row := range p.active {
		raw := out[row*width : (row+1)*width]
		if p.noise != nil {
			p.w.shake(raw, p.noise, p.added, p.options, t, p.path[row])
		}
		if p.own == nil {
			continue
		}
		member := p.member
		if member < 0 {
			member = p.drawn.member[row]
		}
		p.own.shake(p.w, raw, p.added, member, p.options, t, p.path[row])
	}
}

// shake adds the noise [O] of decision t of a path to the network's outputs; z [O] is scratch memory.
func (w *worker) shake(out, noise, z []float32, options nn.RolloutOptions, t, path int) {
	w.modelNormals(z, options, t, path)
	for k, x := range z {
		out[k] += float32(noise[k] * x)
	}
}

// modelNormals draws the normal numbers [O] of the model noise in decision t of a path.
func (w *worker) modelNormals(z []float32, options nn.RolloutOptions, t, path int) {
	w.normals(z, nn.Key{Seed: options.Seed, Stream: nn.StreamModelNoise}, options.NoiseStep(t), uint32(path*nn.NormalBlocks(len(z))))
}

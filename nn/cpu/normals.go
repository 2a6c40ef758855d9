package cpu

import "github.com/palmal-rl/palmal/nn"

// normals fills z with the normal numbers of a step, from a lane on: four of each. Those of vector instructions, which come with own
// products, may differ from [nn.Key.Normals] in the last bit.
func (w *worker) normals(z []float32, key nn.Key, step uint64, lane uint32) {
	p, ok := w.product.(*own)
	if !ok || p.units.normals == nil {
		normalsGo(z, key, step, lane)
		return
	}
	for len(z) >= 32 {
		p.units.normals((*[32]float32)(z), key.Seed, step, lane, uint32(key.Stream))
		z, lane = z[32:], lane+8
	}
	if len(z) > 0 {
		p.units.normals(&p.numbers, key.Seed, step, lane, uint32(key.Stream))
		copy(z, p.numbers[:])
	}
}

// normalsGo is normals in Go.
func normalsGo(z []float32, key nn.Key, step uint64, lane uint32) {
	for first := 0; first < len(z); first += 4 {
		four := key.Normals(step, lane)
		copy(z[first:], four[:])
		lane++
	}
}

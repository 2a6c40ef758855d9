package cpu

import "github.com/palmal-rl/palmal/nn"

// normalsAVX512 writes the numbers of eight lanes.
//
//go:noescape
func normalsAVX512(z *[32]float32, seed, step uint64, lane, stream uint32)

// normals fills z with the normal numbers of a step, from a lane on: four of each. Those of the vector instructions may differ from
// [nn.Key.Normals] in the last bit.
func normals(z []float32, key nn.Key, step uint64, lane uint32) {
	if !wide() {
		normalsGo(z, key, step, lane)
		return
	}
	for len(z) >= 32 {
		normalsAVX512((*[32]float32)(z), key.Seed, step, lane, uint32(key.Stream))
		z, lane = z[32:], lane+8
	}
	if len(z) > 0 {
		var rest [32]float32
		normalsAVX512(&rest, key.Seed, step, lane, uint32(key.Stream))
		copy(z, rest[:])
	}
}

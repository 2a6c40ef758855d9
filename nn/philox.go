package nn

import (
	"math"
	"math/bits"
)

// Constants of Philox 4x32. Source: Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as
// easy as 1, 2, 3" (SC), table 2 and section 4.
const (
	philoxM0     = 0xD2511F53
	philoxM1     = 0xCD9E8D57
	philoxW0     = 0x9E3779B9
	philoxW1     = 0xBB67AE85
	philoxRounds = 10
)

// Philox is the 4x32-10 counter-based generator: one block of 128 random bits, a pure function of
// counter and key.
func Philox(counter [4]uint32, key [2]uint32) [4]uint32 {
	c, k := counter, key
	for range philoxRounds {
		hi0, lo0 := bits.Mul32(philoxM0, c[0])
		hi1, lo1 := bits.Mul32(philoxM1, c[2])
		c = [4]uint32{hi1 ^ c[1] ^ k[0], lo1, hi0 ^ c[3] ^ k[1], lo0}
		k[0] += philoxW0
		k[1] += philoxW1
	}
	return c
}

// Stream separates the uses of one seed, so that no two of them ever share a random number.
type Stream uint32

// The streams of a run. Their numbers are part of the meaning of a seed: never reuse or renumber.
const (
	StreamEnsembleInit    Stream = iota + 1 // initial weights of the ensemble; lane: index in [E,P]
	StreamPolicyInit                        // initial weights of the policy
	StreamValueInit                         // initial weights of the value network
	StreamEnsembleFit                       // minibatch order of Fit; step: epochs so far, lane: member
	StreamValueFit                          // minibatch order of FitValue; step: epochs so far
	StreamRollout                           // policy noise in the model; step: rollout and t, lane: path and action
	StreamWorld                             // policy noise in the world; step: t, lane: episode and action
	StreamStarts                            // choice of the start states of model paths
	StreamReset                             // initial states of the world
	StreamEvaluation                        // initial states of evaluation episodes
	StreamEvaluationNoise                   // policy noise in evaluation episodes; step: t, lane: episode and action
	StreamModelNoise                        // model noise in model paths; step: rollout and t, lane: path and entry
)

// StreamRelabel chooses the goals of relabelled episodes; step: episode. Streams that no kernel uses
// are numbered from a hundred.
const StreamRelabel Stream = 107

// StreamPlan draws the candidates of plans; step: episode, t and round, lane: candidate and action.
const StreamPlan Stream = 108

// StreamMember draws the members of paths, see [RolloutOptions.Members]; step: rollout and t.
const StreamMember Stream = 109

// StreamChains draws the starts of the pathwise player's chains; step: policy step, lane: chain.
const StreamChains Stream = 110

// StreamHoldOut chooses the rows that a fit holds out; step: hash of the row.
const StreamHoldOut Stream = 111

// StreamBootstrap draws the weights of rows in a fit; step: hash of the row, lane: member.
const StreamBootstrap Stream = 112

// StreamDropout chooses the units that a minibatch leaves out, see [Dropout].
const StreamDropout Stream = 113

// StreamCriticInit draws the initial weights of critics; lane: index in [M,P].
const StreamCriticInit Stream = 120

// StreamDistribution chooses the states from which the actor-critic player's short paths start; step: rollout, lane: path.
const StreamDistribution Stream = 121

// Key names the sequence of random numbers of one seed and stream.
type Key struct {
	Seed   uint64
	Stream Stream
}

// Block returns the four random words of a step and a lane.
func (k Key) Block(step uint64, lane uint32) [4]uint32 {
	return Philox(
		[4]uint32{lane, uint32(step), uint32(step >> 32), uint32(k.Stream)},
		[2]uint32{uint32(k.Seed), uint32(k.Seed >> 32)},
	)
}

// Uniform returns the first number of a step and lane, in [0, 1) in steps of 2⁻⁵³.
func (k Key) Uniform(step uint64, lane uint32) float64 {
	b := k.Block(step, lane)
	return float64(uint64(b[0])<<32|uint64(b[1])>>11<<11) * 0x1p-64
}

// Intn returns an integer in [0, n) for a step and lane. The bias is below n·2⁻⁶⁴.
func (k Key) Intn(step uint64, lane uint32, n int) int {
	b := k.Block(step, lane)
	hi, _ := bits.Mul64(uint64(b[0])<<32|uint64(b[1]), uint64(n))
	return int(hi)
}

// Normals returns the four standard normal numbers of a step and lane.
//
// The method is Box and Muller's on two pairs of words: radius √(−2 ln u) with u in (0, 1], angle 2πv
// with v in [0, 1), both in steps of 2⁻²⁴, so that no number exceeds √(48 ln 2) ≈ 5.77. The numbers are
// computed in float64 and rounded once; a device that computes in float32 differs in the last two bits.
func (k Key) Normals(step uint64, lane uint32) [4]float32 {
	b := k.Block(step, lane)
	z0, z1 := boxMuller(b[0], b[1])
	z2, z3 := boxMuller(b[2], b[3])
	return [4]float32{z0, z1, z2, z3}
}

func boxMuller(a, b uint32) (float32, float32) {
	radius := math.Sqrt(-2 * math.Log(float64(a>>8+1)*0x1p-24))
	sin, cos := math.Sincos(2 * math.Pi * float64(b>>8) * 0x1p-24)
	return float32(radius * cos), float32(radius * sin)
}

// NormalBlocks is the number of lanes for n normal numbers: a block holds four.
func NormalBlocks(n int) int { return (n + 3) / 4 }

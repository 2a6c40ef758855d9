package nn

import "math/bits"

// Permutation is a keyed permutation of 0..n-1. Every element can be computed alone, so that a host and
// a device shuffle a dataset alike without exchanging an index.
//
// It is a balanced Feistel network over the smallest even number of bits that holds n, and walks past
// values outside [0, n) (Black and Rogaway 2002, "Ciphers with arbitrary finite domains", cycle
// walking). The domain is below 4n, so the expected walk is short.
type Permutation struct {
	n    uint32
	half uint32 // bits of one half
	keys [permutationRounds]uint32
}

// permutationRounds is the number of Feistel rounds. Four rounds make a pseudorandom permutation of a
// random round function (Luby and Rackoff 1988); four more cover the small halves of small datasets.
// With six, places in a permutation of five are uneven by a tenth, which a test detects. Eight rounds
// use two whole blocks of key.
const permutationRounds = 8

// NewPermutation returns the permutation of 0..n-1 at (key, step, lane).
func NewPermutation(n int, key Key, step uint64, lane uint32) Permutation {
	p := Permutation{n: uint32(n)}
	width := uint32(bits.Len32(uint32(max(n, 2) - 1)))
	p.half = (width + 1) / 2
	for i := range p.keys {
		p.keys[i] = key.Block(step, lane*2+uint32(i/4))[i%4]
	}
	return p
}

// At returns element i of the permutation, for i in [0, n).
func (p *Permutation) At(i int) int {
	x := uint32(i)
	for {
		x = p.encrypt(x)
		if x < p.n {
			return int(x)
		}
	}
}

func (p *Permutation) encrypt(x uint32) uint32 {
	mask := uint32(1)<<p.half - 1
	left, right := x>>p.half, x&mask
	for _, key := range p.keys {
		left, right = right, left^(mix(right^key)&mask)
	}
	return left<<p.half | right
}

// mix is the 32-bit finaliser of MurmurHash3 (Appleby, public domain): every input bit reaches
// every output bit.
func mix(x uint32) uint32 {
	x ^= x >> 16
	x *= 0x85ebca6b
	x ^= x >> 13
	x *= 0xc2b2ae35
	return x ^ x>>16
}

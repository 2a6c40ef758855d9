package nn

import (
	"fmt"
	"math"
)

// Care is what a fit does beyond Adam on all rows. Only a backend with [GaussianMembers] carries it out, for members of
// either kind; the zero value asks for nothing.
type Care struct {
	// HoldOut is the share of the rows that are not trained on, at most [MostHeld] rows, images among them. Every member ends in the state
	// in which its criterion on them was least, of those before the first minibatch and after every fifth of them. Of
	// members that predict a number it is the mean squared error. Of gaussian ones it is the mean over rows and predicted
	// outputs of the negative log-likelihood, without its constant, as it is where the noise of every output is scaled to
	// the errors on these rows, see [NoiseScale]; and so scaled, the noise stays. What the fit itself takes for noise is too
	// small as soon as it learns rows by heart, and to stop there would be too soon for the means.
	HoldOut float64
	// Bootstrap weighs every row in every member by an exponential draw of mean 1.
	Bootstrap bool
	// LayerDecay·l is the decoupled weight decay of layer l, counted from 1 (Loshchilov and Hutter 2019): before a step of
	// the rate, weights and biases are multiplied by 1 − rate·decay.
	LayerDecay float64
	// Restart puts the optimiser at rest first; its epochs continue to be counted.
	Restart bool
	// Dropout is the share of the first hidden layer's units that a minibatch leaves out. It falls linearly to 0 at the
	// outputs. The other units count for more, so that sums stay the same on average.
	Dropout float64
	// Beta weighs the likelihood of an output by its σ^(2·Beta), as a constant (Seitzer et al. 2022): 0 is the likelihood,
	// 1 fits the mean as squared errors do.
	Beta float64
	// Images is how many images follow every row of the data. They bear the labels of their row: held out with it, and of
	// its weight.
	Images int
}

// NoiseRate is how many times the optimiser's rate the parameters log σ move by.
const NoiseRate = 10

// MostHeld is the largest number of rows that a fit expects to hold out.
const MostHeld = 4096

// checksOfFit is how often a fit looks at the rows held out, besides at its begin.
const checksOfFit = 5

func (c Care) check() error {
	fraction := func(x float64) bool { return x >= 0 && x < 1 }
	if !fraction(c.HoldOut) || !fraction(c.Dropout) || !(c.Beta >= 0 && c.Beta <= 1) || !(c.LayerDecay >= 0) || math.IsInf(c.LayerDecay, 0) {
		return fmt.Errorf("fit: %+v: hold-out and dropout must be in [0, 1), beta in [0, 1], decay not negative", c)
	}
	if c.Images < 0 {
		return fmt.Errorf("fit: %d images of every row: must not be negative", c.Images)
	}
	return nil
}

// divides refuses rows that are not each followed by its images.
func (c Care) divides(rows int) error {
	if c.Original(rows) != rows {
		return fmt.Errorf("fit: %d rows do not divide into rows with %d images each", rows, c.Images)
	}
	return nil
}

// Original is the row whose labels a row bears: itself, or the one whose image it is.
func (c Care) Original(row int) int { return row - row%(1+c.Images) }

// Checks reports whether a fit of n = steps looks at the rows held out after step i, counted from 1.
func (c Care) Checks(i, steps int) bool { return i*checksOfFit/steps != (i-1)*checksOfFit/steps }

// Decay is the decoupled decay of layer i, counted from 0.
func (c Care) Decay(layer int) float64 { return float64(layer+1) * c.LayerDecay }

// HashRow names a row by its content, so that it keeps its labels wherever it lies in the data.
func HashRow(obs, act []float32) uint64 {
	h := uint64(0x9E3779B97F4A7C15)
	for _, part := range [2][]float32{obs, act} {
		for _, x := range part {
			h = (h ^ uint64(math.Float32bits(x))) * 0xBF58476D1CE4E5B9
			h ^= h >> 29
		}
	}
	return h
}

// HeldShare is the share of n rows that a fit expects to hold out.
func (o FitOptions) HeldShare(n int) float64 { return min(o.Care.HoldOut, MostHeld/float64(n)) }

// HoldsOut reports whether a fit to n rows holds out the row of a hash. A row that it holds out was in no earlier fit of
// fewer rows either.
func (o FitOptions) HoldsOut(hash uint64, n int) bool {
	return Key{Seed: o.Seed, Stream: StreamHoldOut}.Uniform(hash, 0) < o.HeldShare(n)
}

// Split divides n rows, by their hashes, into those to train on and those held out; see [SplitRows].
func (o FitOptions) Split(hashes []uint64) (train, held []int) {
	return SplitRows(len(hashes), func(row int) bool { return o.HoldsOut(hashes[row], len(hashes)) })
}

// SplitRows divides n rows into those to train on and those held out. Where one of the two would be empty, all are trained
// on.
func SplitRows(n int, holdsOut func(row int) bool) (train, held []int) {
	for row := range n {
		if holdsOut(row) {
			held = append(held, row)
		} else {
			train = append(train, row)
		}
	}
	if len(train) == 0 {
		return held, nil
	}
	return train, held
}

// Weight is the weight of the row of a hash in a member.
func (o FitOptions) Weight(hash uint64, member int) float32 {
	if !o.Care.Bootstrap {
		return 1
	}
	return float32(-math.Log(1 - Key{Seed: o.Seed, Stream: StreamBootstrap}.Uniform(hash, uint32(member))))
}

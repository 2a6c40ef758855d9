package algo

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/palmal-rl/palmal/nn"
)

// tie keeps a policy symmetric: the mean action of the image of a state is the image of its mean action, and σ is that of the
// image. Hidden units are tied in cycles, one unit for each time that the symmetry is applied, so that the symmetry moves the
// units of a layer in their cycles. The policies that do so are a linear subspace of all parameters: what is learned on one side
// holds on the other, and a path counts for its images, too. nil: a policy that nothing ties.
type tie struct {
	name    string
	order   int
	shape   nn.PolicyShape
	carries [][]carry // what units carry, layer by layer: observations, hidden ones, actions
	blocks  [][]int   // entries of an observation that the symmetry mixes or moves to each other's place
}

// carry says that in the image of parameters unit to has this share of what unit from has.
type carry struct {
	from, to int
	share    float64
}

// newTie makes the tie of a map of observations, [O] rows of terms, and of one of actions, whose rows have one term each.
func newTie(name string, order int, shape nn.PolicyShape, observations, actions [][]term) *tie {
	t := &tie{name: name, order: order, shape: shape, carries: make([][]carry, len(shape.Hidden)+2), blocks: blocksOf(observations)}
	for l, units := range shape.Hidden {
		t.carries[l+1] = cycles(units, order)
	}
	last := len(t.carries) - 1
	for i, row := range observations {
		for _, m := range row {
			t.carries[0] = append(t.carries[0], carry{from: i, to: m.entry, share: m.share})
		}
	}
	for k, row := range actions {
		t.carries[last] = append(t.carries[last], carry{from: k, to: row[0].entry, share: math.Round(row[0].share)})
	}
	return t
}

// blocksOf groups entries so that the image of an entry is a sum of entries of its group.
func blocksOf(observations [][]term) [][]int {
	label := make([]int, len(observations))
	for i := range label {
		label[i] = i
	}
	for i, row := range observations {
		for _, m := range row {
			from, to := label[m.entry], label[i]
			for k, one := range label {
				if one == from {
					label[k] = to
				}
			}
		}
	}
	blocks := make([][]int, len(label))
	for i, one := range label {
		blocks[one] = append(blocks[one], i)
	}
	return slices.DeleteFunc(blocks, func(block []int) bool { return len(block) == 0 })
}

// cycles moves the units of a hidden layer in as many cycles as it has units for. The others stay where they are.
func cycles(units, order int) []carry {
	carries, n := make([]carry, units), units/order
	for i := range carries {
		carries[i] = carry{from: i, to: i, share: 1}
		if i < n*order {
			carries[i].from = (i + n) % (n * order)
		}
	}
	return carries
}

// image writes the parameters of s ↦ N⁻¹ f(M s), where f is the policy of parameters, M the image of an observation and N that of
// an action. Tied parameters are their own image.
func (t *tie) image(into, parameters []float64) {
	for l, layer := range t.shape.MLP().Layers() {
		clear(into[layer.Weights:layer.Bias])
		for _, out := range t.carries[l+1] {
			into[layer.Bias+out.to] = out.share * parameters[layer.Bias+out.from]
			for _, in := range t.carries[l] {
				into[layer.Weights+in.to*layer.Out+out.to] += in.share * out.share * parameters[layer.Weights+in.from*layer.Out+out.from]
			}
		}
	}
	logStd := t.shape.LogStd()
	for _, action := range t.carries[len(t.carries)-1] {
		into[logStd+action.to] = parameters[logStd+action.from]
	}
}

// project replaces parameters, or a gradient at tied ones, by the nearest that are tied: the mean of their images.
func (t *tie) project(parameters []float64) {
	if t == nil {
		return
	}
	sum, image := make([]float64, len(parameters)), make([]float64, len(parameters))
	for range t.order {
		for i, x := range parameters {
			sum[i] += x
		}
		t.image(image, parameters)
		copy(parameters, image)
	}
	for i, x := range sum {
		parameters[i] = x / float64(t.order)
	}
}

// keep projects the parameters of a policy. Rounding to 32 bits would lead away from tied ones.
func (t *tie) keep(theta []float32) {
	if t == nil {
		return
	}
	wide := make([]float64, len(theta))
	widenRow(wide, theta, 0)
	t.project(wide)
	for i, x := range wide {
		theta[i] = float32(x)
	}
}

// check refuses parameters that are not tied, as those of a policy from elsewhere.
func (t *tie) check(theta []float32) error {
	if t == nil {
		return nil
	}
	own := slices.Clone(theta)
	t.keep(own)
	for i, x := range own {
		if !(math.Abs(float64(x)-float64(theta[i])) <= untied*(1+math.Abs(float64(x)))) {
			return fmt.Errorf("it does not keep the symmetry %s: parameter %d is %g, and its image wants %g: set policy.symmetry as in the run that it comes from", t.name, i, theta[i], x)
		}
	}
	return nil
}

// untied is the least distance of parameters that nothing ties: far above rounding to 32 bits.
const untied = 1e-5

// begin ties the initial parameters of a policy. The mean of a weight's images is smaller than independent weights are, which
// is undone: its variance is the share of itself in that mean.
func (t *tie) begin(theta []float32) {
	if t == nil {
		return
	}
	t.keep(theta)
	for l, layer := range t.shape.MLP().Layers() {
		ins, outs := t.selfShares(l), t.selfShares(l+1)
		for i := layer.Weights; i < layer.Bias; i++ {
			in, out := (i-layer.Weights)/layer.Out, (i-layer.Weights)%layer.Out
			sum := 0.0
			for k := range t.order {
				sum += ins[k][in] * outs[k][out]
			}
			if sum > untied { // else its images cancel it
				theta[i] *= float32(math.Sqrt(float64(t.order) / sum))
			}
		}
	}
}

// selfShares are the shares of itself that a unit of a layer has after each number of images, the mean share of a block of entries.
func (t *tie) selfShares(layer int) [][]float64 {
	units := 0
	for _, c := range t.carries[layer] {
		units = max(units, c.from+1)
	}
	shares := make([][]float64, t.order)
	for k := range shares {
		shares[k] = make([]float64, units)
	}
	for i := range units {
		row, k := make([]float64, units), 0
		row[i] = 1
		t.orbit(layer, row, func(image []float64) { shares[k][i], k = image[i], k+1 })
	}
	if layer == 0 {
		t.level(shares)
	}
	return shares
}

// level gives the entries of a block their mean share: another factor for each would undo what ties their weights.
func (t *tie) level(shares [][]float64) {
	for _, row := range shares {
		for _, block := range t.blocks {
			sum := 0.0
			for _, i := range block {
				sum += row[i]
			}
			for _, i := range block {
				row[i] = sum / float64(len(block))
			}
		}
	}
}

// spread replaces means and variances of observations by those of the observations and their images. The entries of a block have one
// variance, their mean one, so that scaling by it and taking the image can change places; an image keeps the block's length.
func (t *tie) spread(means, variances []float64) {
	if t == nil {
		return
	}
	own := slices.Clone(means)
	clear(means)
	t.orbit(0, own, func(image []float64) { floats.AddScaled(means, 1/float64(t.order), image) })
	for _, block := range t.blocks {
		sum := 0.0
		for _, i := range block {
			d := own[i] - means[i]
			sum += variances[i] + d*d
		}
		for _, i := range block {
			variances[i] = sum / float64(len(block))
		}
	}
}

// orbit visits what the units of a layer have, an observation if it is the first, and all its images.
func (t *tie) orbit(layer int, row []float64, visit func(image []float64)) {
	for range t.order {
		visit(row)
		next := make([]float64, len(row))
		for _, m := range t.carries[layer] {
			next[m.from] += m.share * row[m.to]
		}
		row = next
	}
}

package algo

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// measureGradient records how well a policy step is known, without changing anything else: the cosine in the
// Fisher metric between the natural directions d₁ and d₂ of two disjoint halves of the starts, and the share
// (gᵀd)²/(dᵀFd) of the squared, whitened advantages that the step along d explains.
//
// The second half's gradient follows from the whole and the first half, as all three are means over steps.
func (p *naturalGradient) measureGradient(t turn, paths nn.Paths, gradient, direction []float64) error {
	if !p.config.Measure {
		return nil
	}
	return t.stage(StageDiagnose, func() error {
		first, second, whole := make([]float64, len(gradient)), make([]float64, len(gradient)), slices.Clone(gradient)
		floats.AddConst(-p.config.NPG.Entropy, whole[p.policy.Shape().LogStd():]) // leaves the gradient of the paths alone
		explained, err := p.explained(whole, direction, paths)
		if err != nil {
			return err
		}
		p.sums.explained = explained
		share, err := p.halfGradient(first, paths)
		if err != nil || !(share > 0 && share < 1) {
			return err
		}
		for i := range second {
			second[i] = (whole[i] - share*first[i]) / (1 - share)
		}
		p.sums.cosine, err = p.naturalCosine(first, second, paths)
		return err
	})
}

// explained is the share of the squared advantages that a step along a direction explains, given their gradient; it is negative
// where the step leads against them.
func (p *naturalGradient) explained(gradient, direction []float64, paths nn.Paths) (float64, error) {
	product := make([]float64, len(direction))
	if err := p.backend.FisherVector(product, direction, paths, p.policy, p.stride()); err != nil {
		return 0, err
	}
	slope := floats.Dot(gradient, direction)
	return slope * math.Abs(slope) / floats.Dot(direction, product), nil
}

// naturalCosine is the cosine of the natural directions of two gradients, in the metric of the Fisher matrix of
// paths. NaN where a gradient is 0.
func (p *naturalGradient) naturalCosine(first, second []float64, paths nn.Paths) (float64, error) {
	size := len(first)
	one, other, product := make([]float64, size), make([]float64, size), make([]float64, size)
	if _, err := p.solveFisher(one, first, paths); err != nil {
		return 0, err
	}
	if _, err := p.solveFisher(other, second, paths); err != nil {
		return 0, err
	}
	if err := p.backend.FisherVector(product, one, paths, p.policy, p.stride()); err != nil {
		return 0, err
	}
	both, square := floats.Dot(other, product), floats.Dot(one, product)
	if err := p.backend.FisherVector(product, other, paths, p.policy, p.stride()); err != nil {
		return 0, err
	}
	return both / math.Sqrt(square*floats.Dot(other, product)), nil
}

// stride is that of the Fisher matrix: where a step takes fewer paths than the iteration's first, the matrix has as many states.
func (p *naturalGradient) stride() int {
	return max(1, int(float64(p.config.NPG.FisherStride)*(1-p.sums.spared)))
}

// halfGradient writes the gradient on the paths from every other start, and returns the share of the kept
// steps that they have.
func (p *naturalGradient) halfGradient(gradient []float64, paths nn.Paths) (share float64, err error) {
	columns, err := paths.Download()
	if err != nil {
		return 0, err
	}
	starts := len(columns.Lengths) / p.config.Model.Members // path i has start i%starts, in every member
	half, kept, steps := everyOther(columns, starts)
	if kept == 0 {
		return 0, nil
	}
	uploaded, err := p.backend.UploadPaths(half)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, uploaded.Close()) }()
	return float64(kept) / float64(steps), p.backend.PolicyGradient(gradient, uploaded, p.policy)
}

// everyOther picks the paths of every other start, and counts their kept steps and those of all paths.
func everyOther(c *nn.PathColumns, starts int) (half *nn.PathColumns, kept, steps int) {
	var rows []int
	for i, length := range c.Lengths {
		steps += length
		if i%starts%2 == 0 {
			rows = append(rows, i)
			kept += length
		}
	}
	return pickPaths(c, rows), kept, steps
}

// pickPaths copies the columns of some paths that a gradient needs.
func pickPaths(c *nn.PathColumns, rows []int) *nn.PathColumns {
	picked := &nn.PathColumns{LogStd: c.LogStd, Observations: pickRows(c.Observations, rows), Actions: pickRows(c.Actions, rows),
		Means: pickRows(c.Means, rows), Advantages: pickRows(c.Advantages, rows)}
	for _, i := range rows {
		picked.Lengths, picked.Times = append(picked.Lengths, c.Lengths[i]), append(picked.Times, c.Times[i])
		picked.Terminated = append(picked.Terminated, c.Terminated[i])
	}
	return picked
}

// pickRows copies rows of the slowest axis.
func pickRows(x *tensor.Dense, rows []int) *tensor.Dense {
	shape := x.Shape().Clone()
	width := shape.TotalSize() / shape[0]
	data := nn.RowMajor(x)
	picked := make([]float32, 0, len(rows)*width)
	for _, row := range rows {
		picked = append(picked, data[row*width:(row+1)*width]...)
	}
	shape[0] = len(rows)
	return nn.Matrix(picked, shape...)
}

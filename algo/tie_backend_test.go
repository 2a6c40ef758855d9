package algo

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// The gradient of a tied policy on some paths is that on these paths and all their images.
func TestTheGradientCountsImagesOfPaths(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	const paths, steps = 4, 3
	narrow := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(random.NormFloat64())
		}
		return x
	}
	for _, name := range []string{"mirror", "turn"} {
		tie, inner := tieOf(t, name), nntest.Reference()
		theta := tie.shape.Init(1, -0.5, 1)
		tie.begin(theta)
		policy, err := inner.NewPolicy(tie.shape, theta)
		if err != nil {
			t.Fatal(err)
		}
		size := len(theta)
		got, whole, v := make([]float64, size), make([]float64, size), numbersOf(random, size)
		tie.project(v)
		product, wholeProduct := make([]float64, size), make([]float64, size)
		c := &nn.PathColumns{Observations: nn.Matrix(narrow(paths*(steps+1)*5), paths, steps+1, 5), Actions: nn.Matrix(narrow(paths*steps*3), paths, steps, 3),
			Means: nn.Matrix(narrow(paths*steps*3), paths, steps, 3), LogStd: []float32{-0.5, -0.5, -0.5}, Times: make([]float32, paths),
			Advantages: nn.Matrix(narrow(paths*steps), paths, steps), Lengths: []int{3, 1, 2, 3}, Terminated: make([]bool, paths)}
		for k := range tie.order {
			uploaded, err := inner.UploadPaths(c)
			if err != nil {
				t.Fatal(err)
			}
			if k == 0 {
				b := tied(inner, tie)
				if err := errors.Join(b.PolicyGradient(got, uploaded, policy), b.FisherVector(product, v, uploaded, policy, 1)); err != nil {
					t.Fatal(err)
				}
			}
			one, oneProduct := make([]float64, size), make([]float64, size)
			if err := errors.Join(inner.PolicyGradient(one, uploaded, policy), inner.FisherVector(oneProduct, v, uploaded, policy, 1)); err != nil {
				t.Fatal(err)
			}
			floats.AddScaled(whole, 1/float64(tie.order), one)
			floats.AddScaled(wholeProduct, 1/float64(tie.order), oneProduct)
			imageOfColumns(c, name)
		}
		// Rounding of parameters and images to 32 bits, in gradients of size 1 to 10.
		if !floats.EqualApprox(got, whole, 1e-4) {
			t.Errorf("%s: the gradient is not that on paths and images", name)
		}
		if !floats.EqualApprox(product, wholeProduct, 1e-4) {
			t.Errorf("%s: the product of the Fisher matrix is not that of paths and images", name)
		}
	}
}

// imageOfColumns replaces paths by their images.
func imageOfColumns(c *nn.PathColumns, name string) {
	each := func(data []float32, width int, image func(row []float64)) {
		row := make([]float64, width)
		for i := range len(data) / width {
			widenRow(row, data, i)
			image(row)
			for j, x := range row {
				data[i*width+j] = float32(x)
			}
		}
	}
	each(nn.RowMajor(c.Observations), 5, func(row []float64) { robot{}.ImageUnder(name, row, nil) })
	for _, column := range [][]float32{nn.RowMajor(c.Actions), nn.RowMajor(c.Means)} {
		each(column, 3, func(row []float64) { robot{}.ImageUnder(name, nil, row) })
	}
}

// steep computes some gradient through model paths.
type steep struct{ nn.Backend }

func (steep) PathwiseGradient(first, second []float64, _ nn.Paths, _ nn.Policy, _ nn.Ensemble, _ nn.Value, _ nn.Task, _ nn.PathwiseOptions) error {
	for i := range first {
		first[i], second[i] = float64(i%7), float64(i%5)
	}
	return nil
}

// Both halves of a gradient through model paths lead among tied policies.
func TestTheGradientThroughTheModelIsTied(t *testing.T) {
	tie := tieOf(t, "turn")
	first, second := make([]float64, tie.shape.Parameters()), make([]float64, tie.shape.Parameters())
	of := func(b nn.Backend) error {
		return tied(b, tie).(nn.Differentiator).PathwiseGradient(first, second, nil, nil, nil, nil, nil, nn.PathwiseOptions{})
	}
	if err := of(steep{nntest.Reference()}); err != nil {
		t.Fatal(err)
	}
	for name, half := range map[string][]float64{"first": first, "second": second} {
		image := make([]float64, len(half))
		tie.image(image, half)
		if !floats.EqualApprox(image, half, 1e-12) || floats.Norm(half, 2) == 0 { // rounding
			t.Errorf("the %s half is not its own image", name)
		}
	}
	if err := of(struct{ nn.Backend }{nntest.Reference()}); err == nil || !strings.Contains(err.Error(), "no derivatives of model paths") {
		t.Errorf("a backend without derivatives: error %v", err)
	}
}

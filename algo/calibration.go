package algo

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/palmal-rl/palmal/nn"
)

// Calibration compares the standard deviations that an ensemble predicts with the errors of its mean, over transitions
// of the world and the predicted entries, each divided by the scale of its differences in the data of the last fit. The
// predicted variance is that of the members' means, their disagreement, and the mean of their own noise's. Of errors
// that are normal and as large as predicted, 68 % lie within one standard deviation and 95 % within two.
type Calibration struct {
	Transitions  int    `json:"transitions"`
	Within1      Number `json:"within_1"`     // share of the errors within one predicted standard deviation
	Within2      Number `json:"within_2"`     // within two
	Error        Number `json:"error"`        // root mean square of the errors
	Disagreement Number `json:"disagreement"` // root mean square of the spread of the members' means
	Noise        Number `json:"noise"`        // root mean square of the members' own noise; 0 of deterministic members
}

// outlook is what every member predicts for some transitions.
type outlook struct {
	shape           nn.EnsembleShape
	rows            int
	scales          []float32 // [outputs] 0 where an output is not predicted
	predicted       []float32 // [E,n,O]
	noise           []float32 // [E,n,O]; nil of deterministic members
	truth           []float32 // [n,O]
	errors, squares []float64 // [E] scratch memory
}

// foresee predicts the next observations of rows by all members.
func foresee(backend nn.Backend, model nn.Ensemble, task nn.Task, data nn.Transitions) (*outlook, error) {
	f := &outlook{shape: model.Shape(), rows: data.Rows(), truth: nn.RowMajor(data.Next)}
	var err error
	if f.scales, err = outScales(model); err != nil {
		return nil, err
	}
	predicted, err := backend.Predict(model, task, data.Observations, data.Actions)
	if err != nil {
		return nil, err
	}
	f.predicted = nn.RowMajor(predicted)
	if gaussian, ok := backend.(nn.GaussianMembers); ok && f.shape.Gaussian != nil {
		noise, err := gaussian.Noise(model, task, data.Observations, data.Actions)
		if err != nil {
			return nil, err
		}
		f.noise = nn.RowMajor(noise)
	}
	f.errors, f.squares = make([]float64, f.shape.Members), make([]float64, f.shape.Members)
	return f, nil
}

// entry is the error of the mean prediction of entry j in a row, the variance of the members' predictions, and the mean
// variance of their noise, all scaled.
func (f *outlook) entry(row, j int) (err, disagreement, noise float64) {
	scale, width := float64(f.scales[j]), f.shape.Observation
	for e := range f.errors {
		at := (e*f.rows+row)*width + j
		f.errors[e] = stepBetween(float64(f.truth[row*width+j]), float64(f.predicted[at]), f.shape.Kinds[j]) / scale
		if f.noise != nil {
			sigma := float64(f.noise[at]) / scale
			f.squares[e] = sigma * sigma
		}
	}
	err, disagreement = stat.PopMeanVariance(f.errors, nil)
	return err, disagreement, mean(f.squares)
}

// each calls visit with every row and every predicted entry.
func (f *outlook) each(visit func(row int, err, disagreement, noise float64)) {
	for row := range f.rows {
		for j := range f.shape.Observation {
			if f.scales[j] != 0 {
				err, disagreement, noise := f.entry(row, j)
				visit(row, err, disagreement, noise)
			}
		}
	}
}

// calibration is that of all rows.
func (f *outlook) calibration() Calibration {
	var n, one, two, errors, disagreements, noises float64
	f.each(func(_ int, err, disagreement, noise float64) {
		n++
		square, variance := err*err, disagreement+noise
		if square <= variance {
			one++
		}
		if square <= 4*variance {
			two++
		}
		errors, disagreements, noises = errors+square, disagreements+disagreement, noises+noise
	})
	root := func(sum float64) Number { return Number(math.Sqrt(sum / n)) }
	return Calibration{Transitions: f.rows, Within1: Number(one / n), Within2: Number(two / n), Error: root(errors),
		Disagreement: root(disagreements), Noise: root(noises)}
}

// measureCalibration records how well gaussian members know the errors that they make on fresh data.
func (m *modelPlayer) measureCalibration(fresh nn.Transitions, r *ModelRecord) error {
	f, err := foresee(m.backend, m.ensemble, m.config.modelled(m.task), fresh)
	if err != nil {
		return fmt.Errorf("calibration: %w", err)
	}
	c := f.calibration()
	r.Calibration = &c
	return nil
}

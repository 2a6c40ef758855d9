package algo

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/palmal-rl/palmal/nn"
)

// Disagreement compares the spread of an ensemble's members with the error of their mean, over the
// transitions of real episodes. A high correlation means that the spread predicts the error. Both are
// root mean squares over the predicted entries, each divided by the scale of its differences in the data
// of the last fit, as in the model's loss.
type Disagreement struct {
	Transitions int    `json:"transitions"`
	MeanError   Number `json:"mean_error"`  // error of the mean prediction
	MeanSpread  Number `json:"mean_spread"` // standard deviation over members
	Pearson     Number `json:"pearson"`     // correlation of error and spread
	Spearman    Number `json:"spearman"`    // correlation of their ranks

	Error  []float64 `json:"-"` // [transitions]
	Spread []float64 `json:"-"` // [transitions]
}

// disagree predicts every transition of the first horizon decisions by all members.
func disagree(pair Pair, t *realEpisodes, horizon int) (Disagreement, Calibration, error) {
	shape := pair.Model.Shape()
	var obs, actions, truth []float32
	for _, e := range t.played {
		n := min(e.decisions(), horizon)
		obs = append(obs, e.observations[:n*shape.Observation]...)
		truth = append(truth, e.observations[shape.Observation:(n+1)*shape.Observation]...)
		actions = append(actions, e.actions[:n*shape.Action]...)
	}
	rows := len(obs) / shape.Observation
	f, err := foresee(pair.Backend, pair.Model, modelled{t.task, shape.Kinds}, nn.Transitions{Observations: nn.Matrix(obs, rows, shape.Observation),
		Actions: nn.Matrix(actions, rows, shape.Action), Next: nn.Matrix(truth, rows, shape.Observation)})
	if err != nil {
		return Disagreement{}, Calibration{}, fmt.Errorf("disagreement: %w", err)
	}
	d := Disagreement{Transitions: rows, Error: make([]float64, rows), Spread: make([]float64, rows)}
	f.each(func(row int, err, disagreement, _ float64) {
		d.Error[row] += err * err
		d.Spread[row] += disagreement
	})
	entries := 0
	for _, scale := range f.scales[:shape.Observation] {
		if scale != 0 {
			entries++
		}
	}
	d.finish(entries)
	return d, f.calibration(), nil
}

// outScales are the scales of a model's outputs, 0 where one is not predicted.
func outScales(model nn.Ensemble) ([]float32, error) {
	state, err := model.Save()
	if err != nil {
		return nil, err
	}
	return state.Float32s(nn.StateOutScale, model.Shape().Outputs())
}

// finish takes the roots of the mean squares over the entries and correlates them.
func (d *Disagreement) finish(entries int) {
	for i := range d.Error {
		d.Error[i] = math.Sqrt(d.Error[i] / float64(entries))
		d.Spread[i] = math.Sqrt(d.Spread[i] / float64(entries))
	}
	d.MeanError, d.MeanSpread = Number(mean(d.Error)), Number(mean(d.Spread))
	d.Pearson, d.Spearman = Number(correlation(d.Error, d.Spread)), Number(correlation(ranks(d.Error), ranks(d.Spread)))
}

// stepBetween is y − x, on the circle for an angle.
func stepBetween(x, y float64, kind string) float64 {
	if kind == nn.KindAngle {
		return nn.WrapAngle(y - x)
	}
	return y - x
}

// correlation is Pearson's, NaN where one of the two is constant or there are fewer than two.
func correlation(x, y []float64) float64 {
	if len(x) < 2 || stat.PopVariance(x, nil) == 0 || stat.PopVariance(y, nil) == 0 {
		return math.NaN()
	}
	return stat.Correlation(x, y, nil)
}

// ranks gives every value its place in the order, equal ones their mean place.
func ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case values[a] < values[b]:
			return -1
		case values[a] > values[b]:
			return 1
		}
		return 0
	})
	places := make([]float64, len(values))
	for first := 0; first < len(order); {
		end := first + 1
		for end < len(order) && values[order[end]] == values[order[first]] {
			end++
		}
		for _, i := range order[first:end] {
			places[i] = float64(first+end-1) / 2
		}
		first = end
	}
	return places
}

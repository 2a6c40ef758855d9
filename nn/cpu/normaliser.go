package cpu

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// dataset holds [nn.Transitions] as rows in memory.
type dataset struct {
	rows               int
	obs, actions, next []float32 // [n,O], [n,A], [n,O]
	rewards, ended     []float32 // [n] or nil
	shape              nn.EnsembleShape
}

func newDataset(data nn.Transitions, shape nn.EnsembleShape) dataset {
	d := dataset{rows: data.Rows(), shape: shape}
	d.obs, d.actions, d.next = nn.RowMajor(data.Observations), nn.RowMajor(data.Actions), nn.RowMajor(data.Next)
	if shape.Reward {
		d.rewards = nn.RowMajor(data.Rewards)
	}
	if shape.Termination {
		d.ended = nn.RowMajor(data.Ended)
	}
	return d
}

// input is entry i, in [0, O+A), of a row: observations, then actions.
func (d *dataset) input(row, i int) float64 {
	if i < d.shape.Observation {
		return float64(d.obs[row*d.shape.Observation+i])
	}
	return float64(d.actions[row*d.shape.Action+i-d.shape.Observation])
}

// target is the target of output i in a row: the difference to the next observation, on the
// circle for an angle, the reward, or the flag of a termination.
func (d *dataset) target(row, i int) float64 {
	if i == d.shape.TerminationOutput() {
		return float64(d.ended[row])
	}
	if i == d.shape.Observation {
		return float64(d.rewards[row])
	}
	at := row*d.shape.Observation + i
	difference := float64(d.next[at]) - float64(d.obs[at])
	if d.shape.Kinds[i] == nn.KindAngle {
		return nn.WrapAngle(difference)
	}
	return difference
}

// normaliseInputs measures the columns of the input. A constant column is shifted, not scaled.
func (m *ensemble) normaliseInputs(d *dataset, scaling nn.Scaling) {
	for i := range m.in.shift {
		mean, scale := moments(d.rows, scaling, func(row int) float64 { return d.input(row, i) })
		m.in.shift[i], m.in.scale[i] = float32(mean), m.shape.InputScale(i, scale)
	}
}

// normaliseOutputs measures the columns of the output, see [nn.EnsembleShape.OutputNormaliser].
func (m *ensemble) normaliseOutputs(d *dataset, options nn.FitOptions) {
	for i := range m.out.shift {
		mean, scale := moments(d.rows, options.Scaling, func(row int) float64 { return d.target(row, i) })
		m.out.shift[i], m.out.scale[i] = m.shape.OutputNormaliser(i, mean, scale, options.NoShift)
	}
}

// moments are the mean of a column and its scale.
func moments(rows int, scaling nn.Scaling, column func(row int) float64) (mean, scale float64) {
	sum := 0.0
	for row := range rows {
		sum += column(row)
	}
	mean = sum / float64(rows)
	sum = 0
	for row := range rows {
		deviation := column(row) - mean
		if scaling == nn.MeanAbsoluteDeviation {
			sum += math.Abs(deviation)
		} else {
			sum += deviation * deviation
		}
	}
	scale = sum / float64(rows)
	if scaling == nn.StandardDeviation {
		scale = math.Sqrt(scale)
	}
	return mean, scale
}

// normalised writes rows of the data, normalised: inputs [rows,O+A] and targets [rows,outputs]. Targets of
// outputs that are not predicted are 0.
func (m *ensemble) normalised(d *dataset, first, rows int, inputs, targets []float32) {
	observation, action, outputs := m.shape.Observation, m.shape.Action, m.shape.Outputs()
	width := observation + action
	for row := range rows {
		at := first + row
		in := inputs[row*width : (row+1)*width]
		normalise(in[:observation], d.obs[at*observation:(at+1)*observation], m.in.shift[:observation], m.in.scale)
		normalise(in[observation:], d.actions[at*action:(at+1)*action], m.in.shift[observation:], m.in.scale[observation:])
		for i := range outputs {
			scaled := 0.0
			switch {
			case !m.predicts(i):
			case i == m.shape.TerminationOutput():
				scaled = d.target(at, i)
			default:
				scaled = (d.target(at, i) - float64(m.out.shift[i])) / float64(m.out.scale[i])
			}
			targets[row*outputs+i] = float32(scaled)
		}
	}
}

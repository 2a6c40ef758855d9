//go:build cuda

package gpu

import (
	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// dataset holds [nn.Transitions] on the device, raw and normalised.
type dataset struct {
	rows            int
	raw             data
	inputs, targets array[float32] // [n,O+A], [n,outputs]
	counted         array[float32] // [outputs] 1 where an output is predicted
	predicted       int            // number of predicted outputs
}

// upload copies the columns to the device.
func (m *ensemble) upload(q *driver.Queue, a *arena, given nn.Transitions) *dataset {
	d := &dataset{rows: given.Rows()}
	d.raw = data{
		observations: uploaded(q, a, nn.RowMajor(given.Observations)).Ptr, actions: uploaded(q, a, nn.RowMajor(given.Actions)).Ptr,
		next: uploaded(q, a, nn.RowMajor(given.Next)).Ptr, rows: int64(d.rows), observation: int64(m.shape.Observation),
		action: int64(m.shape.Action), outputs: int64(m.shape.Outputs()), follow: uploaded(q, a, m.follow(nil)).Ptr,
	}
	if m.shape.Reward {
		d.raw.rewards = uploaded(q, a, nn.RowMajor(given.Rewards)).Ptr
	}
	if m.shape.Termination {
		d.raw.ended = uploaded(q, a, nn.RowMajor(given.Ended)).Ptr
	}
	return d
}

// columnThreads is the number of threads that measure a column.
const columnThreads = 256

// measure sets the normalisers from the columns of the data, see [nn.EnsembleShape.InputScale] and
// [nn.EnsembleShape.OutputNormaliser].
func (m *ensemble) measure(q *driver.Queue, a *arena, d *dataset, options nn.FitOptions) {
	columns := len(m.in.shift) + len(m.out.shift)
	on := take[float64](a, 2*columns)
	launchNormaliserMoments(q, driver.Shape{Grid: driver.Dim{X: columns}, Block: driver.Dim{X: columnThreads}, Shared: 8 * columnThreads},
		on.Ptr, &d.raw, flag(options.Scaling == nn.MeanAbsoluteDeviation))
	moments := downloaded(q, on)
	if q.Err() != nil {
		return
	}
	for i := range m.in.shift {
		m.in.shift[i], m.in.scale[i] = float32(moments[2*i]), m.shape.InputScale(i, moments[2*i+1])
	}
	moments = moments[2*len(m.in.shift):]
	for i := range m.out.shift {
		m.out.shift[i], m.out.scale[i] = m.shape.OutputNormaliser(i, moments[2*i], moments[2*i+1], options.NoShift)
	}
	m.in.upload(q)
	m.out.upload(q)
}

// normalise normalises the data with the present normalisers.
func (m *ensemble) normalise(q *driver.Queue, a *arena, d *dataset) {
	counted := make([]float32, m.shape.Outputs())
	for i := range counted {
		if m.predicts(i) {
			counted[i] = 1
			d.predicted++
		}
	}
	d.counted = uploaded(q, a, counted)
	inputs, outputs := len(m.in.shift), len(counted)
	d.inputs, d.targets = take[float32](a, d.rows*inputs), take[float32](a, d.rows*outputs)
	launchNormaliserApply(q, driver.Line(d.rows*(inputs+outputs), 256), d.inputs.Ptr, d.targets.Ptr, &d.raw,
		m.in.on.Ptr, m.out.on.Ptr, d.counted.Ptr)
}

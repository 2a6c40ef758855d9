//go:build cuda

package gpu

import (
	"math"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// labels are the labels of the rows of a fit, see [nn.Care].
type labels struct {
	weights       array[float32] // [E,n]; empty: all weigh 1
	trained, held []int32        // rows that are trained on, and held out; nil: all, none
}

// label labels the rows on the device.
func (m *ensemble) label(q *driver.Queue, a *arena, d *dataset, options nn.FitOptions) (l labels) {
	care := options.Care
	if !care.Bootstrap && care.HoldOut == 0 {
		return l
	}
	of := &records{observations: d.raw.observations, actions: d.raw.actions, rows: int64(d.rows), observation: d.raw.observation, action: d.raw.action, images: int64(care.Images)}
	var out array[int32]
	if care.Bootstrap {
		l.weights = take[float32](a, m.shape.Members*d.rows)
	}
	if care.HoldOut > 0 {
		out = take[int32](a, d.rows)
	}
	shape := driver.Line(d.rows, 256)
	shape.Grid.Y = m.shape.Members
	launchRowsLabel(q, shape, l.weights.Ptr, out.Ptr, of, &key{seed: options.Seed, stream: uint64(nn.StreamBootstrap)},
		&key{seed: options.Seed, stream: uint64(nn.StreamHoldOut)}, options.HeldShare(d.rows))
	if care.HoldOut > 0 {
		l.split(downloaded(q, out))
	}
	return l
}

// split divides the rows, given which are held out.
func (l *labels) split(out []int32) {
	trained, held := nn.SplitRows(len(out), func(row int) bool { return out[row] != 0 })
	if held != nil {
		l.trained, l.held = numbered(trained), numbered(held)
	}
}

func numbered(rows []int) []int32 {
	numbers := make([]int32, len(rows))
	for i, row := range rows {
		numbers[i] = int32(row)
	}
	return numbers
}

// rest puts the optimiser at rest. Its epochs continue to be counted.
func (o *optimiser) rest(q *driver.Queue) {
	driver.Zero(q, o.moment1.Ptr, o.moment1.n)
	driver.Zero(q, o.moment2.Ptr, o.moment2.n)
	o.steps = 0
}

// keeper keeps the best state of every member, by the rows held out. nil holds nothing out.
type keeper struct {
	m      *ensemble
	r      *regression // over the rows held out
	sums   array[float64]
	kept   array[float32] // [E,P]
	best   []float64      // [E]
	at     []int          // [E] minibatches before it; -1: none yet
	scales [][]float64    // [E,outputs] by how much log σ is too small, of gaussian members
}

// keep prepares a keeper for the rows held out.
func (m *ensemble) keep(q *driver.Queue, a *arena, d *dataset, held []int32) *keeper {
	if held == nil {
		return nil
	}
	members := m.shape.Members
	r := newRegression(a, &m.network, members, len(held), lossRows, tiles(len(held), lossRows))
	r.likely(a, m)
	r.learnAs(m, d, d.counted)
	for i := range members {
		driver.Upload(q, r.order.At(i*len(held)), held)
	}
	k := &keeper{m: m, r: r, sums: r.noisy(a, r.log), kept: take[float32](a, m.parameters.n),
		best: make([]float64, members), at: make([]int, members), scales: make([][]float64, members)}
	for i := range k.at {
		k.at[i] = -1
	}
	return k
}

// look judges the present parameters after a step.
func (k *keeper) look(q *driver.Queue, step int) {
	if k == nil || q.Err() != nil {
		return
	}
	errors := k.r.pass(q)
	shares := downloaded(q, k.sums)
	if q.Err() != nil {
		return
	}
	size := k.m.network.size
	for member := range k.at {
		found, scales := k.r.mean(errors[member], k.r.rows), []float64(nil)
		if k.m.shape.Gaussian != nil {
			found, scales = k.criterion(member, shares)
		}
		if k.at[member] < 0 || found < k.best[member] || math.IsNaN(k.best[member]) {
			k.best[member], k.at[member], k.scales[member] = found, step, scales
			driver.Copy(q, k.kept.At(member*size), k.m.parameters.At(member*size), size)
		}
	}
}

// criterion is that of a member, and by how much its log σ of every output is too small, see [nn.Care.HoldOut].
func (k *keeper) criterion(member int, shares []float64) (mean float64, scales []float64) {
	outputs, n, count := k.m.shape.Outputs(), float64(k.r.rows), float64(max(k.r.predicted, 1))
	sums := k.total(member, shares)
	scales = make([]float64, outputs)
	for i := range scales {
		if !k.m.predicts(i) {
			continue
		}
		mean += sums[i] / (n * count)
		if i != k.m.shape.TerminationOutput() {
			scale := nn.NoiseScale(sums[outputs+i] / n)
			mean += scale / count
			scales[i] = nn.BoundedScale(scale, sums[i]/n)
		}
	}
	return mean, scales
}

// total adds a member's sums [2·outputs] over the blocks of all minibatches.
func (k *keeper) total(member int, shares []float64) []float64 {
	wide := 2 * k.m.shape.Outputs()
	sums := make([]float64, wide)
	for i := range k.r.minibatches() {
		for block := range tiles(int(k.r.minibatch(i, 0).rows), deviceRows) {
			at := ((i*k.r.members+member)*k.r.blocks + block) * wide
			for j, x := range shares[at : at+wide] {
				sums[j] += x
			}
		}
	}
	return sums
}

// restore puts every member into its best state, scales its noise to the errors on the rows held out, and reports both.
func (k *keeper) restore(q *driver.Queue, report *nn.FitReport) {
	if k == nil || q.Err() != nil {
		return
	}
	driver.Copy(q, k.m.parameters.Ptr, k.kept.Ptr, k.kept.n)
	report.HeldRows, report.Held, report.Best = k.r.rows, k.best, k.at
	for member, scales := range k.scales {
		k.m.rescale(q, member, scales)
	}
}

// rescale adds scales [outputs] to the log σ of a member, the last of its parameters: those themselves, or their biases.
func (m *ensemble) rescale(q *driver.Queue, member int, scales []float64) {
	if scales == nil {
		return
	}
	numbers := make([]float32, len(scales))
	at := m.parameters.At((member+1)*m.network.size - len(scales))
	driver.Download(q, numbers, at)
	m.shape.Gaussian.Rescale(numbers, scales)
	driver.Upload(q, at, numbers)
}

//go:build cuda

package gpu

import (
	"errors"
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// fitLog is the number of minibatches between two downloads of the losses; the host waits for the device at
// each of them.
const fitLog = 512

// Fit measures the normalisers and trains all members, with five launches per minibatch for a member of two
// hidden layers, and more where units are left out or normalised; see cuda/ensemble.cu and cuda/smooth.cu.
func (b *machine) Fit(m *ensemble, given nn.Transitions, options nn.FitOptions) (report nn.FitReport, err error) {
	scratch := b.d.arena(forData)
	defer func() { err = errors.Join(err, scratch.close()) }()
	err = b.d.do("fit", func(q *driver.Queue) {
		d := m.upload(q, scratch, given)
		m.measure(q, scratch, d, options)
		if q.Err() != nil {
			return
		}
		m.normalise(q, scratch, d)
		r, k := m.prepare(q, scratch, d, options)
		report = m.run(q, r, k, options)
	})
	if err != nil {
		return nn.FitReport{}, err
	}
	return report, nil
}

// prepare takes the regression of a fit, and what keeps the best states.
func (m *ensemble) prepare(q *driver.Queue, a *arena, d *dataset, options nn.FitOptions) (*regression, *keeper) {
	labels, rows := m.label(q, a, d, options), d.rows
	if labels.held != nil {
		rows = len(labels.trained)
	}
	r := newRegression(a, &m.network, m.shape.Members, rows, options.Batch, min(fitLog, options.Steps(rows)))
	r.likely(a, m)
	r.careful(options)
	r.learnAs(m, d, uploaded(q, a, m.shape.LossWeights(m.out.scale, options.RawLoss)))
	r.noisy(a, 1)
	r.mirror.emphasis = labels.weights.Ptr
	if labels.held != nil {
		r.trained = uploaded(q, a, labels.trained)
	}
	if options.Care.LayerDecay > 0 {
		r.decline(a, options.Care)
	}
	if options.Care.Restart {
		m.optimiser.rest(q)
	}
	return r, m.keep(q, a, d, labels.held)
}

// run runs all steps of a fit.
func (m *ensemble) run(q *driver.Queue, r *regression, k *keeper, options nn.FitOptions) (report nn.FitReport) {
	steps, adam, order := options.Steps(r.rows), constants(options.Adam), nn.Key{Seed: options.Seed, Stream: nn.StreamEnsembleFit}
	account := newLedger(r)
	k.look(q, 0)
	for done := 0; done < steps && q.Err() == nil; {
		count := min(r.log, steps-done)
		r.corrections(q, m.optimiser.steps+int64(done), count, func(i int) nn.Adam { return options.AdamAt(done+i, steps) })
		for i := range count {
			epoch, batch := (done+i)/r.minibatches(), (done+i)%r.minibatches()
			if batch == 0 {
				r.shuffle(q, order, m.optimiser.epochs+int64(epoch))
			}
			r.step(q, r.minibatch(batch, i), adam)
			if options.Care.Checks(done+i+1, steps) {
				k.look(q, done+i+1)
			}
		}
		account.enter(q, done, count)
		done += count
		if options.OnStep != nil {
			options.OnStep(done)
		}
	}
	if q.Err() != nil {
		return report
	}
	m.optimiser.steps += int64(steps)
	m.optimiser.epochs += int64(tiles(steps, r.minibatches()))
	report = nn.FitReport{Steps: steps, First: account.first, Last: account.last()}
	k.restore(q, &report)
	return report
}

// ledger keeps the mean loss of the first and of the last epoch.
type ledger struct {
	r     *regression
	first []float64 // [E] mean loss of the first epoch
	sum   []float64 // [E] sum over the minibatches of the present epoch
	count int
}

func newLedger(r *regression) *ledger {
	return &ledger{r: r, first: make([]float64, r.members), sum: make([]float64, r.members)}
}

// enter downloads the losses of count minibatches after the done ones.
func (l *ledger) enter(q *driver.Queue, done, count int) {
	rows := make([]int, count)
	for i := range rows {
		rows[i] = int(l.r.minibatch((done+i)%l.r.minibatches(), 0).rows)
	}
	sums := l.r.sums(q, rows)
	if q.Err() != nil {
		return
	}
	for i := range rows {
		epoch, batch := (done+i)/l.r.minibatches(), (done+i)%l.r.minibatches()
		if batch == 0 {
			l.count = 0
			clear(l.sum)
		}
		l.count++
		for member := range l.r.members {
			loss := l.r.mean(sums[i*l.r.members+member], rows[i])
			if math.IsNaN(loss) || math.IsInf(loss, 0) {
				q.Fail(fmt.Errorf("member %d: loss %g at epoch %d, minibatch %d: %w", member, loss, epoch, batch, nn.ErrDiverged))
				return
			}
			l.sum[member] += loss
		}
		if epoch == 0 {
			l.first = l.last()
		}
	}
}

// last is the mean loss of the present epoch, [E].
func (l *ledger) last() []float64 {
	mean := make([]float64, len(l.sum))
	for i, sum := range l.sum {
		mean[i] = sum / float64(l.count)
	}
	return mean
}

// mean divides a sum of squared errors by the number of rows and predicted outputs.
func (r *regression) mean(sum float64, rows int) float64 {
	return sum / float64(rows*max(r.predicted, 1))
}

// lossRows is the number of rows that pass through the networks at a time in ModelLoss.
const lossRows = 2048

// ModelLoss is the mean squared error of the normalised outputs, per member.
func (b *machine) ModelLoss(m *ensemble, given nn.Transitions) (losses []float64, err error) {
	scratch := b.d.arena(forData)
	defer func() { err = errors.Join(err, scratch.close()) }()
	err = b.d.do("model loss", func(q *driver.Queue) {
		d := m.upload(q, scratch, given)
		m.normalise(q, scratch, d)
		r := newRegression(scratch, &m.network, m.shape.Members, d.rows, lossRows, tiles(d.rows, lossRows))
		r.likely(scratch, m)
		r.learnAs(m, d, d.counted)
		r.mirror.order = 0
		losses = m.evaluate(q, r)
	})
	if err != nil {
		return nil, err
	}
	return losses, nil
}

// evaluate is the loss of all rows in their order.
func (m *ensemble) evaluate(q *driver.Queue, r *regression) []float64 {
	losses := r.pass(q)
	for member := range losses {
		losses[member] = r.mean(losses[member], r.rows)
		if math.IsNaN(losses[member]) || math.IsInf(losses[member], 0) {
			q.Fail(fmt.Errorf("member %d: loss %g: %w", member, losses[member], nn.ErrDiverged))
			return nil
		}
	}
	return losses
}

// pass runs all minibatches of an epoch up to the loss, and returns the sums of the squared errors, [E].
func (r *regression) pass(q *driver.Queue) []float64 {
	rows := make([]int, r.minibatches())
	for i := range rows {
		b := r.minibatch(i, i)
		rows[i] = int(b.rows)
		r.loss(q, b, false)
	}
	errors := make([]float64, r.members)
	for i, sum := range r.sums(q, rows) {
		errors[i%r.members] += sum
	}
	return errors
}

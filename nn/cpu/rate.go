package cpu

import (
	"fmt"
	"time"

	"github.com/palmal-rl/palmal/nn"
)

// ChunkRows is the number of steps of the pool that this backend passes through the policy or the value
// network at once. Measure the rate of their products at this number of rows.
const ChunkRows = chunkRows

// SGEMMRate measures the FLOP/s of this backend's BLAS at the given products. All workers compute at
// once, each on its own matrices and with one thread. The rate is the FLOPs of all products divided by
// the time of all products. The measurement takes about the given duration.
func (b *Backend) SGEMMRate(products nn.GEMMs, duration time.Duration) (rate float64, err error) {
	err = b.Exclusively(func() error {
		rate, err = b.machine.rate(products, duration)
		return err
	})
	return rate, err
}

func (b *machine) rate(products nn.GEMMs, duration time.Duration) (float64, error) {
	if len(products) == 0 {
		return 0, fmt.Errorf("SGEMM rate: no product")
	}
	workers := len(b.workers.all)
	job := &rateJob{products: products, duration: duration, rates: make([]float64, workers)}
	job.start.begin(workers)
	if err := b.workers.each(workers, job); err != nil {
		return 0, fmt.Errorf("SGEMM rate: %w", err)
	}
	sum := 0.0
	for _, rate := range job.rates {
		sum += rate
	}
	return sum, nil
}

// rateJob measures on every worker.
type rateJob struct {
	products nn.GEMMs
	duration time.Duration
	start    barrier
	rates    []float64 // [workers] FLOP/s
}

// operands are the matrices of one product.
type operands struct{ a, b, c []float32 }

func (j *rateJob) run(w *worker, task int) error {
	matrices := make([]operands, len(j.products))
	for i, p := range j.products {
		matrices[i] = operands{w.floats.take(p.M * p.K), w.floats.take(p.K * p.N), w.floats.take(p.M * p.N)}
		clear(matrices[i].a)
		clear(matrices[i].b)
	}
	spent := make([]time.Duration, len(j.products))
	j.start.wait()
	rounds := 0
	for begin := time.Now(); rounds == 0 || time.Since(begin) < j.duration; rounds++ {
		for i, p := range j.products {
			before := time.Now()
			m := matrices[i]
			w.product.gemm(p.TransA, p.TransB, p.M, p.N, p.K, m.a, m.b, 0, m.c)
			spent[i] += time.Since(before)
		}
	}
	seconds := 0.0
	for i, p := range j.products {
		seconds += spent[i].Seconds() / float64(rounds) * float64(p.Count)
	}
	j.rates[task] = j.products.FLOPs() / seconds
	return nil
}

//go:build cuda

package gpu

import (
	"time"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// SGEMMRate measures the float32 FLOP/s of the device's multiply-add units, whatever the products: without
// tensor cores no product can be faster. The measurement takes about the given duration.
func (b *Backend) SGEMMRate(_ nn.GEMMs, duration time.Duration) (rate float64, err error) {
	err = b.Exclusively(func() error {
		rate, err = b.machine.rate(duration)
		return err
	})
	return rate, err
}

func (b *machine) rate(duration time.Duration) (rate float64, err error) {
	const threads, enough = 256, 8 // blocks of a multiprocessor
	blocks := enough * b.d.Properties.SMs
	scratch := b.d.arena(forScratch)
	err = b.d.do("rate", func(q *driver.Queue) {
		out := take[float32](scratch, blocks*threads)
		shape := driver.Shape{Grid: driver.Dim{X: blocks}, Block: driver.Dim{X: threads}}
		for rounds := devicePeakRounds; q.Err() == nil; rounds *= 2 {
			start := time.Now()
			launchPeakFma(q, shape, out.Ptr, int64(rounds), 0.5)
			q.Wait()
			took := time.Since(start)
			rate = 2 * devicePeakChains * float64(blocks*threads) * float64(rounds) / took.Seconds()
			if 2*took > duration {
				return // all launches so far took no more than twice this one
			}
		}
	})
	if also := scratch.close(); err == nil {
		err = also
	}
	return rate, err
}

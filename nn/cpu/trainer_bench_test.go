package cpu

import (
	"fmt"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/palmal-rl/palmal/nn"
)

// still is a minibatch of the same numbers in every step.
type still struct{ width int }

func (s still) inputs(rows span, x matrix) {
	for row := rows.first; row < rows.end; row++ {
		numbers := x.row(row, s.width)
		for i := range numbers {
			numbers[i] = float32((row*7+i*3)%11) - 5
		}
	}
}

func (still) loss(row int, gradient, out []float32) float64 {
	for i := range gradient {
		gradient[i] = 1e-3 * (out[i] - float32((row+i)%5))
	}
	return 0
}

func (still) left() *leaving { return nil }

func (still) loose([]float32, int) {}

// BenchmarkTrainerStep compares a step on one lane, and its halves, with the same number of multiply-adds in the tile
// that is fastest, done next to it: medians of ratios, because the speed of a shared machine changes from second to second.
func BenchmarkTrainerStep(b *testing.B) {
	for name, s := range map[string]struct {
		shape nn.MLP
		batch int
	}{
		"model": {nn.NewMLP(15, []int{512, 512}, 12, nn.ReLU), 200},
		"value": {nn.NewMLP(16, []int{128, 128}, 1, nn.ReLU), 256},
	} {
		for _, u := range allUnits() {
			b.Run(fmt.Sprintf("%s/%s", name, u.name), func(b *testing.B) { trainerStep(b, u, s.shape, s.batch) })
		}
	}
}

func trainerStep(b *testing.B, u units, shape nn.MLP, batch int) {
	n := newNetwork(shape)
	w := &worker{product: newOwn(&u)}
	p := w.product.(*own)
	var t trainer
	t.begin(&n, &u, batch, 1, make([]float32, t.need(&n, &u, batch)))
	o := newOptimiser(n.parameters())
	t.load(probeNumbers(n.parameters(), 1), &o, 0)
	const depth = 256
	a, bb, c := make([]float32, 16*528), make([]float32, depth*2*u.vector), make([]float32, u.rows*2*u.vector)
	peak := tile{a: unsafe.Pointer(&a[0]), b: unsafe.Pointer(&bb[0]), c: unsafe.Pointer(&c[0]), lda: 528, ldb: 2 * u.vector, ldc: 2 * u.vector,
		k: depth, floor: noFloor(), control: flush}
	for i := range peak.ahead {
		peak.ahead[i] = peak.b
	}
	flops := 0.0
	for i, layer := range n.layers {
		passes := 3.0
		if i == 0 {
			passes = 2
		}
		flops += passes * 2 * float64(batch*layer.In*layer.Out)
	}
	tiles := int(flops / float64(2*depth*u.rows*2*u.vector))
	var forth, back, whole []float64
	var rates []float64
	for range b.N {
		start := time.Now()
		for range tiles {
			u.multiply(byRows, u.rows, 2, &peak)
		}
		ideal := time.Since(start).Seconds()
		rates = append(rates, flops/ideal/1e9)
		start = time.Now()
		t.differentiate(p, span{0, batch}, still{shape.Sizes[0]})
		first := time.Since(start).Seconds()
		t.update(p, 0, batch, 1, nn.DefaultAdam())
		both := time.Since(start).Seconds()
		forth, back, whole = append(forth, first/ideal), append(back, (both-first)/ideal), append(whole, ideal/both)
	}
	for name, x := range map[string][]float64{"first-half/ideal": forth, "second-half/ideal": back, "of-peak": whole, "peak-GFLOP/s": rates} {
		slices.Sort(x)
		b.ReportMetric(x[len(x)/2], name)
	}
}

// BenchmarkTrainerLanes times steps on several lanes.
func BenchmarkTrainerLanes(b *testing.B) {
	for name, s := range map[string]struct {
		shape nn.MLP
		batch int
	}{
		"model": {nn.NewMLP(15, []int{512, 512}, 12, nn.ReLU), 200},
		"value": {nn.NewMLP(16, []int{128, 128}, 1, nn.ReLU), 256},
	} {
		for _, lanes := range []int{1, 2, 4} {
			b.Run(fmt.Sprintf("%s/%d", name, lanes), func(b *testing.B) {
				u := allUnits()[0]
				n := newNetwork(s.shape)
				var t trainer
				t.begin(&n, &u, s.batch, lanes, make([]float32, t.need(&n, &u, s.batch)))
				o := newOptimiser(n.parameters())
				t.load(probeNumbers(n.parameters(), 1), &o, 0)
				var ws workers
				ws.start(lanes, func() product { return newOwn(&u) })
				defer ws.stop()
				must(b, ws.each(lanes, laneJob{&t, s.batch, b.N}))
			})
		}
	}
}

type laneJob struct {
	t           *trainer
	batch, runs int
}

func (j laneJob) run(w *worker, lane int) error {
	for i := range j.runs {
		j.t.step(w, lane, int64(i+1), nn.DefaultAdam(), j.batch, still{j.t.layers[0].In})
	}
	return nil
}

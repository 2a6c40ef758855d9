package cpu

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/palmal-rl/palmal/nn"
)

// stage times one stage at the sizes of Hopper and compares its rate with that of the BLAS at the
// same products, measured around it in the same run.
type stage struct {
	*testing.B
	world *world
	ideal float64 // seconds that all products would take at the BLAS's rate
	flops float64
	timed time.Duration
}

// part times run, which should cost the products, chunked as given, times over.
func (s *stage) part(products nn.GEMMs, times float64, run func()) {
	const probe = 150 * time.Millisecond
	before, err := s.world.SGEMMRate(products, probe)
	must(s, err)
	s.StartTimer()
	start := time.Now()
	run()
	s.timed += time.Since(start)
	s.StopTimer()
	after, err := s.world.SGEMMRate(products, probe)
	must(s, err)
	flops := products.FLOPs() * times
	s.flops += flops
	s.ideal += flops / ((before + after) / 2)
}

func (s *stage) report() {
	s.ReportMetric(s.flops/s.timed.Seconds()/1e9, "GFLOP/s")
	s.ReportMetric(s.flops/s.ideal/1e9, "sgemm-GFLOP/s")
	s.ReportMetric(s.ideal/s.timed.Seconds(), "fraction")
}

func newStage(b *testing.B) *stage {
	b.StopTimer()
	b.ReportAllocs()
	return &stage{B: b, world: newWorld(b, benchWorkers(), hopper())}
}

func (s *stage) fit(steps int) {
	w := s.world
	options := w.fit
	options.Epochs, options.MaxSteps = steps, steps
	s.part(w.model.Shape().FitStep(options.Batch), float64(steps), func() {
		_, err := w.Fit(w.model, w.data, options)
		must(s, err)
	})
}

func (s *stage) rollout() (paths nn.Paths) {
	w := s.world
	products := w.model.Shape().RolloutStep(w.policy.Shape(), len(w.starts.Times)/2)
	s.part(products, 2*float64(w.rollout.Horizon), func() {
		var err error
		paths, err = w.Rollout(w.policy, w.model, w.task, w.starts, w.rollout)
		must(s, err)
		w.rollout.Index++
	})
	return paths
}

func (s *stage) steps() float64 {
	return float64(s.world.model.Shape().Members * len(s.world.starts.Times) * s.world.rollout.Horizon)
}

func (s *stage) advantages(paths nn.Paths) {
	w := s.world
	products := w.value.Shape().MLP().Forward(ChunkRows)
	s.part(products, s.steps()/ChunkRows, func() {
		_, err := w.Score(paths, w.task, nn.ScoreOptions{RewardScale: 1})
		must(s, err)
		must(s, w.Advantages(paths, w.value, w.gae))
	})
}

func (s *stage) gradient(paths nn.Paths, gradient []float64) {
	w := s.world
	s.part(w.policy.Shape().GradientStep(ChunkRows), s.steps()/ChunkRows, func() {
		must(s, w.PolicyGradient(gradient, paths, w.policy))
	})
}

func (s *stage) fisher(paths nn.Paths, v []float64, times int) {
	w := s.world
	product := make([]float64, len(v))
	s.part(w.policy.Shape().FisherStep(ChunkRows), float64(times)*s.steps()/ChunkRows, func() {
		for range times {
			must(s, w.FisherVector(product, v, paths, w.policy, 1))
		}
	})
}

func (s *stage) surrogate(paths nn.Paths) {
	w := s.world
	s.part(w.policy.Shape().MLP().Forward(ChunkRows), s.steps()/ChunkRows, func() {
		_, _, err := w.Surrogate(paths, w.policy)
		must(s, err)
	})
}

func (s *stage) valueFit(paths nn.Paths) {
	w := s.world
	batch := w.critic.Batch
	products := append(w.value.Shape().ValueStep(batch), w.value.Shape().MLP().Forward(batch)...)
	s.part(products, s.steps()/float64(batch), func() {
		_, err := w.FitValue(w.value, paths, w.critic)
		must(s, err)
	})
}

func BenchmarkFit(b *testing.B) {
	s := newStage(b)
	for range b.N {
		s.fit(100)
	}
	s.report()
}

func BenchmarkRollout(b *testing.B) {
	s := newStage(b)
	for range b.N {
		must(b, s.rollout().Close())
	}
	s.report()
}

func BenchmarkAdvantages(b *testing.B) {
	s := newStage(b)
	paths := s.world.sample(b)
	for range b.N {
		s.advantages(paths)
		own, _ := nn.Own[*value](s.world.value)
		own.version++
	}
	s.report()
}

func BenchmarkGradient(b *testing.B) {
	s := newStage(b)
	paths, gradient := s.world.sample(b), make([]float64, s.world.policy.Shape().Parameters())
	for range b.N {
		s.gradient(paths, gradient)
	}
	s.report()
}

func BenchmarkFisher(b *testing.B) {
	s := newStage(b)
	paths, v := s.world.sample(b), make([]float64, s.world.policy.Shape().Parameters())
	for i := range v {
		v[i] = 1 / float64(i+1)
	}
	for range b.N {
		s.fisher(paths, v, 10)
	}
	s.report()
}

func BenchmarkSurrogate(b *testing.B) {
	s := newStage(b)
	paths := s.world.sample(b)
	for range b.N {
		s.surrogate(paths)
	}
	s.report()
}

func BenchmarkValueFit(b *testing.B) {
	s := newStage(b)
	paths := s.world.sample(b)
	for range b.N {
		s.valueFit(paths)
	}
	s.report()
}

// BenchmarkIteration is an iteration of PAL without the world: 1300 fit steps and four natural
// policy gradient steps on 800 paths of 500 steps.
func BenchmarkIteration(b *testing.B) {
	s := newStage(b)
	gradient := make([]float64, s.world.policy.Shape().Parameters())
	for range b.N {
		s.fit(1300)
		for range 4 {
			paths := s.rollout()
			s.advantages(paths)
			s.gradient(paths, gradient)
			s.fisher(paths, gradient, 10)
			s.surrogate(paths)
			s.valueFit(paths)
			must(b, paths.Close())
		}
	}
	s.report()
}

// benchWorkers is the number of workers: two, or PALMAL_BENCH_WORKERS.
func benchWorkers() int {
	if n, err := strconv.Atoi(os.Getenv("PALMAL_BENCH_WORKERS")); err == nil {
		return n
	}
	return 2
}

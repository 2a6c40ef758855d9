// Command library trains a controller that swings a torque pendulum up and holds it, by package palmal: an
// environment in one page, no other program. Under a minute on two cores.
package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/signal"

	"github.com/palmal-rl/palmal"
)

// pendulum is a rod that a motor at its end turns, too weak to lift it at once. 0 is upright.
type pendulum struct{ angle, rate float64 }

func (*pendulum) Spec() palmal.Spec {
	return palmal.Spec{
		Name: "pendulum", Horizon: 200, Dt: 0.05,
		Observation: []palmal.Entry{{Name: "cos", Kind: palmal.Unit}, {Name: "sin", Kind: palmal.Unit}, {Name: "rate", Unit: "rad/s"}},
		Action:      []palmal.Action{{Name: "torque", Unit: "2 N·m", Low: -1, High: 1}},
	}
}

func (p *pendulum) Reset(seed uint64) ([]float32, error) {
	draw := rand.New(rand.NewPCG(seed, 0))
	p.angle, p.rate = math.Pi*(2*draw.Float64()-1), 2*draw.Float64()-1
	return p.observe(), nil
}

func (p *pendulum) Step(action []float32) (obs []float32, reward float64, terminated, truncated bool, err error) {
	cost := p.angle*p.angle + 0.1*p.rate*p.rate + 0.004*float64(action[0]*action[0])
	p.rate = min(max(p.rate+0.05*(15*math.Sin(p.angle)+6*float64(action[0])), -8), 8)
	p.angle = math.Remainder(p.angle+0.05*p.rate, 2*math.Pi)
	return p.observe(), -cost, false, false, nil
}

func (p *pendulum) observe() []float32 {
	return []float32{float32(math.Cos(p.angle)), float32(math.Sin(p.angle)), float32(p.rate)}
}

// RewardTerms and Rewards let model paths be scored by the reward itself; without them it is learned.
func (*pendulum) RewardTerms() []string { return []string{"angle", "rate", "torque"} }

func (*pendulum) Rewards(terms, obs, action, _ []float64) {
	angle := math.Atan2(obs[1], obs[0])
	terms[0], terms[1], terms[2] = -angle*angle, -0.1*obs[2]*obs[2], -0.004*action[0]*action[0]
}

func main() {
	if err := train(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// train learns until two evaluations in a row swing up and hold, or until Ctrl-C.
func train(out []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	o := palmal.Options{Samples: 8000, Set: settings(), Progress: func(r palmal.Record) {
		fmt.Fprintf(os.Stdout, "%5d samples: return %.0f by the mean action\n", r.Samples, r.Evaluation.Return)
	}}
	if len(out) > 0 {
		o.Out = out[0]
	}
	run, err := palmal.Train(ctx, func() (palmal.Env, error) { return &pendulum{}, nil }, o)
	if err != nil {
		return err
	}
	return palmal.Plot(run.Path+"/learning.svg", run)
}

// settings make the run small: the general preset knows nothing of how small a pendulum is.
func settings() []string {
	return []string{"model.hidden=64,64", "policy.hidden=32,32", "initial_samples=1000", "samples_per_iteration=400", "npg.gamma=0.98",
		"npg.starts_per_member=25", "npg.horizon=100", "model.members=2", "model.epochs=15", "evaluation.episodes=10", "evaluation.stop_at=-300", "value.min_steps=200"}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/bench"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/session"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/tasks"
)

const benchHelp = `Times the stages of an iteration at the sizes of the paper's tables, on synthetic data, and compares
their speed with that of the machine: on the CPU with the BLAS at the same matrix products, measured
around each part in the same run; on a GPU with its float32 multiply-adds, measured once. A stage is
fit, rollout, npg (one natural policy gradient step, its rollout included), pathwise (drawn rollout and
gradient of a step of the pathwise player) or iteration (of fit and npg); without one all are timed. Seconds are the median of the repeats, spread is the slowest less the fastest over it.
A fraction is the share of the machine's speed that is reached. A GPU is warmed up before.

Examples:
  palmal bench
  palmal bench iteration --algo mal --sizes ant
  palmal bench fit rollout --min-fraction 0.65 --json
  palmal bench npg --backend cuda --sync   # and what each kernel took
  palmal bench npg --device 1 --profile 2:2
  PYTHON=venv/bin/python palmal bench --peers bench/peers   # beside PyTorch and JAX`

func (p *program) bench() *cli.Command {
	return &cli.Command{
		Name: "bench", ArgsUsage: "[fit|rollout|npg|pathwise|iteration ...] [flags]", Usage: "time the stages of an iteration", Description: benchHelp,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "algo", Usage: "pal or mal", Value: "pal"},
			&cli.StringFlag{Name: "backend", Usage: "auto, cpu or cuda", Value: "auto"},
			&cli.StringFlag{Name: "sizes", Usage: "hopper, ant or pen", Value: "hopper"},
			&cli.StringFlag{Name: "min-fraction", Usage: "end with 3 if a fraction is below this"},
			&cli.StringFlag{Name: "repeat", Usage: "times that each stage is done; the median counts (default 5 on a GPU, 1 on the CPU)"},
			&cli.StringFlag{Name: "workers", Usage: "threads (default one per core)", Value: "0"},
			precisionFlag(),
			p.syncFlag(),
			profileFlag("repeats of each stage"),
			&cli.BoolFlag{Name: "quick", Usage: "a tenth of the work or less, for a first look"},
			&cli.StringFlag{Name: "peers", Usage: "folder bench/peers of palmal's source: PyTorch and JAX do the same work afterwards, by the Python of $PYTHON"},
			&cli.StringFlag{Name: "divide", Usage: "do an n-th of the work, to try the command on a slow device", Value: "1"},
		}, deviceFlags()...),
		Action: p.benchmark,
	}
}

func benchSizes() []string {
	var names []string
	for _, sizes := range bench.AllSizes() {
		names = append(names, sizes.Name)
	}
	return names
}

func benchAlgorithms() []string { return slices.Sorted(maps.Keys(bench.Works())) }

func (p *program) benchmark(c *cli.Context) (err error) {
	stages := c.Args().Slice()
	if len(stages) == 0 {
		stages = bench.Stages()
	}
	options, workers, least, err := benchOptions(c, stages)
	if err != nil {
		return err
	}
	if err := session.EnoughFor("bench", run.ProgramMemory+options.Work.Memory(options.Sizes), "the sizes, or take --quick"); err != nil {
		return err
	}
	if err := p.readProfile(c, c.String("backend")); err != nil {
		return err
	}
	section, err := sectionOf(c, workers)
	if err != nil {
		return err
	}
	if options.Backend, err = p.openBackend(section); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.closeTimed(options.Backend, options.Backend)) }()
	if err := errors.Join(p.suit(&options), checkPeers(c, options.Backend.Name())); err != nil {
		return err
	}
	p.printf("%s\n%s, sizes of %s (%d/%d)\n", options.Backend.Describe(), strings.ToUpper(c.String("algo")),
		options.Sizes.Name, options.Sizes.Observation, options.Sizes.Action)
	if options.Precision != nn.FP32 {
		p.printf("products of the members in %v\n", options.Precision)
	}
	p.printf("%-22s %10s %10s %10s %9s %8s\n", "", "seconds", "GFLOP/s", "SGEMM", "fraction", "spread")
	var missed []string
	var results []bench.Result
	err = bench.Run(options, stages, func(r bench.Result) error {
		if r.Stage == bench.Iteration {
			if r.World, err = worldSpeed(p.stops.ctx, options.Sizes.Name, options.Work.Samples); err != nil {
				return err
			}
		}
		p.showBench(r)
		results = append(results, r)
		if err := p.stops.ctx.Err(); err != nil {
			return err
		}
		if !math.IsNaN(least) && !(float64(r.Share) >= least) {
			missed = append(missed, fmt.Sprintf("%s reaches %.3f", r.Stage, r.Share))
		}
		return nil
	})
	if err == nil {
		err = p.peers(c, results)
	}
	if err == nil && len(missed) > 0 {
		err = usage.Exit(usage.BoundMissed, "below the least fraction %g: %s", least, strings.Join(missed, ", "))
	}
	return session.AdviseMemory(err)
}

// suit fits options to the backend: a GPU's times are short and even enough for a median of a few.
func (p *program) suit(o *bench.Options) error {
	if m, ok := o.Backend.(nn.Multiplying); ok {
		if err := m.Multiplies(o.Precision); err != nil {
			return usage.Mistakef("--precision: %w", err)
		}
	}
	kind := kindOf(o.Backend)
	o.ChunkRows, o.Steady = kind.chunkRows, kind.steady
	if o.Repeat == 0 {
		o.Repeat = 1
		if kind.steady {
			o.Repeat = 5
		}
	}
	if p.profile.asked() && p.profile.last > o.Repeat {
		return usage.Mistakef("--profile %d:%d: each stage is repeated %d times, see --repeat", p.profile.first, p.profile.last, o.Repeat)
	}
	o.Around = func(name string) func() { return around(o.Backend, name) }
	o.Repeated = newCollector(o.Backend, p.profile).collect
	return nil
}

// benchOptions reads the flags of bench. least is NaN if nothing is to be reached, Repeat 0 if the flag is not given.
func benchOptions(c *cli.Context, stages []string) (o bench.Options, workers int, least float64, err error) {
	for _, stage := range stages {
		if err := usage.OneOf("stage", stage, bench.Stages()); err != nil {
			return o, 0, 0, err
		}
	}
	if err := usage.OneOf("algorithm of bench", c.String("algo"), benchAlgorithms()); err != nil {
		return o, 0, 0, err
	}
	if err := usage.OneOf("sizes", c.String("sizes"), benchSizes()); err != nil {
		return o, 0, 0, err
	}
	o.Work = bench.Works()[c.String("algo")]
	if c.Bool("quick") {
		o.Work = o.Work.Quick()
	}
	divisor, err := usage.Whole("divide", c.String("divide"), 1, math.MaxInt32)
	if err != nil {
		return o, 0, 0, err
	}
	o.Work = o.Work.Divided(divisor)
	o.Probe, o.WarmUp = max(bench.DefaultProbe/time.Duration(divisor), time.Millisecond), bench.DefaultWarmUp/time.Duration(divisor)
	if o.Precision, err = precision(c); err != nil {
		return o, 0, 0, err
	}
	o.Sizes = bench.AllSizes()[slices.Index(benchSizes(), c.String("sizes"))]
	if c.IsSet("repeat") {
		if o.Repeat, err = usage.Whole("repeat", c.String("repeat"), 1, math.MaxInt32); err != nil {
			return o, 0, 0, err
		}
	}
	if workers, err = usage.Whole("workers", c.String("workers"), 0, run.MostWorkers); err != nil {
		return o, 0, 0, err
	}
	least = math.NaN()
	if c.IsSet("min-fraction") {
		if least, err = usage.Number("min-fraction", c.String("min-fraction"), 0, math.MaxFloat64); err != nil {
			return o, 0, 0, err
		}
	}
	return o, workers, least, nil
}

// precision is that of the flag; fp32 without it.
func precision(c *cli.Context) (nn.Precision, error) {
	if !c.IsSet("precision") {
		return nn.FP32, nil
	}
	if err := usage.OneOf("precision", c.String("precision"), nn.Precisions()); err != nil {
		return nn.FP32, err
	}
	return nn.ParsePrecision(c.String("precision"))
}

// worldSpeed samples the task of that name by random actions; nil where this computer cannot simulate it.
func worldSpeed(ctx context.Context, name string, samples int) (_ *bench.World, err error) {
	t, err := tasks.Get(name)
	if err != nil {
		return nil, nil // sizes that belong to no task
	}
	world, err := physics.Open(t, physics.Options{})
	if err != nil {
		return nil, nil // no MuJoCo: nothing to report
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	low, high := world.Task().ActionBox()
	random := func() algo.ActFunc {
		return func(episode uint64, t int, _, action []float32) {
			for i := range action {
				key := nn.Key{Seed: episode, Stream: nn.StreamStarts}
				action[i] = float32(low[i] + (high[i]-low[i])*key.Uniform(uint64(t), uint32(i)))
			}
		}
	}
	played := 0
	start := time.Now()
	err = world.Sample(ctx, 1, 0, random, func(e physics.Episode) bool {
		played += e.Samples
		return played < samples
	})
	return &bench.World{Task: name, Samples: played, Seconds: time.Since(start).Seconds()}, err
}

func (p *program) showBench(r bench.Result) {
	if p.json {
		p.printJSON(r)
		return
	}
	spread := ""
	if r.Repeats > 1 {
		spread = fmt.Sprintf("%6.1f %%", 100*r.Spread)
	}
	p.printf("%-22s %10.4g %10.1f %10.1f %9.3f %8s\n", r.Stage, r.Seconds, r.GFLOPS, r.SGEMM, r.Share, spread)
	if len(r.Parts) < 2 {
		return
	}
	for _, part := range r.Parts {
		p.printf("  %-20s %10.4g %10.1f %10.1f %9.3f\n", part.Name, part.Seconds, part.GFLOPS, part.SGEMM, part.GFLOPS/float64(part.SGEMM))
	}
	if r.World != nil {
		p.printf("  %-20s %10.2f  beside it: %s samples of %s, random actions\n", "world", r.World.Seconds,
			run.Thousands(r.World.Samples), r.World.Task)
	}
}

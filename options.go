package palmal

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/session"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics/task"
)

// Options say how to train. The zero value is PAL with the preset for unknown worlds and seed 1.
type Options struct {
	Out       string // run directory, which must not exist; "" for runs/NAME-ALGO-seedN
	Algorithm string // pal, mal, gda or br; "" for pal
	Preset    string // tuned, paper or general; "" for tuned, which is general where nothing is tuned
	Seed      uint64 // random seed of the whole run; 0 for 1
	Samples   int    // environment steps after which the run ends; 0 for the preset's
	Workers   int    // instances that play at once, and threads; 0 for one per processor. No result depends on it

	// From is a run whose networks to begin with, of the same sizes; "" for none.
	From string
	// Data are recorded episodes to learn from too: files (.npz, .jsonl, .parquet), folders of LeRobotDatasets, run
	// directories. With the key samples=0 in Set the run learns from them alone.
	Data []string

	// Set changes single keys of the configuration, as "npg.steps=8". The program's train --help lists them.
	Set []string
	// Config is a file of keys in YAML, or a run directory whose configuration to take; "" for none.
	Config string

	// Progress is called after every iteration, on the goroutine of Train; nil for nothing.
	Progress func(Record)
	// Warn is told what may not act as intended; nil for nothing.
	Warn func(text string)
	// Backend opens what computes; nil for the CPU. Package gpu has another one.
	Backend func() (nn.Backend, error)
}

func (o Options) warn(text string) {
	if o.Warn != nil {
		o.Warn(text)
	}
}

// resolve makes the whole configuration.
func (o Options) resolve(ctx context.Context, t *task.Task, backend string) (run.Config, error) {
	request := run.Request{File: o.Config, Sets: o.Set, SetsFrom: "Options.Set", Backends: []string{backend}, Task: t}
	add := func(key, value, origin string) {
		if value != "" {
			request.Flags = append(request.Flags, run.Typed(key, value, "Options."+origin))
		}
	}
	number := func(key, value, origin string) {
		if value != "0" {
			add(key, value, origin)
		}
	}
	add("algo", o.Algorithm, "Algorithm")
	add("preset", o.Preset, "Preset")
	number("seed", strconv.FormatUint(o.Seed, 10), "Seed")
	number("samples", strconv.Itoa(o.Samples), "Samples")
	number("run.workers", strconv.Itoa(o.Workers), "Workers")
	add("run.backend", backend, "Backend")
	add("from", o.From, "From")
	if len(o.Data) > 0 {
		request.Flags = append(request.Flags, run.TypedList("data", o.Data, "Options.Data"))
	}
	resolved, err := run.Resolve(request)
	if err != nil {
		return run.Config{}, err
	}
	for _, warning := range resolved.Warnings() {
		o.warn(warning)
	}
	if err := ownWorld(resolved.Config); err != nil {
		return run.Config{}, err
	}
	return resolved.Config, cmp.Or(session.TakeNetworks(&resolved.Config, o.warn), session.TakeData(ctx, &resolved.Config))
}

// ownWorld refuses what only a world of the program can do.
func ownWorld(config run.Config) error {
	if len(config.Perturbations) > 0 {
		return fmt.Errorf("perturbations is %q: want none, since the world is code of yours, which alone can change it", config.Perturbations)
	}
	return nil
}

// watcher hands records on.
type watcher struct{ progress func(Record) }

// Stage ignores the stage that begins.
func (watcher) Stage(algo.Stage) {}

// Iteration hands a record on.
func (w watcher) Iteration(record algo.Record) {
	if w.progress != nil {
		w.progress(record)
	}
}

// Stopping ignores that the run will stop: Train says so when it has.
func (watcher) Stopping() {}

// Close does nothing.
func (watcher) Close() {}

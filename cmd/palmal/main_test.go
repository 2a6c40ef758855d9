package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/host"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/session"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// TestMain puts this program into the PATH of the tests, as palmal.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"palmal": func() { os.Exit(execute(os.Args, os.Stdout, os.Stderr)) }})
}

// tiny is a training run of cartpole that takes a second: networks and rollouts of the smallest
// sizes. Scripts find it in $TINY; it learns nothing.
var tiny = []string{"--task", "cartpole", "--preset", "tuned", "--samples", "500",
	"--set", "initial_samples=100", "--set", "samples_per_iteration=50", "--set", "buffer=300",
	"--set", "model.members=2", "--set", "model.hidden=16", "--set", "model.epochs=2", "--set", "model.min_steps=1",
	"--set", "policy.hidden=8", "--set", "value.hidden=8", "--set", "value.min_steps=0",
	"--set", "npg.steps=2", "--set", "npg.starts_per_member=8", "--set", "npg.horizon=20",
	"--set", "evaluation.episodes=3", "--set", "diagnostic_starts=2"}

// TestScripts runs the scripts of testdata/script, which type what users type. go test -run Scripts
// -update rewrites the golden texts in them.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup:         setUp,
		Condition:     condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"train": train, "gzip": pack, "exits": exits, "damage": damage, "fromgood": fromGood,
			"listener": listener, "balanced": balanced,
		},
	})
}

// A run that cannot fit is refused before it takes the memory of everything else.
func TestRunsThatCannotFitAreRefused(t *testing.T) {
	resolved, err := run.Resolve(run.Request{Sets: []string{"task=cartpole"}, Backends: []string{"cpu"}})
	if err != nil {
		t.Fatal(err)
	}
	cartpole, err := tasks.Get("cartpole")
	if err != nil {
		t.Fatal(err)
	}
	world, err := physics.Open(cartpole, physics.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	for _, roomy := range []int64{0, 1 << 40} {
		if err := session.EnoughMemory(resolved.Config, world.Task(), world.Task().Horizon, roomy); err != nil {
			t.Errorf("%d bytes: %v", roomy, err)
		}
	}
	for key, sets := range map[string][]string{
		"lower model.hidden or model.members":  nil,
		"lower npg.starts_per_member":          {"npg.starts_per_member=2e9"},
		"lower policy.hidden":                  {"policy.hidden=60000,60000"},
		"lower value.hidden":                   {"value.hidden=60000,60000"},
		"lower samples, or set buffer below":   {"samples=1e12", "buffer=0"},
		"lower buffer":                         {"samples=1e12", "buffer=1e11"},
		"lower diagnostic_starts":              {"diagnostic_starts=2e9"},
		"lower samples, or set buffer":         {"algo=mal", "samples=1e9"},
		"lower model.hidden or model.members ": {"model.members=1000"},
	} {
		resolved, err := run.Resolve(run.Request{Sets: append([]string{"task=cartpole"}, sets...), Backends: []string{"cpu"}})
		if err != nil {
			t.Fatal(err)
		}
		err = session.AdviseMemory(session.LimitedBy(host.Limit{Bytes: 16 << 20, By: "a limit"}, session.EnoughMemory(resolved.Config, world.Task(), world.Task().Horizon, 16<<20)))
		if exitCode(err) != usage.Device || !strings.Contains(fmt.Sprint(err), key) || strings.Count(err.Error(), "lower ") != 1 ||
			!strings.HasSuffix(err.Error(), "what binds is a limit") {
			t.Errorf("%v in 16 MiB: %v, exit code %d, want %q", sets, err, exitCode(err), key)
		}
	}
}

func TestErrorsEndWithTheirCode(t *testing.T) {
	wrap := func(err error) error { return fmt.Errorf("iteration 3: %w; the last checkpoint is 000002", err) }
	for want, errs := range map[int][]error{
		0:   {nil},
		1:   {errors.New("anything"), wrap(syscall.ENOSPC)},
		2:   {usage.Mistakef("unknown"), wrap(usage.Mistakef("unknown"))},
		3:   {usage.Exit(usage.BoundMissed, "past the bound")},
		4:   {wrap(nn.ErrDiverged)},
		5:   {wrap(algo.ErrWorld), wrap(physics.ErrUnstable)},
		6:   {session.AdviseMemory(wrap(nn.ErrMemory))},
		75:  {wrap(&run.Stopped{Signal: syscall.SIGTERM, Checkpoint: 2}), &run.Stopped{Signal: syscall.SIGHUP, AtOnce: true, Checkpoint: 2}},
		143: {wrap(&run.Stopped{Signal: syscall.SIGTERM, AtOnce: true})}, // no checkpoint to resume from
		130: {errors.Join(wrap(&run.Stopped{Signal: syscall.SIGINT}))},
	} {
		for _, err := range errs {
			if got := exitCode(err); got != want {
				t.Errorf("%v: exit code %d, want %d", err, got, want)
			}
		}
	}
}

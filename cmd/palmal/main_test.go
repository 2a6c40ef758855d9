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
	"github.com/palmal-rl/palmal/cmd/palmal/internal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics"
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
		},
	})
}

// A run that cannot fit is refused before it takes the memory of everything else.
func TestRunsThatCannotFitAreRefused(t *testing.T) {
	resolved, err := run.Resolve(run.Request{Sets: []string{"task=cartpole"}, Backends: []string{"cpu"}})
	if err != nil {
		t.Fatal(err)
	}
	world, err := physics.Open("cartpole", physics.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	for _, roomy := range []int64{0, 1 << 40} {
		if err := enoughMemory(resolved.Config, world, roomy); err != nil {
			t.Errorf("%d bytes: %v", roomy, err)
		}
	}
	err = enoughMemory(resolved.Config, world, 16<<20)
	if exitCode(err) != usage.Device || !strings.Contains(fmt.Sprint(err), "lower npg.starts_per_member") {
		t.Errorf("in 16 MiB: %v, exit code %d", err, exitCode(err))
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
		6:   {adviseMemory(wrap(nn.ErrMemory))},
		75:  {wrap(&run.Stopped{Signal: syscall.SIGTERM}), &run.Stopped{Signal: syscall.SIGUSR1, AtOnce: true}},
		130: {errors.Join(wrap(&run.Stopped{Signal: syscall.SIGINT}))},
	} {
		for _, err := range errs {
			if got := exitCode(err); got != want {
				t.Errorf("%v: exit code %d, want %d", err, got, want)
			}
		}
	}
}

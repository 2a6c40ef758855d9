package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/nn"
	numerics "github.com/palmal-rl/palmal/nn/cpu"
	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/tasks"
)

var rewritePresets = flag.Bool("rewrite", false, "write the hashes of what the presets learn again")

const (
	presetsFile = "testdata/presets.txt"
	// hashedMuJoCo is the version whose worlds presetsFile holds; other versions simulate contacts differently.
	hashedMuJoCo = "2.2.2"
	// mostDecisions is the length of the episodes of the test: a legged robot takes a second for one of its own.
	mostDecisions = 12
)

const presetsHead = `# What two small iterations of every task, algorithm and preset give: a hash of all that a checkpoint holds and
# one of the metrics without times. Written by
#
#	go test ./cmd/palmal -run PresetsGiveTheSameBytes -rewrite
#
# They hold on every amd64 processor with FMA (Haswell, Zen and newer) for GOAMD64=v1, by gonum's BLAS and MuJoCo 2.2.2
# of Debian 12. AVX2 and the number of threads change nothing (GODEBUG=cpu.avx2=off gives the same). Without FMA the
# last digits of some metrics differ, since Go's math.Exp uses it; GOAMD64=v3 rounds all sums of products otherwise.
`

// tinySizes makes any preset a matter of a tenth of a second, and leaves everything else, as the numbers of policy steps
// and of epochs, as the preset has it.
var tinySizes = []string{"model.hidden=16,16", "model.min_steps=5", "model.max_steps=60",
	"npg.starts_per_member=4", "npg.horizon=8", "initial_samples=24", "samples_per_iteration=12", "policy.hidden=8,8", "value.hidden=8,8",
	"value.min_steps=2", "evaluation.episodes=1", "evaluation.every=1", "diagnostic_starts=3",
	"pathwise.starts=20", "pathwise.horizon=3", "pathwise.value_rolls=1", "pathwise.value_starts=10", "pathwise.value_horizon=5",
	"actor_critic.hidden=8,8", "actor_critic.rows=6", "actor_critic.horizon=3", "actor_critic.critic_first=4", "actor_critic.critic_updates=2", "actor_critic.refill=5",
	"actor_critic.spread_starts=8", "actor_critic.spread_horizon=4"}

// A change that is not about learning leaves every preset the bytes that it gave before. Where one changes
// them on purpose, it says so in CHANGELOG.md, checks that the learning curves of docs/results still hold for
// what it touches, and writes testdata/presets.txt again, by the command in that file; the lines that
// differ must be those of the tasks, algorithms and presets that were meant. Checkpoints that differ where metrics
// do not mean a change of the last iteration's end or of what is saved; metrics alone, one of what is reported.
func TestPresetsGiveTheSameBytes(t *testing.T) {
	if runtime.GOARCH != "amd64" || !cpu.X86.HasFMA || fuses(1+0x1p-30, -1) {
		t.Skipf("%s holds what GOAMD64=v1 gives on processors with FMA; this is %s, FMA %v, sums fused %v: numbers are rounded otherwise",
			presetsFile, runtime.GOARCH, cpu.X86.HasFMA, fuses(1+0x1p-30, -1))
	}
	t.Setenv("PALMAL_BLAS", "gonum")
	backend, err := numerics.New(numerics.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	expected := readHashes(t)
	for _, name := range tasks.Names() {
		t.Run(name, func(t *testing.T) {
			built, err := tasks.Get(name)
			if err != nil {
				t.Fatal(err)
			}
			if v := mujoco.Version(); built.Simulator == task.MuJoCo && v != hashedMuJoCo {
				t.Skipf("%s holds MuJoCo %s, this is %q", presetsFile, hashedMuJoCo, v)
			}
			for _, algorithm := range algo.Algorithms() {
				for _, preset := range algo.Presets() {
					key := fmt.Sprintf("%s %s %s", name, algorithm, preset)
					got := learned(t, backend, built, string(algorithm), preset)
					if *rewritePresets {
						expected[key] = got
					} else if want := expected[key]; got != want {
						t.Errorf("%s: checkpoint and metrics %s, want %s", key, got, want)
					}
				}
			}
		})
	}
	if *rewritePresets {
		writeHashes(t, expected)
	}
}

// fuses reports whether the compiler rounds x² + z once, as GOAMD64=v3 and arm64 do, and not twice.
//
//go:noinline
func fuses(x, z float64) bool { return x*x+z != float64(x*x)+z }

// learned hashes two iterations of a preset in tiny sizes: the checkpoint and the metrics, 16 digits each.
func learned(t *testing.T, backend nn.Backend, played *task.Task, algorithm, preset string) (hashes string) {
	t.Helper()
	sets := append([]string{"task=" + played.Name, "algo=" + algorithm, "preset=" + preset, "seed=3"}, tinySizes...)
	resolved, err := run.Resolve(run.Request{Sets: sets, Backends: backendNames()})
	if err != nil {
		t.Fatal(err)
	}
	options, err := worldOptions(resolved.Config, 0)
	if err != nil {
		t.Fatal(err)
	}
	shortened := *played
	shortened.Horizon = min(played.Horizon, mostDecisions*options.ActionRepeat)
	world, err := physics.Open(&shortened, options)
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	game, err := algo.New(resolved.Config.Config, backend, world, world.Task(), algo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer game.Close()
	metrics := sha256.New()
	for range 2 {
		record, err := game.Iterate(t.Context())
		if err != nil {
			t.Fatalf("%s %s %s: %v", played.Name, algorithm, preset, err)
		}
		record.Timing = algo.Timing{}
		line, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		metrics.Write(line)
	}
	snapshot, err := game.Save()
	if err != nil {
		t.Fatal(err)
	}
	return hashSnapshot(t, snapshot) + " " + hex.EncodeToString(metrics.Sum(nil)[:8])
}

// hashSnapshot hashes the numbers of a checkpoint, in an order that names do not change except for those of groups.
func hashSnapshot(t *testing.T, s algo.Snapshot) string {
	t.Helper()
	sum := sha256.New()
	for _, group := range slices.Sorted(maps.Keys(s.Groups)) {
		for _, array := range s.Groups[group] {
			if err := binary.Write(sum, binary.LittleEndian, array.Value.Data()); err != nil {
				t.Fatalf("%s %s: %v", group, array.Name, err)
			}
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// readHashes reads the expected hashes, by task, algorithm and preset.
func readHashes(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(presetsFile)
	if err != nil && !*rewritePresets {
		t.Fatal(err)
	}
	hashes := map[string]string{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(fields) != 5 {
			t.Fatalf("%s: %q: want task, algorithm, preset and two hashes", presetsFile, line)
		}
		hashes[strings.Join(fields[:3], " ")] = strings.Join(fields[3:], " ")
	}
	return hashes
}

// writeHashes writes them in the order of the registries, those of tasks that were not measured as they were.
func writeHashes(t *testing.T, hashes map[string]string) {
	t.Helper()
	text := bytes.NewBufferString(presetsHead)
	for _, name := range tasks.Names() {
		for _, algorithm := range algo.Algorithms() {
			for _, preset := range algo.Presets() {
				key := fmt.Sprintf("%s %s %s", name, algorithm, preset)
				if hash := hashes[key]; hash != "" {
					fmt.Fprintln(text, key, hash)
				}
			}
		}
	}
	if err := os.WriteFile(presetsFile, text.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

package run

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
)

// playedRun is a run of five iterations with checkpoints 3, 4 and 5.
func playedRun(t *testing.T) (*Directory, Config) {
	t.Helper()
	d, config := newRun(t)
	if err := play(t, d, 0, &fakeGame{end: 5}, config.Run, nil); err != nil {
		t.Fatal(err)
	}
	return d, config
}

func change(t *testing.T, path, old, with string) {
	t.Helper()
	text := contents(t, path)
	changed := strings.Replace(text, old, with, 1)
	if changed == text {
		t.Fatalf("%s holds no %q", path, old)
	}
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedCheckpointsAreRefusedAndTheLastGoodOneFound(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, dir string){
		"truncated": func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(dir, "policy.safetensors"), 20); err != nil {
				t.Fatal(err)
			}
		},
		"altered": func(t *testing.T, dir string) { // changes the numbers, which only the hash shows
			path := filepath.Join(dir, "policy.safetensors")
			text := []byte(contents(t, path))
			text[len(text)-1] ^= 1
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
		},
		"missing file": func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "game.safetensors")); err != nil {
				t.Fatal(err)
			}
		},
		"manifest cut": func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(dir, manifestName), 50); err != nil {
				t.Fatal(err)
			}
		},
		"manifest gone": func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, manifestName)); err != nil {
				t.Fatal(err)
			}
		},
		"file outside": func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, manifestName), "policy.safetensors", "../policy.safetensors")
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, config := playedRun(t)
			damage(t, d.CheckpointPath(5))
			before := contents(t, d.MetricsPath())
			if _, _, err := d.Read(5); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "000005") {
				t.Errorf("error %v, want one of damage that names the checkpoint", err)
			}
			if _, err := Begin(d, 5, &fakeGame{}, config, nil); err == nil {
				t.Error("a run begins from it")
			}
			if good, found := d.LastGood(5); !found || good != 4 {
				t.Errorf("last good checkpoint %d, %v", good, found)
			}
			if contents(t, d.MetricsPath()) != before || !slices.Equal(checkpoints(t, d), []int{3, 4, 5}) {
				t.Error("something was overwritten")
			}
		})
	}
}

func TestNewerSchemasAreRefused(t *testing.T) {
	d, _ := playedRun(t)
	change(t, filepath.Join(d.CheckpointPath(5), manifestName), `"schema": 1`, `"schema": 2`)
	if _, _, err := d.Read(5); !errors.Is(err, ErrNewer) {
		t.Errorf("manifest: %v", err)
	}
	change(t, filepath.Join(d.Path, FactsName), `"schema": 1`, `"schema": 2`)
	if _, _, err := Open(d.Path); !errors.Is(err, ErrNewer) {
		t.Errorf("run.json: %v", err)
	}
}

func TestShortenedMetricsAreRefused(t *testing.T) {
	d, config := playedRun(t)
	if err := os.Truncate(d.MetricsPath(), 10); err != nil {
		t.Fatal(err)
	}
	if _, err := Begin(d, 5, &fakeGame{}, config, nil); !errors.Is(err, ErrDamaged) {
		t.Errorf("error %v", err)
	}
}

func TestOlderCheckpointSetsNewerOnesAside(t *testing.T) {
	d, config := playedRun(t)
	before := contents(t, d.MetricsPath())
	if err := play(t, d, 3, &fakeGame{end: 4}, config.Run, nil); err != nil {
		t.Fatal(err)
	}
	if got := checkpoints(t, d); !slices.Equal(got, []int{3, 4}) {
		t.Errorf("kept %v", got)
	}
	aside := filepath.Join(d.Path, "set-aside-after-000003")
	if contents(t, filepath.Join(aside, metricsName)) != before {
		t.Error("the metrics set aside are not those of before")
	}
	for _, n := range []int{4, 5} {
		if _, _, err := readCheckpoint(d.folder, filepath.Base(aside)+"/"+checkpointName(n)); err != nil {
			t.Error(err)
		}
	}
}

func TestLeftoversOfAKilledCheckpointGo(t *testing.T) {
	d, config := playedRun(t)
	leftover := filepath.Join(d.Path, checkpointsName, disk.Writing+"000006")
	if err := os.Mkdir(leftover, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := play(t, d, 5, &fakeGame{end: 6}, config.Run, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(leftover); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("leftover: %v", err)
	}
}

func TestRunDirectoriesAreNotOverwritten(t *testing.T) {
	d, config := playedRun(t)
	if _, err := Create(d.Path, config, Facts{}); !errors.Is(err, ErrExists) {
		t.Errorf("error %v", err)
	}
	empty := t.TempDir()
	if _, err := Create(empty, config, Facts{}); err != nil {
		t.Errorf("an empty directory: %v", err)
	}
	if _, _, err := Open(t.TempDir()); !errors.Is(err, ErrNotRun) {
		t.Errorf("not a run: %v", err)
	}
}

func TestOneWriterAtATime(t *testing.T) {
	d, _ := newRun(t)
	unlock, err := d.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Lock(); err == nil || !strings.Contains(err.Error(), "in use by process") {
		t.Errorf("second lock: %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	unlock, err = d.Lock()
	if err != nil {
		t.Fatalf("after unlock: %v", err)
	}
	if err := unlock(); err != nil {
		t.Error(err)
	}
}

func TestChangesOfTheMachineAreNamed(t *testing.T) {
	before := Machine{Binary: "a", Palmal: "v1", Backend: "cpu", Device: "OpenBLAS Haswell", CPU: "x"}
	if changes := before.Changes(before); len(changes) != 0 {
		t.Errorf("nothing changed, told %v", changes)
	}
	now := Machine{Binary: "b", Palmal: "v2", Backend: "cpu", Device: "gonum", CPU: "y"}
	if changes := before.Changes(now); len(changes) != 3 {
		t.Errorf("program, device and CPU changed, told %v", changes)
	}
}

// Metrics that cannot be read are said to be those of their run, which may be one of many.
func TestMetricsThatCannotBeReadNameTheirRun(t *testing.T) {
	d, _ := playedRun(t)
	must(t, os.Remove(d.MetricsPath()))
	if _, err := ReadMetrics(d.MetricsPath()); err == nil || !strings.Contains(err.Error(), d.Path) {
		t.Errorf("got %v, want the path %s", err, d.Path)
	}
}

package run

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/palmal-rl/palmal/physics/task"
)

// Request is a user's configuration: a file, then single keys, then flags; later ones win.
type Request struct {
	File     string       // YAML; "" for none
	Sets     []string     // key=value
	SetsFrom string       // where they stand, for messages; "" for --set
	Flags    []Assignment // flags that stand for a key
	EnvSets  []string     // arguments KEY=VALUE of gymnasium.make, for a task gym:ID
	Backends []string     // names that run.backend may have
	Task     *task.Task   // a task that lies in no file; nil where the key task names one
}

// mostConfigBytes is the largest size of a configuration file. One of every key with its meaning has 8 KiB.
const mostConfigBytes = 1 << 20

// readRequested reads the configuration file that a user names, or that of the run directory.
func readRequested(path string) (name string, text []byte, err error) {
	name = path
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		name = filepath.Join(path, configName)
		if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) {
			return name, nil, fmt.Errorf("configuration: %s is a directory without %s, so no run", path, configName)
		}
	}
	text, err = readShort(name)
	if err != nil {
		err = fmt.Errorf("configuration: %w", err)
	}
	return name, text, err
}

// readShort reads a file that may be a pipe. It refuses one that is too long for a configuration without
// reading all of it.
func readShort(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostConfigBytes+1))
	if err == nil && len(text) > mostConfigBytes {
		err = fmt.Errorf("%s holds more than %d KiB, too much for a configuration", path, mostConfigBytes>>10)
	}
	return text, err
}

// Warnings lists the parts of the configuration that may not act as intended.
func (r Resolved) Warnings() []string {
	var warnings []string
	warn := func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) }
	c := r.Config
	if c.Samples > 0 && c.Samples <= c.InitialSamples {
		warn("samples is %d, but the first iteration ends after %d or more: initial_samples %d and samples_per_iteration %d, in whole episodes",
			c.Samples, c.InitialSamples+c.SamplesPerIteration, c.InitialSamples, c.SamplesPerIteration)
	}
	for _, samples := range c.Run.KeepAt {
		if samples >= c.Samples {
			warn("no policy of this run comes from %d samples or more, so no checkpoint is kept for run.keep_at %d: the run ends at %d", samples, samples, c.Samples)
		}
	}
	asked := r.asked()
	if (asked["evaluation.stop_at"] || asked["evaluation.every"]) && c.Evaluation.Every > 0 && !math.IsInf(c.Evaluation.StopAt, 1) && c.Evaluation.Every > iterationsAtMost(c.Samples, c.InitialSamples, c.SamplesPerIteration)/2 {
		warn("evaluation.stop_at needs two evaluations, but evaluation.every %d leaves fewer in %d samples", c.Evaluation.Every, c.Samples)
	}
	for _, key := range c.Unheeded() {
		if asked[key] {
			warn("%s does nothing where policy.player is %s", key, c.Policy.Player)
		}
	}
	return append(warnings, r.overruled...)
}

// asked are the keys to which somebody gave values other than the preset's. A preset may stop early, or have keys for other
// players, and a run's config.yaml names all keys: nobody asked for these.
func (r Resolved) asked() map[string]bool {
	changes, err := r.Config.Changes()
	if err != nil {
		return nil // Summary tells it
	}
	asked := map[string]bool{}
	for _, c := range changes {
		asked[c.Key] = r.Origins[c.Key] != ""
	}
	return asked
}

// iterationsAtMost bounds the iterations of a run.
func iterationsAtMost(samples, initial, each int) int {
	return 1 + max(0, samples-initial-1)/each
}

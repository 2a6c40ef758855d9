package run

import (
	"errors"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/physics/task"
)

// CheckPresets refuses a task whose folder holds a preset that a run would refuse, with any algorithm, and lists all
// mistakes.
func CheckPresets(t *task.Task) error {
	var said []string
	for _, algorithm := range algo.Algorithms() {
		for _, preset := range presetsWith(t, algorithm) {
			_, err := Resolve(Request{Task: t, Flags: []Assignment{
				TypedWord("algo", string(algorithm), "--algo"), TypedWord("preset", preset, "--preset")}})
			if err == nil {
				continue
			}
			for line := range strings.SplitSeq(err.Error(), "\n") { // algorithms share most parts of a file
				if !slices.Contains(said, line) {
					said = append(said, line)
				}
			}
		}
	}
	if len(said) > 0 {
		return &usage.Error{Code: usage.Mistake, Err: errors.New(strings.Join(said, "\n"))}
	}
	return nil
}

// presetsWith are the presets that read the files of the task's folder. The preset npg alone reads what tuned.yaml says
// beside a better preset.
func presetsWith(t *task.Task, algorithm algo.Algorithm) []string {
	var names []string
	for _, name := range algo.Presets() {
		if _, brought := t.Presets[name]; brought {
			names = append(names, name)
		}
	}
	if best, err := algo.Effective(algo.PresetTuned, algorithm, t.Presets); err != nil || best != algo.PresetTuned && t.Presets[algo.PresetTuned] != nil {
		names = append(names, algo.PresetNPG)
	}
	return names
}

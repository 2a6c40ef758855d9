package algo

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Names of the presets.
const (
	PresetPaper = "paper" // tables 1 to 3 of the paper to the letter
	PresetTuned = "tuned" // our own: fewer samples or less time for the same return
	// PresetGeneral is for a world of which nothing is known; tuned is this one where a task brings none.
	PresetGeneral = "general"
	// PresetPathwise is for the policy player that differentiates through the model.
	PresetPathwise = "pathwise"
	// PresetActorCritic is for the policy player that also learns critics.
	PresetActorCritic = "actor-critic"
	// PresetNPG is what is tuned for the paper's own policy player, also where another preset is better.
	PresetNPG = "npg"
)

// Presets lists them.
func Presets() []string {
	return []string{PresetTuned, PresetPaper, PresetGeneral, PresetPathwise, PresetActorCritic, PresetNPG}
}

// Effective returns the preset that a name stands for on a task with these texts: tuned and npg are the general
// one where the task brings none, and tuned is the one that the task says it is.
func Effective(name string, algorithm Algorithm, task map[string][]byte) (string, error) {
	tuned := task[PresetTuned]
	if name != PresetTuned && name != PresetNPG {
		return name, nil
	}
	if tuned == nil {
		return PresetGeneral, nil
	}
	best, err := betterPreset(tuned, algorithm)
	if name == PresetTuned && best != "" {
		return best, err
	}
	return name, err
}

//go:embed presets/*.yaml
var presets embed.FS

// Preset is the whole configuration of a preset for an algorithm on a task with the given horizon
// (environment steps of an episode). task holds what the task's folder says over the general presets,
// YAML by name: what the paper says of the task, and what is tuned for it. A task for which nothing is
// tuned gets the general sizes for an unknown world.
func Preset(name string, algorithm Algorithm, horizon int, task map[string][]byte) (Config, error) {
	if !slices.Contains(Algorithms(), algorithm) {
		return Config{}, fmt.Errorf("algorithm %q: want one of %v", algorithm, Algorithms())
	}
	if !slices.Contains(Presets(), name) {
		return Config{}, fmt.Errorf("preset %q: want one of %v", name, Presets())
	}
	c := Config{Algorithm: algorithm}
	layers := []layer{{"presets/paper.yaml", nil}, {"paper.yaml", task[PresetPaper]}}
	effective, err := Effective(name, algorithm, task)
	if err != nil {
		return Config{}, err
	}
	switch effective {
	case PresetTuned, PresetNPG:
		layers = append(layers, layer{"tuned.yaml", task[PresetTuned]})
	case PresetGeneral:
		layers = append(layers, layer{"presets/general.yaml", nil})
	case PresetPathwise:
		layers = append(layers, layer{"presets/pathwise.yaml", nil}, layer{"pathwise.yaml", task[PresetPathwise]})
	case PresetActorCritic:
		layers = append(layers, layer{"presets/actor-critic.yaml", nil}, layer{"actor-critic.yaml", task[PresetActorCritic]})
	}
	var mistakes []error
	for _, l := range layers {
		if strings.HasPrefix(l.file, "presets/") {
			var err error
			if l.text, err = presets.ReadFile(l.file); err != nil {
				return Config{}, err
			}
		}
		mistakes = append(mistakes, c.apply(l.file, l.text, horizon))
	}
	if err := errors.Join(mistakes...); err != nil {
		return Config{}, err
	}
	return c, nil
}

// layer is a preset file; the text of one that is ours is embedded.
type layer struct {
	file string
	text []byte
}

package algo

import (
	"embed"
	"fmt"
	"slices"
)

// Names of the presets.
const (
	PresetPaper = "paper" // tables 1 to 3 of the paper to the letter
	PresetTuned = "tuned" // our own: fewer samples or less time for the same return
)

// Presets lists them.
func Presets() []string { return []string{PresetPaper, PresetTuned} }

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
	layers := []string{"paper.yaml"}
	texts := map[string][]byte{"paper.yaml": task[PresetPaper]}
	if name == PresetTuned {
		texts["tuned.yaml"] = task[PresetTuned]
		layers = append(layers, "tuned.yaml")
	}
	general, err := presets.ReadFile("presets/paper.yaml")
	if err != nil {
		return Config{}, err
	}
	if err := c.apply("presets/paper.yaml", general, horizon); err != nil {
		return Config{}, err
	}
	for _, layer := range layers {
		if layer == "tuned.yaml" && texts[layer] == nil {
			if texts[layer], err = presets.ReadFile("presets/general.yaml"); err != nil {
				return Config{}, err
			}
		}
		if err := c.apply(layer, texts[layer], horizon); err != nil {
			return Config{}, err
		}
	}
	return c, nil
}

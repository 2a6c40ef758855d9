package run

import (
	"reflect"
	"strings"

	"github.com/palmal-rl/palmal/algo"
)

// Change is a value that is not the preset's.
type Change struct {
	Key, Value, Preset string
}

// Changes lists every value that is not the preset's, in the order of the keys.
func (c Config) Changes() ([]Change, error) {
	t, err := c.LoadTask()
	if err != nil {
		return nil, err
	}
	preset := c
	if preset.Config, err = algo.Preset(c.Preset, c.Algorithm, t.Horizon, t.Presets); err != nil {
		return nil, err
	}
	preset.Run, preset.Perturbations, preset.Parameters = DefaultSection(), []string{}, map[string]float64{}
	for _, p := range t.Parameters {
		preset.Parameters[p.Name] = p.Value
	}
	usual := map[string]string{}
	each := func(c *Config, visit func(key, value string)) {
		walk(reflect.ValueOf(c).Elem(), "", func(key string, value reflect.Value) {
			if value.Kind() != reflect.Map {
				visit(key, short(value))
			}
		})
	}
	each(&preset, func(key, value string) { usual[key] = value })
	var changes []Change
	each(&c, func(key, value string) {
		if value != usual[key] {
			changes = append(changes, Change{key, value, usual[key]})
		}
	})
	return changes, nil
}

// Differences lists what distinguishes the method of a run from its preset, as "key value" in the
// order of the keys: not what is named besides (task, algorithm, perturbations), nor what changes no
// policy (seed aside): how long it runs and how it is judged and kept.
func (c Config) Differences() ([]string, error) {
	changes, err := c.Changes()
	if err != nil {
		return nil, err
	}
	var differences []string
	for _, change := range changes {
		section, _, _ := strings.Cut(change.Key, ".")
		switch section {
		case "seed", "samples", "evaluation", "diagnostic_starts", "run", "perturbations":
		default:
			differences = append(differences, change.Key+" "+change.Value)
		}
	}
	return differences, nil
}

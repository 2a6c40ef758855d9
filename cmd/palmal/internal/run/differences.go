package run

import (
	"reflect"
	"strings"

	"github.com/palmal-rl/palmal/algo"
)

// Differences lists what distinguishes the method of a run from its preset, as "key value" in the
// order of the keys: not what is named besides (task, algorithm, perturbations), nor what changes no
// policy (seed aside): how long it runs and how it is judged and kept.
func (c Config) Differences() ([]string, error) {
	t, err := c.LoadTask()
	if err != nil {
		return nil, err
	}
	preset := c
	if preset.Config, err = algo.Preset(c.Preset, c.Algorithm, t.Horizon, t.Presets); err != nil {
		return nil, err
	}
	preset.Parameters = map[string]float64{}
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
	var differences []string
	each(&c, func(key, value string) {
		section, _, _ := strings.Cut(key, ".")
		switch section {
		case "seed", "samples", "evaluation", "diagnostic_starts", "run":
		default:
			if value != usual[key] {
				differences = append(differences, key+" "+value)
			}
		}
	})
	return differences, nil
}

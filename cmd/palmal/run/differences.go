package run

import (
	"reflect"
	"strings"
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
	if preset.Config, err = presetOf(c.Preset, c.Algorithm, t); err != nil {
		return nil, err
	}
	preset.Run, preset.Perturbations, preset.Parameters, preset.Data = DefaultSection(), []string{}, map[string]float64{}, []string{}
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

// Differences lists the values of a run's method that differ from its preset, as "key value" in the order
// of the keys. It leaves out keys that are shown elsewhere (task, algorithm, perturbations) and those that
// change no policy: seed, length, evaluation and storage of the run.
func (c Config) Differences() ([]string, error) {
	changes, err := c.Changes()
	if err != nil {
		return nil, err
	}
	var differences []string
	for _, change := range changes {
		section, _, _ := strings.Cut(change.Key, ".")
		switch section {
		case "seed", "samples", "evaluation", "diagnostic_starts", "diagnostic_gradient", "run", "perturbations":
		default:
			differences = append(differences, change.Key+" "+change.Value)
		}
	}
	return differences, nil
}

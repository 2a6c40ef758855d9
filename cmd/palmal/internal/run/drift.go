package run

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Values are all values of the configuration by key, as text that is equal where the values are.
func (c Config) Values() map[string]string {
	values := map[string]string{}
	walk(reflect.ValueOf(&c).Elem(), "", func(key string, value reflect.Value) {
		switch {
		case value.Kind() == reflect.Map: // its entries come next
		case value.Kind() == reflect.Slice && value.Type().Elem().Kind() == reflect.String:
			text, _ := json.Marshal(append([]string{}, value.Interface().([]string)...)) // strings always can
			values[key] = string(text)
		default:
			values[key] = short(value)
		}
	})
	if c.own != nil {
		values["task.digest"] = c.own.Digest
	}
	return values
}

// Freedom is what a change of a key between two iterations does.
type Freedom int

// The freedoms.
const (
	Fixed    Freedom = iota // what was learned before does not fit what would be learned after
	Steering                // the rest of the run is learned in another way
	Free                    // nothing that is learned depends on it
)

// freedomOf says what a change of a key does. Keys and sections that are not named are fixed.
func freedomOf(key string) Freedom {
	section, name, _ := strings.Cut(key, ".")
	if slices.Contains([]string{"samples", "evaluation", "diagnostic_starts", "run"}, section) {
		return Free
	}
	steering := map[string]string{
		"samples_per_iteration": "", "practice": "",
		"model":  "epochs batch min_steps max_steps learning_rate anneal weight_decay noise",
		"policy": "min_log_std max_log_std",
		"value":  "epochs min_steps batch learning_rate weight_decay",
		"npg": "steps step_size starts_per_member buffer_starts horizon entropy min_path_length cg_iterations cg_damping cg_tolerance " +
			"cg_from_gradient fisher_stride",
		"plan": "horizon candidates rounds elites temperature noise smoothness",
	}
	names, known := steering[section]
	if known && (name == "" || slices.Contains(strings.Fields(names), name)) {
		return Steering
	}
	return Fixed
}

// Drift is a key whose value is not the one that a checkpoint was made with.
type Drift struct {
	Key, Was, Is string
	Freedom      Freedom
}

// String tells both values.
func (d Drift) String() string { return fmt.Sprintf("%s was %s, is %s", d.Key, d.Was, d.Is) }

// Drifts lists the keys of the configuration that differ from what a checkpoint was made with. Of the
// changes of the world, those that had happened are fixed, and those to come are free. Checkpoints of
// older programs do not say what they were made with; then the facts of the run are all that is known.
func (c Config) Drifts(m Manifest, facts Facts) []Drift {
	was, is := maps.Clone(m.Config), c.Values()
	if was == nil {
		was = map[string]string{}
	}
	for key, value := range map[string]string{"task": facts.Task, "algo": facts.Algorithm, "preset": facts.Preset, "seed": fmt.Sprint(facts.Seed)} {
		if _, known := was[key]; !known {
			was[key] = value
		}
	}
	var drifts []Drift
	for _, key := range slices.Sorted(maps.Keys(was)) {
		if now, known := is[key]; was[key] == now || !known { // a key that the program no longer has
			continue
		}
		drift := Drift{key, was[key], is[key], freedomOf(key)}
		if key == "perturbations" && samePast(was[key], is[key], m.Changes) {
			drift.Freedom = Free
		}
		drifts = append(drifts, drift)
	}
	return drifts
}

// samePast reports whether two lists of changes of the world begin with the same ones.
func samePast(was, is string, happened int) bool {
	var before, now []string
	if json.Unmarshal([]byte(was), &before) != nil || json.Unmarshal([]byte(is), &now) != nil {
		return false
	}
	return len(before) >= happened && len(now) >= happened && slices.Equal(before[:happened], now[:happened])
}

// Contradiction refuses facts that say another task, algorithm, preset or seed than the configuration.
func (f Facts) Contradiction(c Config) error {
	said := [...]string{f.Task, f.Algorithm, f.Preset, fmt.Sprint(f.Seed)}
	is := [...]string{c.TaskName(), string(c.Algorithm), c.Preset, fmt.Sprint(c.Seed)}
	for i, key := range [...]string{"task", "algo", "preset", "seed"} {
		if said[i] != is[i] {
			return fmt.Errorf("%w: %s says %s %s, %s says %s", ErrDamaged, factsName, key, said[i], configName, is[i])
		}
	}
	return nil
}

package run

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// taskDigest is the key under which a checkpoint records the digest of a user's task.
const taskDigest = "task.digest"

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
		values[taskDigest] = c.own.Digest
	}
	return values
}

// Freedom is what a change of a key between two iterations does.
type Freedom int

// The freedoms.
const (
	Fixed    Freedom = iota // the change contradicts what was learned
	Steering                // the change affects how the rest of the run learns
	Free                    // the change affects no learning
)

// freedomOf returns the freedom of a key. Keys and sections that are not named are fixed.
func freedomOf(key string) Freedom {
	section, name, _ := strings.Cut(key, ".")
	if slices.Contains([]string{"samples", "offline_iterations", "evaluation", "diagnostic_starts", "diagnostic_gradient", "run"}, section) {
		return Free
	}
	names, known := steering()[section]
	if known && (name == "" || slices.Contains(strings.Fields(names), name)) {
		return Steering
	}
	return Fixed
}

// steering lists the keys that steer the rest of a run, by section; sections without names are keys themselves.
func steering() map[string]string {
	return map[string]string{
		"samples_per_iteration": "", "relabel": "", "training_horizon": "", "world": "", "data_tolerance": "",
		"model":  "epochs batch min_steps max_steps learning_rate anneal weight_decay noise layer_decay warm_up anneal_floor first_fit restart hold_out weigh_rows symmetries dropout beta precision",
		"policy": "min_log_std max_log_std",
		"value":  "epochs min_steps batch learning_rate weight_decay",
		"npg": "steps step_size momentum starts_per_member buffer_starts data_starts pessimism disagreement cut cut_quantile horizon gamma_early early entropy min_path_length cg_iterations cg_damping cg_tolerance " +
			"cg_from_gradient fisher_stride",
		"plan":    "horizon candidates rounds elites temperature noise smoothness value",
		"promise": "starts floor price price_rate",
		"pathwise": "starts horizon draw age initial recent recent_samples smooth mix renormalise kl kl_first kl_late late late_reward late_log_std full_cosine enough_cosine least_cosine value_rolls " +
			"value_starts value_horizon value_first slow",
		"actor_critic": "rows horizon ratio first critic_updates critic_first spread_starts spread_horizon refill kept learning_rate slow clip target_entropy range_rate collect",
	}
}

// Drift is a key whose value differs from the one of a checkpoint.
type Drift struct {
	Key, Was, Is string
	Freedom      Freedom
}

// String shows both values.
func (d Drift) String() string { return fmt.Sprintf("%s was %s, is %s", d.Key, d.Was, d.Is) }

// Drifts lists the keys of the configuration that differ from those of a checkpoint. Past changes of the
// world are fixed, future ones are free. Checkpoints of older programs hold no configuration; then Drifts
// compares with the facts of the run.
func (c Config) Drifts(m Manifest, facts Facts) []Drift {
	was, is := map[string]string{}, c.Values()
	for key, value := range m.Config {
		was[currentKey(key)] = value
	}
	for key, value := range map[string]string{"task": facts.Task, "algo": facts.Algorithm, "preset": facts.Preset, "seed": fmt.Sprint(facts.Seed)} {
		if _, known := was[key]; !known {
			was[key] = value
		}
	}
	if m.Config == nil && facts.Task == c.TaskName() { // the facts know a user's task by its name
		was["task"] = is["task"]
	}
	var drifts []Drift
	for _, key := range slices.Sorted(maps.Keys(was)) {
		if now, known := is[key]; was[key] == now || !known { // the program may no longer have a key
			continue
		}
		drift := Drift{key, was[key], is[key], freedomOf(key)}
		if key == "perturbations" && samePast(was[key], is[key], m.Changes) {
			drift.Freedom = Free
		}
		if c.World != "" && (key == "evaluation.every" || key == "evaluation.episodes") {
			drift.Freedom = Steering // what a robot plays is learned from
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

// Contradiction refuses facts whose task, algorithm, preset or seed differ from the configuration's.
func (f Facts) Contradiction(c Config) error {
	said := [...]string{f.Task, f.Algorithm, f.Preset, fmt.Sprint(f.Seed)}
	is := [...]string{c.TaskName(), string(c.Algorithm), c.Preset, fmt.Sprint(c.Seed)}
	for i, key := range [...]string{"task", "algo", "preset", "seed"} {
		if said[i] != is[i] {
			return fmt.Errorf("%w: %s says %s %s, %s says %s", ErrDamaged, FactsName, key, said[i], configName, is[i])
		}
	}
	return nil
}

package run

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
)

// loadConfig reads the configuration of a run directory. It says everything, unless another version
// of the program wrote it: keys that are missing take the value of the preset `paper` and are returned,
// but for those of the section run, which change no result. A key that came later changes nothing by
// that value, while the run's own preset may have moved on. Its values are held to the same limits as a
// user's.
func loadConfig(path string, text []byte) (config Config, missing []string, err error) {
	assignments, err := parse(path, text)
	if err != nil {
		return Config{}, nil, &usage.Error{Code: usage.Mistake, Err: err}
	}
	if _, err = base(assignments); err == nil {
		config, err = base(append(slices.Clone(assignments), Typed("preset", algo.PresetPaper, path)))
	}
	if err != nil {
		return Config{}, nil, fmt.Errorf("%s: %w", path, err)
	}
	given := map[string]bool{}
	var problems Problems
	index := fields(&config)
	for _, a := range assignments {
		given[a.Key] = true
		if problem := assign(&config, index, a); problem != nil {
			problems = problems.and(problem)
		}
	}
	config.nameTask()
	if len(problems) == 0 {
		resolved := Resolved{Config: config, Origins: map[string]string{}}
		for _, a := range assignments {
			resolved.Origins[a.Key] = a.Origin
		}
		problems = resolved.validate([]string{config.Run.Backend}) // another build may have it
	}
	if len(problems) > 0 {
		return Config{}, nil, &usage.Error{Code: usage.Mistake, Err: problems}
	}
	for _, key := range Keys() {
		if !given[key] && !strings.HasPrefix(key, "run.") { // which changes no result
			missing = append(missing, key)
		}
	}
	return config, missing, nil
}

// Keys lists every key of the configuration, in its order. The parameters of a task are not among
// them: they depend on the task.
func Keys() []string {
	var keys []string
	walk(reflect.ValueOf(&Config{}).Elem(), "", func(key string, value reflect.Value) {
		if value.Kind() != reflect.Map {
			keys = append(keys, key)
		}
	})
	return keys
}

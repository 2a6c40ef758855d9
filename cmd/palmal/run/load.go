package run

import (
	"fmt"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
)

// loadConfig reads the configuration of a run directory. It is complete, unless another version of the
// program wrote it. Missing keys take the value of the preset `paper` and are returned, except those of the
// section run, which change no result. That value gives a newer key no effect, while the run's own preset
// may have changed. The values have the same limits as a user's.
func loadConfig(path string, text []byte) (config Config, missing []string, err error) {
	assignments, err := parse(path, text)
	if err != nil {
		return Config{}, nil, &usage.Error{Code: usage.Mistake, Err: err}
	}
	if _, err = base(assignments, nil, nil); err == nil {
		config, err = base(append(slices.Clone(assignments), Typed("preset", algo.PresetPaper, path)), nil, nil)
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
		resolved.Config.Run.Python = "" // it may be gone, and need not run
		for _, a := range assignments {
			resolved.Origins[a.Key] = a.Origin
		}
		problems = resolved.validate([]string{config.Run.Backend}) // another build may have it
	}
	if len(problems) > 0 {
		return Config{}, nil, &usage.Error{Code: usage.Mistake, Err: problems}
	}
	for _, key := range Keys() {
		if !given[key] && !strings.HasPrefix(key, "run.") { // the section run changes no result
			missing = append(missing, key)
		}
	}
	return config, missing, nil
}

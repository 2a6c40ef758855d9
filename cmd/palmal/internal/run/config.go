package run

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// Config is the whole configuration of a run, config.yaml: resolved, every value, nothing implied.
type Config struct {
	Task          string `yaml:"task" from:"ours"`   // what is to be learned; see palmal tasks
	Preset        string `yaml:"preset" from:"ours"` // where the values come from that nobody changed
	algo.Config   `yaml:",inline"`
	Perturbations []string           `yaml:"perturbations" from:"ours"` // changes of the world during the run, SAMPLES:CHANGE[,CHANGE...]
	Parameters    map[string]float64 `yaml:"parameters" from:"ours"`    // constants of the task's reward, termination and success
	Run           Section            `yaml:"run"`

	own  *task.Task // that Task names, where it is a user's; nil where it is a built-in one
	from string     // path that it was read from
}

// Section is the part of the configuration that changes no result.
type Section struct {
	Backend         string `yaml:"backend" from:"ours"`          // what the numbers run on: cpu or cuda; auto is resolved at the start
	Workers         int    `yaml:"workers" from:"ours"`          // threads of the world and of the cpu backend; 0: one per core
	CheckpointEvery int    `yaml:"checkpoint_every" from:"ours"` // iterations between checkpoints
	KeepLast        int    `yaml:"keep_last" from:"ours"`        // newest checkpoints that are kept; the best one is kept besides
	KeepAt          []int  `yaml:"keep_at" from:"ours"`          // sample counts whose checkpoints are kept
}

// mostWorkers is more threads than any computer has cores for; each takes memory of its own.
const mostWorkers = 4096

// DefaultSection is the section of a run that asks for nothing special. It keeps three checkpoints,
// so that two may be damaged.
func DefaultSection() Section {
	return Section{Backend: "auto", CheckpointEvery: 1, KeepLast: 3, KeepAt: []int{}}
}

// Request is what a user asks for: a file, then single keys, then flags, each over the one before.
type Request struct {
	File     string       // YAML; "" for none
	Sets     []string     // key=value
	Flags    []Assignment // flags that stand for a key
	Backends []string     // names that run.backend may have
}

// Resolved is a configuration with the origin of each value that differs from the preset's.
type Resolved struct {
	Config  Config
	Origins map[string]string // by key: "my.yaml:3", "--set npg.steps", "--seed"
}

// Resolve makes the whole configuration of a run out of what a user asks for, or says everything
// that is wrong with it.
func Resolve(request Request) (Resolved, error) {
	assignments, err := request.assignments()
	if err != nil {
		return Resolved{}, err
	}
	config, err := base(assignments)
	if err != nil {
		return Resolved{}, err
	}
	resolved := Resolved{Config: config, Origins: map[string]string{}}
	var problems Problems
	for _, a := range assignments {
		if problem := assign(&resolved.Config, a); problem != nil {
			problems = append(problems, *problem)
		}
		resolved.Origins[a.Key] = a.Origin
	}
	resolved.Config.nameTask()
	if len(problems) == 0 {
		problems = resolved.validate(request.Backends)
	}
	if len(problems) > 0 {
		return Resolved{}, &usage.Error{Code: usage.Mistake, Err: problems}
	}
	return resolved, resolved.Config.tidy()
}

// assignments lists everything that is set, in the order in which it is to be applied.
func (r Request) assignments() ([]Assignment, error) {
	var all []Assignment
	if r.File != "" {
		text, err := os.ReadFile(r.File)
		if err != nil {
			return nil, usage.Mistakef("configuration: %w", err)
		}
		if all, err = parse(r.File, text); err != nil {
			return nil, &usage.Error{Code: usage.Mistake, Err: err}
		}
	}
	for _, set := range r.Sets {
		key, value, ok := strings.Cut(set, "=")
		if !ok || key == "" {
			return nil, usage.Mistakef("--set %s: want key=value, as in --set npg.steps=5", set)
		}
		all = append(all, Typed(strings.TrimSpace(key), value, "--set"))
	}
	return append(all, r.Flags...), nil
}

// base finds task, algorithm and preset among the assignments and fills a configuration with what
// they imply.
func base(assignments []Assignment) (Config, error) {
	words := map[string]string{"task": "", "algo": string(algo.PAL), "preset": algo.PresetTuned}
	from := "" // origin of the task's name
	for _, a := range assignments {
		if _, ok := words[a.Key]; ok {
			words[a.Key] = a.node.Value
		}
		if a.Key == "task" {
			from = a.Origin
		}
	}
	if words["task"] == "" {
		return Config{}, usage.Mistakef("no task: give --task; the tasks are %s", strings.Join(tasks.Names(), ", "))
	}
	if err := checkWords(words); err != nil {
		return Config{}, err
	}
	path := taskPath(words["task"], from)
	t, err := tasks.Find(path)
	if err != nil {
		return Config{}, &usage.Error{Code: usage.Mistake, Err: err}
	}
	preset, err := algo.Preset(words["preset"], algo.Algorithm(words["algo"]), t.Horizon, t.Presets)
	if err != nil {
		return Config{}, &usage.Error{Code: usage.Mistake, Err: err}
	}
	config := Config{Task: t.Name, Preset: words["preset"], Config: preset, Run: DefaultSection(),
		Perturbations: []string{}, Parameters: map[string]float64{}}
	for _, p := range t.Parameters {
		config.Parameters[p.Name] = p.Value
	}
	if !t.BuiltIn {
		config.own, config.from = t, path
		config.nameTask()
	}
	return config, nil
}

func checkWords(words map[string]string) error {
	var algorithms []string
	for _, a := range algo.Algorithms() {
		algorithms = append(algorithms, string(a))
	}
	return errors.Join(
		checkTask(words["task"]),
		usage.OneOf("algorithm", words["algo"], algorithms),
		usage.OneOf("preset", words["preset"], algo.Presets()))
}

// validate collects what is wrong with values that have the right type.
func (r Resolved) validate(backends []string) Problems {
	var problems Problems
	add := func(key, reason string) {
		origin := r.Origins[key]
		if origin == "" {
			origin = "preset " + r.Config.Preset
		}
		problems = append(problems, Problem{Key: key, Origin: origin, Reason: reason})
	}
	for _, p := range r.Config.Config.Validate() {
		add(p.Key, p.Reason)
	}
	for _, text := range r.Config.Perturbations {
		if _, err := ParsePerturbation(text); err != nil {
			add("perturbations", err.Error())
		}
	}
	section := r.Config.Run
	if err := usage.OneOf("backend", section.Backend, append([]string{"auto"}, backends...)); err != nil {
		add("run.backend", err.Error())
	}
	atLeast := func(key string, value, least int) {
		if value < least {
			add(key, fmt.Sprintf("is %d, must be at least %d", value, least))
		}
	}
	atLeast("run.workers", section.Workers, 0)
	if section.Workers > mostWorkers {
		add("run.workers", fmt.Sprintf("is %d, must be at most %d", section.Workers, mostWorkers))
	}
	atLeast("run.checkpoint_every", section.CheckpointEvery, 1)
	atLeast("run.keep_last", section.KeepLast, 1)
	for _, samples := range section.KeepAt {
		atLeast("run.keep_at", samples, 1)
	}
	return problems
}

// Override changes one key of a configuration that was complete before.
func (c *Config) Override(a Assignment) error {
	problems := Problems{}
	if problem := assign(c, a); problem != nil {
		problems = append(problems, *problem)
	} else {
		resolved := Resolved{Config: *c, Origins: map[string]string{a.Key: a.Origin}}
		problems = resolved.validate([]string{c.Run.Backend})
	}
	if len(problems) > 0 {
		return &usage.Error{Code: usage.Mistake, Err: problems}
	}
	return nil
}

// loadConfig reads the configuration of a run directory. It says everything, unless another version
// of the program wrote it: keys that are missing take the value of the preset `paper` and are returned.
// A key that came later changes nothing by that value, while the run's own preset may have moved on.
// Its values are held to the same limits as a user's.
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
	for _, a := range assignments {
		given[a.Key] = true
		if problem := assign(&config, a); problem != nil {
			problems = append(problems, *problem)
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
		if !given[key] {
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

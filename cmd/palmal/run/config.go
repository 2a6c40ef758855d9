package run

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/physics/episodes"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// Config is the whole configuration of a run, config.yaml: resolved, every value, nothing implied.
type Config struct {
	Task          string `yaml:"task" from:"ours"`   // task to learn; see palmal tasks
	Preset        string `yaml:"preset" from:"ours"` // preset that supplied the defaults
	algo.Config   `yaml:",inline"`
	World         string             `yaml:"world" from:"ours"`         // robot that plays the episodes: a command, unix:PATH, tcp:PORT or inbox:FOLDER; empty: the task's simulator
	Perturbations []string           `yaml:"perturbations" from:"ours"` // changes of the world during the run, SAMPLES:CHANGE[,CHANGE...]
	Parameters    map[string]float64 `yaml:"parameters" from:"ours"`    // constants of the task's reward, termination and success
	Data          []string           `yaml:"data" from:"ours"`          // files, LeRobot folders or runs with recorded episodes to learn from; data/episodes.npz is the run's copy
	From          string             `yaml:"from" from:"ours"`          // run whose networks the run begins with; from/ is the run's copy
	DataDigest    string             `yaml:"data_digest" from:"ours"`   // SHA-256 of those episodes
	Run           Section            `yaml:"run"`

	networks func() (algo.Snapshot, error)      // reads the networks of From; nil where there are none
	recorded func() ([]episodes.Episode, error) // reads the episodes of Data; nil where there are none

	own  *task.Task // user's task that Task names; nil for a built-in one
	from string     // path that it was read from
}

// Section is the part of the configuration that changes no result.
type Section struct {
	Backend         string `yaml:"backend" from:"ours"`          // backend that computes: cpu or cuda; auto is resolved at the start
	Device          string `yaml:"device" from:"ours"`           // cuda device: its index, or the beginning of its UUID (GPU-..., MIG-...); empty: the first
	DeviceMemory    string `yaml:"device_memory" from:"ours"`    // most memory of the device to use, as in 8GiB; empty: what is free, less a tenth
	Workers         int    `yaml:"workers" from:"ours"`          // threads of the world and of the cpu backend; 0: one per core
	EnvWorkers      int    `yaml:"env_workers" from:"ours"`      // processes in Python that play a task of Gymnasium; 0: one per thread
	Python          string `yaml:"python" from:"ours"`           // program that runs tasks of Gymnasium; empty: python3
	CheckpointEvery int    `yaml:"checkpoint_every" from:"ours"` // iterations between checkpoints
	KeepLast        int    `yaml:"keep_last" from:"ours"`        // number of newest checkpoints to keep; the best one is kept too
	KeepAt          []int  `yaml:"keep_at" from:"ours"`          // sample counts whose checkpoints are kept
}

// MostWorkers is the largest number of threads: more than computers have cores.
const MostWorkers = 4096

// DefaultSection is the default section of a run. It keeps three checkpoints, so that two may be damaged.
func DefaultSection() Section {
	return Section{Backend: "auto", CheckpointEvery: 1, KeepLast: 3, KeepAt: []int{}}
}

// Resolved is a configuration with the origin of each value that differs from the preset's.
type Resolved struct {
	Config  Config
	Origins map[string]string // origins by key: "my.yaml:3", "--set npg.steps", "--seed"

	overruled []string // parts of the command line that another part overrules
	rest      string   // origin of values that Origins lacks; empty: the preset
}

// Resolve makes the whole configuration of a run from a request, or returns every mistake in it.
func Resolve(request Request) (Resolved, error) {
	assignments, problems, err := request.assignments()
	if err != nil {
		return Resolved{}, &usage.Error{Code: usage.Mistake, Err: err}
	}
	config, wrong := base(assignments, request.Task, request.EnvSets)
	if code, ok := usage.Code(wrong); ok && code != usage.Mistake {
		return Resolved{}, wrong
	}
	if wrong != nil { // the rest is read with a task that exists
		problems = append(problems, Problem{Reason: wrong.Error()})
		if config, err = base([]Assignment{TypedWord("task", tasks.Names()[0], "")}, nil, nil); err != nil {
			return Resolved{}, err
		}
	}
	resolved := Resolved{Config: config, Origins: map[string]string{}}
	problems = append(problems, resolved.apply(assignments, wrong != nil)...)
	resolved.Config.nameTask()
	resolved.Config.Run.Python = AbsoluteProgram(resolved.Config.Run.Python)
	problems = resolved.judge(problems, request.Backends)
	if len(problems) > 0 {
		return Resolved{}, &usage.Error{Code: usage.Mistake, Err: problems}
	}
	if err := resolved.Config.placeWorld(); err != nil {
		return Resolved{}, err
	}
	return resolved, resolved.Config.tidy()
}

// apply makes assignments in their order. Where the task is unknown, it skips the task's parameters and the
// words on which the rest depends.
func (r *Resolved) apply(assignments []Assignment, unknown bool) Problems {
	var problems Problems
	index := fields(&r.Config)
	for _, a := range assignments {
		_, word := words()[a.Key]
		if unknown && (word || strings.HasPrefix(a.Key, "parameters.")) {
			continue
		}
		if problem := assign(&r.Config, index, a); problem != nil {
			problems = problems.and(problem)
		}
		if before := r.Origins[a.Key]; strings.HasPrefix(before, "--") && before != "" {
			r.overruled = append(r.overruled, fmt.Sprintf("%s is given more than once, by %s and by %s; the last one counts", a.Key, before, a.Origin))
		}
		r.Origins[a.Key] = a.Origin
	}
	return problems
}

// assignments lists all assignments in the order in which they apply, and the mistakes in their form; err
// is a file that cannot be read.
func (r Request) assignments() (all []Assignment, problems Problems, err error) {
	if r.File != "" {
		name, text, err := readRequested(r.File)
		if err == nil {
			all, err = parse(name, text)
		}
		if err == nil && len(all) == 0 {
			err = fmt.Errorf("%s: holds no key", name)
		}
		if err != nil && !errors.As(err, &problems) {
			return nil, nil, err
		}
	}
	from := cmp.Or(r.SetsFrom, "--set")
	for _, set := range r.Sets {
		key, value, ok := strings.Cut(set, "=")
		if key = strings.TrimSpace(key); !ok || key == "" || strings.TrimSpace(value) == "" {
			problems = append(problems, Problem{Origin: from + " " + shown(set), Reason: "want key=value, as in npg.steps=5"})
			continue
		}
		all = append(all, Typed(key, value, from))
	}
	return append(all, r.Flags...), problems, nil
}

// words are the keys on which the reading of the rest depends, with their defaults.
func words() map[string]string {
	return map[string]string{"task": "", "algo": string(algo.PAL), "preset": algo.PresetTuned}
}

// base finds task, algorithm and preset among the assignments and fills a configuration with their values. t is
// a task that lies in no file, or nil.
func base(assignments []Assignment, t *task.Task, environment []string) (Config, error) {
	words, from := words(), "" // from is the origin of the task's name
	for _, a := range assignments {
		if _, ok := words[a.Key]; ok {
			words[a.Key] = a.node.Value
		}
		if a.Key == "task" {
			from = a.Origin
		}
	}
	if t != nil {
		words["task"], from = tasks.Names()[0], "" // whose name is known
	}
	if words["task"] == "" {
		err := fmt.Errorf("no task: give --task; the tasks are %s", strings.Join(tasks.Names(), ", "))
		words["task"] = tasks.Names()[0]
		return Config{}, &usage.Error{Code: usage.Mistake, Err: errors.Join(err, checkWords(words))}
	}
	if err := checkWords(words); err != nil {
		return Config{}, err
	}
	path := ""
	if t == nil {
		var err error
		path = taskPath(words["task"], from)
		if t, err = findNamed(Named{Name: path, Python: AbsoluteProgram(pythonOf(assignments)), Sets: environment}); err != nil {
			return Config{}, err
		}
	}
	preset, err := presetOf(words["preset"], algo.Algorithm(words["algo"]), t)
	if err != nil {
		if err = inPreset(err); !t.BuiltIn {
			err = fmt.Errorf("in the folder %s: %w", t.Folder, err)
		}
		return Config{}, &usage.Error{Code: usage.Mistake, Err: err}
	}
	config := Config{Task: t.Name, Preset: words["preset"], Config: preset, Run: DefaultSection(),
		Perturbations: []string{}, Parameters: map[string]float64{}, Data: []string{}}
	for _, p := range t.Parameters {
		config.Parameters[p.Name] = p.Value
	}
	config.World = worldOf(assignments, t)
	if config.World != "" { // everything that a robot plays counts
		config.Evaluation.Every, config.Evaluation.Episodes, config.Evaluation.StopAt, config.Repeat = 0, 1, math.Inf(1), 1
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

// judge adds to the mistakes so far those in values of the right type; beside others, only those in values that somebody gave.
func (r Resolved) judge(problems Problems, backends []string) Problems {
	alone := len(problems) == 0
	for _, problem := range r.validate(backends) {
		if alone || r.Origins[problem.Key] != "" {
			problems = append(problems, problem)
		}
	}
	return problems
}

// validate collects the mistakes in values of the right type.
func (r Resolved) validate(backends []string) Problems {
	var problems Problems
	add := func(key, reason string) {
		origin := r.Origins[key]
		if origin == "" {
			origin = cmp.Or(r.rest, "preset "+r.Config.Preset)
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
	if d := r.Config.DataDigest; d != "" && !digestPattern().MatchString(d) {
		add("data_digest", fmt.Sprintf("is %.70q, must be a SHA-256 in hexadecimal; a run writes it itself", d))
	}
	if r.Config.Samples == 0 && len(r.Config.Data) == 0 {
		add("samples", "is 0, must be at least 1; with recorded data (--data) 0 means to learn from them alone")
	}
	r.Config.worldProblems(add)
	section := r.Config.Run
	if err := usage.OneOf("backend", section.Backend, append([]string{"auto"}, backends...)); err != nil {
		add("run.backend", err.Error())
	}
	section.deviceProblems(add)
	r.Config.learningProblems(add)
	count := func(key string, value, least, most int) {
		if value < least {
			add(key, fmt.Sprintf("is %d, must be at least %d", value, least))
		}
		if value > most {
			add(key, fmt.Sprintf("is %d, must be at most %d", value, most))
		}
	}
	count("run.workers", section.Workers, 0, MostWorkers)
	count("run.env_workers", section.EnvWorkers, 0, MostWorkers)
	count("run.checkpoint_every", section.CheckpointEvery, 1, math.MaxInt32)
	count("run.keep_last", section.KeepLast, 1, math.MaxInt32)
	for _, samples := range section.KeepAt {
		count("run.keep_at", samples, 1, algo.MostSamples)
	}
	return problems
}

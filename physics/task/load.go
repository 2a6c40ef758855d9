package task

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"path"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"
)

// FileName is the name of the task file in a task's folder.
const FileName = "task.yaml"

// mostText is the largest size of a task file.
const mostText = 1 << 20

// presets are the names of the preset files that a task's folder may hold, without .yaml.
func presets() []string { return []string{"paper", "tuned", "pathwise", "actor-critic"} }

// Source is where the files of a task come from.
type Source struct {
	Folder string                            // name of the folder in messages, as "my_robot"
	File   string                            // the task file, relative to the folder
	Read   func(path string) ([]byte, error) // reads a file by its path relative to the folder
}

// Load reads a task with everything that its file names. The error of a file with mistakes is Problems,
// which lists all of them with their places.
func Load(from Source) (*Task, error) {
	l := &loader{t: &Task{RewardFrom: Formula, EndFrom: Formula, Files: map[string][]byte{}, FrameSkip: 1, Folder: from.Folder, File: from.File}, from: from}
	l.t.Recording.Success = "success"
	l.t.Recording.Bounds = Bounds{1e-9, 1e-9, 1e-9, 1e-9} // differences between compilers, without contacts
	l.file = path.Join(from.Folder, from.File)
	text, err := l.open(from.File)
	if err != nil {
		return nil, err
	}
	if len(text) > mostText {
		return nil, fmt.Errorf("%s: %d bytes, want at most %d", l.file, len(text), mostText)
	}
	root := l.parse(text)
	if root != nil {
		l.read(root)
	}
	if root != nil {
		l.randomise()
		l.checkElements()
		l.compile()
	}
	if err := l.joined(); err != nil {
		return nil, err
	}
	l.t.Presets = map[string][]byte{}
	for _, name := range presets() {
		text, err := l.open(path.Join(path.Dir(from.File), name+".yaml"))
		if err == nil {
			l.t.Presets[name] = text
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	l.t.Digest = l.t.digest()
	return l.t, nil
}

// loader fills a task from its file.
type loader struct {
	document
	t    *Task
	from Source
	raw  raw
	elements
}

// raw holds the formulas of a file, which are compiled when all names are known.
type raw struct {
	definitions, computed, aims []pair
	rows                        []row
	several                     bool // the line before had several entries
	terms                       []pair
	ended, fallen               *yaml.Node
	rewardWord, appended        *yaml.Node // a reward that is one word; append
	achieved, succeeded         *yaml.Node
	measures                    []*yaml.Node // formulas of Measures
	retargets                   []pair
	symmetries                  []pair
	position, quaternion        *yaml.Node
	perturbations               []*yaml.Node
	randomise                   *yaml.Node
	goal                        *yaml.Node // goal of recordings
	limits                      []pair
	risk                        *yaml.Node
	observationNames            []identifier
	actionNames                 []identifier
}

// open reads a file and keeps it.
func (l *loader) open(file string) ([]byte, error) {
	text, err := l.from.Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path.Join(l.from.Folder, file), err)
	}
	l.t.Files[file] = text
	return text, nil
}

// read reads everything but the formulas.
func (l *loader) read(root *yaml.Node) {
	t := l.t
	l.foresee(root)
	l.fields(root, readers{
		"name": l.name, "title": l.into(&t.Title), "source": l.into(&t.Source),
		"simulator": l.simulator, "horizon": l.wholeInto(&t.Horizon, 1), "solved_at": l.numberInto(&t.Threshold),
		"observation": l.observation, "action": l.action, "drive": l.drive,
		"pose":       func(n *yaml.Node) { t.Pose = l.numbers(n, -1); l.mark("pose", n) },
		"keyframe":   func(n *yaml.Node) { t.Keyframe = l.word(n); l.use("key", t.Keyframe, n) },
		"velocities": func(n *yaml.Node) { t.Velocities = l.whole(n, 1); l.mark("pose", n) }, "reset": l.reset,
		"parameters":    l.parameters,
		"places":        l.places,
		"computed":      func(n *yaml.Node) { l.raw.computed = l.pairs(n) },
		"aims":          func(n *yaml.Node) { l.raw.aims = l.pairs(n) },
		"marker":        l.marker,
		"limits":        l.safety,
		"risk":          l.risk,
		"state_limits":  l.stateLimits,
		"randomise":     func(n *yaml.Node) { l.raw.randomise = n },
		"definitions":   func(n *yaml.Node) { l.raw.definitions = l.pairs(n) },
		"reward":        l.reward,
		"terminated":    func(n *yaml.Node) { l.raw.ended = n },
		"fallen":        func(n *yaml.Node) { l.raw.fallen = n },
		"success":       l.success,
		"measures":      l.measures,
		"retarget":      func(n *yaml.Node) { l.raw.retargets = l.pairs(n) },
		"symmetries":    func(n *yaml.Node) { l.raw.symmetries = l.pairs(n) },
		"perturbations": func(n *yaml.Node) { l.perturbations(n) },
		"recording":     l.recording,
	}, "name", "simulator", "horizon", "observation", "action", "reward")
	for what, n := range map[string]int{"observation": len(t.Observation), "action": len(t.Action), "reward": len(l.raw.terms) + len(l.t.Terms)} {
		if n == 0 {
			l.report(root, "%s: want at least one entry", what)
		}
	}
	l.appendInfo()
	l.checkSources(root)
	if d := t.Drive; t.Simulator == Robot && (len(t.Reset) > 0 || d.Speed != 0 || d.Single || d.Delay != 0) {
		l.report(root, "a robot starts its episodes and drives its motors by itself: want no reset, and of drive only rate")
	}
	for i, k := range t.repeated() { // the actions may follow the observation in the file
		if k >= 0 && k < len(t.Action) {
			t.Observation[i].Low, t.Observation[i].High = t.Action[k].Low, t.Action[k].High
		}
	}
}

func (l *loader) name(node *yaml.Node) {
	l.t.Name = l.word(node)
	if node.Kind == yaml.ScalarNode && !regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(l.t.Name) {
		l.report(node, "the name %q: want letters, digits, _ and -", l.t.Name)
	}
}

// simulator reads which simulator runs the task.
func (l *loader) simulator(node *yaml.Node) {
	t := l.t
	var model, world, environment, robot *yaml.Node
	l.fields(node, readers{
		"model":     func(n *yaml.Node) { t.Simulator, model, t.ModelFile = MuJoCo, n, l.word(n) },
		"go":        func(n *yaml.Node) { t.Simulator, world, t.World = Go, n, l.word(n) },
		"robot":     func(n *yaml.Node) { t.Simulator, robot, t.World = Robot, n, l.word(n) },
		"library":   l.library,
		"gymnasium": func(n *yaml.Node) { environment = n; l.environment(n) },
		"timestep": func(n *yaml.Node) {
			if t.Timestep = l.number(n); t.Timestep < 0 {
				l.report(n, "timestep %g: want seconds above 0", t.Timestep)
			}
			l.mark("timestep", n)
		},
		"frame_skip": l.wholeInto(&t.FrameSkip, 1),
		"passes": func(n *yaml.Node) {
			p := &t.Scene.Passes
			l.fields(n, readers{"before_start": l.wholeInto(&p.BeforeStart, 0), "after_goal": l.wholeInto(&p.AfterGoal, 0), "after_step": l.wholeInto(&p.AfterStep, 0)})
		},
	})
	switch {
	case t.Simulator == Library && given(model, world, environment, robot) == 0:
	case given(model, world, environment, robot) != 1:
		l.report(node, "want one of model, an MJCF file for MuJoCo, gymnasium, an environment in Python, robot, a command or an address, and go, the name of an analytic world")
	case environment != nil:
	case model != nil:
		l.model(model)
	case t.Timestep == 0:
		l.report(node, "timestep is missing")
	}
}

// drive reads how actions reach the actuators.
func (l *loader) drive(node *yaml.Node) {
	d := &l.t.Drive
	l.fields(node, readers{"speed": l.numberInto(&d.Speed), "single": l.flagInto(&d.Single), "delay": l.wholeInto(&d.Delay, 0), "rate": l.numberInto(&d.Rate)})
	if d.Speed < 0 || d.Rate < 0 {
		l.report(node, "speed %g, rate %g: want none below 0", d.Speed, d.Rate)
	}
}

func (l *loader) parameters(node *yaml.Node) {
	for _, p := range l.pairs(node) {
		parameter := Parameter{Name: p.key.Value}
		if p.value.Kind == yaml.ScalarNode {
			parameter.Value = l.number(p.value)
		} else {
			l.fields(p.value, readers{"value": l.numberInto(&parameter.Value), "unit": l.into(&parameter.Unit), "meaning": l.into(&parameter.Meaning)}, "value")
		}
		l.t.Parameters, l.t.values = append(l.t.Parameters, parameter), append(l.t.values, parameter.Value)
	}
}

// reset reads the distribution of start states and goals.
func (l *loader) reset(node *yaml.Node) {
	goals := 0
	for _, entry := range l.list(node) {
		d, first := Draw{}, -1
		var given []*yaml.Node
		known := readers{
			"name":  l.into(&d.Name),
			"into":  func(n *yaml.Node) { d.Into, d.Element = l.target(n) },
			"first": l.wholeInto(&first, 0), "count": l.wholeInto(&d.Count, 1),
		}
		maps.Copy(known, l.chance(&d.Chance, &given))
		l.fields(entry, known, "name", "into")
		if l.checkChance(entry, given); d.Texts() {
			l.report(entry, "a choice of texts: want numbers")
		}
		if slices.ContainsFunc(l.t.Reset, func(other Draw) bool { return other.Name == d.Name }) {
			l.report(entry, "there are two draws %q", d.Name)
		}
		l.mark("draw "+d.Name, entry)
		d.First = max(first, 0)
		if d.Into == GoalNumber {
			if first < 0 {
				d.First = goals
			}
			d.Count = max(d.Count, 1)
			goals = max(goals, d.First+d.Count)
		}
		l.t.Reset = append(l.t.Reset, d)
	}
}

// target reads the target of a draw: a whole field, or a joint's part of it.
func (l *loader) target(node *yaml.Node) (field, element string) {
	p, _, indexed, err := parsePlace(l.word(node))
	switch {
	case err != nil:
		l.report(node, "%v", err)
	case indexed || !slices.Contains([]string{Position, Velocity, GoalNumber}, p.Field):
		l.report(node, "want qpos, qvel or goal, or a joint's as in qpos hip")
	}
	l.usePlace(p, node)
	return p.Field, p.Element
}

// Goals returns how many goal numbers the task draws.
func (t *Task) Goals() int {
	n := 0
	for _, d := range t.Reset {
		if d.Into == GoalNumber {
			n = max(n, d.First+d.Count)
		}
	}
	return n
}

// foresee finds out whether a robot runs the task, on which the reading of the rest depends.
func (l *loader) foresee(root *yaml.Node) {
	quiet := document{file: l.file} // read reports mistakes
	for _, p := range quiet.pairs(root) {
		if p.key.Value != "simulator" || p.value.Kind != yaml.MappingNode {
			continue
		}
		for _, inner := range quiet.pairs(p.value) {
			if inner.key.Value == "robot" {
				l.t.Simulator = Robot
			}
		}
	}
}

// given counts the keys that a file has.
func given(nodes ...*yaml.Node) int {
	return len(slices.DeleteFunc(nodes, func(n *yaml.Node) bool { return n == nil }))
}

func unbounded() (low, high float64) { return math.Inf(-1), math.Inf(1) }

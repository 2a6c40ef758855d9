package task

import (
	"fmt"
	"io/fs"
	"path"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/palmal-rl/palmal/physics/task/formula"
)

// Outline is what a library says of the world that its code is: enough for a task file.
type Outline struct {
	Name        string         `yaml:"name"`
	Title       string         `yaml:"title"`
	Simulator   OutlineWorld   `yaml:"simulator"`
	Horizon     int            `yaml:"horizon"`
	SolvedAt    float64        `yaml:"solved_at,omitempty"`
	Observation []OutlineEntry `yaml:"observation"`
	Action      []OutlineEntry `yaml:"action"`
	Terms       []string       `yaml:"-"` // names of the reward's terms, computed by the library; none where the reward is learned
	Ends        string         `yaml:"terminated"`
}

// OutlineWorld names the code.
type OutlineWorld struct {
	Library  string  `yaml:"library"`
	Timestep float64 `yaml:"timestep"` // s
}

// OutlineEntry is an entry of an observation or of an action.
type OutlineEntry struct {
	Name  string    `yaml:"name"`
	Unit  string    `yaml:"unit,omitempty"`
	Kind  string    `yaml:"kind,omitempty"`
	Range []float64 `yaml:"range,omitempty,flow"`
}

// Load makes the task of an outline, which lies in no file until a run directory keeps it. The error is
// Problems where the outline cannot be a task, each with its key in place of a file.
func (o Outline) Load() (*Task, error) {
	o, infinite := o.finite()
	reward := &yaml.Node{Kind: yaml.MappingNode}
	from := Library
	if len(o.Terms) == 0 {
		o.Terms, from = []string{"reward"}, Learned
	}
	for _, term := range o.Terms {
		reward.Content = append(reward.Content, scalar(term), scalar(from))
	}
	text, err := yaml.Marshal(struct {
		Outline `yaml:",inline"`
		Reward  *yaml.Node `yaml:"reward"`
	}{o, reward})
	if err != nil {
		return nil, err
	}
	t, err := Load(Source{Folder: o.Name, File: FileName, Read: func(name string) ([]byte, error) {
		if path.Clean(name) != FileName {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		return text, nil
	}})
	problems, ok := err.(Problems)
	if err != nil && !ok {
		return nil, err
	}
	if problems = append(infinite, keyed(problems, text)...); len(problems) > 0 {
		return nil, problems
	}
	return t, nil
}

// finite reports the numbers that are not finite, and returns the outline with others in their place: the grammar of task files has
// none, and would call them formulas.
func (o Outline) finite() (Outline, Problems) {
	var problems Problems
	check := func(x *float64, instead float64, key string) {
		if *x-*x != 0 {
			problems = append(problems, formula.Problem{At: formula.Position{File: key}, Text: fmt.Sprintf("%v: want a finite number", *x)})
			*x = instead
		}
	}
	check(&o.Simulator.Timestep, 1, "simulator.timestep")
	check(&o.SolvedAt, 0, "solved_at")
	o.Action = slices.Clone(o.Action)
	for i := range o.Action {
		e, known := &o.Action[i], len(problems)
		e.Range = slices.Clone(e.Range)
		for j := range e.Range {
			check(&e.Range[j], 0, fmt.Sprintf("action[%d].range[%d]", i, j))
		}
		if len(problems) > known { // an interval of any size, so that no mistake follows from this one
			e.Range = []float64{-1, 1}
		}
	}
	return o, problems
}

func scalar(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

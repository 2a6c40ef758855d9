package task

import (
	"io/fs"
	"path"

	"go.yaml.in/yaml/v3"
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
	if problems, ok := err.(Problems); ok {
		return nil, keyed(problems, text)
	}
	return t, err
}

func scalar(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

package task

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Environment is an environment of Gymnasium.
type Environment struct {
	ID       string          `json:"id"`                 // as gymnasium.make takes it
	Kwargs   json.RawMessage `json:"kwargs,omitempty"`   // arguments of gymnasium.make, an object
	Wrappers []string        `json:"wrappers,omitempty"` // MODULE:CLASS, the innermost first
	Append   []string        `json:"append,omitempty"`   // keys of the info of a step that are observed too
	Timeout  float64         `json:"timeout,omitempty"`  // longest time of a step, s; 0 for the usual one

	Program   string `json:"-"` // the Python that runs it, which no file says; "" looks for python3
	Processes int    `json:"-"` // processes of a world, at most; 0: one per worker
}

// Sources of the reward and the termination of model paths.
const (
	Formula = "formula" // formulas of the task file; a termination that is "never" too
	Python  = "python"  // methods of the environment
	Learned = "learned" // the model predicts it
)

// Judge computes rewards and terminations outside this program. Its methods may be called by several goroutines.
type Judge interface {
	// Rewards fills rewards [n] for obs [n,O], act [n,A] and next [n,O].
	Rewards(rewards, obs, act, next []float64) error
	// Terminated fills ended [n] for next [n,O].
	Terminated(ended []bool, next []float64) error
}

// ErrJudge marks the error for a task whose reward or termination is in Python and whose world is not open.
var ErrJudge = errors.New("the environment is not open")

// SetJudge lets t ask an open environment for what is from Python.
func (t *Task) SetJudge(j Judge) { t.judge = j }

// Batches reports whether rewards and terminations have to be asked for in batches: a call has a price.
func (t *Task) Batches() (rewards, terminated bool) {
	return t.RewardFrom == Python, t.EndFrom == Python
}

// Learns reports whether a learned model has to predict rewards and terminations.
func (t *Task) Learns() (reward, termination bool) {
	return t.RewardFrom == Learned, t.EndFrom == Learned
}

// RewardBatch fills rewards [n] for obs [n,O], act [n,A] and next [n,O]; the reward has one term.
func (t *Task) RewardBatch(rewards, obs, act, next []float64) error {
	if t.judge == nil {
		return fmt.Errorf("%s: %w", t.Name, ErrJudge)
	}
	return t.judge.Rewards(rewards, obs, act, next)
}

// TerminatedBatch fills ended [n] for next [n,O]. A row that is not finite has ended.
func (t *Task) TerminatedBatch(ended []bool, next []float64) error {
	if t.judge == nil {
		return fmt.Errorf("%s: %w", t.Name, ErrJudge)
	}
	return t.judge.Terminated(ended, next)
}

// rewardsOne is NaN where the judge fails, which callers find.
func (t *Task) rewardsOne(terms, obs, act, next []float64) {
	if err := t.RewardBatch(terms, obs, act, next); err != nil {
		terms[0] = math.NaN()
	}
}

// terminatedOne is true where the judge fails: whatever is computed next fails too.
func (t *Task) terminatedOne(next []float64) bool {
	ended := [1]bool{true}
	return t.TerminatedBatch(ended[:], next) != nil || ended[0]
}

// environment reads an environment of Gymnasium.
func (l *loader) environment(node *yaml.Node) {
	e := &Environment{}
	l.t.Simulator, l.t.Environment = Gymnasium, e
	words := func(to *[]string, check func(word string) string) func(*yaml.Node) {
		return func(n *yaml.Node) {
			for _, entry := range l.list(n) {
				word := l.word(entry)
				if wrong := check(word); wrong != "" {
					l.report(entry, "%q: %s", word, wrong)
				}
				*to = append(*to, word)
			}
		}
	}
	l.fields(node, readers{
		"id": func(n *yaml.Node) {
			if e.ID = l.word(n); e.ID == "" {
				l.report(n, "want the name of an environment, as Pendulum-v1 or my_module:MyEnv-v0")
			}
		},
		"kwargs": func(n *yaml.Node) { e.Kwargs = l.object(n) },
		"wrappers": words(&e.Wrappers, func(word string) string {
			if module, class, ok := strings.Cut(word, ":"); ok && module != "" && class != "" {
				return ""
			}
			return "want MODULE:CLASS, as in gymnasium.wrappers:RescaleObservation"
		}),
		"append": func(n *yaml.Node) {
			l.raw.appended = n
			words(&e.Append, func(word string) string {
				if key, ok := strings.CutPrefix(word, "info."); ok && key != "" {
					return ""
				}
				return "want info.KEY, as in info.x_velocity"
			})(n)
		},
		"timeout": func(n *yaml.Node) {
			if e.Timeout = l.number(n); !(e.Timeout > 0 && e.Timeout <= mostTimeout) {
				l.report(n, "timeout %g: want seconds above 0, %d at most", e.Timeout, mostTimeout)
			}
		},
	}, "id")
	for i, word := range e.Append {
		e.Append[i] = strings.TrimPrefix(word, "info.")
	}
}

// mostTimeout is the longest time that a step may take, s.
const mostTimeout = 24 * 3600

// object reads keyword arguments: YAML that JSON can say.
func (l *loader) object(node *yaml.Node) json.RawMessage {
	if node.Kind != yaml.MappingNode {
		l.report(node, "want keys and values")
		return nil
	}
	var value any
	err := node.Decode(&value)
	text, jsonErr := json.Marshal(value)
	if err = errors.Join(err, jsonErr); err != nil {
		l.report(node, "want values that JSON can say: %v", err)
		return nil
	}
	return text
}

// appendInfo adds the entries of the info that the file appends to the observation.
func (l *loader) appendInfo() {
	if l.t.Environment == nil {
		return
	}
	for _, key := range l.t.Environment.Append {
		e := Entry{Name: key, Kind: Predicted, From: Place{Field: Info, Element: key}}
		e.Low, e.High = unbounded()
		l.mark("observation "+key, l.raw.appended)
		l.raw.observationNames = append(l.raw.observationNames, identifier{entryName, key, len(l.t.Observation), 1, l.raw.appended})
		l.t.Observation = append(l.t.Observation, e)
	}
}

// reward reads the terms of the reward, or the word that says where it comes from.
func (l *loader) reward(node *yaml.Node) {
	if node.Kind != yaml.ScalarNode {
		l.raw.terms = l.pairs(node)
		return
	}
	if words := []string{Learned, Python}; !slices.Contains(words, node.Value) {
		l.t.Terms = []Term{{Name: "reward"}} // one mistake is enough
		l.report(node, "reward %q: want terms and formulas, or one of learned and python%s", node.Value, hint(node.Value, words))
		return
	}
	l.t.RewardFrom, l.raw.rewardWord = node.Value, node
	l.t.Terms = []Term{{Name: "reward", Formula: node.Value}}
}

// checkSources refuses what only environments in Python have, and asks how those end.
func (l *loader) checkSources(root *yaml.Node) {
	t := l.t
	if n := l.raw.ended; n != nil && n.Kind == yaml.ScalarNode && (n.Value == Learned || n.Value == Python) {
		t.EndFrom = n.Value
	}
	if t.Simulator == Gymnasium {
		if l.raw.ended == nil {
			l.report(root, "terminated is missing: want a formula, never, learned, or python, which is the environment's method terminated(next)")
		}
		for _, d := range t.Reset {
			if d.Into != GoalNumber {
				l.report(root, "reset: %s: an environment in Python draws its own start states", d.Name)
			}
		}
		return
	}
	if t.Simulator == Library {
		return
	}
	if t.RewardFrom != Formula {
		l.report(l.raw.rewardWord, "reward %s is for environments of Gymnasium: want terms and formulas", t.RewardFrom)
	}
	if t.EndFrom != Formula {
		l.report(l.raw.ended, "terminated %s is for environments of Gymnasium: want a formula, or never", t.EndFrom)
	}
}

// Kwargs makes the arguments of an environment of texts KEY=VALUE, whose values are YAML.
func Kwargs(sets []string) (json.RawMessage, error) {
	if len(sets) == 0 {
		return nil, nil
	}
	all := map[string]any{}
	for _, set := range sets {
		key, text, ok := strings.Cut(set, "=")
		if key = strings.TrimSpace(key); !ok || key == "" {
			return nil, fmt.Errorf("%s: want KEY=VALUE, as in frame_skip=4", strconv.Quote(set))
		}
		if _, twice := all[key]; twice {
			return nil, fmt.Errorf("%s is given twice", key)
		}
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			return nil, fmt.Errorf("%s: %s", strconv.Quote(set), strings.TrimPrefix(err.Error(), "yaml: "))
		}
		all[key] = value
	}
	text, err := json.Marshal(all)
	if err != nil {
		return nil, fmt.Errorf("want values that JSON can say: %w", err)
	}
	return text, nil
}

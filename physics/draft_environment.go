package physics

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/palmal-rl/palmal/physics/remote"
	"github.com/palmal-rl/palmal/physics/task"
)

// DraftEnvironment returns a task file for an environment of Gymnasium, which it starts to ask. It observes all
// numbers; reward and termination are the environment's methods where it has them, else learned.
func DraftEnvironment(e *task.Environment) (text string, err error) {
	name := environmentName(e.ID)
	g, err := remote.OpenGymnasium(request(&task.Task{Name: name, Environment: e}, Options{}))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	h := &g.Hello
	if h.Horizon == nil {
		return "", fmt.Errorf("%s: the environment has no time limit: give one by max_episode_steps, an argument of gymnasium.make, as in --env-set max_episode_steps=1000", e.ID)
	}
	d := &draft{}
	d.line("# Written by palmal from the environment %s of Gymnasium. docs/gymnasium.md describes the format.\nname: %s\ntitle: %q\nsource: %q",
		e.ID, name, e.ID+" of Gymnasium", fmt.Sprintf("Gymnasium %s, %s", h.Versions["gymnasium"], e.ID))
	d.line("simulator:\n  gymnasium:\n    id: %q", e.ID)
	if len(e.Kwargs) > 0 {
		d.line("    kwargs: %s", e.Kwargs)
	}
	if h.Dt != nil && *h.Dt > 0 {
		d.line("  timestep: %s  # s per step", shortest(*h.Dt))
	}
	d.line("horizon: %d", *h.Horizon)
	if h.Threshold != nil {
		d.line("solved_at: %s", shortest(*h.Threshold))
	}
	d.spaces(h)
	d.sources(h)
	return d.text.String(), d.err
}

func shortest(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// environmentName makes the name of a task of an environment's id.
func environmentName(id string) string {
	if _, rest, ok := strings.Cut(id, ":"); ok {
		id = rest
	}
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return '_'
	}, id)
}

// spaces writes observation and action.
func (d *draft) spaces(h *remote.Hello) {
	d.line("\nobservation: # all numbers, in the environment's order")
	at := 0
	for _, s := range distinct(h.Observation, h.Goal) {
		kind := ""
		if h.Goal && s.Name == "desired_goal" {
			kind = ", kind: constant"
		}
		d.line("  - {%s, from: %q%s}", each(s), fmt.Sprintf("observation[%d]", at), kind)
		at += len(s.Low)
	}
	d.line("\naction: # ±1, which is scaled to the environment's own bounds")
	for _, s := range distinct(h.Action, false) {
		d.line("  - {%s}  # %s", each(s), boundsOf(s))
	}
}

// distinct gives spaces names under which formulas tell all their numbers apart: one whose numbers' names are given already gets
// the first of 2, 3, … that makes them new, after its own name. What retarget names keeps its name.
func distinct(spaces []remote.Space, goals bool) []remote.Space {
	given := map[string]bool{}
	namesOf := func(s remote.Space) []string {
		names := remote.Names(s)
		for _, name := range names {
			names = append(names, task.IdentifierOf(name))
		}
		return names
	}
	take := func(s remote.Space) {
		for _, name := range namesOf(s) {
			given[name] = name != "" // what has no letter or digit has no name in formulas
		}
	}
	kept := func(s remote.Space) bool { return goals && (s.Name == "achieved_goal" || s.Name == "desired_goal") }
	for _, s := range spaces {
		if kept(s) {
			take(s)
		}
	}
	spaces = slices.Clone(spaces)
	for i, s := range spaces {
		if kept(s) {
			continue
		}
		for n := 2; slices.ContainsFunc(namesOf(spaces[i]), func(name string) bool { return given[name] }); n++ {
			spaces[i].Name = fmt.Sprintf("%s %d", s.Name, n)
		}
		take(spaces[i])
	}
	return spaces
}

// each names the numbers of a space.
func each(s remote.Space) string {
	if len(s.Low) == 1 {
		return fmt.Sprintf("name: %q", s.Name)
	}
	numbers := make([]string, len(s.Low))
	for i := range numbers {
		numbers[i] = strconv.Itoa(i)
	}
	return fmt.Sprintf("name: %q, each: [%s]", s.Name+" {}", strings.Join(numbers, ", "))
}

// boundsOf shows the bounds of a space.
func boundsOf(s remote.Space) string {
	var parts []string
	for i := range s.Low {
		part := fmt.Sprintf("%s to %s", shortest(*s.Low[i]), shortest(*s.High[i]))
		if i == 0 || part != parts[0] {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// sources writes where reward and termination come from.
func (d *draft) sources(h *remote.Hello) {
	from := func(method bool) string {
		if method {
			return task.Python
		}
		return task.Learned
	}
	d.line(`
# The reward of model paths: python is the environment's method reward(obs, action, next) or compute_reward, learned a
# prediction of the model; or terms with formulas of the entries, as in {height: next.height, effort: -0.1*squares(action)}.
reward: %s

# What ends an episode before its time limit: python is the method terminated(next), learned a prediction of the model;
# or a formula, as in next.height < 0.3; or never.
terminated: %s`, from(h.Reward), from(h.Terminated))
	if h.Goal {
		d.line("\nretarget: {desired_goal: goal.desired_goal}")
	}
}

// EnvironmentOf makes the task of an environment of Gymnasium as its draft says.
func EnvironmentOf(e *task.Environment) (*task.Task, error) {
	text, err := DraftEnvironment(e)
	if err != nil {
		return nil, err
	}
	t, err := task.Load(task.Source{File: task.FileName, Read: func(name string) ([]byte, error) {
		if name == task.FileName {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}})
	if err != nil {
		return nil, fmt.Errorf("%s: the task made of it has mistakes: %w", e.ID, err)
	}
	t.Environment.Program, t.Environment.Processes = e.Program, e.Processes
	return t, nil
}

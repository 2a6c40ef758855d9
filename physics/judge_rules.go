package physics

import (
	"fmt"

	"github.com/palmal-rl/palmal/physics/task"
)

// Rule says in which share of the random steps a condition of the task holds.
type Rule struct {
	Name  string  `json:"name"` // fallen, limit NAME or success.step
	Holds float64 `json:"holds"`
}

// judgeRules counts how often falls, limits and the success of a step hold, and doubts those by which all steps look
// alike. One that no random step meets is no mistake: a fall is far off, and a success rare at first.
func (j *Judgement) judgeRules(t *task.Task, episodes []Episode) {
	c := &ruleCounts{task: t, width: len(t.Observation), kept: make([]int, len(t.Limits)), broken: make([]bool, len(t.Limits))}
	for _, e := range episodes {
		c.count(e)
	}
	share := func(n int) float64 { return float64(n) / float64(c.steps) }
	doubt := func(rule, format string, args ...any) {
		j.Doubts = append(j.Doubts, t.Where(rule)+fmt.Sprintf(format, args...))
	}
	if t.HasFall() {
		j.Rules = append(j.Rules, Rule{"fallen", share(c.fallen)})
		if mean := float64(c.upright) / float64(len(episodes)); c.ended > 0 && mean < lasting {
			doubt("fallen", "fallen ends random episodes of training after %.3g decisions, since it holds in %.3g %% of their steps: want a condition of the few states from which there is nothing to learn",
				mean, 100*share(c.fallen))
		}
	}
	for i, l := range t.Limits {
		j.Rules = append(j.Rules, Rule{"limit " + l.Name, share(c.kept[i])})
		if c.kept[i] == 0 {
			doubt("limit "+l.Name, "limit %s is broken in 100 %% of random steps: want a condition that good steps hold", l.Name)
		}
	}
	if t.HasStepSuccess() {
		j.Rules = append(j.Rules, Rule{"success.step", share(c.achieved)})
		if c.achieved == c.steps {
			doubt("success.step", "success.step holds in 100 %% of random steps: want a condition that tells a good step from a random one, unless an episode ends where it would not hold")
		}
	}
}

// ruleCounts counts steps of random episodes.
type ruleCounts struct {
	task   *task.Task
	width  int
	broken []bool // [L] of one step

	steps    int
	fallen   int   // steps
	ended    int   // episodes that a fall would end
	upright  int   // steps until a fall would end each episode, or until its end
	kept     []int // [L] steps that hold a limit
	achieved int   // steps that succeed
}

// count adds the steps of an episode.
func (c *ruleCounts) count(e Episode) {
	a, o := len(c.task.Action), c.width
	obs, act := widened(e.Observations), widened(e.Actions)
	decisions, fell := len(act)/a, false
	for t := range decisions {
		next := obs[(t+1)*o : (t+2)*o]
		c.steps++
		if !fell {
			c.upright++
		}
		if c.task.Fallen(next) {
			c.fallen++
			if !fell && !(e.Terminated && t == decisions-1) { // a termination goes before a fall
				fell = true
				c.ended++
			}
		}
		if c.task.Achieved(next) {
			c.achieved++
		}
		c.task.Broken(c.broken, obs[t*o:(t+1)*o], act[t*a:(t+1)*a], next)
		for i, broken := range c.broken {
			if !broken {
				c.kept[i]++
			}
		}
	}
}

func widened(numbers []float32) []float64 {
	wide := make([]float64, len(numbers))
	widenInto(wide, numbers)
	return wide
}

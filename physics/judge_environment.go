package physics

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/palmal-rl/palmal/physics/task"
)

// Bounds of the comparison of a task with its environment.
const (
	compared = 4    // random episodes
	agreeing = 1e-3 // difference of two rewards relative to the larger of 1 and their size: float32 in the environment
)

// judgeSources compares what the task says of reward and termination with what its environment does.
func (j *Judgement) judgeSources(t *task.Task) error {
	if t.Simulator != task.Gymnasium || t.RewardFrom == task.Learned && t.EndFrom == task.Learned {
		return nil
	}
	w, err := Open(t, Options{Workers: 1, Lenient: true})
	if err != nil {
		return err
	}
	defer w.Close()
	c := &comparison{sampler: w.samplers[0], task: w.task}
	for episode := range uint64(compared) {
		if err := c.play(episode); err != nil {
			return err
		}
	}
	j.Doubts = append(j.Doubts, c.doubts()...)
	return nil
}

// comparison holds the largest differences between a task and its environment.
type comparison struct {
	*sampler
	task       *task.Task
	steps      int
	ours, its  float64 // rewards that differ most
	worst      float64
	early, not int // steps that only the task ends, and that only the environment ends
}

// play compares the steps of one random episode.
func (c *comparison) play(episode uint64) error {
	rng := rand.New(rand.NewPCG(3, episode))
	if err := c.sim.reset(drawStart(c.task, rng)); err != nil {
		return err
	}
	c.sim.observe(c.obs)
	for range c.task.Horizon {
		for i, e := range c.task.Action {
			c.action[i] = float64(float32(e.Low + (e.High-e.Low)*rng.Float64()))
		}
		if err := c.sim.step(c.action); err != nil {
			return err
		}
		c.sim.observe(c.next)
		c.compare()
		c.obs, c.next = c.next, c.obs
		if c.outside.terminated || c.outside.truncated {
			return nil
		}
	}
	return nil
}

// compare compares one step.
func (c *comparison) compare() {
	c.steps++
	if c.task.RewardFrom != task.Learned {
		sum := 0.0
		c.task.Rewards(c.terms, c.obs, c.action, c.next)
		for _, x := range c.terms {
			sum += x
		}
		its := c.outside.reward
		if difference := math.Abs(sum-its) / max(1, math.Abs(its)); !(difference <= c.worst) {
			c.worst, c.ours, c.its = difference, sum, its
		}
	}
	if c.task.EndFrom != task.Learned {
		switch ends := c.task.Terminated(c.next); {
		case ends && !c.outside.terminated:
			c.early++
		case !ends && c.outside.terminated:
			c.not++
		}
	}
}

func (c *comparison) doubts() (all []string) {
	if !(c.worst <= agreeing) {
		all = append(all, fmt.Sprintf("reward (%s) is not the environment's: it gives %.6g where the environment gives %.6g; right if you want another reward", c.task.RewardFrom, c.ours, c.its))
	}
	if c.early > 0 {
		all = append(all, fmt.Sprintf("terminated (%s) holds in %d of %d steps in which the environment goes on", c.task.EndFrom, c.early, c.steps))
	}
	if c.not > 0 {
		all = append(all, fmt.Sprintf("terminated (%s) does not hold in %d steps in which the environment ends the episode", c.task.EndFrom, c.not))
	}
	return all
}

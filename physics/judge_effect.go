package physics

import (
	"fmt"
	"slices"

	"github.com/palmal-rl/palmal/physics/task"
)

// effect returns what is observed within a few steps from a start under a constant action, without entries that show
// only what was chosen.
func (p *sampler) effect(begin start, action []float64) ([]float64, error) {
	var seen []float64
	if err := p.sim.reset(begin); err != nil {
		return nil, err
	}
	for range watching {
		if err := p.sim.step(action); err != nil {
			return seen, nil // the simulation broke down: an effect, if only one of the two did
		}
		p.sim.observe(p.obs)
		for i, e := range p.task.Observation {
			if e.Kind != task.LastAction && e.From.Field != task.Drawn {
				seen = append(seen, p.obs[i])
			}
		}
	}
	return seen, nil
}

// judgeActions finds actions without effect on the observation.
func (j *Judgement) judgeActions(w *World) error {
	p := w.samplers[0]
	rest, far := restingActions(w.task)
	still, err := p.effect(p.start(1, 1), rest)
	for i, e := range w.task.Action {
		if err != nil {
			return err
		}
		action := slices.Clone(rest)
		action[i] = far[i]
		var moved []float64
		if moved, err = p.effect(p.start(1, 1), action); err == nil && slices.Equal(still, moved) {
			j.Doubts = append(j.Doubts, fmt.Sprintf("action %s has no effect on the observation", e.Name))
		}
	}
	return err
}

// restingActions returns the action nearest to none, and the entries farthest from it, within the action box.
func restingActions(t *task.Task) (rest, far []float64) {
	for _, e := range t.Action {
		x := min(max(0, e.Low), e.High)
		rest = append(rest, x)
		if e.High-x >= x-e.Low {
			far = append(far, e.High)
		} else {
			far = append(far, e.Low)
		}
	}
	return rest, far
}

// judgeDrawn describes the numbers that change the model, and finds those without effect on the observation.
func (j *Judgement) judgeDrawn(w *World) error {
	p := w.samplers[0]
	var rows []float64
	for number := range uint64(judged) {
		rows = append(rows, drawn(w.task, judgedSeed, number)...)
	}
	_, far := restingActions(w.task)
	for i, r := range w.task.Randomise {
		j.Drawn = append(j.Drawn, spread(r.Name, i, len(w.task.Randomise), func(visit func([]float64)) { visit(rows) }))
		var seen [2][]float64
		for k, x := range []float64{slices.Min(r.Extremes()), slices.Max(r.Extremes())} {
			begin := p.start(1, 1)
			begin.drawn[i] = x
			var err error
			if seen[k], err = p.effect(begin, far); err != nil {
				return err
			}
		}
		if slices.Equal(seen[0], seen[1]) {
			j.Doubts = append(j.Doubts, fmt.Sprintf("%srandomise %s has no effect on the observation within %d steps", w.task.Where("randomise "+r.Name), r.Name, watching))
		}
	}
	return nil
}

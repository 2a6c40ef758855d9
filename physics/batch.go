package physics

import (
	"fmt"
	"slices"

	"github.com/palmal-rl/palmal/physics/remote"
	"github.com/palmal-rl/palmal/physics/task"
)

// judges hands out the environments of a world to those who need rewards and terminations from Python.
type judges struct {
	task *task.Task
	free chan *environment
	from []int // [O'] entry of the task that holds a number of the environment's observation
}

// judgeBy lets the task ask the world's environments for what is from Python.
func (w *World) judgeBy() error {
	reward, ended := w.task.Batches()
	if !reward && !ended {
		return nil
	}
	j := &judges{task: w.task, free: make(chan *environment, len(w.samplers))}
	for i, name := range w.samplers[0].outside.python.Hello.Observations() {
		entry := slices.IndexFunc(w.task.Observation, func(e task.Entry) bool { return e.From == task.Place{Field: task.Observed, Index: i} })
		if entry < 0 {
			return fmt.Errorf("%s: reward and terminated of Python need the environment's whole observation: observation[%d], %s, is no entry of the task",
				w.task.Name, i, name)
		}
		j.from = append(j.from, entry)
	}
	for _, p := range w.samplers {
		j.free <- p.outside
	}
	w.task.SetJudge(j)
	return nil
}

// rowsIn is how many rows of a width are asked for in a frame: as many as it holds beside their number, within a bound.
func rowsIn(width int) int {
	const most, count, number = 1 << 16, 4, 8 // rows; bytes of their number, and of one of theirs
	return max(1, min(most, (remote.MostFrame-count)/(number*width)))
}

// Rewards fills rewards [n] for obs [n,O], act [n,A] and next [n,O].
func (j *judges) Rewards(rewards, obs, act, next []float64) error {
	w := <-j.free
	defer func() { j.free <- w }()
	width, inputs := len(j.task.Observation), len(j.task.Action)
	most := rowsIn(2*len(j.from) + inputs)
	for first := 0; first < len(rewards); first += most {
		end := min(first+most, len(rewards))
		scaled := make([]float64, 0, (end-first)*inputs)
		for i, a := range act[first*inputs : end*inputs] {
			k := i % inputs
			scaled = append(scaled, w.scale(k, a))
		}
		err := w.python.Rewards(rewards[first:end], j.own(obs[first*width:end*width]), scaled, j.own(next[first*width:end*width]))
		if err != nil {
			return fmt.Errorf("%s: %w", j.task.Name, err)
		}
	}
	return nil
}

// Terminated fills ended [n] for next [n,O]. A row that is not finite has ended, and Python does not see it.
func (j *judges) Terminated(ended []bool, next []float64) error {
	w := <-j.free
	defer func() { j.free <- w }()
	width := len(j.task.Observation)
	rows := slices.Clone(next)
	finite := make([]bool, len(ended))
	for i := range ended {
		row := rows[i*width : (i+1)*width]
		if finite[i] = !slices.ContainsFunc(row, func(x float64) bool { return x-x != 0 }); !finite[i] {
			clear(row)
		}
	}
	most := rowsIn(len(j.from))
	for first := 0; first < len(ended); first += most {
		end := min(first+most, len(ended))
		if err := w.python.Terminated(ended[first:end], j.own(rows[first*width:end*width])); err != nil {
			return fmt.Errorf("%s: %w", j.task.Name, err)
		}
	}
	for i := range ended {
		ended[i] = ended[i] || !finite[i]
	}
	return nil
}

// own takes the environment's observations [n,O'] from the task's [n,O].
func (j *judges) own(rows []float64) []float64 {
	width := len(j.task.Observation)
	own := make([]float64, 0, len(rows)/width*len(j.from))
	for ; len(rows) > 0; rows = rows[width:] {
		for _, entry := range j.from {
			own = append(own, rows[entry])
		}
	}
	return own
}

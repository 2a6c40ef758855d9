package visible

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics/task"
)

// contradicted is the share of an entry's variance that images take away from a fit, at least, if its symmetry is none. Those of
// dclaw_turn take nothing, and with a wrong sign 0.6 of the entry. Half of what the fit without images leaves open has to be
// taken, too: fits to the few rows of a slow machine see 0.3 of the valve, and true images took 0.15 of that.
const contradicted = 0.1

// judgeSymmetries fits networks to the rows with their images under each symmetry, one by one, as often to each row as
// the fit that explained the shares without. True images teach the networks what they know, or more. Others contradict
// the rows near them, so that the networks explain less of other episodes.
func (r *Report) judgeSymmetries(ctx context.Context, d *table, without []float64) error {
	k := 1
	for _, s := range d.task.Symmetries {
		with, err := d.withImages(k).explainedFinite()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errUnfit), errors.Is(err, nn.ErrDiverged):
			r.Doubts = append(r.Doubts, fmt.Sprintf("symmetry %s gives images that nothing can be fitted to: %v", s.Name, err))
		case err != nil:
			return err
		default:
			if worse := d.worse(without, with); len(worse) > 0 {
				r.Doubts = append(r.Doubts, fmt.Sprintf("symmetry %s contradicts what happens: fitted to its images as well, networks see less of what changes %s", s.Name, strings.Join(worse, ", ")))
			}
		}
		k *= s.Order
	}
	return nil
}

// explainedFinite is explained without the past, unless an image is not finite.
func (d *table) explainedFinite() ([]float64, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	return d.explained(false, firstEpochs)
}

// worse names what networks that were fitted to images see less of: entries, and a reward that training would learn from
// images, too.
func (d *table) worse(without, with []float64) (names []string) {
	judged := len(d.task.Observation)
	if d.task.RewardFrom == task.Learned {
		judged = d.outputs()
	}
	for i := range judged {
		if before, after := max(0, without[i]), max(0, with[i]); before-after > max(contradicted, (1-before)/2) {
			names = append(names, fmt.Sprintf("%s (%s instead of %s)", d.name(i), Percent(algo.Number(after)), Percent(algo.Number(before))))
		}
	}
	return names
}

// withImages is the table with the images k of all rows that are fitted. The reward of an image is what the task's formulas
// say of it, else that of its row.
func (d *table) withImages(k int) *table {
	with, o, a := *d, len(d.task.Observation), len(d.task.Action)
	with.obs = imaged(d.obs, d.width, o, func(row []float64) { d.task.Image(k, row, nil) })
	with.next = imaged(d.next, d.width, o, func(row []float64) { d.task.Image(k, row, nil) })
	with.act = imaged(d.act, a, a, func(row []float64) { d.task.Image(k, nil, row) })
	if d.task.RewardFrom != task.Formula {
		return &with
	}
	obs, act, next, terms := make([]float64, o), make([]float64, a), make([]float64, o), make([]float64, len(d.task.Terms))
	for row := d.rows(); row < with.rows(); row++ {
		at := row * d.width
		nn.Widen(obs, with.obs[at:at+o])
		nn.Widen(act, with.act[row*a:(row+1)*a])
		nn.Widen(next, with.next[at:at+o])
		d.task.Rewards(terms, obs, act, next)
		for i, x := range terms {
			with.next[at+o+i] = finite(x)
		}
	}
	return &with
}

// imaged appends all rows of a matrix, with the first numbers of each changed.
func imaged(matrix []float32, width, first int, change func(row []float64)) []float32 {
	all, row := slices.Clone(matrix), make([]float64, first)
	for at := 0; at < len(matrix); at += width {
		nn.Widen(row, matrix[at:at+first])
		change(row)
		all = append(append(all, nn.Rounded(row)...), matrix[at+first:at+width]...)
	}
	return all
}

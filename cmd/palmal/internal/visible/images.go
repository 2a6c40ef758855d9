package visible

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
)

// contradicted is the share of an entry's variance that images take away from a fit, if its symmetry is none. Those of
// dclaw_turn take nothing, and with a wrong sign 0.6 of the entry.
const contradicted = 0.1

// judgeSymmetries fits networks to the rows with their images under each symmetry, one by one, as often to each row as
// without. True images teach the networks what they know, or more. Others contradict the rows near them, so that the
// networks explain less of other episodes.
func (r *Report) judgeSymmetries(ctx context.Context, d *table) error {
	if len(d.task.Symmetries) == 0 {
		return nil
	}
	without, err := d.explained(false, firstEpochs)
	if err != nil {
		return err
	}
	k := 1
	for _, s := range d.task.Symmetries {
		with, err := d.withImages(k).explained(false, firstEpochs)
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		var worse []string
		for i := range r.Entries {
			before, after := max(0, without[i]), max(0, with[i])
			if before-after > contradicted {
				worse = append(worse, fmt.Sprintf("%s (%s instead of %s)", d.name(i), Percent(algo.Number(after)), Percent(algo.Number(before))))
			}
		}
		if len(worse) > 0 {
			r.Doubts = append(r.Doubts, fmt.Sprintf("symmetry %s contradicts what happens: fitted to its images as well, networks see less of what changes %s", s.Name, strings.Join(worse, ", ")))
		}
		k *= s.Order
	}
	return nil
}

// withImages is the table with the images k of all rows that are fitted.
func (d *table) withImages(k int) *table {
	with, o, a := *d, len(d.task.Observation), len(d.task.Action)
	with.obs = imaged(d.obs, d.width, o, func(row []float64) { d.task.Image(k, row, nil) })
	with.next = imaged(d.next, d.width, o, func(row []float64) { d.task.Image(k, row, nil) })
	with.act = imaged(d.act, a, a, func(row []float64) { d.task.Image(k, nil, row) })
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

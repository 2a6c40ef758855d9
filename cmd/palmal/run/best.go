package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/disk"
)

// Best is best.json: the checkpoint whose policy has the highest lower confidence bound of its
// mean return, so that a lucky evaluation of few episodes does not win.
type Best struct {
	Iteration int         `json:"iteration"`
	Samples   int         `json:"samples"`
	Return    algo.Number `json:"return"`
	CILow     algo.Number `json:"ci_low"`
}

// bestOf is the best.json of an evaluated record.
func bestOf(record algo.Record) Best {
	e := record.Evaluation
	return Best{Iteration: record.Iteration, Samples: e.Samples, Return: e.Return, CILow: e.CILow}
}

// bound is the lower confidence bound, or the mean of an evaluation that is too short for one.
func bound(best Best) float64 {
	if low := float64(best.CILow); !math.IsNaN(low) {
		return low
	}
	return float64(best.Return)
}

// equal reports whether two are equal.
func (b Best) equal(other Best) bool {
	same := func(a, b algo.Number) bool { return a == b || (a != a && b != b) }
	return b.Iteration == other.Iteration && b.Samples == other.Samples && same(b.Return, other.Return) && same(b.CILow, other.CILow)
}

// Best reads best.json and checks it against the metrics; found is false where no evaluated checkpoint is
// kept.
func (d *Directory) Best() (best Best, found bool, err error) {
	path := filepath.Join(d.Path, bestName)
	text, err := disk.Read(d.folder, bestName, mostNote)
	if errors.Is(err, os.ErrNotExist) {
		if kind, kindErr := d.folder.Kind(bestName); kindErr != nil || kind == disk.Nothing {
			return Best{}, false, nil
		}
	}
	if err == nil {
		err = json.Unmarshal(text, &best)
	}
	if err != nil {
		return Best{}, false, fmt.Errorf("%s: %w: %w", path, ErrDamaged, err)
	}
	records, err := d.Records()
	if err != nil {
		return Best{}, false, err
	}
	fits := slices.ContainsFunc(records, func(r algo.Record) bool { return r.Evaluation != nil && bestOf(r).equal(best) })
	if !fits {
		return Best{}, false, fmt.Errorf("%s: %w: %s has no evaluation of iteration %d that says the same", path, ErrDamaged,
			metricsName, best.Iteration)
	}
	return best, true, nil
}

func (d *Directory) writeBest(best Best) error {
	text, err := json.MarshalIndent(best, "", "  ")
	if err != nil {
		return err
	}
	return disk.Replace(d.folder, bestName, append(text, '\n'))
}

// forgetBest removes best.json: no checkpoint is the best.
func (d *Directory) forgetBest() error {
	if kind, err := d.folder.Kind(bestName); err != nil || kind == disk.Nothing {
		return err
	}
	if err := disk.Want(d.folder, bestName, disk.Plain); err != nil {
		return err
	}
	return errors.Join(d.folder.Remove(bestName), d.folder.Sync(checkpointsName))
}

// betters reports whether the record's policy is better than the best so far; nil means none.
func betters(record algo.Record, best *Best) bool {
	return record.Evaluation != nil && (best == nil || bound(bestOf(record)) > bound(*best))
}

// bestAmong finds the best of the records whose checkpoint is kept; nil if there is none. It ignores
// records from before the last change of the world.
func bestAmong(records []algo.Record, kept []int) *Best {
	var best *Best
	for _, record := range records {
		if record.Perturbation != nil {
			best = nil
		}
		if slices.Contains(kept, record.Iteration) && betters(record, best) {
			found := bestOf(record)
			best = &found
		}
	}
	return best
}

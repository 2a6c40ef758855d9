package algo

import (
	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// foresight is what the members of the ensemble foresee of a policy.
type foresight struct {
	paths   []int     // [E] paths of each member that count
	broken  [][]int   // [E][L] those that break a limit
	returns []float64 // [E] mean return

	decisions [][]int // [N][L] decisions of each path that break a limit
}

// worst is the probability of breaking limit i of the member where it is largest.
func (f foresight) worst(i int) float64 {
	most := 0.0
	for e, counts := range f.broken {
		if f.paths[e] > 0 {
			most = max(most, chance(counts[i], f.paths[e]))
		}
	}
	return most
}

// mean is the probability of breaking limit i over all members.
func (f foresight) mean(i int) float64 {
	paths, broken := 0, 0
	for e, counts := range f.broken {
		paths, broken = paths+f.paths[e], broken+counts[i]
	}
	return chance(broken, paths)
}

// foresee judges paths that were played from the same starts in each of the members and scored.
func (l *limits) foresee(paths nn.Paths, report nn.ScoreReport, members int) (foresight, error) {
	columns, err := paths.Download()
	if err != nil {
		return foresight{}, err
	}
	f := foresight{paths: make([]int, members), broken: make([][]int, members)}
	for e := range f.broken {
		f.broken[e] = make([]int, len(l.names))
	}
	observations, actions := nn.RowMajor(columns.Observations), nn.RowMajor(columns.Actions)
	for i, length := range report.Lengths {
		e := i * members / len(report.Lengths)
		counts := l.breaks(rowsOf(columns.Observations, observations, i), rowsOf(columns.Actions, actions, i), 0, length)
		for k, n := range counts {
			if n > 0 {
				f.broken[e][k]++
			}
		}
		if length > 0 { // else it does not count
			f.paths[e]++
		}
		f.decisions = append(f.decisions, counts)
	}
	return f, nil
}

// rowsOf is part i of numbers, which fill a tensor whose slowest axis counts parts.
func rowsOf(t *tensor.Dense, numbers []float32, i int) []float32 {
	size := len(numbers) / t.Shape()[0]
	return numbers[i*size : (i+1)*size]
}

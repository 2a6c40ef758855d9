package plot

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/palmal-rl/palmal/algo"
)

// Run is what a plot must know of a run.
type Run struct {
	Task, Algorithm, Preset string
	Seed                    uint64
	Threshold               float64  // return at which the task counts as solved, 0 for none
	Changes                 string   // of its world, planned; "" for none
	Differences             []string // of its configuration from the preset's
	Y                       Value    // what is drawn; the return if it is empty
	Records                 []algo.Record
}

// Point is one point of a curve with its band; Low and High are NaN where there is no band.
type Point struct {
	X         float64 `json:"samples"`
	Mean      float64 `json:"mean"`
	Low, High float64 `json:"-"`
}

// Group is the runs that differ in their seed only.
type Group struct {
	Task, Algorithm, Preset string
	Threshold               float64
	Seeds                   []uint64
	Evaluation              []Point // mean action
	Sampled                 []Point // with the policy's noise, as in the data
	Band                    string  // what the band of the evaluation is; "" for none
	Marks                   []Mark  // changes of the world; of several seeds the first to change
	Y                       string  // what is drawn
	Differences             []string
	changes                 string
}

// mostShown differences from a preset fit into a legend.
const mostShown = 3

// Label is the group's line in a legend.
func (g Group) Label() string {
	seeds := fmt.Sprintf("%d seeds", len(g.Seeds))
	if len(g.Seeds) == 1 {
		seeds = fmt.Sprintf("seed %d", g.Seeds[0])
	}
	label := fmt.Sprintf("%s, %s, ", g.Algorithm, g.Preset)
	for _, difference := range g.Differences[:min(len(g.Differences), mostShown)] {
		label += difference + ", "
	}
	if more := len(g.Differences) - mostShown; more > 0 {
		label += fmt.Sprintf("and %d more, ", more)
	}
	return label + seeds
}

// Groups collects runs that differ in their seed only and whose worlds change alike, in the order in
// which they are given. Of runs with the same seed the one with the most iterations stands for all:
// they are the same run, and no two seeds.
func Groups(runs []Run) []Group {
	var groups []Group
	members := map[int][]Run{}
	for _, run := range runs {
		i := slices.IndexFunc(groups, func(g Group) bool {
			return g.Task == run.Task && g.Algorithm == run.Algorithm && g.Preset == run.Preset &&
				slices.Equal(g.Differences, run.Differences) && g.changes == run.Changes
		})
		if i < 0 {
			i = len(groups)
			groups = append(groups, Group{Task: run.Task, Algorithm: run.Algorithm, Preset: run.Preset, Threshold: run.Threshold,
				Y: run.Y.Label(), Differences: run.Differences, changes: run.Changes})
		}
		if k := slices.Index(groups[i].Seeds, run.Seed); k >= 0 {
			if len(run.Records) > len(members[i][k].Records) {
				members[i][k] = run
			}
			continue
		}
		members[i] = append(members[i], run)
		groups[i].Seeds = append(groups[i].Seeds, run.Seed)
	}
	for i := range groups {
		groups[i].measure(members[i])
	}
	return groups
}

// measure fills in the curves of a group. One run has the band of its episodes; several have one
// over seeds, which needs three to be a confidence interval.
func (g *Group) measure(runs []Run) {
	var evaluations, sampled [][]Point
	for _, run := range runs {
		evaluations = append(evaluations, withChanges(run))
		sampled = append(sampled, curve(run, func(r algo.Record) *algo.Evaluation { return &r.Sampled }))
	}
	g.Evaluation, g.Sampled = evaluations[0], sampled[0]
	for _, run := range runs {
		g.Marks = merge(g.Marks, run.marks())
	}
	switch {
	case len(runs) == 1 && runs[0].Y.Measure != "":
		g.Band = "" // of a measure only the mean is recorded
	case len(runs) == 1:
		g.Band = "95 % CI over episodes"
	case len(runs) == 2:
		g.Band = "lowest to highest seed"
	default:
		g.Band = "95 % CI over seeds"
	}
	if len(runs) > 1 {
		g.Evaluation, g.Sampled = overSeeds(evaluations), overSeeds(sampled)
	}
}

// curve lists the values of a run by the samples that produced the policy.
func curve(run Run, of func(algo.Record) *algo.Evaluation) []Point {
	var points []Point
	for _, record := range run.Records {
		if e := of(record); e != nil && !math.IsNaN(run.Y.of(*e).Mean) {
			points = append(points, run.Y.of(*e))
		}
	}
	return points
}

// withChanges is the curve of evaluations with, for each change of the world, the policy of before in
// the changed world. That point stands half a sample before the change, since the policy that
// answers it may need no sample more.
func withChanges(run Run) []Point {
	points := curve(run, func(r algo.Record) *algo.Evaluation { return r.Evaluation })
	fallen := curve(run, func(r algo.Record) *algo.Evaluation {
		if r.Perturbation == nil {
			return nil
		}
		return r.Perturbation.Evaluation
	})
	for _, point := range fallen {
		point.X -= 0.5
		points = append(points, point)
	}
	slices.SortStableFunc(points, func(a, b Point) int { return cmp.Compare(a.X, b.X) })
	return points
}

// overSeeds joins the curves of several runs. Their points lie at different sample counts, so each
// is interpolated linearly at those of all, where all have data.
func overSeeds(curves [][]Point) []Point {
	first, last := math.Inf(-1), math.Inf(1)
	var grid []float64
	for _, c := range curves {
		if len(c) == 0 {
			return nil
		}
		first, last = max(first, c[0].X), min(last, c[len(c)-1].X)
		for _, point := range c {
			grid = append(grid, point.X)
		}
	}
	slices.Sort(grid)
	var points []Point
	for _, x := range slices.Compact(grid) {
		if x < first || x > last {
			continue
		}
		values := make([]float64, len(curves))
		for i, c := range curves {
			values[i] = at(c, x)
		}
		points = append(points, summarise(x, values))
	}
	return points
}

// summarise is the mean of the seeds with the range of two, or the confidence interval of more.
func summarise(x float64, values []float64) Point {
	mean, deviation := stat.MeanStdDev(values, nil)
	if len(values) < 3 {
		return Point{x, mean, slices.Min(values), slices.Max(values)}
	}
	n := float64(len(values))
	half := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(0.975) * deviation / math.Sqrt(n)
	return Point{x, mean, mean - half, mean + half}
}

// at interpolates a curve.
func at(c []Point, x float64) float64 {
	i, found := slices.BinarySearchFunc(c, x, func(p Point, x float64) int {
		switch {
		case p.X < x:
			return -1
		case p.X > x:
			return 1
		}
		return 0
	})
	if found {
		return c[i].Mean
	}
	i = min(max(i, 1), len(c)-1)
	a, b := c[i-1], c[i]
	return a.Mean + (b.Mean-a.Mean)*(x-a.X)/(b.X-a.X)
}

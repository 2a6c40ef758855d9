package plot

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/palmal-rl/palmal/algo"
)

// Run is what a plot needs from a run.
type Run struct {
	Task, Algorithm, Preset string
	Simulator               string // release of MuJoCo; "" where it is none, or the usual one before it was recorded
	TaskDigest              string // SHA-256 of the task that the run learned; "" where it is unknown, as in a table
	Seed                    uint64
	Threshold               float64  // return at which the task counts as solved, 0 for none
	Changes                 string   // planned changes of its world; "" for none
	Differences             []string // differences of its configuration from the preset's
	Y                       Value    // value to draw; the return if it is empty
	Records                 []algo.Record
	Origin                  map[string]string // how it was made: the command, the commit and the processor, as far as a table tells them
}

// Point is one point of a curve with its band. Mean is NaN where a curve has a gap, Low and High where
// there is no band.
type Point struct {
	X, Mean, Low, High float64
	Seeds              int // number of seeds in the mean
}

// MarshalJSON writes a point for programs; a gap's mean is null.
func (p Point) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"samples": p.X, "mean": algo.Number(p.Mean), "seeds": p.Seeds})
}

// Group holds the runs that differ in their seed only.
type Group struct {
	Task, Algorithm, Preset string
	Simulator               string // simulator, as Run has it
	TaskDigest              string // digest, as Run has it, where other runs learned another task of the same name; else ""
	Threshold               float64
	Seeds                   []uint64
	Evaluation              []Point // curve of the mean action
	Sampled                 []Point // curve of the policy with its noise, as in the data
	Band                    string  // meaning of the evaluation's band; "" for none
	Marks                   []Mark  // changes of the world; for several seeds the earliest
	Y                       string  // label of the drawn value
	Differences             []string
	Gaps                    int      // values that are not numbers
	Cut                     []Cut    // points outside a common range
	Repeated                []uint64 // seeds of the runs that are left out, since another one of that seed is drawn
	changes                 string
}

// roomy is the number of characters of differences from a preset after which no more of them fit into a legend.
const roomy = 25

// usualSimulator is the one that the built-in tasks were measured with, and that a legend does not name.
const usualSimulator = "MuJoCo 2.2.2"

// unusual is the simulator that a legend names.
func unusual(simulator string) string {
	if simulator == usualSimulator {
		return ""
	}
	return simulator
}

// Label is the group's line in a legend.
func (g Group) Label() string {
	seeds := fmt.Sprintf("%d seeds", len(g.Seeds))
	if len(g.Seeds) == 1 {
		seeds = fmt.Sprintf("seed %d", g.Seeds[0])
	}
	label := fmt.Sprintf("%s, %s, ", g.Algorithm, g.Preset)
	if g.TaskDigest != "" {
		label += fmt.Sprintf("task %.8s, ", g.TaskDigest)
	}
	if unusual(g.Simulator) != "" {
		label += g.Simulator + ", "
	}
	shown := 0
	for i, difference := range g.Differences {
		if shown > roomy {
			label += fmt.Sprintf("and %d more, ", len(g.Differences)-i)
			break
		}
		label += difference + ", "
		shown += len(difference)
	}
	return label + seeds
}

// ambiguous tells the names by which several tasks were learned.
func ambiguous(runs []Run) map[string]bool {
	digests, several := map[string]string{}, map[string]bool{}
	for _, run := range runs {
		first := digests[run.Task]
		if first == "" {
			digests[run.Task] = run.TaskDigest
		} else if run.TaskDigest != "" && run.TaskDigest != first {
			several[run.Task] = true
		}
	}
	return several
}

// Groups collects runs that differ in their seed only and whose worlds change alike, in the given order.
// Runs with the same seed are the same run, of which the one with the most iterations counts. With common,
// curves are cut to the samples that all seeds of a group have.
func Groups(runs []Run, common bool) []Group {
	var groups []Group
	members, several := map[int][]Run{}, ambiguous(runs)
	for _, run := range runs {
		if !several[run.Task] {
			run.TaskDigest = ""
		}
		i := slices.IndexFunc(groups, func(g Group) bool {
			return g.Task == run.Task && g.Algorithm == run.Algorithm && g.Preset == run.Preset &&
				slices.Equal(g.Differences, run.Differences) && g.changes == run.Changes && g.TaskDigest == run.TaskDigest && unusual(g.Simulator) == unusual(run.Simulator)
		})
		if i < 0 {
			i = len(groups)
			groups = append(groups, Group{Task: run.Task, Algorithm: run.Algorithm, Preset: run.Preset, Simulator: run.Simulator, TaskDigest: run.TaskDigest, Threshold: run.Threshold,
				Y: run.Y.Label(), Differences: run.Differences, changes: run.Changes})
		}
		if k := slices.Index(groups[i].Seeds, run.Seed); k >= 0 {
			groups[i].Repeated = append(groups[i].Repeated, run.Seed)
			if len(run.Records) > len(members[i][k].Records) {
				members[i][k] = run
			}
			continue
		}
		members[i] = append(members[i], run)
		groups[i].Seeds = append(groups[i].Seeds, run.Seed)
	}
	for i := range groups {
		groups[i].measure(members[i], common)
	}
	return groups
}

// measure fills in the curves of a group. One run has the band of its episodes; several have one
// over seeds, which needs three to be a confidence interval.
func (g *Group) measure(runs []Run, common bool) {
	var evaluations, sampled [][]Point
	for _, run := range runs {
		evaluations = append(evaluations, withChanges(run))
		sampled = append(sampled, curve(run, func(r algo.Record) *algo.Evaluation { return &r.Sampled }))
		g.Marks = merge(g.Marks, run.marks())
		g.Gaps += gaps(evaluations[len(evaluations)-1]) + gaps(sampled[len(sampled)-1])
	}
	if len(runs) == 1 {
		g.Evaluation, g.Sampled, g.Band = thinned(evaluations[0]), thinned(sampled[0]), "95 % CI over episodes"
		if runs[0].Y.Measure != "" {
			g.Band = "" // only the mean of a measure is recorded
		}
		return
	}
	g.Evaluation, g.Sampled = overSeeds(evaluations), overSeeds(sampled)
	if common {
		g.cutToCommon()
	}
	g.Band = bandOf(len(runs), g.Evaluation)
}

// bandOf describes the band over a number of seeds.
func bandOf(seeds int, points []Point) string {
	switch {
	case seeds == 2:
		return "lowest to highest seed"
	case slices.ContainsFunc(points, func(p Point) bool { return p.Seeds == 2 }):
		return "95 % CI over seeds, of two their range"
	}
	return "95 % CI over seeds"
}

// curve lists the values of a run by the samples that produced the policy. A value that is not a number is
// a gap, unless there are no others.
func curve(run Run, of func(algo.Record) *algo.Evaluation) []Point {
	var points []Point
	known := false
	for _, record := range run.Records {
		if e := of(record); e != nil {
			points = append(points, run.Y.of(*e))
			known = known || !math.IsNaN(points[len(points)-1].Mean)
		}
	}
	if !known {
		return nil
	}
	slices.SortStableFunc(points, func(a, b Point) int { return cmp.Compare(a.X, b.X) })
	return points
}

// gaps counts the points of a curve that are not numbers.
func gaps(points []Point) int {
	n := 0
	for _, p := range points {
		if math.IsNaN(p.Mean) {
			n++
		}
	}
	return n
}

// withChanges is the curve of evaluations with one more point for each change of the world: the old policy
// in the changed world. That point lies half a sample before the change, since the next policy may need no
// further sample.
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

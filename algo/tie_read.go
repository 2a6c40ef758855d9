package algo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/palmal-rl/palmal/nn"
)

// namedSymmetries is a task that knows its symmetries by their names.
type namedSymmetries interface {
	SymmetryNames() []string
	// SymmetryOrder is how often a symmetry is applied until it has led back; 0 for a name that the task does not have.
	SymmetryOrder(name string) int
	// ImageUnder replaces an observation [O] and an action [A] by their image. Either may be empty.
	ImageUnder(name string, obs, act []float64)
}

// linear is how far an image may be from a sum of entries: rounding of formulas.
const linear = 1e-9

// tie reads the symmetry that the policy keeps; nil: none.
func (c Config) tie(task nn.Task) (*tie, error) {
	name := c.Policy.Symmetry
	if name == "" {
		return nil, nil
	}
	problem := func(format string, args ...any) error {
		return Problem{"policy.symmetry", fmt.Sprintf(format, args...)}
	}
	if c.Policy.Player == PlayerActorCritic {
		return nil, problem("is %q, which %s does not keep: want none, or policy.player %s or %s", name, PlayerActorCritic, PlayerNPG, PlayerPathwise)
	}
	if training, ok := task.(falling); ok {
		task = training.fallTask
	}
	known, ok := task.(namedSymmetries)
	if !ok || len(known.SymmetryNames()) == 0 {
		return nil, problem("is %q, but the task names no symmetries", name)
	}
	order, shape := known.SymmetryOrder(name), ShapesOf(c, task).Policy
	if order == 0 {
		return nil, problem("is %q, but the task's symmetries are %s", name, strings.Join(known.SymmetryNames(), ", "))
	}
	observations, fault := linearImage(shape.Observation, func(row []float64) { known.ImageUnder(name, row, nil) })
	if fault != "" {
		return nil, problem("%s: its image of an observation %s", name, fault)
	}
	actions, fault := linearImage(shape.Action, func(row []float64) { known.ImageUnder(name, nil, row) })
	if fault != "" {
		return nil, problem("%s: its image of an action %s", name, fault)
	}
	for k, row := range actions {
		if len(row) != 1 {
			return nil, problem("%s: its image of action %d mixes %d actions, whose noises are independent", name, k, len(row))
		}
	}
	return newTie(name, order, shape, observations, actions), nil
}

// term is the share of an entry of a row in an entry of its image.
type term struct {
	entry int
	share float64
}

// linearImage reads the terms of an image of rows of that width; fault says why it has none.
func linearImage(width int, image func(row []float64)) (rows [][]term, fault string) {
	origin, columns := make([]float64, width), make([][]float64, width)
	image(origin)
	for i, x := range origin {
		if !(math.Abs(x) <= linear) {
			return nil, fmt.Sprintf("moves 0: entry %d becomes %g", i, x)
		}
	}
	rows = make([][]term, width)
	for j := range columns {
		columns[j] = make([]float64, width)
		columns[j][j] = 1
		image(columns[j])
		for i, x := range columns[j] {
			if math.Abs(x) > linear {
				rows[i] = append(rows[i], term{j, x})
			}
		}
	}
	return rows, notOrthogonal(columns, image)
}

// notOrthogonal says why a map is not what its columns tell, or changes lengths; "" where neither is so.
func notOrthogonal(columns [][]float64, image func(row []float64)) string {
	draw := rand.New(rand.NewPCG(1, 1))
	row, sum := make([]float64, len(columns)), make([]float64, len(columns))
	for j := range row {
		row[j] = 2*draw.Float64() - 1
		for i, x := range columns[j] {
			sum[i] += row[j] * x
		}
	}
	image(row)
	for i, x := range row {
		if !(math.Abs(x-sum[i]) <= linear) {
			return fmt.Sprintf("is not linear: entry %d is %g instead of %g", i, x, sum[i])
		}
	}
	for j, column := range columns {
		for k := range j + 1 {
			product, want := 0.0, 0.0
			if j == k {
				want = 1
			}
			for i, x := range column {
				product += x * columns[k][i]
			}
			if !(math.Abs(product-want) <= linear) {
				return fmt.Sprintf("changes lengths or angles: of entries %d and %d", k, j)
			}
		}
	}
	return ""
}

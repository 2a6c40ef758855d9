package formula_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/task/formula"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// written are a built-in task's formulas, as testdata/nine.json writes them.
type written struct {
	Task        string
	Entries     map[string][2]int // first and length, by name
	Definitions [][2]string
	Terms       []string
	Terminated  string
	Achieved    string
	Measures    []string // those that can be averaged
	Retarget    map[string]string
}

// nine is a built-in task with its formulas.
type nine struct {
	*task.Task
	written    written
	scope      *formula.Scope
	parameters []float64
}

func nineTasks(t testing.TB) []*nine {
	t.Helper()
	data, err := os.ReadFile("testdata/nine.json")
	if err != nil {
		t.Fatal(err)
	}
	var texts []written
	if err := json.Unmarshal(data, &texts); err != nil {
		t.Fatal(err)
	}
	var all []*nine
	for _, w := range texts {
		n := &nine{written: w}
		n.open(t)
		all = append(all, n)
	}
	if len(all) != len(tasks.Names()) {
		t.Fatalf("%d tasks, want %d", len(all), len(tasks.Names()))
	}
	return all
}

func (n *nine) open(t testing.TB) {
	t.Helper()
	var err error
	if n.Task, err = tasks.Get(n.written.Task); err != nil {
		t.Fatal(err)
	}
	names := formula.Names{Actions: len(n.Action)}
	for name, e := range n.written.Entries {
		names.Observation = append(names.Observation, formula.Entry{Name: name, First: e[0], Length: e[1]})
	}
	names.Goal, names.Goals = names.Observation, len(n.Observation)
	for _, p := range n.Parameters {
		names.Parameters = append(names.Parameters, p.Name)
		n.parameters = append(n.parameters, p.Value)
	}
	for _, d := range n.written.Definitions {
		names.Definitions = append(names.Definitions, formula.Definition{Name: d[0], Source: d[1], At: formula.Position{File: n.Name, Line: 1}})
	}
	var problems []formula.Problem
	if n.scope, problems = formula.NewScope(names); len(problems) > 0 {
		t.Fatal(problems)
	}
}

func (n *nine) compile(t testing.TB, source string, want formula.Want) *formula.Program {
	t.Helper()
	p, problems := n.scope.Compile(source, formula.Position{File: n.Name}, want)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return p
}

// states are pairs of rows with an action: random ones, resting ones, such with numbers from a small set in which
// thresholds and zeros are frequent, and a few that are not finite.
func (n *nine) states(count int, visit func(in *formula.Inputs)) {
	random := rand.New(rand.NewPCG(7, 11))
	special := append([]float64{0, math.Copysign(0, -1), 1, -1, 0.5, math.Pi, -math.Pi, 1e9, 1e-9, 1e-200}, n.parameters...)
	for i := range count {
		row := func(length int) []float64 {
			x := make([]float64, length)
			for k := range x {
				switch i % 4 {
				case 0:
					x[k] = random.NormFloat64()
				case 1:
					x[k] = float64(float32(random.NormFloat64() * 0.2))
				case 2:
					x[k] = special[random.IntN(len(special))]
					if random.IntN(4) == 0 {
						x[k] = math.Nextafter(x[k], random.NormFloat64())
					}
				default:
					if x[k] = random.NormFloat64(); random.IntN(16) == 0 {
						x[k] = [...]float64{math.Inf(1), math.Inf(-1), math.NaN(), 1e308, 5e-324}[random.IntN(5)]
					}
				}
			}
			return x
		}
		o := len(n.Observation)
		visit(&formula.Inputs{formula.Obs: row(o), formula.Action: row(len(n.Action)), formula.Next: row(o), formula.Goal: row(o), formula.Parameters: n.parameters})
	}
}

package formula_test

import (
	"fmt"

	"github.com/palmal-rl/palmal/physics/task/formula"
)

// A reward term and a termination over an observation of height, two angles and a speed.
func Example() {
	scope, problems := formula.NewScope(formula.Names{
		Observation: []formula.Entry{{Name: "height", First: 0, Length: 1}, {Name: "angles", First: 1, Length: 2}, {Name: "speed", First: 3, Length: 1}},
		Actions:     2,
		Parameters:  []string{"cost", "min_height"},
		Definitions: []formula.Definition{{Name: "lean", Source: "norm(angles)"}},
	})
	for _, p := range problems {
		fmt.Println(p)
	}
	number, condition := formula.Type{Length: 1}, formula.Type{Condition: true, Length: 1}
	reward, problems := scope.Compile("next.speed - cost*squares(action)", formula.Position{}, formula.Want{Type: number})
	fmt.Println(reward, problems)
	fallen, problems := scope.Compile("next.height<min_height || next.lean>1", formula.Position{}, formula.Want{Type: condition, Sees: formula.Only(formula.Next)})
	fmt.Println(fallen, problems)

	in := &formula.Inputs{formula.Obs: []float64{1, 0, 0, 0}, formula.Action: []float64{1, -2}, formula.Next: []float64{0.9, 0.3, 0.4, 2}, formula.Parameters: []float64{0.1, 0.7}}
	fmt.Println(reward.Number(in), fallen.Holds(in))

	_, problems = scope.Compile("where(0.2 < next.height < 1, hight, action + angles[0:3])", formula.Position{File: "task.yaml", Line: 7, Column: 12}, formula.Want{})
	for _, p := range problems {
		fmt.Println(p)
	}
	// Output:
	// next.speed - cost*squares(action) []
	// next.height < min_height || next.lean > 1 []
	// 1.5 false
	// task.yaml:7:18: 0.2 < next.height < 1 compares a condition: write 0.2 < next.height && next.height < 1
	// task.yaml:7:41: unknown name "hight"
	// task.yaml:7:57: numbers 0 to before 3 of a vector of 2 numbers: want bounds within 0 and 2, in order
}

package physics

import (
	"fmt"

	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
)

// element returns n numbers from p on in the array field: from the element's id times
// width, or from the address that the model's array gives for the id.
func element(m *mujoco.Model, field []float64, kind mujoco.Kind, p task.Place, address string, width, n int) ([]float64, error) {
	i := p.Index
	if p.Element != "" {
		id, err := m.ID(kind, p.Element)
		if err != nil {
			return nil, err
		}
		first := id * width
		if address != "" {
			addresses, err := m.Field(address)
			if err != nil {
				return nil, err
			}
			first = int(addresses[id])
			if width, err = numbersOf(m, address, id); err != nil {
				return nil, err
			}
		}
		if i+n > width {
			return nil, fmt.Errorf("%s: %s %s has %s", p, kind, p.Element, counted(width))
		}
		i += first
	}
	if i+n > len(field) {
		return nil, fmt.Errorf("%s: outside the %d numbers of the model", p, len(field))
	}
	return field[i : i+n], nil
}

// counted describes how many numbers there are.
func counted(n int) string {
	switch n {
	case 0:
		return "no numbers"
	case 1:
		return "one number, [0]"
	}
	return fmt.Sprintf("%d numbers, [0] to [%d]", n, n-1)
}

// numbersOf returns how many numbers an element has in a field whose addresses stand in the model's array.
func numbersOf(m *mujoco.Model, address string, id int) (int, error) {
	if address == "sensor_adr" {
		sizes, err := m.Field("sensor_dim")
		if err != nil {
			return 0, err
		}
		return int(sizes[id]), nil
	}
	kinds, err := m.Field("jnt_type")
	if err != nil {
		return 0, err
	}
	if address == "jnt_dofadr" {
		return jointVelocities()[int(kinds[id])], nil
	}
	return jointPositions()[int(kinds[id])], nil
}

// jointPositions and jointVelocities are how many numbers joints have, by mjtJoint: free, ball, slide, hinge.
func jointPositions() []int  { return []int{7, 4, 1, 1} }
func jointVelocities() []int { return []int{6, 3, 1, 1} }

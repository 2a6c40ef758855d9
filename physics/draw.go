package physics

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
)

// drawStart draws a start state from the task's reset distribution.
func drawStart(t *task.Task, rng *rand.Rand) start {
	s := start{qpos: slices.Clone(t.Pose), qvel: make([]float64, t.Velocities), goal: make([]float64, t.Goals()), rng: rng}
	into := map[string][]float64{task.Position: s.qpos, task.Velocity: s.qvel, task.GoalNumber: s.goal}
	for _, d := range t.Reset {
		for i := d.First; i < d.First+d.Count; i++ {
			into[d.Into][i] += d.Draw(rng)
		}
	}
	if t.Simulator == task.Gymnasium {
		s.seed = rng.Uint64() >> (64 - seedBits)
	}
	return s
}

// drawn draws the numbers that change the model in an episode, nil where there are none. They have their own stream,
// so that they change no start state.
func drawn(t *task.Task, seed, number uint64) []float64 {
	if len(t.Randomise) == 0 {
		return nil
	}
	rng := rand.New(rand.NewPCG(^seed, number))
	numbers := make([]float64, len(t.Randomise))
	for i := range numbers {
		numbers[i] = t.Randomise[i].Draw(rng)
	}
	return numbers
}

// start draws the start of an episode and its model.
func (p *sampler) start(seed, number uint64) start {
	s := drawStart(p.task, rand.New(rand.NewPCG(seed, number)))
	s.drawn = drawn(p.task, seed, number)
	return s
}

// complete fills in what the task file leaves to the model, and refuses what contradicts it.
func complete(t *task.Task, m *mujoco.Model) error {
	if t.Timestep == 0 {
		t.Timestep = m.Timestep
	}
	if m.Timestep != t.Timestep {
		return fmt.Errorf("%s%s: the model's timestep is %v s, the task's %v s", t.Where("timestep"), t.Name, m.Timestep, t.Timestep)
	}
	if t.Velocities == 0 {
		t.Velocities = m.NV
	}
	if err := completePose(t, m); err != nil {
		return fmt.Errorf("%s: %w", t.Name, err)
	}
	if m.NQ != len(t.Pose) || m.NV != t.Velocities {
		return fmt.Errorf("%s%s: the model has nq %d, nv %d, the task %d, %d", t.Where("pose"), t.Name, m.NQ, m.NV, len(t.Pose), t.Velocities)
	}
	for i := range t.Reset {
		if err := completeDraw(t, m, &t.Reset[i]); err != nil {
			return fmt.Errorf("%s%s: draw %s: %w", t.Where("draw "+t.Reset[i].Name), t.Name, t.Reset[i].Name, err)
		}
	}
	return nil
}

// completePose takes the default positions from the model, where the task gives none.
func completePose(t *task.Task, m *mujoco.Model) (err error) {
	if t.Pose == nil {
		t.Pose, err = pose(t, m)
	}
	return err
}

// pose returns the default positions of a model: its keyframe's, or those of its file.
func pose(t *task.Task, m *mujoco.Model) ([]float64, error) {
	if t.Keyframe == "" {
		return m.Field("qpos0")
	}
	id, err := m.ID(mujoco.Keyframe, t.Keyframe)
	if err != nil {
		return nil, err
	}
	frames, err := m.Field("key_qpos")
	if err != nil {
		return nil, err
	}
	return frames[id*m.NQ : (id+1)*m.NQ], nil
}

// completeDraw finds the numbers of a draw that names a joint, or all.
func completeDraw(t *task.Task, m *mujoco.Model, d *task.Draw) error {
	if d.Into == task.GoalNumber {
		return nil
	}
	field, address, size := len(t.Pose), "jnt_qposadr", jointPositions()
	if d.Into == task.Velocity {
		field, address, size = t.Velocities, "jnt_dofadr", jointVelocities()
	}
	if d.Element != "" {
		id, err := m.ID(mujoco.Joint, d.Element)
		if err != nil {
			return err
		}
		addresses, err := m.Field(address)
		if err != nil {
			return err
		}
		kinds, err := m.Field("jnt_type")
		if err != nil {
			return err
		}
		own := size[int(kinds[id])]
		if d.Count == 0 {
			d.Count = own - d.First
		}
		if d.Count < 1 || d.First+d.Count > own {
			return fmt.Errorf("numbers %d to %d of %s, joint %s has %s", d.First, d.First+max(d.Count, 1)-1, d.Into, d.Element, counted(own))
		}
		d.First, d.Element = d.First+int(addresses[id]), ""
	} else if d.Count == 0 {
		d.Count = field - d.First
	}
	if d.Count < 1 || d.First+d.Count > field {
		return fmt.Errorf("numbers %d to %d of %s, the model has %d", d.First, d.First+d.Count-1, d.Into, field)
	}
	return nil
}

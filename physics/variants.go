package physics

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/task/mjcf"
)

// variants makes the models of a task that changes its model from episode to episode. It does not change, so that all
// workers use it.
type variants struct {
	task     *task.Task
	nominal  *mujoco.Model // the file's model
	document *mjcf.Document
	blank    *mjcf.Blank
	holes    []hole
	ownPose  bool // the task's pose is the model's own, and changes with it
}

// hole is an attribute that draws change.
type hole struct {
	element   *mjcf.Element
	attribute string
	numbers   []float64 // values in the model; nil where it has none
	changes   []drawnChange
}

// drawnChange is a change of a hole by one of the draws.
type drawnChange struct {
	draw int
	task.Change
}

// newVariants prepares the models of a task whose model has this text.
func newVariants(t *task.Task, text []byte, nominal *mujoco.Model, ownPose bool) (*variants, error) {
	v := &variants{task: t, nominal: nominal, ownPose: ownPose}
	var err error
	if v.document, err = mjcf.Parse(text); err != nil {
		return nil, fmt.Errorf("%s: %w", t.Name, err)
	}
	for i, r := range t.Randomise {
		for _, c := range r.Changes {
			if err := v.add(i, c); err != nil {
				return nil, fmt.Errorf("%s%s: randomise %s: %w", t.Where("randomise "+r.Name), t.Name, r.Name, err)
			}
		}
	}
	v.cut()
	return v, v.try()
}

// cut makes the blank of the holes.
func (v *variants) cut() {
	var elements []*mjcf.Element
	var attributes []string
	for _, h := range v.holes {
		elements, attributes = append(elements, h.element), append(attributes, h.attribute)
	}
	v.blank = v.document.Blank(elements, attributes)
}

// add adds a change by draw i.
func (v *variants) add(i int, c task.Change) error {
	e, err := v.document.Find(c.Into, task.Suggest)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(v.holes, func(h hole) bool { return h.element == e && h.attribute == c.Into.Attribute })
	if at < 0 {
		at = len(v.holes)
		v.holes = append(v.holes, hole{element: e, attribute: c.Into.Attribute, numbers: task.Numbers(v.document, e, c.Into.Attribute)})
	}
	v.holes[at].changes = append(v.holes[at].changes, drawnChange{i, c})
	return nil
}

// text returns the model's text for drawn numbers.
func (v *variants) text(drawn []float64) ([]byte, error) {
	values := make([]string, len(v.holes))
	for i, h := range v.holes {
		numbers := h.numbers
		for _, c := range h.changes {
			r := &v.task.Randomise[c.draw]
			var err error
			if values[i], err = c.Text(&r.Chance, drawn[c.draw], numbers); err == nil {
				err = mjcf.Impossible(h.attribute, values[i])
			}
			if err != nil {
				return nil, fmt.Errorf("%s%s = %g: %s: %w", v.task.Where("randomise "+r.Name), r.Name, drawn[c.draw], c.Into, err)
			}
			if c.Into.Count > 0 { // the next change is of other numbers
				numbers = task.ReadNumbers(values[i])
			}
		}
	}
	return v.blank.Fill(values), nil
}

// compile compiles the model for drawn numbers.
func (v *variants) compile(drawn []float64) (*mujoco.Model, error) {
	text, err := v.text(drawn)
	if err != nil {
		return nil, err
	}
	m, err := loadModel(v.task, text)
	if err != nil {
		return nil, err
	}
	if m.NQ != v.nominal.NQ || m.NV != v.nominal.NV || m.NU != v.nominal.NU || m.Timestep != v.nominal.Timestep {
		return nil, errors.Join(fmt.Errorf("the model's joints, actuators or timestep change: nq %d, nv %d, nu %d, %v s, where they were %d, %d, %d, %v s",
			m.NQ, m.NV, m.NU, m.Timestep, v.nominal.NQ, v.nominal.NV, v.nominal.NU, v.nominal.Timestep), m.Close())
	}
	return m, nil
}

// mostTried bounds the models that are compiled before anything is played.
const mostTried = 8

// try compiles the model with all draws at their lowest, at their highest, and at each of few choices, so that what
// cannot be is refused before anything is played.
func (v *variants) try() error {
	rounds := 0
	for _, r := range v.task.Randomise {
		rounds = min(max(rounds, len(r.Extremes())), mostTried)
	}
	for round := range rounds {
		numbers := make([]float64, len(v.task.Randomise))
		for i, r := range v.task.Randomise {
			extremes := r.Extremes()
			numbers[i] = extremes[min(round, len(extremes)-1)]
		}
		m, err := v.compile(numbers)
		if err == nil {
			err = m.Close()
		}
		if err != nil {
			return v.blame(numbers, err)
		}
	}
	return nil
}

// blame finds the draws that make a model impossible, given the others' other extremes.
func (v *variants) blame(numbers []float64, err error) error {
	if errors.Is(err, mujoco.ErrMissing) {
		return err
	}
	var blamed []error
	for i, r := range v.task.Randomise {
		alone := *v
		alone.holes = nil
		for _, c := range r.Changes {
			if err := alone.add(i, c); err != nil {
				return err
			}
		}
		alone.cut()
		m, err := alone.compile(numbers)
		if err == nil {
			if err := m.Close(); err != nil {
				return err
			}
			continue
		}
		blamed = append(blamed, fmt.Errorf("%s%s: randomise %s at %g%s: %w", v.task.Where("randomise "+r.Name), v.task.Name, r.Name, numbers[i], v.misspelt(r, err), err))
	}
	if len(blamed) > 0 {
		return errors.Join(blamed...)
	}
	return fmt.Errorf("%s: the draws of randomise at %v: %w", v.task.Name, numbers, err)
}

// misspelt suggests another attribute where the compiler does not know one.
func (v *variants) misspelt(r task.Randomisation, err error) string {
	for _, c := range r.Changes {
		if strings.Contains(err.Error(), "unrecognized attribute") && strings.Contains(err.Error(), "'"+c.Into.Attribute+"'") {
			return fmt.Sprintf(": %s: no attribute %q%s", c.Into, c.Into.Attribute, task.Suggest(c.Into.Attribute, v.document.Attributes(c.Into.Tag())))
		}
	}
	return ""
}

// variant is the model of one worker's present episode, where models are drawn.
type variant struct {
	of    *variants     // nil where none are
	own   *mujoco.Model // nil: the file's
	drawn []float64     // what own was drawn by
	moved []float64     // difference of own's pose from the task's, [nq]; nil: none
}

// model returns the present model.
func (v *variant) model() *mujoco.Model {
	if v.own != nil {
		return v.own
	}
	return v.of.nominal
}

func (v *variant) close() error {
	if v.own == nil {
		return nil
	}
	m := v.own
	v.own = nil
	return m.Close()
}

// become makes the robot that of drawn numbers: of its own compiled model, nil for that of the file.
func (r *robot) become(drawn []float64) (err error) {
	if r.of == nil || slices.Equal(drawn, r.variant.drawn) {
		return nil
	}
	next := variant{of: r.of, drawn: slices.Clone(drawn)}
	if drawn != nil {
		if next.own, err = r.of.compile(drawn); err != nil {
			return err
		}
		if r.of.ownPose {
			own, err := pose(r.task, next.own)
			if err != nil {
				return errors.Join(err, next.close())
			}
			for i, x := range own {
				next.moved = append(next.moved, x-r.task.Pose[i])
			}
		}
	}
	fresh, err := newRobot(r.task, next.model())
	if err != nil {
		return errors.Join(err, next.close())
	}
	if err := r.close(); err != nil {
		return errors.Join(err, fresh.close(), next.close())
	}
	fresh.variant = next
	*r = *fresh
	return nil
}

// shift moves the start of an episode along with its model's own pose.
func (r *robot) shift(s start) {
	if s.recorded {
		return
	}
	for i, by := range r.moved {
		r.data.Qpos[i] += by
	}
}

package physics

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/palmal-rl/palmal/internal/number"
	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/task/formula"
	"github.com/palmal-rl/palmal/physics/task/mjcf"
)

// edits returns the edits of a named change with a value.
func edits(p task.Perturbation, value float64) []mujoco.Edit {
	var all []mujoco.Edit
	for _, e := range p.Edits {
		numbers := make([]float64, e.Value.Outputs())
		e.Value.Eval(numbers, &formula.Inputs{formula.Parameters: []float64{value}})
		words := make([]string, len(numbers))
		for i, x := range numbers { // 12 digits leave out what a difference rounds
			words[i] = strconv.FormatFloat(x, 'g', 12, 64)
		}
		all = append(all, mujoco.Edit{Element: e.Element, Name: e.Name, Attribute: e.Attribute, Value: strings.Join(words, " ")})
	}
	return all
}

// Perturbed returns the options with changes applied. A change is a text of one of three
// kinds:
//
//	forearm=0.421                   one of the task's perturbations
//	target_z=0.3:0.45               bounds of a uniform draw of the task's reset, as a goal box, or of a randomised number
//	geom.fa.density=2000            any attribute of a named element of the MJCF
//	option.gravity=0 0 -1           or of the only element of a kind
//
// The model is compiled again, so that masses and inertias follow. Perturbed tries every
// change: it refuses an unknown name, with the nearest known one, and an impossible value.
func Perturbed(t *task.Task, o Options, changes ...string) (Options, error) {
	scratch := t.Clone()
	o.Edits, o.Draws = slices.Clone(o.Edits), maps.Clone(o.Draws)
	if o.Draws == nil {
		o.Draws = map[string][2]float64{}
	}
	for _, change := range changes {
		if err := o.perturb(scratch, change); err != nil {
			return o, fmt.Errorf("%s: perturbation %q: %w", t.Name, change, err)
		}
	}
	if err := checkSet(t, o.Edits); err != nil {
		return o, fmt.Errorf("%s: perturbation: %w", t.Name, err)
	}
	trial := o
	trial.Workers = 1
	w, err := Open(t, trial)
	if err != nil {
		return o, fmt.Errorf("perturbation: %w", err)
	}
	return o, w.Close()
}

// perturb makes one change.
func (o *Options) perturb(t *task.Task, change string) error {
	target, value, found := strings.Cut(change, "=")
	target, value = strings.TrimSpace(target), strings.TrimSpace(value)
	if !found || target == "" || value == "" {
		return fmt.Errorf("want NAME=VALUE, DRAW=LOW:HIGH or ELEMENT.NAME.ATTRIBUTE=VALUE")
	}
	if strings.Contains(target, ".") {
		edit, err := parseEdit(target, value)
		o.Edits = append(o.Edits, edit)
		return err
	}
	var names []string
	for _, p := range t.Perturbations {
		if p.Name == target {
			x, err := number.Parse(value)
			if err != nil || !(x >= p.Low && x <= p.High) {
				return fmt.Errorf("want a number of %v to %v %s", p.Low, p.High, p.Unit)
			}
			o.Edits = append(o.Edits, edits(p, x)...)
			return nil
		}
		names = append(names, p.Name)
	}
	if slices.Contains(t.DrawNames(), target) {
		bounds, err := parseBounds(value)
		if err != nil {
			return err
		}
		o.Draws[target] = bounds
		return t.SetDraw(target, bounds[0], bounds[1])
	}
	names = append(names, t.DrawNames()...)
	return fmt.Errorf("no %q%s (an attribute of the MJCF is ELEMENT.NAME.ATTRIBUTE)", target, task.Suggest(target, names))
}

// parseEdit reads "geom.fa.size" or "option.timestep". A name may have dots. Numbers in the value follow
// the grammar of package number and are rewritten for MuJoCo.
func parseEdit(target, value string) (mujoco.Edit, error) {
	element, rest, _ := strings.Cut(target, ".")
	words := strings.Fields(value)
	for i, word := range words {
		if !strings.ContainsAny(word[:1], "+-.0123456789") {
			continue // not a number, as in type=box
		}
		x, err := number.Parse(word)
		if err != nil {
			return mujoco.Edit{}, fmt.Errorf("%q is not a number%s", word, number.Because(err))
		}
		if _, err := strconv.ParseFloat(word, 64); err != nil || strings.Contains(word, "_") {
			words[i] = strconv.FormatFloat(x, 'g', -1, 64)
		}
	}
	e := mujoco.Edit{Element: element, Attribute: rest, Value: strings.Join(words, " ")}
	if i := strings.LastIndex(rest, "."); i >= 0 {
		e.Name, e.Attribute = rest[:i], rest[i+1:]
	}
	return e, nil
}

// parseBounds reads "0.3:0.45".
func parseBounds(text string) (bounds [2]float64, err error) {
	low, high, _ := strings.Cut(text, ":")
	var errs [2]error
	bounds[0], errs[0] = number.Parse(strings.TrimSpace(low))
	bounds[1], errs[1] = number.Parse(strings.TrimSpace(high))
	if errs[0] != nil || errs[1] != nil {
		return bounds, fmt.Errorf("want the bounds LOW:HIGH")
	}
	return bounds, nil
}

// checkEdits refuses elements that the MJCF does not have and impossible numbers, which
// MuJoCo would accept, or refuse without naming what exists.
func checkEdits(text []byte, edits []mujoco.Edit) error {
	if len(edits) == 0 {
		return nil
	}
	names, err := mujoco.Names(text)
	if err != nil {
		return err
	}
	for _, e := range edits {
		have, known := names[e.Element]
		if !known {
			return fmt.Errorf("edit %q: the model has no element %q%s", e.Target(), e.Element, task.Suggest(e.Element, slices.Sorted(maps.Keys(names))))
		}
		have = slices.DeleteFunc(have, func(n string) bool { return n == "" })
		if e.Name != "" && !slices.Contains(have, e.Name) {
			return fmt.Errorf("edit %q: the model has no %s %q%s", e.Target(), e.Element, e.Name, task.Suggest(e.Name, have))
		}
		if err := mjcf.Impossible(e.Attribute, e.Value); err != nil {
			return fmt.Errorf("edit %q: %w", e.Target(), err)
		}
	}
	return nil
}

// checkSet refuses edits of what is set again for each episode: they would change nothing.
func checkSet(t *task.Task, edits []mujoco.Edit) error {
	for _, r := range t.Randomise {
		for _, c := range r.Changes {
			for _, e := range edits {
				if c.Sets() && c.Into.String() == mjcf.Attribute(e.Element, e.Name, e.Attribute).String() {
					return fmt.Errorf("%s is set for each episode by %s: change its bounds, as in %s=%g:%g", c.Into, r.Name, r.Name, r.Low, r.High)
				}
			}
		}
	}
	return nil
}

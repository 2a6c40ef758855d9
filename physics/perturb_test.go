package physics

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/tasks"
)

func TestChangesOfTheGoalReachTheDraws(t *testing.T) {
	before := Options{Draws: map[string][2]float64{"position": {0, 0}}}
	o, err := Perturbed(get(t, "pointmass"), before, "goal=3:4")
	if err != nil {
		t.Fatal(err)
	}
	if o.Draws["goal"] != [2]float64{3, 4} || o.Draws["position"] != [2]float64{0, 0} || len(before.Draws) != 1 {
		t.Errorf("draws %v, given %v", o.Draws, before.Draws)
	}
}

func TestEditsAreReadFromTheirText(t *testing.T) {
	for text, want := range map[string]mujoco.Edit{
		"geom.fa.size=0.06 0.2":       {Element: "geom", Name: "fa", Attribute: "size", Value: "0.06 0.2"},
		" option.gravity = 0 0 -1":    {Element: "option", Attribute: "gravity", Value: "0 0 -1"},
		"position.A:FRJ10.kp=4":       {Element: "position", Name: "A:FRJ10", Attribute: "kp", Value: "4"},
		"body.a name. with dots.pos=": {},
	} {
		var o Options
		err := o.perturb(&task.Task{}, text)
		if want == (mujoco.Edit{}) {
			if err == nil {
				t.Errorf("%s: no error", text)
			}
			continue
		}
		if err != nil || !slices.Equal(o.Edits, []mujoco.Edit{want}) {
			t.Errorf("%s: %+v, error %v", text, o.Edits, err)
		}
	}
}

// What cannot be is refused, with the name that was probably meant. These need no
// simulator: the same rules hold in every build.
func TestImpossibleChangesAreRefused(t *testing.T) {
	for _, c := range []struct{ task, change, want string }{
		{"pointmass", "gaol=1:2", `did you mean "goal"`},
		{"pointmass", "goal=2:1", "want finite low ≤ high"},
		{"pointmass", "goal=1:Inf", "want finite low ≤ high"},
		{"pointmass", "goal=1", "LOW:HIGH"},
		{"pointmass", "goal", "NAME=VALUE"},
		{"pointmass", "body.mass.pos=0 0 0", "no MJCF to edit"},
		{"reacher7dof", "forarm=0.4", `did you mean "forearm"`},
		{"reacher7dof", "forearm=-0.4", "0.1 to 1 m"},
		{"reacher7dof", "forearm=NaN", "0.1 to 1 m"},
		{"reacher7dof", "forearm=long", "0.1 to 1 m"},
		{"reacher7dof", "target_z=0.45:0.3", "want finite low ≤ high"},
		{"hopper", "velocity=x:1", "LOW:HIGH"},
		{"ant", "velocity=0:1", "is normal"},
	} {
		_, err := Perturbed(get(t, c.task), Options{}, c.change)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %s: error %v, want one with %q", c.task, c.change, err, c.want)
		}
	}
}

func TestImpossibleEditsAreRefused(t *testing.T) {
	for _, c := range []struct{ edit, want string }{
		{"geom.faa.mass=1", `did you mean "fa"`},
		{"geon.fa.mass=1", `did you mean "geom"`},
		{"body.r_wrist_link.pos=1 0 0", `did you mean "r_wrist_`},
		{"geom.fa.mass=-1", "-1 is negative"},
		{"geom.fa.density=-2000", "-2000 is negative"},
		{"geom.fa.fromto=0 0 0 NaN 0 0", "NaN is not finite"},
		{"geom.fa.size=+Inf", "+Inf is not finite"},
		{"joint.r_elbow_flex_joint.range=1 -1", "inside out"},
	} {
		var o Options
		if err := o.perturb(&task.Task{}, c.edit); err != nil {
			t.Fatal(err)
		}
		_, err := MJCF(get(t, "reacher7dof"), o.Edits)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.edit, err, c.want)
		}
	}
}

// The values that a perturbation names are those of the world as it is: with them the
// MJCF says what it said before.
func TestPerturbationsNameTheirPresentValue(t *testing.T) {
	for _, name := range tasks.Names() {
		for _, p := range get(t, name).Perturbations {
			if !(p.Low < p.Value && p.Value < p.High) || math.IsInf(p.High, 0) {
				t.Errorf("%s: %s is %v, outside [%v, %v]", name, p.Name, p.Value, p.Low, p.High)
			}
			text, err := MJCF(get(t, name), nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range edits(p, p.Value) {
				if !strings.Contains(string(text), e.Attribute+`="`+e.Value+`"`) {
					t.Errorf("%s: %s does not have %s=%q", name, e.Target(), e.Attribute, e.Value)
				}
			}
		}
	}
}

// Episodes begin alike in worlds whose starts are drawn from the same boxes, even if they
// continue differently.
func TestMovedGoalsGiveOtherStarts(t *testing.T) {
	before := open(t, "pointmass", Options{Workers: 1})
	for change, want := range map[string]bool{"goal=3:4": false, "goal=-1:1": true} {
		o, err := Perturbed(get(t, "pointmass"), Options{Workers: 1}, change)
		if err != nil {
			t.Fatal(err)
		}
		after := open(t, "pointmass", o)
		if same, err := before.SameStarts(after); err != nil || same != want {
			t.Errorf("%s: same starts %v, error %v, want %v", change, same, err, want)
		}
	}
}

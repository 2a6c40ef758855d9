package task

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// turning is the arm with symmetries: y and z change places with a sign, which takes four times, and a mirror.
func turning(text string) (*Task, error) {
	files := armFiles()
	files["task.yaml"] += text
	return load(files)
}

const armSymmetries = `symmetries:
  turn: {tip_y: -tip_z, tip_z: tip_y}
  mirror: {spin: -spin, target: -target, miss: -miss, hip_sine: -hip_sine, action: -action}
`

func TestImagesAreThoseOfAllSymmetriesTogether(t *testing.T) {
	arm, err := turning(armSymmetries)
	if err != nil {
		t.Fatal(err)
	}
	if s := arm.Symmetries; len(s) != 2 || s[0].Order != 4 || s[1].Order != 2 || arm.Images() != 7 {
		t.Fatalf("%d images of %+v, want 7 of orders 4 and 2", arm.Images(), s)
	}
	seen := map[[9]float64]bool{}
	for k := 1; k <= arm.Images(); k++ {
		obs, act := []float64{1, 2, 3, 4, 5, 0.5, 0.6, 0.8}, []float64{1.5}
		arm.Image(k, obs, act)
		seen[[9]float64(append(slices.Clone(obs), act...))] = true
		if size := math.Hypot(obs[6], obs[7]); obs[0] != 1 || math.Abs(size-1) > 1e-15 {
			t.Errorf("image %d: %v", k, obs)
		}
		alone, without := []float64{1, 2, 3, 4, 5, 0.5, 0.6, 0.8}, []float64{1.5}
		arm.Image(k, alone, nil)
		arm.Image(k, nil, without)
		if !slices.Equal(alone, obs) || !slices.Equal(without, act) {
			t.Errorf("image %d: alone %v and %v, together %v and %v", k, alone, without, obs, act)
		}
	}
	for _, want := range [][9]float64{{1, -3, 2, 4, 5, 0.5, 0.6, 0.8, 1.5}, {1, 2, 3, -4, -5, -0.5, -0.6, 0.8, -1.5}, {1, 3, -2, -4, -5, -0.5, -0.6, 0.8, -1.5}} {
		if !seen[want] {
			t.Errorf("no image is %v", want)
		}
	}
	if len(seen) != 7 || seen[[9]float64{1, 2, 3, 4, 5, 0.5, 0.6, 0.8, 1.5}] {
		t.Errorf("images %v, want 7 that differ from each other and from the row", seen)
	}
}

func TestWhatIsNoSymmetryIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"symmetries: {mirror: {tip_yy: -tip_y}}":                                                  `"tip_y"`,
		"symmetries: {mirror: {action.torque: 1}}":                                                "action.force",
		"symmetries: {mirror: {tip: -tip_y}}":                                                     "3",
		"symmetries: {mirror: {tip_y: -action}}":                                                  "action",
		"symmetries: {mirror: {action: -tip_y}}":                                                  "tip_y",
		"symmetries: {mirror: {spin: -next.spin}}":                                                "next",
		"symmetries: {mirror: {spin: spin}}":                                                      "changes nothing",
		"symmetries: {mirror: {}}":                                                                "changes nothing",
		"symmetries: {mirror: {tip_x: 2*tip_x}}":                                                  "applied 24 times it has not led back to where it began: tip x differs",
		"symmetries: {mirror: {action: 1 - 0.5*action}}":                                          "action force differs",
		"symmetries: {mirror: {hip_sine: -2*hip_sine}}":                                           "hip sine has the length",
		"symmetries: {mirror: {spin: 1/(spin - spin)}}":                                           "an image of spin is",
		"symmetries: {mirror: {tip_x: exp(-log(tip_x))}}":                                         "an image of tip x is NaN",
		"symmetries: {mirror: {spin: 7 - spin}}":                                                  "beyond [-5, 5]",
		"symmetries: {mirror: {spin: cost - spin}}":                                               "cost",
		"symmetries: {mirror: {action: -action, action.force: -action.force}}":                    "changes action force twice",
		"symmetries: {mirror: {tip: -tip, tip_x: tip_x}}":                                         "changes tip x twice",
		"symmetries: {mirror: {spin: -spin}, again: {spin: -spin}}":                               "symmetry again: with the others it gives an image twice, images 1 and 2",
		"symmetries: {turn: {tip_y: -tip_z, tip_z: tip_y}, half: {tip_y: -tip_y, tip_z: -tip_z}}": "symmetry half",
		"symmetries: {\"\": {spin: -spin}}":                                                       "without a name",
		"symmetries: {mirror: }":                                                                  "keys and values",
		"symmetries: {a: {tip_x: -tip_x}, b: {spin: -spin}, c: {tip_y: -tip_y}, d: {tip_z: -tip_z}, e: {action: -action}, f: {target: -target}}": "63 images",
		"symmetries: [mirror]": "keys and values",
	} {
		if _, err := turning(text); err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "symmetry ") > 1 {
			t.Errorf("%q: error %v, want one with %s", text, err, want)
		}
	}
	lasting := strings.Replace(armTask, "  - {name: spin,", "  - {name: last, from: \"action[0]\", kind: last-action}\n  - {name: spin,", 1)
	files := armFiles()
	files["task.yaml"] = lasting + "symmetries: {mirror: {action: -action}}\n"
	if _, err := load(files); err == nil || !strings.Contains(err.Error(), "last is the last action") {
		t.Errorf("error %v, want one that names the last action", err)
	}
	files["task.yaml"] = lasting + "symmetries: {mirror: {action: -action, last: -last}}\n"
	if _, err := load(files); err != nil {
		t.Error(err)
	}
}

// A formula may be a list; what is an angle stays within [-π, π).
func TestImagesOfAnglesAreAngles(t *testing.T) {
	arm, err := turning("symmetries: {third: {miss: miss + 2*pi/3}, mirror: {tip: [-tip_x, tip_y, tip_z]}}")
	if err != nil {
		t.Fatal(err)
	}
	if s := arm.Symmetries; s[0].Order != 3 || s[1].Changes[0].Formula != "vector(-tip_x, tip_y, tip_z)" {
		t.Errorf("%+v", s)
	}
	obs := []float64{0, 0, 0, 0, 0, 3, 0, 1}
	if arm.Image(1, obs, nil); math.Abs(obs[5]-(3+2*math.Pi/3-2*math.Pi)) > 1e-15 {
		t.Errorf("the image of the angle 3 is %g", obs[5])
	}
}

// The k-th entry that shows a last action shows action k, wherever the entry comes from.
func TestLastActionsAreCountedWhereverTheyComeFrom(t *testing.T) {
	files := armFiles()
	files["task.yaml"] = strings.Replace(armTask, "  - {name: spin,", "  - {name: last, formula: action.force, kind: last-action}\n  - {name: spin,", 1) +
		"symmetries: {mirror: {action: -action, last: -last}}\n"
	arm, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	if e := arm.Observation[3]; e.Low != -2 || e.High != 2 {
		t.Errorf("%+v, want the bounds of the action", e)
	}
}

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
		"symmetries: {mirror: {tip_yy: -tip_y}}":         `"tip_y"`,
		"symmetries: {mirror: {action.torque: 1}}":       "action.force",
		"symmetries: {mirror: {tip: -tip_y}}":            "3",
		"symmetries: {mirror: {tip_y: -action}}":         "action",
		"symmetries: {mirror: {action: -tip_y}}":         "tip_y",
		"symmetries: {mirror: {spin: -next.spin}}":       "next",
		"symmetries: {mirror: {spin: spin}}":             "changes nothing",
		"symmetries: {mirror: {}}":                       "changes nothing",
		"symmetries: {mirror: {spin: 2*spin}}":           "24 times in a row",
		"symmetries: {mirror: {action: 1 - 0.5*action}}": "action force differs",
		"symmetries: {mirror: {hip_sine: -2*hip_sine}}":  "hip sine has the length",
		"symmetries: {mirror: {spin: 1/(spin - spin)}}":  "spin differs",
		"symmetries: {a: {tip_x: -tip_x}, b: {spin: -spin}, c: {tip_y: -tip_y}, d: {tip_z: -tip_z}, e: {action: -action}, f: {target: -target}}": "63 images",
		"symmetries: [mirror]": "keys and values",
	} {
		if _, err := turning(text); err == nil || !strings.Contains(err.Error(), want) {
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

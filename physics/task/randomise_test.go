package task

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

const drawnTask = armTask + `randomise:
  - {name: bend, unit: N·m·s, into: joint.hip.damping, uniform: [0.1, 0.5]}
  - {name: "shift {}", each: {y: 1, z: 2}, into: "body.arm.pos[{}]", operation: add, normal: [0, 0.01], range: [-0.02, 0.02]}
  - {name: pull, edits: [{element: motor, name: pull, attribute: gear, value: 2*model}, {into: "option.gravity[2]", value: -value}], log_uniform: [5, 20]}
  - {name: kind, into: joint.hip.type, choice: [hinge, slide]}
`

func drawnFiles(text string) map[string]string {
	files := armFiles()
	files["task.yaml"] = text
	files["parts/more.xml"] = "<mujoco><option timestep=\"0.01\"/></mujoco>"
	return files
}

// Every line draws its number and says what it does with it.
func TestRandomisedNumbersAreRead(t *testing.T) {
	arm, err := load(drawnFiles(strings.Replace(drawnTask, "  - {name: spin, from: sensor spin, clip: 5}\n", "  - {name: spin, from: sensor spin, clip: 5}\n  - {name: known, from: randomised pull, kind: constant}\n", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if len(arm.Randomise) != 5 || arm.Randomise[2].Name != "shift z" || len(arm.Randomise[3].Changes) != 2 {
		t.Fatalf("%+v", arm.Randomise)
	}
	for i, want := range map[int][]string{0: {"0.3"}, 1: {"0 0.3 0"}, 2: {"0 0 0.3"}, 3: {"2 0 0 0 0 0", "0 0 -0.3"}} {
		for k, c := range arm.Randomise[i].Changes {
			model := map[string][]float64{"pos": {0, 0, 0}, "gear": {1, 0, 0, 0, 0, 0}, "gravity": {0, 0, -9.81}}[c.Into.Attribute]
			if text, err := c.Text(&arm.Randomise[i].Chance, 0.3, model); err != nil || text != want[k] {
				t.Errorf("%s: %q, error %v, want %q", arm.Randomise[i].Name, text, err, want[k])
			}
		}
	}
	if text, err := arm.Randomise[4].Changes[0].Text(&arm.Randomise[4].Chance, 1, nil); err != nil || text != "slide" {
		t.Errorf("%q, %v", text, err)
	}
	clone := arm.Clone()
	if err := clone.SetDraw("bend", 0.2, 0.3); err != nil || clone.Randomise[0].High != 0.3 || arm.Randomise[0].High != 0.5 {
		t.Errorf("bounds %+v, error %v", clone.Randomise[0], err)
	}
	for name, want := range map[string]string{"shift z": "is normal", "pull": "want them above 0", "benf": `did you mean "bend"`} {
		if err := clone.SetDraw(name, -1, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every mistake of randomise is reported at once, with its place and what was meant.
func TestMistakesInRandomiseAreNamed(t *testing.T) {
	lines := map[string]string{
		"{name: a, into: joint.hipp.damping, uniform: [0, 1]}":                                                        `:20: joint.hipp.damping: the model has no joint "hipp", did you mean "hip"?`,
		"{name: a, into: jont.hip.damping, uniform: [0, 1]}":                                                          `:20: jont.hip.damping: the model has no element "jont", did you mean "joint"?`,
		"{name: a, into: joint, uniform: [0, 1]}":                                                                     `:20: "joint": want ELEMENT.NAME.ATTRIBUTE`,
		"{name: a, into: joint.hip.damping, uniform: [-1, 1]}":                                                        ":20: a = -1 makes joint.hip.damping impossible: -1 is negative",
		"{name: a, into: joint.hip.damping, normal: [1, 0.5]}":                                                        ":20: a = -2 makes joint.hip.damping impossible: -2 is negative; give it a range",
		"{name: a, into: joint.hip.damping, uniform: [2, 1]}":                                                         ":48: bounds [2, 1]: want the lower one first",
		"{name: a, into: joint.hip.damping, log_uniform: [0, 1]}":                                                     ":52: bounds [0, 1]: want them above 0",
		"{name: a, into: joint.hip.damping, normal: [1, 0.5], range: [50, 60]}":                                       "range [50, 60]: want the lower bound first, and a part of the distribution",
		"{name: a, into: joint.hip.damping, unifrom: [0, 1]}":                                                         `:39: unknown key "unifrom", did you mean "uniform"?`,
		"{name: a, into: joint.hip.damping}":                                                                          ":4: want uniform: [low, high], log_uniform",
		"{name: a, into: joint.hip.damping, uniform: [0, 1], normal: [0, 1]}":                                         "another distribution is given above",
		"{name: a, into: joint.hip.damping, choice: []}":                                                              "want at least one to choose",
		"{name: a, uniform: [0, 1]}":                                                                                  ":4: want one of into",
		"{name: target, into: joint.hip.damping, uniform: [0, 1]}":                                                    `there are two draws "target"`,
		"{name: a, into: \"body.arm.pos[3]\", uniform: [0, 1]}":                                                       ":20: body.arm.pos[3]: the model writes 3 numbers there",
		"{name: a, into: geom.g.mass, operation: scale, uniform: [0, 1]}":                                             "the model does not write this attribute as numbers",
		"{name: a, into: joint.hip.dampin, operation: scale, uniform: [0, 1]}":                                        `:20: joint.hip.dampin: the model writes no attribute "dampin", did you mean "damping"? Else write it in the model`,
		"{name: a, into: joint.hip.dampin, operation: add, uniform: [0, 1]}":                                          `did you mean "damping"? Else write it in the model`,
		"{name: a, into: joint.hip.damping, operation: scael, uniform: [0, 1]}":                                       `:50: unknown operation "scael", did you mean "scale"?`,
		"{name: a, edits: [{into: joint.hip.damping, value: 2*valu}], uniform: [0, 1]}":                               `:57: unknown name "valu", did you mean "value"?`,
		"{name: \"a {}\", each: [x, y], into: joint.hip.damping, uniform: [0, 1]}":                                    "joint.hip.damping is changed twice",
		"{name: a, into: \"joint.hip.axis[0]\", choice: [x, y]}":                                                      "a chosen text is written as the whole attribute",
		"{name: a, into: joint.hip.damping, uniform: [0, 1]}, {name: b, into: \"joint[0].damping\", uniform: [0, 1]}": "joint[0].damping is changed twice, here and as joint.hip.damping",
	}
	for line, want := range lines {
		files := drawnFiles(armTask + "randomise:\n  [" + line + "]\n")
		files["parts/arm.xml"] = strings.Replace(armModel, `<site name="tip"/>`, `<site name="tip"/><geom name="g" size="1"/>`, 1)
		_, err := load(files)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "arm/task.yaml:29:") {
			t.Errorf("%s:\n%v\nwant one with %q", line, err, want)
		}
	}
	text := strings.Replace(armTask, "from: sensor spin", "from: randomised pul", 1) + "randomise: [{name: pull, into: joint.hip.damping, uniform: [0, 1]}]\n"
	if _, err := load(drawnFiles(text)); err == nil || !strings.Contains(err.Error(), `arm/task.yaml:9:24: no number "pul" is drawn in randomise, did you mean "pull"?`) {
		t.Error(err)
	}
}

// Draws have the distribution that they name: mean and spread within five standard errors of 20,000 draws, and no
// number outside the bounds.
func TestDrawsHaveTheirDistribution(t *testing.T) {
	const n = 20000
	for name, c := range map[string]struct {
		Chance
		mean, std float64
	}{
		"uniform":     {Chance{Distribution: Uniform, Low: 1, High: 3}, 2, 2 / math.Sqrt(12)},
		"log_uniform": {Chance{Distribution: LogUniform, Low: 0.1, High: 10}, 9.9 / math.Log(100), math.Sqrt(99.99/(2*math.Log(100)) - math.Pow(9.9/math.Log(100), 2))},
		"normal":      {Chance{Distribution: Normal, Mean: 2, Std: 0.5}, 2, 0.5},
		// Symmetric, cut at one standard deviation: variance 1 - 2·φ(1)/(Φ(1)-Φ(-1)) of the whole one
		"within": {Chance{Distribution: Normal, Mean: 2, Std: 0.5, Low: 1.5, High: 2.5}, 2, 0.5 * math.Sqrt(1-2*0.24197072/0.68268949)},
		"choice": {Chance{Distribution: Choice, Choices: []string{"1", "2", "6"}, numbers: []float64{1, 2, 6}}, 3, math.Sqrt(14.0 / 3)},
	} {
		rng, sum, squares := rand.New(rand.NewPCG(1, 2)), 0.0, 0.0
		for range n {
			x := c.Draw(rng)
			if bounds := c.Extremes(); !(x >= bounds[0] && x <= bounds[len(bounds)-1]) {
				t.Fatalf("%s: %v is outside %v", name, x, bounds)
			}
			sum, squares = sum+x, squares+x*x
		}
		mean := sum / n
		if std := math.Sqrt(squares/n - mean*mean); !(math.Abs(mean-c.mean) < 5*c.std/math.Sqrt(n)) || !(math.Abs(std/c.std-1) < 5*1.5/math.Sqrt(n)) {
			t.Errorf("%s: mean %v, standard deviation %v, want %v, %v", name, mean, std, c.mean, c.std)
		}
	}
}

// An attribute that only MuJoCo could refuse is reported with the mistakes of the other lines, not after them.
func TestMisspeltAttributesAreNamedWithTheOtherMistakes(t *testing.T) {
	lines := "randomise:\n  - {name: a, into: joint.hip.dampin, uniform: [0, 1]}\n"
	if _, err := load(drawnFiles(armTask + lines)); err != nil {
		t.Fatalf("alone it is MuJoCo's to refuse: %v", err)
	}
	lines += "  - {name: b, into: joint.hip.axi, operation: scale, uniform: [0, 1]}\n  - {name: c, into: joint.hipp.damping, uniform: [0, 1]}\n"
	_, err := load(drawnFiles(armTask + lines))
	for _, want := range []string{`:29:21: joint.hip.dampin: the model writes no attribute "dampin", did you mean "damping"?`, `:30:21: joint.hip.axi: `, `:31:21: joint.hipp.damping: `} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant one with %q", err, want)
		}
	}
}

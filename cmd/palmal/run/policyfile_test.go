package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics/remote/remotetest"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// writtenPolicy is a policy of cartpole with a normaliser.
func writtenPolicy(t *testing.T) (policy algo.GaussianPolicy, files map[string][]byte) {
	t.Helper()
	cartpole, err := tasks.Get("cartpole")
	if err != nil {
		t.Fatal(err)
	}
	shape := nn.PolicyShape{Observation: 4, Action: 1, Hidden: []int{7, 5}}
	policy = algo.GaussianPolicy{Shape: shape, Parameters: shape.Init(3, -1.25, 1), Shift: []float32{0.1, -0.2, 3, 0}, Scale: []float32{1, 2, 0.5, 4}}
	if files, err = PolicyFiles(policy, cartpole, 12); err != nil {
		t.Fatal(err)
	}
	return policy, files
}

// observations are rows of different sizes.
func observations() [][]float32 {
	return [][]float32{{0, 0, 0, 0}, {0.5, -1, 2, 3}, {-30, 7, 1e-3, 100}}
}

func TestPolicyFileHoldsThePolicy(t *testing.T) {
	policy, files := writtenPolicy(t)
	state, err := readTensors(files[".safetensors"])
	if err != nil {
		t.Fatal(err)
	}
	numbers := func(name string, shape ...int) []float32 {
		list, err := state.Float32s(name, shape...)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	actor, err := nn.NewActor(policy.Shape, policy.Parameters, policy.Shift, policy.Scale)
	if err != nil {
		t.Fatal(err)
	}
	sizes := []int{4, 7, 5, 1}
	for _, obs := range observations() {
		x := make([]float64, 4)
		for i := range x {
			x[i] = float64((obs[i] - numbers("shift", 4)[i]) / numbers("scale", 4)[i])
		}
		for layer := range 3 {
			in, out := sizes[layer], sizes[layer+1]
			w, y := numbers(fmt.Sprintf("layer%d.weights", layer), in, out), make([]float64, out)
			for j, b := range numbers(fmt.Sprintf("layer%d.biases", layer), out) {
				y[j] = float64(b)
				for i := range in {
					y[j] += x[i] * float64(w[i*out+j])
				}
				if layer < 2 {
					y[j] = math.Tanh(y[j])
				}
			}
			x = y
		}
		var want [1]float32
		actor.Mean(obs, want[:])
		if d := math.Abs(x[0] - float64(want[0])); !(d <= 1e-5) { // sums of 7 products in float32
			t.Errorf("obs %v: %g from the arrays, the actor gives %g", obs, x[0], want[0])
		}
	}
	if std := numbers("log_std", 1)[0]; std != -1.25 || numbers("low", 1)[0] != -1 || numbers("high", 1)[0] != 1 {
		t.Errorf("log σ %g, box [%g, %g]", std, numbers("low", 1)[0], numbers("high", 1)[0])
	}
}

func TestPolicyInCActsTheSame(t *testing.T) {
	if _, err := exec.LookPath("cc"); err != nil {
		if os.Getenv("PALMAL_ROBOTS_REQUIRED") != "" {
			t.Fatal("cc is missing, but PALMAL_ROBOTS_REQUIRED is set")
		}
		t.Skip("SKIPPED: cc is missing, so the policy in C is not tested")
	}
	policy, files := writtenPolicy(t)
	folder := t.TempDir()
	program := "#include <stdio.h>\n#include \"policy.h\"\nint main(void) {\n    float o[PALMAL_OBSERVATION], a[PALMAL_ACTION];\n" +
		"    while (scanf(\"%f %f %f %f\", o, o + 1, o + 2, o + 3) == 4) {\n        palmal_mean(o, a);\n        printf(\"%.9g \", a[0]);\n" +
		"        a[0] = 5;\n        palmal_clip(a);\n        printf(\"%g %g %d\\n\", a[0], palmal_std[0], PALMAL_POLICY);\n    }\n    return 0;\n}\n"
	for name, text := range map[string][]byte{"policy.h": files[".h"], "main.c": []byte(program)} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	binary := filepath.Join(folder, "main")
	if out, err := exec.Command("cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-o", binary, filepath.Join(folder, "main.c"), "-lm").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var in bytes.Buffer
	for _, obs := range observations() {
		fmt.Fprintln(&in, strings.Trim(fmt.Sprint(obs), "[]"))
	}
	run := exec.Command(binary)
	run.Stdin = &in
	out, err := run.Output()
	if err != nil {
		t.Fatal(err)
	}
	actor, err := nn.NewActor(policy.Shape, policy.Parameters, policy.Shift, policy.Scale)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for i, obs := range observations() {
		words := strings.Fields(lines[i])
		got, err := strconv.ParseFloat(words[0], 64)
		var want [1]float32
		actor.Mean(obs, want[:])
		if d := math.Abs(got - float64(want[0])); err != nil || !(d <= 1e-5) { // another tanh, another order of sums
			t.Errorf("obs %v: %g in C, the actor gives %g", obs, got, want[0])
		}
		if strings.Join(words[1:], " ") != "1 0.286505 12" { // the box, e^-1.25, the policy's number
			t.Errorf("clip, σ and number %v", words[1:])
		}
	}
}

// TestPolicyInONNXActsTheSame runs the graph by ONNX Runtime, a row alone and all rows together.
func TestPolicyInONNXActsTheSame(t *testing.T) {
	python := remotetest.Python(t, "numpy", "onnxruntime")
	policy, files := writtenPolicy(t)
	path := filepath.Join(t.TempDir(), "policy.onnx")
	if err := os.WriteFile(path, files[".onnx"], 0o666); err != nil {
		t.Fatal(err)
	}
	rows, err := json.Marshal(observations())
	if err != nil {
		t.Fatal(err)
	}
	program := `import json, sys, numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
rows = numpy.array(json.loads(sys.argv[2]), numpy.float32)
act = lambda x: [y.tolist() for y in session.run(["mean", "action", "std"], {"observation": x})]
print(json.dumps({"all": act(rows), "one": act(rows[1:2]), "version": session.get_modelmeta().version}))`
	out, err := exec.Command(python, "-c", program, path, string(rows)).Output()
	if err != nil {
		t.Fatal(err, string(out))
	}
	var got struct {
		All, One []json.RawMessage // mean, action, std
		Version  int
	}
	var means, actions, one [][]float32
	var std []float32
	err = json.Unmarshal(out, &got)
	for i, into := range []any{&means, &actions, &std} {
		err = errors.Join(err, json.Unmarshal(got.All[i], into))
	}
	if err = errors.Join(err, json.Unmarshal(got.One[0], &one)); err != nil {
		t.Fatal(err)
	}
	actor, err := nn.NewActor(policy.Shape, policy.Parameters, policy.Shift, policy.Scale)
	if err != nil {
		t.Fatal(err)
	}
	for i, obs := range observations() {
		var want [1]float32
		actor.Mean(obs, want[:])
		if d := math.Abs(float64(means[i][0] - want[0])); !(d <= 1e-6) { // sums of 7 products of size 1 in float32
			t.Errorf("obs %v: %g in ONNX, the actor gives %g", obs, means[i][0], want[0])
		}
		if clipped := min(max(means[i][0], -1), 1); actions[i][0] != clipped {
			t.Errorf("action %g of the mean %g", actions[i][0], means[i][0])
		}
	}
	if d := math.Abs(float64(one[0][0] - means[1][0])); !(d <= 1e-6) {
		t.Errorf("%g alone, %g among others", one[0][0], means[1][0])
	}
	if d := math.Abs(float64(std[0]) - math.Exp(-1.25)); !(d <= 1e-7) || got.Version != 12 {
		t.Errorf("σ %g, policy %d", std[0], got.Version)
	}
}

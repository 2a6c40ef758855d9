package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics/task"
)

// PolicyFiles writes a policy for whoever acts by it elsewhere, by the ending of the file: arrays in safetensors, a C
// header that needs nothing but the C library, and a graph of ONNX.
func PolicyFiles(policy algo.GaussianPolicy, t *task.Task, number int) (map[string][]byte, error) {
	var tensors bytes.Buffer
	if err := writeTensors(&tensors, policyArrays(policy, t)); err != nil {
		return nil, fmt.Errorf("policy %d: %w", number, err)
	}
	text, err := policyHeader(policy, t, number)
	return map[string][]byte{".safetensors": tensors.Bytes(), ".h": text, ".onnx": policyONNX(policy, t, number)}, err
}

// policyArrays lists the arrays of a policy: of layer i the weights [in,out] and biases [out], the normaliser
// shift and scale [O], log σ [A], the action box low and high [A].
func policyArrays(policy algo.GaussianPolicy, t *task.Task) nn.State {
	var state nn.State
	add := func(name string, numbers []float32, shape ...int) {
		state = append(state, nn.Array{Name: name, Value: nn.Matrix(numbers, shape...)})
	}
	for i, l := range policy.Shape.MLP().Layers() {
		add(fmt.Sprintf("layer%d.weights", i), policy.Parameters[l.Weights:l.Bias], l.In, l.Out)
		add(fmt.Sprintf("layer%d.biases", i), policy.Parameters[l.Bias:l.End()], l.Out)
	}
	o, a := policy.Shape.Observation, policy.Shape.Action
	low, high := t.ActionBox()
	add("shift", policy.Shift, o)
	add("scale", policy.Scale, o)
	add("log_std", policy.Parameters[policy.Shape.LogStd():], a)
	add("low", nn.Rounded(low), a)
	add("high", nn.Rounded(high), a)
	return state
}

// policyHeader writes a policy as C99.
func policyHeader(policy algo.GaussianPolicy, t *task.Task, number int) ([]byte, error) {
	var out bytes.Buffer
	o, a := policy.Shape.Observation, policy.Shape.Action
	names, err := json.Marshal(map[string]any{"task": t.Name, "policy": number})
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(&out, "/* %s: a policy that palmal wrote. It allocates nothing and keeps no state.\n", strings.ReplaceAll(string(names), "*/", "* /"))
	out.WriteString("   palmal_mean fills the mean action for an observation. To explore, add palmal_std[i] times a standard normal\n" +
		"   number to each action, then call palmal_clip. */\n#ifndef PALMAL_POLICY_H\n#define PALMAL_POLICY_H\n#include <math.h>\n\n")
	fmt.Fprintf(&out, "enum { PALMAL_POLICY = %d, PALMAL_OBSERVATION = %d, PALMAL_ACTION = %d };\n", number, o, a)
	layers, wide := policy.Shape.MLP().Layers(), o
	for i, l := range layers {
		cArray(&out, fmt.Sprintf("palmal_w%d", i), policy.Parameters[l.Weights:l.Bias])
		cArray(&out, fmt.Sprintf("palmal_b%d", i), policy.Parameters[l.Bias:l.End()])
		wide = max(wide, l.Out)
	}
	low, high := t.ActionBox()
	cArray(&out, "palmal_shift", policy.Shift)
	cArray(&out, "palmal_scale", policy.Scale)
	cArray(&out, "palmal_low", nn.Rounded(low))
	cArray(&out, "palmal_high", nn.Rounded(high))
	out.WriteString("static const float palmal_std[] = {")
	for _, x := range policy.Parameters[policy.Shape.LogStd():] {
		fmt.Fprintf(&out, "%s,", cFloat(float32(math.Exp(float64(x)))))
	}
	out.WriteString("};\n\n" + cLayer)
	fmt.Fprintf(&out, "static inline void palmal_mean(const float *observation, float *action) {\n    float a[%d], b[%d];\n", wide, wide)
	fmt.Fprintf(&out, "    for (int i = 0; i < %d; i++) a[i] = (observation[i] - palmal_shift[i]) / palmal_scale[i];\n", o)
	from, to := "a", "b"
	for i, l := range layers {
		into, last := to, 0
		if i == len(layers)-1 {
			into, last = "action", 1
		}
		fmt.Fprintf(&out, "    palmal_layer(palmal_w%d, palmal_b%d, %s, %d, %s, %d, %d);\n", i, i, from, l.In, into, l.Out, last)
		from, to = to, from
	}
	fmt.Fprintf(&out, "}\n\nstatic inline void palmal_clip(float *action) {\n    for (int i = 0; i < %d; i++)\n"+
		"        action[i] = fminf(fmaxf(action[i], palmal_low[i]), palmal_high[i]);\n}\n#endif\n", a)
	return out.Bytes(), nil
}

// cLayer is one layer of the network: weights are [in,out]; the last layer is linear, the others tanh.
const cLayer = `static inline void palmal_layer(const float *w, const float *b, const float *x, int in, float *y, int out, int last) {
    for (int j = 0; j < out; j++) {
        float sum = b[j];
        for (int i = 0; i < in; i++) sum += x[i] * w[i * out + j];
        y[j] = last ? sum : tanhf(sum);
    }
}

`

func cArray(out *bytes.Buffer, name string, numbers []float32) {
	fmt.Fprintf(out, "static const float %s[] = {", name)
	for i, x := range numbers {
		if i%8 == 0 {
			out.WriteString("\n    ")
		}
		out.WriteString(cFloat(x) + ",")
	}
	out.WriteString("\n};\n")
}

// cFloat writes a number so that C reads the same bits. An open bound of the box is an infinity.
func cFloat(x float32) string {
	switch {
	case math.IsInf(float64(x), 1):
		return "INFINITY"
	case math.IsInf(float64(x), -1):
		return "-INFINITY"
	}
	return strconv.FormatFloat(float64(x), 'e', -1, 32) + "f"
}

package run

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics/task"
)

// Versions that the file asks of whoever reads it: those that every runtime of the last years has.
const (
	onnxFormat    = 8  // ir_version
	onnxOperators = 13 // operator set
)

// policyONNX writes a policy as a graph of ONNX: observation [batch,O] in; mean [batch,A], action [batch,A] (the mean within
// the box) and std [A] out.
func policyONNX(policy algo.GaussianPolicy, t *task.Task, number int) []byte {
	g := &onnxGraph{}
	o, a := policy.Shape.Observation, policy.Shape.Action
	at := g.node("Div", "scaled", g.node("Sub", "centred", "observation", g.constant("shift", policy.Shift, o)), g.constant("scale", policy.Scale, o))
	layers := policy.Shape.MLP().Layers()
	for i, l := range layers {
		output := fmt.Sprintf("sum%d", i)
		if i == len(layers)-1 {
			output = "mean"
		}
		at = g.node("Gemm", output, at, g.constant(fmt.Sprintf("weights%d", i), policy.Parameters[l.Weights:l.Bias], l.In, l.Out),
			g.constant(fmt.Sprintf("biases%d", i), policy.Parameters[l.Bias:l.End()], l.Out))
		if i < len(layers)-1 {
			at = g.node("Tanh", fmt.Sprintf("hidden%d", i), at)
		}
	}
	low, high := t.ActionBox()
	g.node("Min", "action", g.node("Max", "raised", at, g.constant("low", nn.Rounded(low), a)), g.constant("high", nn.Rounded(high), a))
	var std []float32
	for _, x := range policy.Parameters[policy.Shape.LogStd():] {
		std = append(std, float32(math.Exp(float64(x))))
	}
	g.node("Identity", "std", g.constant("sigma", std, a))
	g.graph.text(2, t.Name)
	g.graph.message(11, onnxValue("observation", 0, o))
	for _, output := range []wire{onnxValue("mean", 0, a), onnxValue("action", 0, a), onnxValue("std", a)} {
		g.graph.message(12, output)
	}
	var model, operators wire
	model.number(1, onnxFormat)
	model.text(2, "palmal")
	model.number(5, uint64(number))
	model.message(7, g.graph)
	operators.number(2, onnxOperators)
	model.message(8, operators)
	return model
}

// onnxGraph is a GraphProto under construction. Field numbers are those of onnx.proto3.
type onnxGraph struct{ graph wire }

// node adds an operator with one output, and returns its name.
func (g *onnxGraph) node(operator, output string, inputs ...string) string {
	var node wire
	for _, input := range inputs {
		node.text(1, input)
	}
	node.text(2, output)
	node.text(3, output)
	node.text(4, operator)
	g.graph.message(1, node)
	return output
}

// constant adds an array of float32, and returns its name.
func (g *onnxGraph) constant(name string, numbers []float32, shape ...int) string {
	var tensor, raw wire
	for _, n := range shape {
		tensor.number(1, uint64(n))
	}
	tensor.number(2, onnxFloat)
	tensor.text(8, name)
	for _, x := range numbers {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	tensor.message(9, raw)
	g.graph.message(5, tensor)
	return name
}

// onnxFloat is the data type float32.
const onnxFloat = 1

// onnxValue describes an input or an output; a size of 0 is the batch, which may be any.
func onnxValue(name string, shape ...int) wire {
	var sizes, tensor, kind, value wire
	for _, n := range shape {
		var size wire
		if n > 0 {
			size.number(1, uint64(n))
		} else {
			size.text(2, "batch")
		}
		sizes.message(1, size)
	}
	tensor.number(1, onnxFloat)
	tensor.message(2, sizes)
	kind.message(1, tensor)
	value.text(1, name)
	value.message(2, kind)
	return value
}

// wire is a message of Protocol Buffers in its binary form.
type wire []byte

// number appends a field that holds a whole number.
func (w *wire) number(field int, x uint64) {
	*w = binary.AppendUvarint(binary.AppendUvarint(*w, uint64(field)<<3), x)
}

// message appends a field that holds bytes: a message, or raw data.
func (w *wire) message(field int, of wire) {
	*w = binary.AppendUvarint(binary.AppendUvarint(*w, uint64(field)<<3|2), uint64(len(of)))
	*w = append(*w, of...)
}

// text appends a field that holds text.
func (w *wire) text(field int, of string) { w.message(field, wire(of)) }

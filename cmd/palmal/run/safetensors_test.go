package run

import (
	"bytes"
	"encoding/binary"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/nlpodyssey/safetensors"
	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// sampleState holds every type of number, awkward values, and shapes of one, two and three axes.
func sampleState() nn.State {
	floats := []float32{0, float32(math.Copysign(0, -1)), math.MaxFloat32, math.SmallestNonzeroFloat32, float32(math.Inf(1)), -1.5}
	return nn.State{
		{Name: "zeta", Value: nn.Matrix(floats, 2, 3)},
		{Name: "alpha", Value: nn.Integers([]int64{math.MinInt64, -1, math.MaxInt64})},
		{Name: "one", Value: nn.Integers([]int64{7})},
		{Name: "doubles", Value: tensor.New(tensor.WithShape(1, 2, 2), tensor.WithBacking([]float64{math.Pi, 1e-300, math.Copysign(0, -1), math.MaxFloat64}))},
	}
}

func written(t *testing.T, state nn.State) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := writeTensors(&out, state); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestArraysReadBackAsWritten(t *testing.T) {
	state := sampleState()
	back, err := readTensors(written(t, state))
	if err != nil {
		t.Fatal(err)
	}
	if len(back) != len(state) {
		t.Fatalf("%d arrays, want %d", len(back), len(state))
	}
	for i, array := range back {
		want := state[i]
		if array.Name != want.Name || !array.Value.Shape().Eq(want.Value.Shape()) || !reflect.DeepEqual(array.Value.Data(), want.Value.Data()) {
			t.Errorf("array %d: %s %v, want %s %v", i, array.Name, array.Value, want.Name, want.Value)
		}
	}
}

// An array without numbers begins where the next one does: the header's map has no order to tell them apart.
func TestArraysWithoutNumbersAreReadInAnyOrder(t *testing.T) {
	header := `{"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"I64","shape":[0],"data_offsets":[8,8]},` +
		`"c":{"dtype":"F32","shape":[0],"data_offsets":[8,8]},"d":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`
	file := append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...)
	file = append(file, make([]byte, 12)...)
	for range 50 { // maps are walked in another order every time
		if state, err := readTensors(file); err != nil || len(state) != 4 || state[0].Name != "b" {
			t.Fatalf("%d arrays, error %v", len(state), err)
		}
	}
}

func TestAnotherReaderOfSafetensorsAgrees(t *testing.T) {
	state := sampleState()
	file := written(t, state)
	other, err := safetensors.Deserialize(file)
	if err != nil {
		t.Fatal(err)
	}
	if other.Len() != len(state) {
		t.Errorf("the other reader sees %d arrays, want %d", other.Len(), len(state))
	}
	for _, array := range state {
		view, ok := other.Tensor(array.Name)
		if !ok {
			t.Errorf("the other reader misses %s", array.Name)
			continue
		}
		var want bytes.Buffer
		if err := binary.Write(&want, binary.LittleEndian, array.Value.Data()); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(view.Data(), want.Bytes()) {
			t.Errorf("%s: the other reader sees other bytes", array.Name)
		}
		for i, n := range view.Shape() {
			if n != uint64(array.Value.Shape()[i]) {
				t.Errorf("%s: the other reader sees shape %v", array.Name, view.Shape())
			}
		}
	}
}

// TestDamagedArraysAreRefused cuts a file at every length and changes its header: no panic, always
// an error.
func TestDamagedArraysAreRefused(t *testing.T) {
	file := written(t, sampleState())
	for n := range file {
		if _, err := readTensors(file[:n]); err == nil {
			t.Errorf("%d of %d bytes are accepted", n, len(file))
		}
	}
	if _, err := readTensors(append(append([]byte{}, file...), 0)); err == nil {
		t.Error("a byte more is accepted")
	}
	for _, change := range [][2]string{{`"F32"`, `"F16"`}, {`[2,3]`, `[2,4]`}, {`[2,3]`, `[-2,3]`}, {`"I64"`, `"F64"`}, {`{`, `[`}} {
		damaged := []byte(strings.Replace(string(file), change[0], change[1], 1))
		if bytes.Equal(damaged, file) {
			t.Fatalf("the header holds no %s", change[0])
		}
		if state, err := readTensors(damaged); err == nil && change[0] != `"I64"` {
			t.Errorf("%s for %s is accepted: %v", change[1], change[0], state)
		}
	}
	huge := binary.LittleEndian.AppendUint64(nil, math.MaxUint64)
	if _, err := readTensors(append(huge, file...)); err == nil {
		t.Error("a header of 2⁶⁴ bytes is accepted")
	}
}

func TestArraysThatCannotBeSavedAreRefused(t *testing.T) {
	var out bytes.Buffer
	strange := nn.State{{Name: "x", Value: tensor.New(tensor.WithShape(1), tensor.WithBacking([]complex64{1}))}}
	if err := writeTensors(&out, strange); err == nil {
		t.Error("complex numbers are accepted")
	}
	twice := nn.State{{Name: "x", Value: nn.Integers([]int64{1})}, {Name: "x", Value: nn.Integers([]int64{2})}}
	if err := writeTensors(&out, twice); err == nil {
		t.Error("a name that stands twice is accepted")
	}
}

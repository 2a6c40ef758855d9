package run

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// The format of safetensors, https://github.com/huggingface/safetensors: eight bytes that hold the
// length of a header, the header in JSON, the numbers of all arrays one after another, all little
// endian.

// entry describes one array in the header of a file.
type entry struct {
	Dtype   string    `json:"dtype"`
	Shape   []int     `json:"shape"`
	Offsets [2]uint64 `json:"data_offsets"`
}

const (
	headerAlignment = 8         // the numbers start at a multiple of it
	largestHeader   = 100 << 20 // bytes; the reference implementation refuses more
)

// numberTypes are the types of numbers that a state holds.
func numberTypes() map[string]tensor.Dtype {
	return map[string]tensor.Dtype{"F32": tensor.Float32, "F64": tensor.Float64, "I64": tensor.Int64}
}

func nameOf(dtype tensor.Dtype) (string, error) {
	for name, known := range numberTypes() {
		if known == dtype {
			return name, nil
		}
	}
	return "", fmt.Errorf("arrays of %v cannot be saved", dtype)
}

// writeTensors writes a state in its order.
func writeTensors(out io.Writer, state nn.State) error {
	header := map[string]entry{}
	offset := uint64(0)
	for _, array := range state {
		name, err := nameOf(array.Value.Dtype())
		if err != nil {
			return fmt.Errorf("array %s: %w", array.Name, err)
		}
		if _, twice := header[array.Name]; twice {
			return fmt.Errorf("array %s stands twice in a state", array.Name)
		}
		end := offset + uint64(array.Value.Shape().TotalSize())*uint64(array.Value.Dtype().Size())
		header[array.Name] = entry{name, append([]int{}, array.Value.Shape()...), [2]uint64{offset, end}}
		offset = end
	}
	text, err := json.Marshal(header)
	if err != nil {
		return err
	}
	text = append(text, bytes.Repeat([]byte{' '}, (headerAlignment-len(text)%headerAlignment)%headerAlignment)...)
	if err := binary.Write(out, binary.LittleEndian, uint64(len(text))); err != nil {
		return err
	}
	if _, err := out.Write(text); err != nil {
		return err
	}
	for _, array := range state {
		if err := binary.Write(out, binary.LittleEndian, array.Value.Data()); err != nil {
			return fmt.Errorf("array %s: %w", array.Name, err)
		}
	}
	return nil
}

// readTensors reads a state in the order in which it was written.
func readTensors(file []byte) (nn.State, error) {
	entries, names, numbers, err := readHeader(file)
	if err != nil {
		return nil, err
	}
	var state nn.State
	next := uint64(0)
	for _, name := range names {
		e := entries[name]
		if e.Offsets[0] != next || e.Offsets[1] < next || e.Offsets[1] > uint64(len(numbers)) {
			return nil, fmt.Errorf("array %s: offsets %v do not follow %d in %d bytes", name, e.Offsets, next, len(numbers))
		}
		value, err := e.decode(numbers[e.Offsets[0]:e.Offsets[1]])
		if err != nil {
			return nil, fmt.Errorf("array %s: %w", name, err)
		}
		state = append(state, nn.Array{Name: name, Value: value})
		next = e.Offsets[1]
	}
	if next != uint64(len(numbers)) {
		return nil, fmt.Errorf("%d bytes after the last array", uint64(len(numbers))-next)
	}
	return state, nil
}

// readHeader splits a file into the table of its arrays, their names in the order of their numbers,
// and the numbers.
func readHeader(file []byte) (entries map[string]entry, names []string, numbers []byte, err error) {
	if len(file) < 8 {
		return nil, nil, nil, fmt.Errorf("%d bytes: too short for safetensors", len(file))
	}
	size := binary.LittleEndian.Uint64(file)
	if size > largestHeader || size > uint64(len(file)-8) {
		return nil, nil, nil, fmt.Errorf("header of %d bytes in a file of %d", size, len(file))
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(file[8:8+size], &raw); err != nil {
		return nil, nil, nil, fmt.Errorf("header: %w", err)
	}
	delete(raw, "__metadata__")
	entries = map[string]entry{}
	for name, text := range raw {
		var e entry
		if err := json.Unmarshal(text, &e); err != nil {
			return nil, nil, nil, fmt.Errorf("array %s: %w", name, err)
		}
		entries[name] = e
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { // an array without numbers begins where the next one does
		one, other := entries[a].Offsets, entries[b].Offsets
		return cmp.Or(slices.Compare(one[:], other[:]), strings.Compare(a, b))
	})
	return entries, names, file[8+size:], nil
}

// decode makes an array from its bytes.
func (e entry) decode(data []byte) (*tensor.Dense, error) {
	dtype, ok := numberTypes()[e.Dtype]
	if !ok {
		return nil, fmt.Errorf("has numbers of type %s", e.Dtype)
	}
	count := 1
	for _, n := range e.Shape {
		if n < 0 || (n > 0 && count > math.MaxInt32/n) {
			return nil, fmt.Errorf("has the impossible shape %v", e.Shape)
		}
		count *= n
	}
	if count*int(dtype.Size()) != len(data) {
		return nil, fmt.Errorf("%d bytes do not fill the shape %v", len(data), e.Shape)
	}
	var backing any
	switch dtype {
	case tensor.Float32:
		backing = make([]float32, count)
	case tensor.Float64:
		backing = make([]float64, count)
	default:
		backing = make([]int64, count)
	}
	if _, err := binary.Decode(data, binary.LittleEndian, backing); err != nil {
		return nil, err
	}
	return tensor.New(tensor.WithShape(e.Shape...), tensor.WithBacking(backing)), nil
}

package episodes

import (
	"archive/zip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Encode writes episodes as npz or jsonl. The same episodes give the same bytes.
func Encode(format string, w io.Writer, all []Episode) error {
	if !known(format) {
		return fmt.Errorf("format %q: want npz or jsonl", format)
	}
	if err := checkAll(all); err != nil {
		return err
	}
	if format == "jsonl" {
		return writeLines(w, all)
	}
	return writeNPZ(w, all)
}

// writeNPZ writes the arrays of [table.whole]. Rewards and times are written where every episode has them.
func writeNPZ(w io.Writer, all []Episode) error {
	z := zip.NewWriter(w)
	var observations, actions []float32
	var rewards, times, dts []float64
	var lengths, policies []int64
	var terminated, truncated []byte
	hasRewards, hasTimes, hasMeta := true, true, false
	var meta []map[string]any
	for _, e := range all {
		observations, actions = append(observations, e.Observations...), append(actions, e.Actions...)
		rewards, times, dts = append(rewards, e.Rewards...), append(times, e.Times...), append(dts, e.Dt)
		lengths, policies = append(lengths, int64(e.Decisions())), append(policies, int64(e.Policy))
		terminated, truncated = append(terminated, flag(e.Terminated)), append(truncated, flag(e.Truncated))
		meta = append(meta, e.Meta)
		hasRewards, hasTimes, hasMeta = hasRewards && e.Rewards != nil, hasTimes && e.Times != nil, hasMeta || e.Meta != nil
	}
	size := all[0].Size
	n := npzWriter{zip: z}
	n.add("observations", "<f4", floatBytes(observations), len(observations)/size.Observation, size.Observation)
	n.add("actions", "<f4", floatBytes(actions), len(actions)/size.Action, size.Action)
	n.add("lengths", "<i8", integerBytes(lengths), len(all))
	n.add("terminated", "|b1", terminated, len(all))
	n.add("truncated", "|b1", truncated, len(all))
	n.add("dt", "<f8", floatBytes(dts), len(all))
	n.add("policy", "<i8", integerBytes(policies), len(all))
	if hasRewards {
		n.add("rewards", "<f8", floatBytes(rewards), len(rewards))
	}
	if hasTimes {
		n.add("times", "<f8", floatBytes(times), len(times))
	}
	if hasMeta {
		text, err := json.Marshal(meta)
		if err != nil {
			return err
		}
		n.add("meta", "|u1", text, len(text))
	}
	if n.err != nil {
		return n.err
	}
	return z.Close()
}

// npzWriter writes arrays until one fails.
type npzWriter struct {
	zip *zip.Writer
	err error
}

// add writes one array in NumPy's format 1.0.
func (n *npzWriter) add(name, descr string, data []byte, shape ...int) {
	if n.err != nil {
		return
	}
	var w io.Writer
	if w, n.err = n.zip.Create(name + ".npy"); n.err != nil {
		return
	}
	sizes := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(shape)), ", "), "[]")
	if len(shape) == 1 {
		sizes += ","
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, sizes)
	const magic, align = 10, 64 // bytes before the header; what the elements' place is a multiple of
	header += strings.Repeat(" ", align-1-(magic+len(header))%align) + "\n"
	start := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	_, n.err = w.Write(slices.Concat(start, []byte(header), data))
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// floatBytes lays numbers out, the least significant byte first.
func floatBytes[F float32 | float64](list []F) []byte {
	var out []byte
	for _, x := range list {
		switch y := any(x).(type) {
		case float32:
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(y))
		case float64:
			out = binary.LittleEndian.AppendUint64(out, math.Float64bits(y))
		}
	}
	return out
}

func integerBytes(list []int64) []byte {
	var out []byte
	for _, x := range list {
		out = binary.LittleEndian.AppendUint64(out, uint64(x))
	}
	return out
}

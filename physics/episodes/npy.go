package episodes

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// array is an array of an npz file: its numbers as they lie in the file, row-major.
type array struct {
	kind  kind
	shape []int
	data  []byte
}

// kind is a dtype that is read.
type kind struct {
	name string // as NumPy writes it
	size int    // bytes of an element
}

// kinds are the dtypes that are read: what recordings need, in the byte order of nearly every machine.
func kinds() []kind {
	return []kind{{"<f8", 8}, {"<f4", 4}, {"<i8", 8}, {"<i4", 4}, {"<i2", 2}, {"|i1", 1}, {"<u4", 4}, {"<u2", 2}, {"|u1", 1}, {"|b1", 1}}
}

// Limits of an npy header. Those of NumPy have 128 bytes; its format allows 4 GiB.
const (
	mostHeader     = 1 << 12
	mostDimensions = 8
)

// Patterns of the three keys of a header, a Python dictionary. Anything else in it is refused.
func headerPattern() *regexp.Regexp {
	return regexp.MustCompile(`^\{\s*(?:(?:'descr'\s*:\s*(?P<descr>'[^']*'|\[.*\])|'fortran_order'\s*:\s*(?P<order>True|False)|` +
		`'shape'\s*:\s*\((?P<shape>[0-9, ]*)\))\s*,?\s*){3}\}\s*$`)
}

// readArray reads one npy file. most is the largest number of bytes of its elements.
func readArray(r io.Reader, most int64) (array, error) {
	header, err := readHeader(r)
	if err != nil {
		return array{}, err
	}
	a, columnMajor, err := parseHeader(header)
	if err != nil {
		return array{}, err
	}
	bytes := int64(a.kind.size)
	for _, n := range a.shape {
		if n > 0 && bytes > most/int64(n) {
			return array{}, fmt.Errorf("its shape %v needs more than the %d MiB that are read at most", a.shape, most>>20)
		}
		bytes *= int64(n)
	}
	// ReadAll grows with what arrives: a header that claims much makes no room for it.
	if a.data, err = io.ReadAll(io.LimitReader(r, bytes+1)); err != nil {
		return array{}, err
	}
	if int64(len(a.data)) != bytes {
		return array{}, fmt.Errorf("shape %v of %s needs %d bytes, there are %s", a.shape, a.kind.name, bytes, amount(len(a.data), bytes))
	}
	if columnMajor {
		a = a.rowMajor()
	}
	return a, nil
}

// amount writes how many bytes were found where one more than wanted was asked for.
func amount(n int, want int64) string {
	if int64(n) > want {
		return "more"
	}
	return strconv.Itoa(n)
}

// readHeader reads the text of a header.
func readHeader(r io.Reader) (string, error) {
	var start [8]byte
	if _, err := io.ReadFull(r, start[:]); err != nil || string(start[:6]) != "\x93NUMPY" {
		return "", errors.New("is not an npy array: it does not begin with \\x93NUMPY")
	}
	length, width := uint32(0), 4
	if start[6] == 1 {
		width = 2
	}
	if start[6] < 1 || start[6] > 3 {
		return "", fmt.Errorf("npy format %d.%d: want 1, 2 or 3", start[6], start[7])
	}
	var size [4]byte
	if _, err := io.ReadFull(r, size[:width]); err != nil {
		return "", errors.New("its header is cut off")
	}
	if length = binary.LittleEndian.Uint32(size[:]); length > mostHeader {
		return "", fmt.Errorf("its header has %d bytes, at most %d are read", length, mostHeader)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return "", errors.New("its header is cut off")
	}
	return string(text), nil
}

// parseHeader reads dtype, order and shape.
func parseHeader(text string) (a array, columnMajor bool, err error) {
	pattern := headerPattern()
	found := pattern.FindStringSubmatch(text)
	if found == nil {
		return a, false, fmt.Errorf("its header is not one of NumPy's: %.60q", text)
	}
	part := func(name string) string { return found[pattern.SubexpIndex(name)] }
	if a.kind, err = kindOf(part("descr")); err != nil {
		return a, false, err
	}
	for word := range strings.SplitSeq(part("shape"), ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		n, err := strconv.ParseInt(word, 10, 48)
		if err != nil || len(a.shape) == mostDimensions {
			return a, false, fmt.Errorf("shape (%s): want at most %d sizes below 2^47", part("shape"), mostDimensions)
		}
		a.shape = append(a.shape, int(n))
	}
	return a, part("order") == "True", nil
}

// kindOf finds a dtype, or says why it is not read.
func kindOf(descr string) (kind, error) {
	name := strings.Trim(descr, "'")
	for _, k := range kinds() {
		if k.name == name {
			return k, nil
		}
	}
	reason := "want float32 or float64, for flags and counts also bool or integers"
	switch {
	case strings.Contains(descr, "O"):
		reason = "these are Python objects (pickled), and reading them would run code: save plain arrays of numbers"
	case strings.HasPrefix(name, ">"):
		reason = "its bytes are in big-endian order: convert by .astype('<f4')"
	case name == "<f2":
		reason = "half precision is not read: convert by .astype('float32')"
	}
	return kind{}, fmt.Errorf("dtype %s: %s", descr, reason)
}

// rowMajor returns an array whose elements lay column by column, row by row.
func (a array) rowMajor() array {
	out := array{a.kind, a.shape, make([]byte, len(a.data))}
	size, index := a.kind.size, make([]int, len(a.shape))
	for at := 0; at < len(a.data); at += size {
		to := 0
		for d, n := range a.shape {
			to = to*n + index[d]
		}
		copy(out.data[to*size:], a.data[at:at+size])
		for d := range index {
			if index[d]++; index[d] < a.shape[d] {
				break
			}
			index[d] = 0
		}
	}
	return out
}

// elements is the number of elements.
func (a array) elements() int { return len(a.data) / a.kind.size }

// isFloat reports whether the elements are floating-point numbers.
func (a array) isFloat() bool { return a.kind.name[1] == 'f' }

// at returns element i.
func (a array) at(i int) float64 {
	b := a.data[i*a.kind.size:]
	switch a.kind.name {
	case "<f8":
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	case "<f4":
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case "<i8":
		return float64(int64(binary.LittleEndian.Uint64(b)))
	case "<i4":
		return float64(int32(binary.LittleEndian.Uint32(b)))
	case "<u4":
		return float64(binary.LittleEndian.Uint32(b))
	case "<i2":
		return float64(int16(binary.LittleEndian.Uint16(b)))
	case "<u2":
		return float64(binary.LittleEndian.Uint16(b))
	case "|i1":
		return float64(int8(b[0]))
	}
	return float64(b[0])
}

// float64s returns all elements.
func (a array) float64s() []float64 {
	all := make([]float64, a.elements())
	for i := range all {
		all[i] = a.at(i)
	}
	return all
}

// float32s returns all elements in single precision; larger ones become infinite.
func (a array) float32s() []float32 {
	all := make([]float32, a.elements())
	for i := range all {
		all[i] = float32(a.at(i))
	}
	return all
}

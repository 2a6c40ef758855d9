package episodes_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/episodes"
)

// member is one file of an npz archive.
type member struct {
	name, descr, shape string
	data               string
	raw                string // whole contents instead; "" for none
}

// archive packs members without checking anything.
func archive(t testing.TB, members ...member) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, m := range members {
		w, err := z.Create(m.name + ".npy")
		if err == nil {
			text := m.raw
			if text == "" {
				header := fmt.Sprintf("{'descr': %s, 'fortran_order': False, 'shape': (%s), }\n", m.descr, m.shape)
				text = "\x93NUMPY\x01\x00" + string([]byte{byte(len(header)), byte(len(header) >> 8)}) + header + m.data
			}
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestArraysThatAreNotNumbersAreRefused holds a refusal of each kind to the words that help.
func TestArraysThatAreNotNumbersAreRefused(t *testing.T) {
	zero4 := "\x00\x00\x00\x00"
	observations := member{name: "observations", descr: "'<f4'", shape: "2, 1", data: zero4 + zero4}
	actions := member{name: "actions", descr: "'<f4'", shape: "1, 1", data: zero4}
	with := func(m member) []byte {
		list := []member{observations, actions}
		for i := range list {
			if list[i].name == m.name {
				list[i] = m
				return archive(t, list...)
			}
		}
		return archive(t, append(list, m)...)
	}
	whole := archive(t, observations, actions)
	if _, err := episodes.Decode("npz", bytes.NewReader(whole), int64(len(whole))); err != nil {
		t.Fatalf("the one that the others differ from: %v", err)
	}
	for want, text := range map[string][]byte{
		"whole number of a policy":      with(member{name: "policy", descr: "'<f4'", shape: "1", data: "\x9a\x99\xd9\x3f"}), // 1.7
		"pickled":                       with(member{name: "actions", descr: "'|O'", shape: "1, 1", data: zero4}),
		"dtype [('a', '<f4')]":          with(member{name: "actions", descr: "[('a', '<f4')]", shape: "1", data: zero4}),
		"big-endian":                    with(member{name: "actions", descr: "'>f4'", shape: "1, 1", data: zero4}),
		"half precision":                with(member{name: "actions", descr: "'<f2'", shape: "1, 1", data: zero4}),
		"want float32 or float64":       with(member{name: "actions", descr: "'<i4'", shape: "1, 1", data: zero4}),
		"want rows of numbers":          with(member{name: "actions", descr: "'<f4'", shape: "1, 1, 1", data: zero4}),
		"needs 8 bytes, there are 4":    with(member{name: "actions", descr: "'<f4'", shape: "2, 1", data: zero4}),
		"needs 4 bytes, there are more": with(member{name: "actions", descr: "'<f4'", shape: "1, 1", data: zero4 + zero4}),
		"needs more than the":           with(member{name: "actions", descr: "'<f4'", shape: "99999999999, 1", data: zero4}),
		"sizes below 2^47":              with(member{name: "actions", descr: "'<f4'", shape: "99999999999999999999, 1", data: zero4}),
		"at most 4096 are read":         with(member{name: "actions", raw: "\x93NUMPY\x02\x00\xff\xff\xff\xff{"}),
		"its header is cut off":         with(member{name: "actions", raw: "\x93NUMPY\x01\x00\x80\x00{"}),
		"is not an npy array":           with(member{name: "actions", raw: "GIF89a"}),
		"is not one of NumPy's":         with(member{name: "actions", descr: "__import__('os')", shape: "1", data: zero4}),
		"npy format 9.0":                with(member{name: "actions", raw: "\x93NUMPY\x09\x00\x80\x00{"}),
		"holds nothing":                 with(member{name: "actions", descr: "'<f4'", shape: "0, 1"}),
		"array terminated":              with(member{name: "terminated", descr: "'|i1'", shape: "1", data: "\x02"}),
		"array rewards: shape [2]":      with(member{name: "rewards", descr: "'<f4'", shape: "2", data: zero4 + zero4}),
		"array lengths":                 with(member{name: "lengths", descr: "'<i4'", shape: "1", data: "\xff\xff\xff\xff"}),
		"want the bytes of JSON":        with(member{name: "meta", descr: "'<f4'", shape: "1", data: zero4}),
		"has no array actions":          archive(t, observations),
		"holds actions twice":           archive(t, observations, actions, actions),
		"says where episodes end":       with(member{name: "observations", descr: "'<f4'", shape: "1, 1", data: zero4}),
		"cut off":                       whole[:len(whole)-30],
	} {
		_, err := episodes.Decode("npz", bytes.NewReader(text), int64(len(text)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestPickledObjectsOfNumPyAreRefused(t *testing.T) {
	if _, err := episodes.Read("testdata/objects.npz"); err == nil || !strings.Contains(err.Error(), "would run code") {
		t.Errorf("got %v", err)
	}
}

func TestAChangedByteIsNoticed(t *testing.T) {
	text, err := os.ReadFile("testdata/d4rl.npz")
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(text, []byte("\n")) + 9 // among the elements of the first array, which are not compressed
	text[at] ^= 1
	if _, err := episodes.Decode("npz", bytes.NewReader(text), int64(len(text))); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("got %v, want the check sum's complaint", err)
	}
}

// FuzzNPZ looks for files that make the reader fail otherwise than by an error, or return what is not whole.
func FuzzNPZ(f *testing.F) {
	for _, name := range []string{"numpy", "d4rl", "objects"} {
		text, err := os.ReadFile("testdata/" + name + ".npz")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := episodes.Decode("npz", bytes.NewReader(text), int64(len(text)))
		hold(t, all, err)
	})
}

// FuzzNPY does the same for the contents of arrays, which no check sum protects here.
func FuzzNPY(f *testing.F) {
	f.Add("\x93NUMPY\x01\x00\x3a\x00{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1), }\n\x00\x00\x00\x00\x00\x00\x80\x3f", "'<f8'", "1, 1", "12345678")
	f.Add("\x93NUMPY\x01\x00", "'|b1'", "", "1")
	f.Fuzz(func(t *testing.T, raw, descr, shape, data string) {
		text := archive(t, member{name: "observations", raw: raw}, member{name: "actions", descr: descr, shape: shape, data: data},
			member{name: "terminated", descr: descr, shape: shape, data: data})
		all, err := episodes.Decode("npz", bytes.NewReader(text), int64(len(text)))
		hold(t, all, err)
	})
}

// hold holds what a reader returned to its promise.
func hold(t *testing.T, all []episodes.Episode, err error) {
	t.Helper()
	if err != nil {
		return
	}
	if len(all) == 0 {
		t.Fatal("no episode and no error")
	}
	for _, e := range all {
		if err := e.Check(); err != nil {
			t.Fatal(err)
		}
	}
}

// FuzzLines does the same for JSON.
func FuzzLines(f *testing.F) {
	f.Add(`{"observations":[[1],[2]],"actions":[[1]],"policy":3,"meta":{"a":[1]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		all, err := episodes.Decode("jsonl", strings.NewReader(text), int64(len(text)))
		hold(t, all, err)
	})
}

package main

import (
	"errors"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// listeningBackend notes what a profiler would be told.
type listeningBackend struct {
	nn.Backend
	told []bool
	fail error
}

func (b *listeningBackend) Profile(on bool) error {
	b.told = append(b.told, on)
	return b.fail
}

// A profiler is told to begin before the first piece that it is to see, and to end after the last, or after one that
// fails, or where no further one comes.
func TestProfilersAreToldOnce(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		what   string
		wanted span
		pieces []error
		told   []bool
	}{
		{"nothing is wanted", span{}, []error{nil, nil}, nil},
		{"all of it", span{1, 3}, []error{nil, nil, nil}, []bool{true, false}},
		{"the middle", span{2, 3}, []error{nil, nil, nil, nil}, []bool{true, false}},
		{"a piece that fails", span{1, 3}, []error{nil, broken}, []bool{true, false}},
		{"a failure before", span{2, 3}, []error{broken}, nil},
		{"more than there is", span{2, 9}, []error{nil, nil}, []bool{true, false}},
		{"what never comes", span{5, 9}, []error{nil, nil}, nil},
	} {
		b := &listeningBackend{}
		collector := newCollector(b, c.wanted)
		for i, want := range c.pieces {
			if err := collector.collect(i+1, func() error { return want }); !errors.Is(err, want) {
				t.Errorf("%s: piece %d: %v", c.what, i+1, err)
			}
		}
		if err := collector.end(); err != nil || !slices.Equal(b.told, c.told) {
			t.Errorf("%s: told %v, want %v; %v", c.what, b.told, c.told, err)
		}
	}
}

// A profiler that does not begin is an error before the work, one that does not end is an error after it.
func TestProfilersThatFailAreErrors(t *testing.T) {
	broken := errors.New("broken")
	b := &listeningBackend{fail: broken}
	done := false
	if err := newCollector(b, span{1, 1}).collect(1, func() error { done = true; return nil }); !errors.Is(err, broken) || done {
		t.Errorf("a profiler that does not begin: %v, work done: %v", err, done)
	}
	b.fail = nil
	err := newCollector(b, span{1, 1}).collect(1, func() error { b.fail = broken; return nil })
	if !errors.Is(err, broken) {
		t.Errorf("a profiler that does not end: %v", err)
	}
}

// A backend without a profiler does the work as it is.
func TestNoProfilerNoDifference(t *testing.T) {
	done := 0
	for i := range 3 {
		if err := newCollector(nil, span{1, 2}).collect(i+1, func() error { done++; return nil }); err != nil {
			t.Error(err)
		}
	}
	if done != 3 {
		t.Errorf("%d pieces done", done)
	}
}

package nntest

import (
	"fmt"
	"runtime"
)

// recorder is a TB that remembers whether a case failed.
type recorder struct {
	failed   bool
	messages []string
	cleanups []func()
}

func (r *recorder) Helper() {}

func (r *recorder) Logf(string, ...any) {}

func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

func (r *recorder) Errorf(format string, args ...any) {
	r.failed = true
	r.messages = append(r.messages, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// record runs what a case does and reports how it ended. A panic is a failure.
func record(run func(TB)) *recorder {
	r := &recorder{}
	guarded := func(f func()) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer func() {
				if caught := recover(); caught != nil {
					r.failed = true
					r.messages = append(r.messages, fmt.Sprint("panic: ", caught))
				}
			}()
			f()
		}()
		<-done
	}
	guarded(func() { run(r) })
	for len(r.cleanups) > 0 {
		last := len(r.cleanups) - 1
		f := r.cleanups[last]
		r.cleanups = r.cleanups[:last]
		guarded(f)
	}
	return r
}

package mujoco

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"unsafe"
)

// fatal is an error that MuJoCo's handler was called with, in MuJoCo's words.
type fatal string

// onError is MuJoCo's handler of errors, mju_user_error, which must not return. It panics: Go's runtime
// unwinds the stack of C up to the Go function that made the call, which recovers. What that call left
// half done stays so until the data is reset.
//
// On a thread that no Go function called from there is nobody to recover, so the process ends with the code
// of a world that failed. Checkpoints are renamed into place when they are whole, so none is damaged.
func onError(text uintptr) uintptr {
	words := goString(pointer(text))
	if !calledFromGo() {
		fmt.Fprintln(os.Stderr, "palmal: mujoco:", words)
		os.Exit(worldFailed)
	}
	panic(fatal(words))
}

// worldFailed is the program's exit code where the world failed.
const worldFailed = 5

// calledFromGo reports whether a call into the library is below on the stack.
func calledFromGo() bool {
	var callers [64]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers[:])])
	for {
		frame, more := frames.Next()
		if strings.HasSuffix(frame.Function, "/mujoco.call") {
			return true
		}
		if !more {
			return false
		}
	}
}

// caught turns MuJoCo's error during a call into a Go error. It is to be deferred.
func caught(doing string, err *error) {
	switch words := recover().(type) {
	case nil:
	case fatal:
		*err = fmt.Errorf("mujoco: %s: %w: %s", doing, ErrFatal, string(words))
	default:
		panic(words)
	}
}

// pointer makes a pointer of an address that C returned.
func pointer(address uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }

// cString returns the text with a 0 at its end.
func cString(text string) *byte { return &append([]byte(text), 0)[0] }

// goString copies a text of C; "" for nil.
func goString(text unsafe.Pointer) string {
	if text == nil {
		return ""
	}
	n := 0
	for *(*byte)(unsafe.Add(text, n)) != 0 {
		n++
	}
	return string(unsafe.Slice((*byte)(text), n))
}

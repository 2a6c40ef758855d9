package mujoco

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"
)

// fail makes the library call its handler of errors.
func fail(l *library, words string) (err error) {
	defer caught("fail", &err)
	function, err := symbol(l.handle, "mju_error")
	if err != nil {
		return err
	}
	call(function, uintptr(unsafe.Pointer(cString(words))))
	return nil
}

// Errors leave the stack of C. Each thread's own is caught, thousands of times, while the collector runs.
func TestErrorsOfTheLibraryAreCaught(t *testing.T) {
	needsLibrary(t)
	l, err := process()
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			for k := range 3000 {
				words := fmt.Sprintf("error %d of %d", k, i)
				if err := fail(l, words); err == nil || !errors.Is(err, ErrFatal) || err.Error() != "mujoco: fail: MuJoCo gave up: "+words {
					t.Errorf("error %v, want %q", err, words)
					return
				}
				if k%500 == 0 {
					runtime.GC()
				}
			}
		})
	}
	all.Wait()
	_, d := load(t, ball) // the library still works
	if err := d.Step(10); err != nil {
		t.Error(err)
	}
}

// Another panic than MuJoCo's is nobody's to swallow.
func TestOtherPanicsAreNotCaught(t *testing.T) {
	defer func() {
		if recover() != "mine" {
			t.Error("the panic is gone")
		}
	}()
	var err error
	func() {
		defer caught("step", &err)
		panic("mine")
	}()
}

// TestErrorOnAForeignThreadEndsTheProgram runs itself again: a thread that Go did not start calls mju_error.
func TestErrorOnAForeignThreadEndsTheProgram(t *testing.T) {
	needsLibrary(t)
	if runtime.GOOS == "windows" {
		t.Skip("NO THREAD WAS STARTED: Windows has no pthread_create")
	}
	const variable, words = "PALMAL_TEST_FOREIGN", "broken on a thread of its own"
	if os.Getenv(variable) == "" {
		again := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
		again.Env = append(os.Environ(), variable+"=1")
		out, err := again.CombinedOutput()
		var ended *exec.ExitError
		if !errors.As(err, &ended) || ended.ExitCode() != worldFailed || !strings.Contains(string(out), "palmal: mujoco: "+words) {
			t.Errorf("ended by %v, want exit status %d, and said\n%s", err, worldFailed, out)
		}
		return
	}
	l, err := process()
	if err != nil {
		t.Fatal(err)
	}
	create, e1 := defaultSymbol("pthread_create")
	function, e2 := symbol(l.handle, "mju_error")
	if err := errors.Join(e1, e2); err != nil {
		t.Fatal(err)
	}
	thread := new(uintptr)
	call(create, uintptr(unsafe.Pointer(thread)), 0, function, uintptr(unsafe.Pointer(cString(words))))
	time.Sleep(time.Minute) // the thread ends the process
}

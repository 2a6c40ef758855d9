//go:build linux && amd64

package cpu

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/palmal-rl/palmal/nn"
)

// again runs this test again in another process with more variables of the environment, and reports whether
// this is that process.
func again(t *testing.T, name string, environment ...string) bool {
	t.Helper()
	if os.Getenv("PALMAL_TEST_AGAIN") == "1" {
		return true
	}
	command := exec.Command(os.Args[0], "-test.run", "^"+name+"$", "-test.v")
	command.Env = append(append(os.Environ(), "PALMAL_TEST_AGAIN=1"), environment...)
	timer := time.AfterFunc(time.Minute, func() { _ = command.Process.Kill() }) // a product that spins never ends
	defer timer.Stop()
	out, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "PASS") {
		t.Fatalf("%v\n%s", err, out)
	}
	if strings.Contains(string(out), "--- SKIP") {
		t.Skipf("%s", out)
	}
	return false
}

// leave limits this process's address space to its present size plus the given bytes.
func leave(t *testing.T, bytes uint64) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages := uint64(0)
	for _, digit := range strings.Fields(string(text))[0] {
		pages = 10*pages + uint64(digit-'0')
	}
	limit := unix.Rlimit{Cur: pages*uint64(os.Getpagesize()) + bytes, Max: unix.RLIM_INFINITY}
	if err := unix.Setrlimit(unix.RLIMIT_AS, &limit); err != nil {
		t.Skip(err)
	}
}

// The backend computes with gonum and says so if the memory limit is too small for OpenBLAS; it refuses a
// library that the user names.
func TestWithoutRoomForItsBuffersOpenBLASIsNotLoaded(t *testing.T) {
	if !again(t, t.Name(), "PALMAL_BLAS=system") {
		return
	}
	leave(t, 400<<20)
	if err := roomForOpenBLAS(2); !errors.Is(err, nn.ErrMemory) {
		t.Fatalf("room in 400 MiB: %v", err)
	}
	b, err := New(Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if !b.machine.library.plain || !strings.Contains(b.Warning(), "buffers need") {
		t.Errorf("computes by %s, warns %q", b.machine.library.name, b.Warning())
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	t.Setenv("PALMAL_BLAS", "libopenblas.so.0")
	if _, err := New(Options{Workers: 2}); !errors.Is(err, nn.ErrMemory) {
		t.Errorf("a library that was asked for: %v", err)
	}
}

func TestWithRoomForItsBuffersOpenBLASComputes(t *testing.T) {
	if !again(t, t.Name(), "PALMAL_BLAS=system") {
		return
	}
	if _, err := openForeign("", 1); err != nil {
		t.Skip(err)
	}
	leave(t, 4<<30)
	b, err := New(Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if b.machine.library.plain || b.Warning() != "" {
		t.Errorf("computes by %s, warns %q", b.machine.library.name, b.Warning())
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

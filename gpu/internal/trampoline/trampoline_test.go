//go:build cuda

package trampoline

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	_ "gorgonia.org/cu" // links every call that the trampolines must catch
)

// A program that needs libcuda.so.1 at start does not start on a machine without a driver.
func TestProgramDoesNotNeedTheDriver(t *testing.T) {
	self, err := elf.Open("/proc/self/exe")
	if err != nil {
		t.Skip(err)
	}
	defer self.Close()
	libraries, err := self.ImportedLibraries()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range libraries {
		if strings.HasPrefix(l, "libcuda") {
			t.Errorf("this program needs %s to start; run gen.sh", l)
		}
	}
}

// This test runs, so the initialisation of cu passes. Start then returns the same result at every call.
func TestStartIsOneLine(t *testing.T) {
	err := Start("")
	if err != nil && strings.Contains(err.Error(), "\n") {
		t.Errorf("start: %v", err)
	}
	if again := Start("none"); (again == nil) != (err == nil) {
		t.Errorf("start: %v, then %v", err, again)
	}
}

// The names in the repository include all those of the installed cuda.h.
func TestNamesAreUpToDate(t *testing.T) {
	out := filepath.Join(t.TempDir(), "names.h")
	if text, err := exec.Command("./gen.sh", out).CombinedOutput(); err != nil {
		t.Skipf("gen.sh: %v: %s", err, text)
	}
	have, err := os.ReadFile("names.h")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.Lines(string(want)) {
		if !strings.Contains(string(have), name) {
			t.Errorf("no trampoline for %s; run gpu/internal/trampoline/gen.sh", strings.TrimSpace(name))
		}
	}
}

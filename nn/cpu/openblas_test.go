//go:build linux && amd64

package cpu

import (
	"os"
	"strings"
	"testing"
)

// processWithOpenBLAS runs this test again in another process, where OpenBLAS is not loaded yet, and skips it
// where there is none or where the processor suits old kernels.
func processWithOpenBLAS(t *testing.T, environment ...string) (inside bool) {
	t.Helper()
	if !abilitiesHere().avx2 {
		t.Skip("this processor has no AVX2, so kernels for SSE are right")
	}
	if !again(t, t.Name(), append(environment, "PALMAL_BLAS=system")...) {
		return false
	}
	return true
}

// chooseForOpenBLAS has OpenBLAS choose kernels by itself as if it did not know the processor: C's environment
// alone names them, so the user did not.
func chooseForOpenBLAS(t *testing.T, core string) (restore func()) {
	t.Helper()
	if err := os.Unsetenv(coreVariable); err != nil {
		t.Fatal(err)
	}
	return setForC(coreVariable, core)
}

// openBLASOrSkip opens the backend, and skips where it has no OpenBLAS that can choose.
func openBLASOrSkip(t *testing.T) *Backend {
	t.Helper()
	b, err := New(Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	if b.BLAS().Plain {
		t.Skip(b.BLAS().Name)
	}
	return b
}

func TestOpenBLASThatDoesNotKnowTheProcessorGetsItsKernels(t *testing.T) {
	if !processWithOpenBLAS(t) {
		return
	}
	for _, core := range []string{"Prescott", "Nehalem", "Sandybridge"} { // every start is a library that was unloaded
		restore := chooseForOpenBLAS(t, core)
		found, err := loadForeign("libopenblas.so.0", false)
		restore()
		if err != nil {
			t.Skip(err)
		}
		want := abilitiesHere().better(core)
		if !strings.Contains(found.name, want[0]) && !strings.Contains(found.name, want[len(want)-1]) {
			t.Errorf("%s: computes by %s, want one of %v", core, found.name, want)
		}
		if found.warning != "" || !strings.Contains(found.reason, core) {
			t.Errorf("%s: reason %q, warning %q", core, found.reason, found.warning)
		}
		if os.Getenv(coreVariable) != "" {
			t.Errorf("%s=%s is left in Go's environment", coreVariable, os.Getenv(coreVariable))
		}
		unload(t, "libopenblas.so.0")
	}
}

// unload closes a library that a load left open.
func unload(t *testing.T, name string) {
	t.Helper()
	s, err := openShared(name)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheUsersKernelsStayAndAreSaidToBePoor(t *testing.T) {
	if !processWithOpenBLAS(t, coreVariable+"=Prescott") {
		return
	}
	found := openBLASOrSkip(t).BLAS()
	if !strings.Contains(found.Name, "Prescott") || !strings.Contains(found.Warning, coreVariable+"=Prescott") {
		t.Errorf("%+v", found)
	}
}

// Somebody in the process holds the library, so it cannot be loaded again: products stay right and the
// warning says that they are slow.
func TestKernelsThatCannotBeReplacedAreSaidToBePoor(t *testing.T) {
	if !processWithOpenBLAS(t) {
		return
	}
	restore := chooseForOpenBLAS(t, "Prescott")
	for _, name := range libraryNames() {
		if s, err := openShared(name); err == nil {
			defer func() { _ = s.close() }() // holds the library; the process ends soon
		}
	}
	restore()
	b := openBLASOrSkip(t)
	found := b.BLAS()
	if !strings.Contains(found.Name, "Prescott") || !strings.Contains(found.Warning, "does not take others") || found.Warning != b.Warning() {
		t.Errorf("%+v", found)
	}
}

// A library that cannot be used is refused by its name and what it lacks; nothing else is taken instead.
func TestALibraryThatIsNoBLASIsRefused(t *testing.T) {
	text := t.TempDir() + "/blas.so"
	if err := os.WriteFile(text, []byte(strings.Repeat("no library ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"libm.so.6": "sgemm_", text: "invalid ELF", "/no/such.so": "No such file"} {
		t.Setenv("PALMAL_BLAS", file)
		_, err := New(Options{Workers: 1})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "PALMAL_BLAS="+file) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

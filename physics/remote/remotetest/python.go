// Package remotetest finds the Python of tests: PALMAL_PYTHON, else python3. A test without what it needs there is skipped, and
// says so; where PALMAL_REQUIRE_GYMNASIUM is set, as in CI, it fails. .ci/setup-gymnasium makes a Python that has everything.
package remotetest

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Program is the Python of tests.
func Program() string {
	if path := os.Getenv("PALMAL_PYTHON"); path != "" {
		return path
	}
	return "python3"
}

// Has reports whether that Python has the modules. The error says that it lacks one that it must have.
func Has(modules ...string) (bool, error) {
	out, err := exec.Command(Program(), "-c", "import "+strings.Join(modules, ", ")).CombinedOutput()
	if err != nil && os.Getenv("PALMAL_REQUIRE_GYMNASIUM") != "" {
		return false, fmt.Errorf("PALMAL_REQUIRE_GYMNASIUM is set, but %s lacks %v: %w\n%s", Program(), modules, err, out)
	}
	return err == nil, nil
}

// Python is the Python of a test that needs modules.
func Python(t testing.TB, modules ...string) string {
	t.Helper()
	switch there, err := Has(modules...); {
	case err != nil:
		t.Fatal(err)
	case !there:
		t.Skipf("SKIPPED: %s lacks one of %v; .ci/setup-gymnasium makes a Python that has them, PALMAL_PYTHON names it", Program(), modules)
	}
	return Program()
}

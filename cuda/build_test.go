package cuda

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// standIn is an nvcc of another version: it knows the given targets, records its arguments in a file, and claims to
// have compiled a kernel.
func standIn(t *testing.T, release string, knows ...string) (path, record string) {
	t.Helper()
	dir := t.TempDir()
	path, record = filepath.Join(dir, "nvcc"), filepath.Join(dir, "arguments")
	script := `#!/bin/sh
case "$1" in
--version) echo "Cuda compilation tools, release ` + release + `, V` + release + `.0"; exit ;;
--list-gpu-arch) printf '%s\n' ` + strings.Join(knows, " ") + `; exit ;;
esac
printf '%s\n' "$@" > ` + record + `
while [ "$1" != -o ]; do shift; done
echo image > "$2"
echo "ptxas info    : Compiling entry function 'some_kernel' for 'sm_90'"
echo "ptxas info    : Used 32 registers, 400 bytes cmem[0]"
`
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path, record
}

func build(t *testing.T, nvcc string) (out, said string, err error) {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("NOT TESTED: no sh to run build.sh with")
	}
	out = t.TempDir()
	command := exec.Command("sh", "build.sh", out)
	command.Env = append(os.Environ(), "NVCC="+nvcc)
	text, err := command.CombinedOutput()
	return out, string(text), err
}

// TestTargetsFollowTheCompiler: machine code for every device of note that this nvcc knows, and lines for profilers.
func TestTargetsFollowTheCompiler(t *testing.T) {
	for _, c := range []struct {
		release string
		knows   []string
		want    string
	}{
		{"11.8", []string{"compute_70", "compute_80", "compute_90"}, "70 80 90"},
		{"12.4", []string{"compute_70", "compute_80", "compute_90"}, "70 80 90"},
		// Earlier releases that list sm_100 are no proof that their ptxas is fit for it.
		{"12.7", []string{"compute_70", "compute_80", "compute_90", "compute_100"}, "70 80 90"},
		{"12.8", []string{"compute_70", "compute_80", "compute_90", "compute_100", "compute_120"}, "70 80 90 100 120"},
		{"12.10", []string{"compute_70", "compute_80", "compute_90", "compute_100", "compute_120"}, "70 80 90 100 120"},
		{"13.0", []string{"compute_75", "compute_80", "compute_90", "compute_100", "compute_110", "compute_120"}, "80 90 100 120"},
	} {
		nvcc, record := standIn(t, c.release, c.knows...)
		out, said, err := build(t, nvcc)
		if err != nil {
			t.Errorf("nvcc %s: %v: %s", c.release, err, said)
			continue
		}
		arguments, err := os.ReadFile(record)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(arguments)), "\n")
		var targets []string
		for _, line := range lines {
			if sm, ok := strings.CutPrefix(line, "arch=compute_"); ok && strings.Contains(sm, ",code=sm_") {
				arch, code, _ := strings.Cut(sm, ",code=sm_")
				if arch != code {
					t.Errorf("nvcc %s: %s is compiled for another target", c.release, line)
				}
				targets = append(targets, code)
			}
		}
		if got := strings.Join(targets, " "); got != c.want {
			t.Errorf("nvcc %s: targets %s, want %s", c.release, got, c.want)
		}
		for _, want := range []string{"-lineinfo", "arch=compute_90,code=compute_90"} {
			if !strings.Contains("\n"+string(arguments), "\n"+want+"\n") {
				t.Errorf("nvcc %s: no argument %s in %q", c.release, want, arguments)
			}
		}
		if image, err := os.ReadFile(filepath.Join(out, "kernels.fatbin")); err != nil || string(image) != "image\n" {
			t.Errorf("nvcc %s: %q, %v", c.release, image, err)
		}
	}
}

// TestOldCompilersAreRefused names what is there and what is needed.
func TestOldCompilersAreRefused(t *testing.T) {
	nvcc, _ := standIn(t, "11.5", "compute_70", "compute_80")
	_, said, err := build(t, nvcc)
	if err == nil || !strings.Contains(said, "nvcc 11.5 is too old") || !strings.Contains(said, "11.8") {
		t.Errorf("nvcc 11.5: %v: %s", err, said)
	}
}

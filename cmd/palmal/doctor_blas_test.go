package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/nn/cpu"
)

// The doctor warns of every way in which products are slow, and names the remedy.
func TestTheDoctorWarnsOfSlowProducts(t *testing.T) {
	poor := cpu.BLAS{Name: "OpenBLAS Prescott (x)", Reason: "why", Warning: "why, slow"}
	for _, c := range []struct {
		blas                  cpu.BLAS
		core, verdict, remedy string
	}{
		{cpu.BLAS{Name: "OpenBLAS Haswell (x)", Lacks: "all it takes"}, "", verdictOK, ""},
		{cpu.BLAS{Name: "OpenBLAS SkylakeX (x)", Reason: "why"}, "", verdictOK, ""},
		{poor, "", verdictWarn, "newer OpenBLAS"},
		{poor, "Prescott", verdictWarn, "unset OPENBLAS_CORETYPE"},
		{cpu.BLAS{Name: "gonum", Plain: true}, "", verdictWarn, "OpenBLAS is several times faster"},
		{cpu.BLAS{Name: "gonum (no room)", Warning: "no room", Plain: true}, "", verdictWarn, "OpenBLAS is several times faster"},
		{cpu.BLAS{Name: "MKL 1 (x)"}, "", verdictOK, ""},
		{cpu.BLAS{Name: "MKL 1 (x)", Lacks: "all it takes"}, "", verdictOK, ""},
	} {
		t.Setenv("OPENBLAS_CORETYPE", c.core)
		if c.blas.Lacks == "" {
			c.blas.Halves = "AMX"
		}
		got := judgeBLAS(c.blas, nil)
		if got.Verdict != c.verdict || !strings.Contains(got.Remedy, c.remedy) || (c.remedy == "") != (got.Remedy == "") ||
			!strings.Contains(got.Found, c.blas.Name) || !strings.Contains(got.Found, c.blas.Reason) {
			t.Errorf("%+v, core %q: %+v", c.blas, c.core, got)
		}
		if has := strings.Contains(got.Found, "also in bf16 and bf16x3 by AMX (--precision)"); has != (c.blas.Lacks == "") || !strings.Contains(got.Found, c.blas.Lacks) {
			t.Errorf("%+v: %q", c.blas, got.Found)
		}
	}
}

// Libraries of the Python that is active are listed once, and not the one in use.
func TestLibrariesOfPythonAreListed(t *testing.T) {
	python := t.TempDir()
	folder := filepath.Join(python, "lib")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "libmkl_rt.so.2")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, filepath.Join(folder, "libmkl_rt.so")); err != nil {
		t.Skip(err)
	}
	t.Setenv("VIRTUAL_ENV", python)
	t.Setenv("CONDA_PREFIX", python)
	from := func(files []string) (here []string) {
		for _, f := range files {
			if strings.HasPrefix(f, python) {
				here = append(here, f)
			}
		}
		return here
	}
	if got := from(otherBLAS("")); len(got) != 1 {
		t.Errorf("%v, want %s once", got, file)
	}
	if got := from(otherBLAS(file)); len(got) != 0 {
		t.Errorf("%v lists the library in use", got)
	}
}

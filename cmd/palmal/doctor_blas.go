package main

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/nn/cpu"
)

// checkBLAS opens the CPU backend and says which library multiplies its matrices, by which kernels, and why.
func checkBLAS() check {
	backend, err := cpu.New(cpu.Options{Workers: 1})
	if err != nil {
		return check{"BLAS", verdictFail, err.Error(), "unset PALMAL_BLAS, or set it to system, to gonum or to the file of a library"}
	}
	blas := backend.BLAS()
	if err := backend.Close(); err != nil {
		return check{"BLAS", verdictFail, err.Error(), ""}
	}
	return judgeBLAS(blas, otherBLAS(blas.File))
}

// judgeBLAS writes the doctor's line; others are files of further libraries.
func judgeBLAS(blas cpu.BLAS, others []string) check {
	found := blas.Name
	if blas.Reason != "" {
		found += ": " + blas.Reason
	}
	if blas.Lacks == "" {
		found += "; also in bf16 and bf16x3 by " + blas.Halves + " (--precision)"
	} else {
		found += "; not in bf16 or bf16x3: " + blas.Lacks
	}
	if len(others) > 0 {
		found += "; PALMAL_BLAS may also name " + strings.Join(others, ", ")
	}
	switch {
	case os.Getenv("OPENBLAS_CORETYPE") != "" && blas.Warning != "":
		return check{"BLAS", verdictWarn, found, "a fit takes several times as long: unset OPENBLAS_CORETYPE"}
	case blas.Warning != "" && !blas.Plain:
		return check{"BLAS", verdictWarn, found, "a fit takes several times as long: install a newer OpenBLAS, or name another library by PALMAL_BLAS"}
	case blas.Plain && os.Getenv("PALMAL_BLAS") == "gonum":
		return check{"BLAS", verdictWarn, found, "gonum is several times as slow as others: unset PALMAL_BLAS"}
	case blas.Plain:
		return check{"BLAS", verdictWarn, found, "OpenBLAS is several times faster: " + installOpenBLAS(runtime.GOOS)}
	}
	return check{"BLAS", verdictOK, found, ""}
}

// installOpenBLAS says how a system gets OpenBLAS.
func installOpenBLAS(system string) string {
	switch system {
	case "darwin":
		return "brew install openblas"
	case "windows":
		return "put libopenblas.dll of https://github.com/OpenMathLib/OpenBLAS/releases into a folder of PATH"
	}
	return "apt-get install libopenblas0, or make setup"
}

// otherBLAS lists files of MKL and BLIS in the usual places, as PyPI's mkl in the Python that is active, without the one in use.
func otherBLAS(used string) []string {
	patterns := []string{"libmkl_rt.so*", "libmkl_rt*.dylib", "mkl_rt*.dll", "libblis.so*", "libblis*.dylib"}
	folders := []string{"/opt/intel/oneapi/mkl/latest/lib", "/usr/lib64", "/usr/local/lib", "/opt/homebrew/opt/blis/lib",
		"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"}
	for _, variable := range []string{"VIRTUAL_ENV", "CONDA_PREFIX"} {
		if python := os.Getenv(variable); python != "" {
			folders = append(folders, filepath.Join(python, "lib"), filepath.Join(python, "Library", "bin"))
		}
	}
	var files, targets []string
	if target, err := filepath.EvalSymlinks(used); err == nil {
		targets = append(targets, target)
	}
	for _, folder := range folders {
		for _, pattern := range patterns {
			matches, err := filepath.Glob(filepath.Join(folder, pattern))
			if errors.Is(err, filepath.ErrBadPattern) { // a folder with brackets in its name
				continue
			}
			for _, file := range matches {
				target, err := filepath.EvalSymlinks(file)
				if err != nil || slices.Contains(targets, target) {
					continue
				}
				files, targets = append(files, file), append(targets, target)
			}
		}
	}
	return files
}

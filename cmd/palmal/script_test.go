package main

import (
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/palmal-rl/palmal/nn/cpu"
	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/remote/remotetest"
)

var update = flag.Bool("update", false, "rewrite the golden texts of the scripts")

// setUp gives scripts the places of palmal alone and of an emulated driver.
func setUp(e *testscript.Env) error {
	palmal, err := exec.LookPath("palmal")
	e.Setenv("BIN", filepath.Dir(palmal))
	e.Setenv("PYTHON", remotetest.Program())
	e.Setenv("LD_LIBRARY_PATH", os.Getenv("LD_LIBRARY_PATH"))
	e.Vars = append(e.Vars, driverVariables()...)
	e.Setenv(mujoco.Variable, mujoco.Off)
	if l, err := mujoco.InUse(); err == nil {
		e.Setenv(mujoco.Variable, l.Path) // found in a home or an environment that scripts do not have
	}
	return err
}

// driverVariables are those by which a test run chooses devices, real or emulated.
func driverVariables() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		return !strings.HasPrefix(v, "PALMAL_EMU_") && !strings.HasPrefix(v, "CUDA_")
	})
}

// condition knows [mujoco]: it was found; [bf16]: the processor multiplies such numbers; [overflows]: its stack has the size that a model gives it; [cuda]: this build has it and a device opens; and [emulated]: it is an
// emulated one.
func condition(name string) (bool, error) {
	switch name {
	case "mujoco":
		return mujoco.Version() != "", nil
	case "bf16":
		backend, err := cpu.New(cpu.Options{Workers: 1})
		if err != nil {
			return false, err
		}
		return backend.BLAS().Lacks == "", backend.Close()
	case "overflows":
		return mujoco.Version() == "2.2.2", nil
	case "cuda":
		return opens("cuda") != "", nil
	case "emulated":
		return strings.Contains(opens("cuda"), "emulator"), nil
	}
	switch name {
	case "minari":
		return remotetest.Has("gymnasium", "numpy", "minari", "h5py", "PIL")
	case "gymnasium":
		return remotetest.Has("gymnasium", "numpy")
	case "dm_control":
		return remotetest.Has("shimmy", "dm_control")
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

// opens describes a backend, "" if it cannot be used here.
func opens(name string) string {
	for _, kind := range deviceBackends() {
		if kind.name != name {
			continue
		}
		backend, err := kind.open(openOptions{workers: 1})
		if err != nil {
			return ""
		}
		told := backend.Describe()
		if backend.Close() == nil {
			return told
		}
	}
	return ""
}

// train is the script command "train DIR [flags]": a tiny run.
func train(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec("palmal", append(append([]string{"train", "--out", args[0]}, tiny...), args[1:]...)...)
	if (err != nil) != neg {
		ts.Fatalf("train: %v", err)
	}
}

// pack is the script command "gzip FILE": it writes FILE.gz.
func pack(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	f, err := os.Create(ts.MkAbs(args[0] + ".gz"))
	ts.Check(err)
	packed := gzip.NewWriter(f)
	_, err = packed.Write([]byte(text))
	ts.Check(errors.Join(err, packed.Close(), f.Close()))
}

// exits is the script command "exits CODE palmal ...": it must end with that code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("ends with %d, want %d", got, want)
	}
}

// newest finds the newest checkpoint of a run.
func newest(ts *testscript.TestScript, run string) string {
	found, err := filepath.Glob(filepath.Join(ts.MkAbs(run), "checkpoints", "0*"))
	ts.Check(err)
	if len(found) < 2 {
		ts.Fatalf("%s has %d checkpoints, want two", run, len(found))
	}
	return found[len(found)-1]
}

// damage is the script command "damage RUN": a byte of the newest policy is changed.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	path := filepath.Join(newest(ts, args[0]), "policy.safetensors")
	text, err := os.ReadFile(path)
	ts.Check(err)
	text[len(text)-1] ^= 1
	ts.Check(os.WriteFile(path, text, 0o644))
}

// fromGood is the script command "fromgood RUN": it continues from the checkpoint before the newest.
func fromGood(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(filepath.Base(newest(ts, args[0])))
	ts.Check(err)
	ts.Check(ts.Exec("palmal", "resume", args[0], "--from", strconv.Itoa(n-1)))
}

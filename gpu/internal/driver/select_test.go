//go:build cuda

package driver

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// child runs a test again in a new process with more variables, since the driver reads the environment once, and is
// true in that process. Only the emulator knows the variables.
func child(t *testing.T, environment ...string) bool {
	t.Helper()
	const variable = "PALMAL_TEST_CHILD"
	if os.Getenv(variable) == t.Name() {
		return true
	}
	open(t, false)
	again := exec.Command(os.Args[0], "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$", "-test.v")
	again.Env = append(append(os.Environ(), variable+"="+t.Name()), environment...)
	out, err := again.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

// opened opens a device and returns its index and UUID, or the error.
func opened(name string) (int, string, error) {
	d, err := Open(Options{Device: name, Image: "none", Kernels: probes})
	if err != nil {
		return 0, "", err
	}
	return d.Properties.Index, d.Properties.UUID, d.Close()
}

const rest = "000000-0000-0000-0000-000000000000"

// A device is named by its index or by the beginning of its UUID, in either case of letters.
func TestDevicesAreFoundByIndexAndUUID(t *testing.T) {
	if !child(t, "PALMAL_EMU_DEVICES=3") {
		return
	}
	for name, index := range map[string]int{"": 0, "0": 0, "2": 2, "GPU-e1" + rest: 1, "GPU-e1": 1, "gpu-E2" + rest: 2} {
		if got, uuid, err := opened(name); err != nil || got != index || uuid != "GPU-e"+string(rune('0'+index))+rest {
			t.Errorf("device %q: %d, %s, %v", name, got, uuid, err)
		}
	}
	for _, name := range []string{"3", "GPU-aa", "GPU-e1" + rest + "0", "MIG-e1"} {
		_, _, err := opened(name)
		if !errors.Is(err, ErrUnknownDevice) {
			t.Errorf("device %q: %v", name, err)
		} else if !strings.Contains(err.Error(), "there are 0 (palmal emulator, GPU-e0"+rest+"), 1 (palmal emulator, GPU-e1") && name != "MIG-e1" {
			t.Errorf("device %q is refused without the names of those there are: %v", name, err)
		}
	}
	if _, _, err := opened("GPU-e"); !errors.Is(err, ErrUnknownDevice) || !strings.Contains(err.Error(), "3 names begin so") {
		t.Errorf("three devices whose UUID begins so: %v", err)
	}
}

// A device hidden by CUDA_VISIBLE_DEVICES is refused, and the refusal names the variable.
func TestHiddenDevicesAreRefused(t *testing.T) {
	if !child(t, "PALMAL_EMU_DEVICES=3", "CUDA_VISIBLE_DEVICES=2,0") {
		return
	}
	if index, uuid, err := opened("0"); err != nil || index != 0 || uuid != "GPU-e2"+rest {
		t.Errorf("the first device shown: %d, %s, %v", index, uuid, err)
	}
	_, _, err := opened("GPU-e1")
	if !errors.Is(err, ErrUnknownDevice) || !strings.Contains(err.Error(), "CUDA_VISIBLE_DEVICES=2,0 hides") {
		t.Errorf("a hidden device: %v", err)
	}
}

// The driver shows the first slice of a GPU alone; another one opens if it is asked for first.
func TestSliceIsShownToWhoAsksForIt(t *testing.T) {
	for name, uuid := range map[string]string{"": "MIG-50000000-0000-0000-0000-000000000001", "0": "MIG-50000000-0000-0000-0000-000000000001",
		"GPU-e0" + rest: "MIG-50000000-0000-0000-0000-000000000001", "MIG-50000000-0000-0000-0000-000000000003": "MIG-50000000-0000-0000-0000-000000000003"} {
		t.Run("of "+name, func(t *testing.T) {
			if child(t, "PALMAL_EMU_MIG=3") {
				if _, got, err := opened(name); err != nil || got != uuid {
					t.Errorf("device %q is %s, %v", name, got, err)
				}
			}
		})
	}
}

func TestUnknownSliceIsRefused(t *testing.T) {
	if !child(t, "PALMAL_EMU_MIG=2") {
		return
	}
	for range 2 {
		_, _, err := opened("MIG-50000000-0000-0000-0000-000000000009")
		if !errors.Is(err, ErrUnknownDevice) || !strings.Contains(err.Error(), "nvidia-smi -L") {
			t.Errorf("a slice that is not there: %v", err)
		}
	}
}

// A slice is chosen by setting CUDA_VISIBLE_DEVICES, unless a scheduler has set it to something else.
func TestSliceIsTakenFromThoseTheEnvironmentShows(t *testing.T) {
	const a, b = "MIG-50000000-0000-0000-0000-000000000001", "MIG-50000000-0000-0000-0000-000000000002"
	for _, c := range []struct{ name, environment, visible string }{
		{"", "", ""}, {"1", "0,1", ""}, {"GPU-e0", "", ""}, // nothing to set
		{a, "", a}, {b, a + "," + b, b}, {b, " " + b, b}, {b, "MIG-5000", b},
	} {
		if got, err := visibleFor(c.name, c.environment); err != nil || got != c.visible {
			t.Errorf("device %q with CUDA_VISIBLE_DEVICES=%s: set to %q, %v; want %q", c.name, c.environment, got, err, c.visible)
		}
	}
	for _, environment := range []string{a, "0", "GPU-e0" + rest} {
		if _, err := visibleFor(b, environment); !errors.Is(err, ErrUnknownDevice) || !strings.Contains(err.Error(), environment) {
			t.Errorf("%s with CUDA_VISIBLE_DEVICES=%s: %v", b, environment, err)
		}
	}
}

// A device that takes no program gives the reason in words.
func TestUnavailableDevicesSayWhy(t *testing.T) {
	for _, c := range []struct{ name, environment, words string }{
		{"busy", "PALMAL_EMU_MODE=3", "another process uses the device, and its compute mode, exclusive process, allows one only"},
		{"prohibited", "PALMAL_EMU_MODE=2", "its compute mode prohibits programs"},
		{"old driver", "PALMAL_EMU_DRIVER=10020", "the driver supports CUDA 10.2; this build, made with CUDA " + Version(Toolkit) + ", needs a driver for CUDA "},
	} {
		t.Run(c.name, func(t *testing.T) {
			if child(t, c.environment, "PALMAL_EMU_OTHERS=1024") {
				if _, _, err := opened(""); err == nil || errors.Is(err, ErrUnknownDevice) || !strings.Contains(err.Error(), c.words) {
					t.Errorf("%s: %v", c.environment, err)
				}
			}
		})
	}
}

// A list has what a user needs to choose a device, and keeps no hold of any.
func TestListTellsWhatThereIs(t *testing.T) {
	if !child(t, "PALMAL_EMU_DEVICES=3", "PALMAL_EMU_MODE=0,3,2", "PALMAL_EMU_MEMORY=1048576,4096,8192", "PALMAL_EMU_OTHERS=1024,8,0", "PALMAL_EMU_COMPUTE=90,61") {
		return
	}
	for range 2 {
		all, err := List(fatBinary(entry(kindMachine, 80), entry(kindMachine, 90)))
		if err != nil || len(all) != 3 {
			t.Fatalf("%+v, %v", all, err)
		}
		free, busy, prohibited := all[0], all[1], all[2]
		if free.Free != 1<<20-1024 || free.Memory != 1<<20 || free.Busy != "" || !free.Support.Runs || free.Mode != ModeDefault {
			t.Errorf("a free device: %+v", free)
		}
		if busy.Free != -1 || !strings.Contains(busy.Busy, "another process") || busy.Support.Runs || busy.UUID != "GPU-e1"+rest {
			t.Errorf("a busy device: %+v", busy)
		}
		if prohibited.Free != -1 || prohibited.Support.Runs || prohibited.Mode.String() != "prohibited" {
			t.Errorf("a prohibited device: %+v", prohibited)
		}
	}
}

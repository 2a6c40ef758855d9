package run

import (
	"fmt"
	"regexp"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
)

// deviceName matches names of CUDA devices: an index, or the beginning of a UUID as nvidia-smi -L prints it; the old form
// of a slice's UUID holds its GPU's.
var deviceName = regexp.MustCompile(`^(\d{1,4}|(?i:GPU|MIG(-GPU)?)-[0-9a-fA-F][0-9a-fA-F-]*(/\d+/\d+)?)$`)

// checkDevice refuses what cannot be the name of a CUDA device; empty stands for the first.
func checkDevice(name string) error {
	if name != "" && !deviceName.MatchString(name) {
		return fmt.Errorf("is %q, want a device's index, as 0, or its UUID, as GPU-... or MIG-...: palmal doctor --devices lists them", name)
	}
	return nil
}

// DeviceLimit is the number of bytes of device memory that may be used; 0 where there is no limit.
func (s Section) DeviceLimit() (int64, error) {
	if s.DeviceMemory == "" {
		return 0, nil
	}
	bytes, err := usage.Bytes(s.DeviceMemory)
	if err != nil {
		return 0, fmt.Errorf("is %w", err)
	}
	return bytes, nil
}

// deviceProblems lists the mistakes in the choice of a device.
func (s Section) deviceProblems(add func(key, reason string)) {
	if err := checkDevice(s.Device); err != nil {
		add("run.device", err.Error())
	}
	if _, err := s.DeviceLimit(); err != nil {
		add("run.device_memory", err.Error())
	}
}

// CheckDevice refuses a choice of device that no machine can have, for verbs without a configuration.
func (s Section) CheckDevice() (err error) {
	flags := map[string]string{"run.device": "--device", "run.device_memory": "--device-memory"}
	s.deviceProblems(func(key, reason string) {
		if err == nil {
			err = usage.Mistakef("%s %s", flags[key], reason)
		}
	})
	return err
}

// Accelerator is the device of a process, where that is not the CPU.
type Accelerator struct {
	Index   int    `json:"index"` // index among the devices that the driver shows
	Name    string `json:"name"`
	UUID    string `json:"uuid"`
	Driver  string `json:"driver"`  // version, as in 550.54.15 (CUDA 12.4)
	Toolkit string `json:"toolkit"` // CUDA version that the program was built with
}

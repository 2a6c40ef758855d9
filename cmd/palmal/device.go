package main

import (
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/nn"
)

// deviceFlags are the flags that choose a device, for verbs that compute on a backend.
func deviceFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "device", Usage: "cuda only: index, UUID or MIG UUID, as palmal doctor --devices lists them (default the first)"},
		&cli.StringFlag{Name: "device-memory", Usage: "cuda only: memory of the device to use at most, as in 8GiB (default what is free, less a tenth)"},
	}
}

// precisionFlag is the precision of the model's products, the key model.precision.
func precisionFlag() cli.Flag {
	return &cli.StringFlag{Name: "precision", Usage: "products of the model's members: fp32, bf16 or bf16x3, on processors that have them (default fp32, or as in training)"}
}

// sectionOf is the choice of a backend by flags, for verbs without a configuration.
func sectionOf(c *cli.Context, workers int) (run.Section, error) {
	s := run.Section{Backend: c.String("backend"), Device: c.String("device"), DeviceMemory: c.String("device-memory"), Workers: workers}
	if err := s.CheckDevice(); err != nil {
		return s, err
	}
	return s, checkChoice(s)
}

// actingSection is the choice of a backend for a policy that computes on one, as planning does. It refuses a device for
// other policies.
func actingSection(c *cli.Context, config run.Config) (run.Section, error) {
	s := run.Section{Backend: "auto", Device: c.String("device"), DeviceMemory: c.String("device-memory"), Workers: config.Run.Workers}
	if err := s.CheckDevice(); err != nil {
		return s, err
	}
	if (s.Device != "" || s.DeviceMemory != "") && !slices.Contains(config.ActingGroups(), algo.GroupModel) {
		return s, usage.Mistakef("--device is for policies that compute on a backend, as those that plan; this one acts by itself, on the CPU: leave it out")
	}
	return s, checkChoice(s)
}

// checkChoice refuses a device for a backend without devices.
func checkChoice(s run.Section) error {
	given := "--device"
	if s.Device == "" {
		given = "--device-memory"
	}
	switch {
	case s.Device == "" && s.DeviceMemory == "":
		return nil
	case s.Backend == "cpu":
		return usage.Mistakef("%s is for the devices of backend cuda; backend cpu has none: leave it out, or use --backend cuda", given)
	case s.Backend == "auto" && !slices.ContainsFunc(backends(), backendKind.choosable):
		return usage.Mistakef("%s is for the devices of backend cuda, which this program was built without: leave it out, or use a build with -tags cuda", given)
	}
	return nil
}

// choosable reports whether the backend can be opened on one of several devices.
func (k backendKind) choosable() bool { return k.devices != nil }

// accelerator describes the device of a backend, nil for the CPU.
func accelerator(b nn.Backend) *run.Accelerator {
	if kind := kindOf(b); kind.accelerator != nil {
		return kind.accelerator(b)
	}
	return nil
}

// devicePeak is the peak device memory of a backend, in bytes; 0 on the CPU.
func devicePeak(b nn.Backend) int64 {
	if device, ok := b.(interface{ PeakMemory() int64 }); ok {
		return device.PeakMemory()
	}
	return 0
}

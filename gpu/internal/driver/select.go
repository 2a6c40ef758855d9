//go:build cuda

package driver

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/palmal-rl/palmal/gpu/internal/trampoline"
	"gorgonia.org/cu"
)

// ErrUnknownDevice is wrapped by the refusal of a device that the driver does not show.
var ErrUnknownDevice = errors.New("no such device")

// visibleVariable is how the driver is told, before it starts, which devices to show.
const visibleVariable = "CUDA_VISIBLE_DEVICES"

// migPrefix begins the name of a slice of a GPU, as nvidia-smi -L prints it.
const migPrefix = "MIG-"

// Available is nil where there is a device, else it says in one line what is missing. Name is the device that
// will be asked for, see Options.
func Available(name string) error {
	visible, err := visibleFor(name, os.Getenv(visibleVariable))
	if err != nil {
		return err
	}
	n := 0
	if err = trampoline.Start(visible); err == nil {
		n, err = cu.NumDevices()
	}
	switch {
	case err == nil && n > 0:
		return nil
	case err != nil && !errors.Is(err, trampoline.ErrNoDevice):
		return explain("cuDeviceGetCount", err)
	case visible != "":
		return fmt.Errorf("device %s: %w; nvidia-smi -L lists those of this computer", name, ErrUnknownDevice)
	}
	return fmt.Errorf("%w%s", trampoline.ErrNoDevice, hidden())
}

// hidden reminds of what the environment hides.
func hidden() string {
	if set, ok := os.LookupEnv(visibleVariable); ok {
		return fmt.Sprintf("; %s=%s hides all others", visibleVariable, set)
	}
	return ""
}

// visibleFor is what the driver must be told to show, for a device of that name to be there; "" where that is
// nothing else than what the environment says. Of the slices of GPUs the driver shows the first alone, unless it
// is told another one. What the environment hides stays hidden: it may belong to somebody else.
func visibleFor(name, environment string) (string, error) {
	if !strings.HasPrefix(name, migPrefix) {
		return "", nil
	}
	if environment == "" {
		return name, nil
	}
	for _, shown := range strings.Split(environment, ",") {
		if strings.HasPrefix(strings.TrimSpace(shown), migPrefix) && strings.HasPrefix(name, strings.TrimSpace(shown)) {
			return name, nil
		}
	}
	return "", fmt.Errorf("device %s: %w among those that %s=%s shows", name, ErrUnknownDevice, visibleVariable, environment)
}

// find returns the device of that name: its place among those that the driver shows, or the beginning of its
// UUID; empty for the first.
func find(name string) (cu.Device, error) {
	n, err := cu.NumDevices()
	if err != nil {
		return 0, explain("cuDeviceGetCount", err)
	}
	var there []string
	var found []cu.Device
	for i := range n {
		dev, err := cu.GetDevice(i)
		if err != nil {
			return 0, explain("cuDeviceGet", err)
		}
		label, err := dev.Name()
		if err != nil {
			return 0, explain("cuDeviceGetName", err)
		}
		own, parent := uuids(dev)
		there = append(there, fmt.Sprintf("%d (%s, %s)", i, label, own))
		if matches(name, i, n, own, parent) {
			found = append(found, dev)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	reason := ErrUnknownDevice
	if len(found) > 1 {
		reason = fmt.Errorf("%w: %d have names that begin so", ErrUnknownDevice, len(found))
	}
	return 0, fmt.Errorf("device %s: %w; there are %s%s", name, reason, strings.Join(there, ", "), hidden())
}

// matches reports whether device i of n is the one of that name. The name of a slice in the old form, which holds
// its GPU's, is the driver's business: the driver then shows that slice alone.
func matches(name string, i, n int, own, parent string) bool {
	if name == "" {
		return i == 0
	}
	if index, err := strconv.Atoi(name); err == nil {
		return index == i
	}
	if strings.HasPrefix(name, migPrefix+"GPU-") {
		return n == 1 && strings.HasPrefix(own, migPrefix)
	}
	fold := func(of string) bool { return len(of) >= len(name) && strings.EqualFold(of[:len(name)], name) }
	return fold(own) || fold(parent)
}

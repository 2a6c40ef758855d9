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

// visibleVariable is the environment variable that says, before the driver starts, which devices it shows.
const visibleVariable = "CUDA_VISIBLE_DEVICES"

// migPrefix begins the name of a slice of a GPU in nvidia-smi -L.
const migPrefix = "MIG-"

// Available returns nil if there is a device, else an error of one line that says what is missing. Name is the device
// to open, see Options.
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

// hidden says what the environment hides.
func hidden() string {
	if set, ok := os.LookupEnv(visibleVariable); ok {
		return fmt.Sprintf("; %s=%s hides all others", visibleVariable, set)
	}
	return ""
}

// visibleFor returns the value of visibleVariable with which the driver shows the named device; "" leaves the
// environment unchanged. The driver shows only the first of the slices of GPUs, unless the variable names another.
// Devices that the environment hides stay hidden: they may belong to somebody else.
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

// find returns the device of a name: its index among those that the driver shows, or the beginning of its UUID;
// "" is the first.
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
		reason = fmt.Errorf("%w: %d names begin so", ErrUnknownDevice, len(found))
	}
	return 0, fmt.Errorf("device %s: %w; there are %s%s", name, reason, strings.Join(there, ", "), hidden())
}

// matches reports whether device i of n is the one of that name. Only the driver resolves the name of a slice
// in the old form, which holds the GPU's name: the driver then shows that slice alone.
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

package main

import (
	"slices"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/cpu"
)

// backendKind is a backend that this build holds.
type backendKind struct {
	name string
	open func(o openOptions) (nn.Backend, error)
	// timings tells what the kernels of a backend that was opened with sync took; nil where there are none.
	timings func(nn.Backend) ([]kernelTime, error)
	// accelerator says what the device of such a backend is; nil where that is the CPU.
	accelerator func(nn.Backend) *run.Accelerator
	// devices lists those that it can be opened on; nil where there is no choice.
	devices func() ([]listedDevice, error)
	// chunkRows is how many rows it passes through a small network at a time, for bench.
	chunkRows int
	// steady is whether it has its device for itself, for bench.
	steady bool
}

// openOptions say how to open a backend. Each takes what concerns it.
type openOptions struct {
	workers int  // of cpu
	sync    bool // of cuda: wait for every launch and time it

	device string // of cuda, "" for the first
	limit  int64  // of cuda: bytes of its memory at most, 0 for what is free, less a tenth
}

// timed tells whether what its kernels took is known.
func (k backendKind) timed() bool { return k.timings != nil }

// backends lists what this build holds, the fastest first.
func backends() []backendKind {
	return append(deviceBackends(), backendKind{name: "cpu", chunkRows: cpu.ChunkRows,
		open: func(o openOptions) (nn.Backend, error) { return cpu.New(cpu.Options{Workers: o.workers}) }})
}

// backendNames lists what users may ask for. It names backends that other builds hold as well, so
// that asking for one is answered with how to get it.
func backendNames() []string { return []string{"cpu", "cuda"} }

// openBackend opens the backend that a section asks for. "auto" takes the fastest that opens, and warns
// of those that do not; with --sync, --profile or a device it takes one that has such, or none.
func (p *program) openBackend(section run.Section) (nn.Backend, error) {
	name := section.Backend
	if err := usage.OneOf("backend", name, append([]string{"auto"}, backendNames()...)); err != nil {
		return nil, err
	}
	if err := p.checkSync(name); err != nil {
		return nil, err
	}
	limit, err := section.DeviceLimit()
	if err != nil {
		return nil, usage.Mistakef("run.device_memory %w", err)
	}
	options := openOptions{workers: section.Workers, sync: p.sync, device: section.Device, limit: limit}
	for _, kind := range backends() {
		if name != "auto" && name != kind.name {
			continue
		}
		backend, err := kind.open(options)
		if err == nil {
			if slow, ok := backend.(interface{ Warning() string }); ok && slow.Warning() != "" {
				p.warn("%s", slow.Warning())
			}
			return backend, nil
		}
		if name == kind.name || kind.name == "cpu" || p.sync || p.profile.asked() || section.Device != "" {
			return nil, refuseBackend(kind.name, err)
		}
		p.warn("backend %s cannot be used, falling back: %v", kind.name, err)
	}
	return nil, usage.Mistakef("this program was built without backend %s: use --backend cpu, or a build with -tags \"mujoco %s\"", name, name)
}

// refuseBackend ends the program: by the user's mistake if the error says so, else by the device.
func refuseBackend(name string, err error) error {
	code, given := usage.Code(err)
	if !given {
		code = usage.Device
	}
	return usage.Exit(code, "backend %s: %w", name, err)
}

// kindOf is the kind of a backend of this build.
func kindOf(b nn.Backend) backendKind {
	at := slices.IndexFunc(backends(), func(kind backendKind) bool { return kind.name == b.Name() })
	if at < 0 {
		return backendKind{}
	}
	return backends()[at]
}

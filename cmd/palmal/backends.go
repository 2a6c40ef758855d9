package main

import (
	"slices"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/cpu"
)

// backendKind is a backend that this build holds.
type backendKind struct {
	name string
	open func(o openOptions) (nn.Backend, error)
	// timings returns the times of the kernels of a backend opened with sync; nil where there are none.
	timings func(nn.Backend) ([]kernelTime, error)
	// accelerator describes the device of such a backend; nil where that is the CPU.
	accelerator func(nn.Backend) *run.Accelerator
	// devices lists the devices on which it can be opened; nil where there is no choice.
	devices func() ([]listedDevice, error)
	// chunkRows is the number of rows that it passes through a small network at a time, for bench.
	chunkRows int
	// steady reports whether it has its device for itself, for bench.
	steady bool
}

// openOptions are the options of all backends. Each uses its own.
type openOptions struct {
	workers int  // cpu: number of threads
	sync    bool // cuda: wait for every launch and time it

	device string // cuda: name of the device, "" for the first
	limit  int64  // cuda: most bytes of its memory, 0 for what is free, less a tenth
}

// timed reports whether the times of its kernels are known.
func (k backendKind) timed() bool { return k.timings != nil }

// backends lists the backends of this build, the fastest first.
func backends() []backendKind {
	return append(deviceBackends(), backendKind{name: "cpu", chunkRows: cpu.ChunkRows,
		open: func(o openOptions) (nn.Backend, error) { return cpu.New(cpu.Options{Workers: o.workers}) }})
}

// backendNames lists the names that users may give. It includes backends of other builds, whose refusal
// says how to get them.
func backendNames() []string { return []string{"cpu", "cuda"} }

// openBackend opens the backend of a section. "auto" takes the fastest one that opens, and warns of those
// that do not; with --sync, --profile or a device it takes only a backend that supports them.
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
	return nil, usage.Mistakef("this program was built without backend %s: use --backend cpu, or a build with -tags %s", name, name)
}

// refuseBackend returns the error that ends the program: the user's mistake, or else the device's failure.
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

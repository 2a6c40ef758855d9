package main

import (
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
	// chunkRows is how many rows it passes through a small network at a time, for bench.
	chunkRows int
}

// openOptions say how to open a backend. Each takes what concerns it.
type openOptions struct {
	workers int  // of cpu
	sync    bool // of cuda: wait for every launch and time it
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

// openBackend opens a backend by name. "auto" takes the fastest that opens, and warns of those
// that do not; with --sync it takes one that times its kernels, or none.
func (p *program) openBackend(name string, workers int) (nn.Backend, error) {
	if err := usage.OneOf("backend", name, append([]string{"auto"}, backendNames()...)); err != nil {
		return nil, err
	}
	if err := p.checkSync(name); err != nil {
		return nil, err
	}
	for _, kind := range backends() {
		if name != "auto" && name != kind.name {
			continue
		}
		backend, err := kind.open(openOptions{workers: workers, sync: p.sync})
		if err == nil {
			if slow, ok := backend.(interface{ Warning() string }); ok && slow.Warning() != "" {
				p.warn("%s", slow.Warning())
			}
			return backend, nil
		}
		if name == kind.name || kind.name == "cpu" || p.sync {
			return nil, usage.Exit(usage.Device, "backend %s: %w", kind.name, err)
		}
		p.warn("backend %s cannot be used, falling back: %v", kind.name, err)
	}
	return nil, usage.Mistakef("this program was built without backend %s: use --backend cpu, or a build with -tags \"mujoco %s\"", name, name)
}

// chunkRows is that of a backend of this build.
func chunkRows(name string) int {
	for _, kind := range backends() {
		if kind.name == name {
			return kind.chunkRows
		}
	}
	return 0
}

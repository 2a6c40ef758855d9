package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/nn"
)

// kernelTime is the time of one kernel's launches, each from its call until the device was idle.
type kernelTime struct {
	Kernel   string  `json:"kernel"`
	Launches int     `json:"launches"`
	Seconds  float64 `json:"seconds"` // time of all launches
	Mean     float64 `json:"mean_us"` // mean time of a launch
	Share    float64 `json:"share"`   // share of the seconds of all kernels
}

// syncFlag is the flag of verbs that compute on a backend.
func (p *program) syncFlag() cli.Flag {
	return &cli.BoolFlag{Name: "sync", Destination: &p.sync,
		Usage: "cuda only: wait for every launch, so that an error names its kernel, and print what each took"}
}

// checkSync refuses --sync for a backend without kernels.
func (p *program) checkSync(backend string) error {
	switch {
	case !p.sync:
		return nil
	case backend == "cpu":
		return usage.Mistakef("--sync times the kernels of backend cuda; backend cpu has none: leave --sync out, or use --backend cuda")
	case backend == "auto" && !slices.ContainsFunc(backends(), backendKind.timed):
		return usage.Mistakef("--sync times the kernels of backend cuda, which this program was built without: leave --sync out, or use a build with -tags cuda")
	}
	return nil
}

// closeTimed ends the use of a backend, whether the command succeeded or not: it prints the times of the
// kernels, where --sync asks for them, and closes the holder of the backend.
func (p *program) closeTimed(backend nn.Backend, holder io.Closer) error {
	err := p.showKernels(backend)
	return errors.Join(err, holder.Close())
}

func (p *program) showKernels(backend nn.Backend) error {
	at := slices.IndexFunc(backends(), func(kind backendKind) bool { return kind.name == backend.Name() })
	if !p.sync || at < 0 || !backends()[at].timed() {
		return nil
	}
	times, err := backends()[at].timings(backend)
	if err != nil {
		return fmt.Errorf("times of the kernels: %w", err)
	}
	times = compared(times)
	writeKernels(p.err, times)
	if p.json {
		p.printJSON(map[string]any{"event": "kernels", "kernels": times})
	}
	return nil
}

// compared sorts kernels, the slowest first, and computes means and shares.
func compared(times []kernelTime) []kernelTime {
	all := sumOf(times).Seconds
	sorted := slices.SortedFunc(slices.Values(times), func(a, b kernelTime) int {
		return cmp.Or(cmp.Compare(b.Seconds, a.Seconds), cmp.Compare(a.Kernel, b.Kernel))
	})
	for i := range sorted {
		t := &sorted[i]
		t.Mean = 1e6 * t.Seconds / float64(max(t.Launches, 1))
		if all > 0 {
			t.Share = t.Seconds / all
		}
	}
	return sorted
}

// sumOf adds all kernels up.
func sumOf(times []kernelTime) kernelTime {
	all := kernelTime{Kernel: "all", Share: 1}
	for _, t := range times {
		all.Launches += t.Launches
		all.Seconds += t.Seconds
	}
	all.Mean = 1e6 * all.Seconds / float64(max(all.Launches, 1))
	return all
}

// writeKernels prints a table for people.
func writeKernels(w io.Writer, times []kernelTime) {
	fmt.Fprintf(w, "%-24s %9s %11s %11s %8s\n", "KERNEL", "LAUNCHES", "SECONDS", "MEAN µs", "SHARE")
	for _, t := range append(slices.Clone(times), sumOf(times)) {
		fmt.Fprintf(w, "%-24s %9d %11.4f %11.1f %6.1f %%\n", t.Kernel, t.Launches, t.Seconds, t.Mean, 100*t.Share)
	}
}

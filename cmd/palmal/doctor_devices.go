package main

import (
	"errors"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
)

// listedDevice describes a device for doctor --devices.
type listedDevice struct {
	run.Accelerator
	Capability string `json:"compute_capability"`
	Memory     int64  `json:"memory_bytes"`
	Free       *int64 `json:"free_bytes"` // null where that is unknown
	Mode       string `json:"compute_mode"`
	Busy       string `json:"busy,omitempty"` // why it takes no program
	Runs       bool   `json:"runs"`           // whether this build runs on it now
	Support    string `json:"support"`        // how this build runs on it, or why not
}

// listDevices prints the devices that --device accepts. It is an error that there are none, as when one was asked for.
func (p *program) listDevices() error {
	all := []listedDevice{}
	var failures []error
	for _, kind := range backends() {
		if !kind.choosable() {
			continue
		}
		list, err := kind.devices()
		if err != nil {
			failures = append(failures, refuseBackend(kind.name, err))
		}
		all = append(all, list...)
	}
	if len(all) == 0 && len(failures) == 0 {
		return usage.Mistakef("this program was built without backend cuda and knows no devices: use a build with -tags cuda")
	}
	if p.json {
		p.printJSON(map[string]any{"devices": all})
	}
	for _, d := range all {
		p.showDevice(d)
	}
	return errors.Join(failures...)
}

// showDevice prints one device, for people.
func (p *program) showDevice(d listedDevice) {
	verdict := verdictOK
	if !d.Runs {
		verdict = verdictFail
	}
	words := d.Support
	if d.Busy != "" {
		words += "\n        " + d.Busy
	}
	free := "free memory unknown"
	if d.Free != nil {
		free = run.Mebibytes(*d.Free) + " free"
	}
	p.printf("%-4s %d  %s\n        %s\n        %s of memory, %s; compute mode %s\n        compute capability %s, driver %s, built with CUDA %s\n        %s\n",
		verdict, d.Index, d.Name, d.UUID, run.Mebibytes(d.Memory), free, d.Mode, d.Capability, d.Driver, d.Toolkit, words)
}

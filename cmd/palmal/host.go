package main

import "github.com/palmal-rl/palmal/nn"

// warnOfHost warns that a backend scores a task on the host, which is slower, and says why.
func (p *program) warnOfHost(backend nn.Backend, t nn.Task) {
	if device, ok := backend.(interface{ ScoredOnHost(nn.Task) error }); ok {
		if err := device.ScoredOnHost(t); err != nil {
			p.warn("%v", err)
		}
	}
}

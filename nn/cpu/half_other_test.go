//go:build !amd64

package cpu

// allHalves: there are no such instructions for this architecture.
func allHalves() []*halves { return nil }

// halvesHere: neither are the fastest of them.
func halvesHere() *halves { return nil }

//go:build !amd64

package cpu

// allHalves: there are no such instructions for this architecture.
func allHalves() []*halves { return nil }

// halvesHere is nil for the same reason.
func halvesHere() *halves { return nil }

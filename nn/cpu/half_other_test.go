//go:build !amd64

package cpu

// halvesHere: there are no such instructions for this architecture.
func halvesHere() *halves { return nil }

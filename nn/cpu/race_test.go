//go:build race

package cpu

// raced tells that the race detector is on. It drops pooled objects on purpose, so that calls into
// a library allocate.
const raced = true

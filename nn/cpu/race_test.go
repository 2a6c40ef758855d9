//go:build race

package cpu

// raced reports whether the race detector is on. The detector drops pooled objects on purpose, so that
// calls into a library allocate.
const raced = true

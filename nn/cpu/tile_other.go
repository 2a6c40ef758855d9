//go:build !amd64

package cpu

// allUnits: there are no own products for this architecture.
func allUnits() []units { return nil }

// adamFlushed is only called where there are units.
func adamFlushed(w, g, h, m, v []float32, s *adamStep) { adamUpdate(w, g, h, m, v, s) }

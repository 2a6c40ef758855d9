package host

import "testing"

// Every system that the program is built for says these facts.
func TestFactsOfTheComputerAreKnown(t *testing.T) {
	if total, peak := Total(), Peak(); total < 1<<28 || peak < 1<<20 || peak > total {
		t.Errorf("memory %d bytes, of which this process had %d", total, peak)
	}
	if free, err := Free(t.TempDir()); err != nil || free <= 0 {
		t.Errorf("free space %d, %v", free, err)
	}
	if _, err := Free(t.TempDir() + "/missing"); err == nil {
		t.Error("a missing folder has free space")
	}
}

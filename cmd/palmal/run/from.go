package run

import (
	"maps"

	"github.com/palmal-rl/palmal/algo"
)

// fromName is the folder with the run's copy of the networks that it began with, in the form of a checkpoint.
const fromName = "from"

// SetNetworks gives the configuration the networks that its key from names: a snapshot of that run.
func (c *Config) SetNetworks(s algo.Snapshot) {
	s.Groups = maps.Clone(s.Groups)
	delete(s.Groups, algo.GroupReplay) // large, and no network
	c.networks = func() (algo.Snapshot, error) { return s, nil }
}

// Networks returns the networks with which the run begins; found is false where it begins with its own.
func (c Config) Networks() (s algo.Snapshot, found bool, err error) {
	if c.networks == nil {
		return s, false, nil
	}
	s, err = c.networks()
	return s, true, err
}

// writeNetworks writes the copy.
func (d *Directory) writeNetworks(c Config) error {
	s, found, err := c.Networks()
	if err != nil || !found {
		return err
	}
	return writeCheckpoint(d.folder, fromName, manifestOf(s), s, nil)
}

// readNetworks reads it.
func (d *Directory) readNetworks() (algo.Snapshot, error) {
	_, s, err := readCheckpoint(d.folder, fromName)
	return s, err
}

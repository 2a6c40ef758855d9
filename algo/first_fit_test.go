package algo

import "testing"

// A first fit takes the more steps, whatever decides their number: epochs, or either bound.
func TestTheFirstFitIsLongerWhateverDecides(t *testing.T) {
	for name, m := range map[string]ModelConfig{
		"epochs":    {Epochs: 4, MaxSteps: 1000},
		"min_steps": {Epochs: 1, MinSteps: 20, MaxSteps: 1000},
		"max_steps": {Epochs: 100, MaxSteps: 20},
	} {
		var c Config
		c.Model = m
		c.Model.Batch, c.Model.FirstFit = 100, 3
		const rows = 500 // five minibatches, which divide 20
		if first, later := c.fitOptions(true).Steps(rows), c.fitOptions(false).Steps(rows); later != 20 || first != 60 {
			t.Errorf("%s: %d steps, then %d, want 60 and 20", name, first, later)
		}
	}
}

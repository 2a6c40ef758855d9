package algo

import (
	"fmt"

	"github.com/palmal-rl/palmal/nn"
)

// openValue makes the value network at its initial parameters.
func (p *naturalGradient) openValue(shape nn.ValueShape) (err error) {
	if p.value, err = p.backend.NewValue(shape, shape.Init(p.config.Seed)); err != nil {
		return fmt.Errorf("value network: %w", err)
	}
	return nil
}

// normaliseValue replaces the value network by a new one that normalises observations as the policy does.
// The old one must not have been fitted.
func (p *naturalGradient) normaliseValue() error {
	if !p.config.Value.Normalise {
		return nil
	}
	shape := p.value.Shape()
	shape.Shift, shape.Scale = p.shift, p.scale
	if err := p.value.Close(); err != nil {
		return err
	}
	p.value = nil
	return p.openValue(shape)
}

// valueOptions translates the options of the baseline's fit to rows model steps for the backend.
func (c Config) valueOptions(rows int) nn.ValueFitOptions {
	options := nn.ValueFitOptions{Epochs: c.Value.Epochs, Batch: c.Value.Batch, Adam: nn.DefaultAdam(), Seed: c.Seed}
	perEpoch := (rows + c.Value.Batch - 1) / c.Value.Batch
	options.Epochs = max(options.Epochs, (c.Value.MinSteps+perEpoch-1)/perEpoch)
	options.Adam.Rate, options.Adam.Decay = c.Value.LearningRate, c.Value.WeightDecay
	return options
}

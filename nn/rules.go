package nn

// The rules of this file belong to the host and are the same for all backends.

// Predicted reports whether output i is predicted under the scales [outputs] of the normaliser: what was
// constant over the dataset is not, be it an entry of the observation or a learned reward.
func (s EnsembleShape) Predicted(i int, scale []float32) bool { return s.Predicts(i) && scale[i] != 0 }

// OutputNormaliser is the shift and the scale of output i, whose mean and spread over the data are given.
// What is not predicted, by its kind or since it was constant, gets shift and scale 0, so that it stays
// as it was. A constant reward keeps its shift, which is the reward; noShift, which leaves shifts
// out, is about observations alone.
func (s EnsembleShape) OutputNormaliser(i int, mean, spread float64, noShift bool) (shift, scale float32) {
	shift, scale = float32(mean), float32(spread)
	if spread < ScaleFloor {
		scale = 0
	}
	if i == s.Observation {
		return shift, scale
	}
	if !s.Predicts(i) {
		scale = 0
	}
	if noShift || scale == 0 {
		shift = 0
	}
	return shift, scale
}

// LossWeights are the weights of the squared errors [outputs]: 1, or with raw scale²; 0 where an output
// is not predicted.
func (s EnsembleShape) LossWeights(scale []float32, raw bool) []float32 {
	weights := make([]float32, s.Outputs())
	for i := range weights {
		switch {
		case !s.Predicted(i, scale):
		case raw:
			weights[i] = scale[i] * scale[i]
		default:
			weights[i] = 1
		}
	}
	return weights
}

// Follow says how one entry of the next observation comes about in a step of the model.
type Follow struct {
	Predicted bool // else it stays as it is, or holds an action
	Angle     bool
	Action    int // number of the action that this entry holds; -1: none
}

// Follow is the plan of a step, [O], under the scales [outputs] of the normaliser; nil scales give the
// plan by kinds alone.
func (s EnsembleShape) Follow(scale []float32) []Follow {
	plan := make([]Follow, s.Observation)
	actions := 0
	for i, kind := range s.Kinds {
		plan[i] = Follow{Predicted: s.Predicts(i) && (scale == nil || scale[i] != 0), Angle: kind == KindAngle, Action: -1}
		if kind == KindLastAction {
			plan[i].Action = actions
			actions++
		}
	}
	return plan
}

// Span is a run of entries [First, End).
type Span struct{ First, End int }

// Units lists the unit vectors of which an entry is predicted under the scales [outputs]. One that never
// changed in the data stays as it is.
func (s EnsembleShape) Units(scale []float32) []Span {
	var units []Span
	for first := 0; first < len(s.Kinds); first++ {
		end, predicted := first, false
		for ; end < len(s.Kinds) && s.Kinds[end] == KindUnit; end++ {
			predicted = predicted || s.Predicted(end, scale)
		}
		if predicted {
			units = append(units, Span{first, end})
		}
		first = max(first, end)
	}
	return units
}

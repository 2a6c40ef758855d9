package nn

// The host computes the rules of this file for all backends.

// Predicted reports whether output i is predicted under the scales [outputs] of the normaliser. An
// observation entry or a learned reward that was constant over the dataset is not.
func (s EnsembleShape) Predicted(i int, scale []float32) bool { return s.Predicts(i) && scale[i] != 0 }

// OutputNormaliser is the shift and the scale of output i with the given mean and spread over the data.
// An entry that is not predicted, by its kind or because it was constant, gets shift and scale 0 and so
// stays as it was. A constant reward keeps its shift, which is the reward. noShift leaves out the shifts
// of observation entries only. Of a termination, whose flags are 0 and 1, the scale is the weight of terminal rows in the
// loss: what makes both kinds of rows weigh the same, from 1 to mostWeight; 0 where none is terminal.
func (s EnsembleShape) OutputNormaliser(i int, mean, spread float64, noShift bool) (shift, scale float32) {
	if i == s.TerminationOutput() {
		if mean == 0 {
			return 0, 0
		}
		return 0, float32(min(max((1-mean)/mean, 1), mostWeight))
	}
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

// mostWeight is the largest weight of a terminal row: of fewer than one in twenty, each counts for twenty others. A larger
// one would let the model end paths early for the sake of single rows.
const mostWeight = 20

// TerminationWeight is the weight of a row in the loss of the termination, given its flag and the scale.
func TerminationWeight(flag, scale float32) float32 {
	if flag > 0 {
		return scale
	}
	return 1
}

// LossWeights are the weights of the squared errors [outputs]: 1, or scale² if raw; 0 for an output that
// is not predicted.
func (s EnsembleShape) LossWeights(scale []float32, raw bool) []float32 {
	weights := make([]float32, s.Outputs())
	for i := range weights {
		switch {
		case !s.Predicted(i, scale):
		case i == s.TerminationOutput():
			weights[i] = 1 // times the weight of the row
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
	Predicted bool // if false, the entry stays as it is or holds an action
	Angle     bool
	Action    int // number of the action that this entry holds; -1: none
}

// Follow is the plan of a step, [O], under the scales [outputs] of the normaliser. With nil scales, only
// the kinds count.
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

// Units lists the unit vectors with at least one predicted entry under the scales [outputs]. A vector
// that never changed in the data stays as it is.
func (s EnsembleShape) Units(scale []float32) []Span {
	var units []Span
	for first := 0; first < len(s.Kinds); first++ {
		end, predicted := first, false
		for ; end < len(s.Kinds) && (s.Kinds[end] == KindUnit || end == first && s.Kinds[end] == KindNextUnit); end++ {
			predicted = predicted || s.Predicted(end, scale)
		}
		if predicted {
			units = append(units, Span{first, end})
		}
		first = max(first, end-1)
	}
	return units
}

package algo

import "github.com/palmal-rl/palmal/nn"

// chains are the states from which the paths of a policy step start. The end of a path starts the next step's
// path, until it is too old; then, after a termination, or where the members disagreed, the chain starts again from a real state.
type chains struct {
	config PathwiseConfig
	data   *experience
	key    nn.Key
	limit  int  // decisions of an episode
	cut    bool // paths may be cut where the members disagree

	states []float32 // [n,O]
	times  []float32 // [n] in the episode, decisions
	ages   []int     // [n] decisions since the real state
}

// newChains starts n chains from real states, at ages that differ, so that they do not all start again at once.
// step numbers the draws: it may be that of the first advance, whose draws are others.
func newChains(c Config, data *experience, limit, n int, step uint64) *chains {
	h := &chains{config: c.Pathwise, data: data, key: nn.Key{Seed: c.Seed, Stream: nn.StreamChains}, limit: limit, cut: c.NPG.Cut > 0,
		states: make([]float32, n*data.initial.width), times: make([]float32, n), ages: make([]int, n)}
	for i := range n {
		h.restart(i, 2*step)
		h.ages[i] = h.key.Intn(2*step, uint32(4*i+3), h.config.Age)
	}
	return h
}

// starts are the present states.
func (h *chains) starts() nn.Starts {
	width := h.data.initial.width
	return nn.Starts{Observations: nn.Matrix(append([]float32(nil), h.states...), len(h.times), width), Times: append([]float32(nil), h.times...)}
}

// keep ends all chains but the first n.
func (h *chains) keep(n int) {
	width := h.data.initial.width
	h.states, h.times, h.ages = h.states[:n*width], h.times[:n], h.ages[:n]
}

// restart puts a chain at a real state, drawn at a step of its own: an initial one, a recent one, or any of the buffer or, before anything
// was collected, of recorded data. Only episodes recorded since the world last changed its initial states are used.
func (h *chains) restart(i int, step uint64) {
	width, source := h.data.initial.width, &h.data.replay
	state := h.states[i*width : (i+1)*width]
	h.ages[i] = 0
	stale := source.decisionsBefore(h.data.initial.count())
	if h.data.recorded.joined && source.decisions == 0 {
		source, stale = &h.data.recorded.replay, 0
	}
	known := source.decisions - stale
	if known == 0 || h.key.Uniform(step, uint32(4*i)) < h.config.Initial {
		k := h.key.Intn(step, uint32(4*i+1), h.data.initial.count())
		copy(state, h.data.initial.states[k*width:(k+1)*width])
		h.times[i] = 0
		return
	}
	from := stale
	if h.key.Uniform(step, uint32(4*i+2)) < h.config.Recent {
		recent := max(1, h.config.RecentSamples*source.decisions/max(source.samples, 1)) // decisions
		from = max(stale, source.decisions-recent)
	}
	obs, time := source.state(from + h.key.Intn(step, uint32(4*i+1), source.decisions-from))
	copy(state, obs)
	h.times[i] = float32(time)
}

// advance moves the chains to the ends of their paths.
func (h *chains) advance(paths *nn.PathColumns, step uint64) {
	width := h.data.initial.width
	observations := nn.RowMajor(paths.Observations)
	perPath := len(observations) / len(h.times)
	horizon := perPath/width - 1
	for i, length := range paths.Lengths {
		h.ages[i] += length
		h.times[i] += float32(length)
		if paths.Terminated[i] || h.ages[i] >= h.config.Age || int(h.times[i]) >= h.limit || h.cut && length < horizon {
			h.restart(i, 2*step+1)
			continue
		}
		copy(h.states[i*width:(i+1)*width], observations[i*perPath+length*width:])
	}
}

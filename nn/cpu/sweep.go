package cpu

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// chunkRows is the number of steps of the pool that pass through a network at once. With the usual layers
// of 64 units, all data of a pass then fits a cache of 1 MiB.
const chunkRows = 512

// maxSegments bounds the number of partial sums of a sweep. It is also the number of workers that a sweep
// can keep busy. It fixes the order of summation: a change of it changes results.
const maxSegments = 64

// sweep cuts every stride-th step of the pool into chunks, and the chunks into segments of
// neighbours. A segment is a task; its chunks are summed in their order.
type sweep struct {
	paths            *paths
	stride, count    int // steps
	chunks, segments int
}

func newSweep(p *paths, stride int) sweep {
	s := sweep{paths: p, stride: stride, count: (p.steps() + stride - 1) / stride}
	s.chunks = (s.count + chunkRows - 1) / chunkRows
	s.segments = min(s.chunks, maxSegments)
	return s
}

// segment returns the chunks [first, end) of a segment.
func (s *sweep) segment(i int) (first, end int) {
	return i * s.chunks / s.segments, (i + 1) * s.chunks / s.segments
}

// chunk returns the number of its first step in the sweep and its steps.
func (s *sweep) chunk(i int) (first, rows int) {
	first = i * chunkRows
	return first, min(chunkRows, s.count-first)
}

// from starts a cursor at step first of the sweep.
func (s *sweep) from(first int) cursor { return s.paths.from(first*s.stride, s.stride) }

// partials holds sums of vectors, one for each segment.
type partials struct {
	width int
	sums  []float64 // [segments,width]
}

// begin makes sums of the given width, all 0.
func (p *partials) begin(segments, width int) {
	p.width = width
	p.sums = resized(p.sums, segments*width)
	clear(p.sums)
}

func (p *partials) segment(i int) []float64 { return p.sums[i*p.width : (i+1)*p.width] }

// total adds the segments up in their order and refuses a NaN.
func (p *partials) total(sum []float64) error {
	clear(sum)
	for first := 0; first < len(p.sums); first += p.width {
		for i, x := range p.sums[first : first+p.width] {
			sum[i] += x
		}
	}
	for i, x := range sum {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("entry %d is %g: %w", i, x, nn.ErrDiverged)
		}
	}
	return nil
}

// accumulate adds the float32 sums of a chunk.
func accumulate(sums []float64, chunk []float32) {
	sums = sums[:len(chunk)]
	for i, x := range chunk {
		sums[i] += float64(x)
	}
}

// activations keeps the hidden layers of the policy at the steps of a sweep, because the conjugate gradient
// method computes ten or more Fisher products at the same parameters. If all steps need too much memory, it
// keeps a part of them; the others are computed again each time.
type activations struct {
	policy        *policy
	policyVersion uint64
	sweep         sweep
	pathsVersion  uint64
	ready         bool // the steps are computed

	block  []float32   // memory of x and hidden
	cached int         // number of kept chunks
	x      []float32   // [cached·chunkRows,O] normalised
	hidden [][]float32 // [layers-1] of [cached·chunkRows,Out]
}

// activationFloats bounds the memory of activations: 240 MiB, enough for 400,000 steps of a
// 64×64 policy with up to 29 observation entries.
const activationFloats = 240 << 20 / 4

// begin prepares for a sweep with the present policy. It keeps the activations of the same policy and sweep.
func (a *activations) begin(p *policy, s sweep) {
	same := a.policy == p && a.policyVersion == p.version && a.sweep == s && a.pathsVersion == s.paths.version
	if same && a.ready {
		return
	}
	a.policy, a.policyVersion, a.sweep, a.pathsVersion, a.ready = p, p.version, s, s.paths.version, false
	width := p.shape.Observation
	hidden := p.network.layers[:len(p.network.layers)-1]
	for _, layer := range hidden {
		width += layer.Out
	}
	a.reserve(width, s)
	free := a.block
	carve := func(width int) []float32 {
		taken := free[:a.cached*chunkRows*width]
		free = free[len(taken):]
		return taken
	}
	a.x = carve(p.shape.Observation)
	a.hidden = a.hidden[:0]
	for _, layer := range hidden {
		a.hidden = append(a.hidden, carve(layer.Out))
	}
}

// reserve makes the block large enough for paths of full length, so that it does not grow from
// iteration to iteration as paths get longer.
func (a *activations) reserve(width int, s sweep) {
	perChunk := width * chunkRows
	bound := activationFloats / perChunk
	a.cached = min(s.chunks, bound)
	if len(a.block) >= a.cached*perChunk {
		return
	}
	longest := (s.paths.n*s.paths.horizon/s.stride + chunkRows) / chunkRows
	a.block = nil // the collector can free the old block before the new one is made
	a.block = make([]float32, min(max(longest, s.chunks), bound)*perChunk)
}

// forget drops the reference to paths that were closed.
func (a *activations) forget(p *paths) {
	if a.sweep.paths == p {
		a.policy, a.sweep, a.ready = nil, sweep{}, false
	}
}

// policyChunk is the policy's pass over one chunk.
type policyChunk struct {
	first, rows int
	x           []float32   // [rows,O] normalised
	tape        [][]float32 // [layers] of [rows,Out]
	mean        []float32   // [rows,A]; nil if only kept activations were used
}

// pass runs the policy over a chunk. If means are not needed, it uses kept activations. Chunks within the
// first cached ones are computed in the kept memory.
func (a *activations) pass(w *worker, chunk int, means bool) policyChunk {
	first, rows := a.sweep.chunk(chunk)
	net := &a.policy.network
	c := policyChunk{first: first, rows: rows, tape: w.lists.take(len(net.layers))}
	last := len(net.layers) - 1
	kept := chunk < a.cached
	if kept {
		width := a.policy.shape.Observation
		c.x = a.x[first*width : (first+rows)*width]
		for i, hidden := range a.hidden {
			out := net.layers[i].Out
			c.tape[i] = hidden[first*out : (first+rows)*out]
		}
		if a.ready && !means {
			return c
		}
	} else {
		c.x = w.floats.take(rows * a.policy.shape.Observation)
		for i, layer := range net.layers[:last] {
			c.tape[i] = w.floats.take(rows * layer.Out)
		}
	}
	c.tape[last] = w.floats.take(rows * net.layers[last].Out)
	a.gather(c.x, first, rows)
	c.mean = w.forward(net, a.policy.parameters, c.x, c.tape, rows)
	return c
}

// gather writes the normalised observations [rows,O] of the sweep's steps from first.
func (a *activations) gather(x []float32, first, rows int) {
	width := a.policy.shape.Observation
	in, at := &a.policy.in, a.sweep.from(first)
	for row := range rows {
		normalise(x[row*width:(row+1)*width], a.sweep.paths.state(at.path, at.t), in.shift, in.scale)
		at.advance()
	}
}

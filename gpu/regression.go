//go:build cuda

package gpu

import (
	"math"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// regression is E networks of equal shape that learn targets from inputs by minibatches: the ensemble,
// and with E = 1 the value network. See cuda/fit.cuh.
type regression struct {
	network   *mlp
	members   int
	rows      int // n
	batch     int // B
	log       int // minibatches between two downloads of the losses
	blocks    int // number of partial sums of squared errors for each member and minibatch
	mirror    fit
	order     array[int32]   // [E,n]
	losses    array[float64] // [log,E,blocks]
	schedule  array[float32] // [log,2]
	predicted int            // number of predicted outputs

	trained array[int32]   // [n] rows of the data in an epoch; empty: all
	decay   []float64      // [count] decoupled decay of a layer's parameters; nil: none
	shrink  array[float32] // [log,count] factors of a step's decay
}

// newRegression takes the scratch of a regression. The caller sets its parameters, data and weights.
func newRegression(a *arena, network *mlp, members, rows, batch, log int) *regression {
	r := &regression{network: network, members: members, rows: rows, batch: min(batch, rows), log: log}
	r.blocks = tiles(r.batch, deviceRows)
	r.order = take[int32](a, members*rows)
	r.losses = take[float64](a, log*members*r.blocks)
	r.schedule = take[float32](a, 2*log)
	r.mirror = fit{
		layers: network.table.Ptr, count: int64(len(network.layers)), size: int64(network.size), members: int64(members),
		termination: -1, activation: int64(network.activation), widest: int64(narrow(network.widest)), n: int64(rows), order: r.order.Ptr, batch: int64(r.batch),
		rows: int64(rows), outputs: int64(network.last().out),
		tape:   take[float32](a, members*r.batch*network.hidden).Ptr,
		deltas: take[float32](a, members*r.batch*network.outputs).Ptr, losses: r.losses.Ptr,
	}
	return r
}

// learn sets the data: inputs and targets [n,·], weights and counts [out].
func (r *regression) learn(inputs, targets, weights, counted array[float32], predicted int) {
	r.mirror.inputs, r.mirror.targets = inputs.Ptr, targets.Ptr
	r.mirror.weights, r.mirror.counted = weights.Ptr, counted.Ptr
	r.predicted, r.mirror.predicted = predicted, float64(predicted)
}

// learnAs sets the data of a fit and the loss of an ensemble, whose rows weigh as given.
func (r *regression) learnAs(m *ensemble, d *dataset, weights array[float32]) {
	r.learn(d.inputs, d.targets, weights, d.counted, d.predicted)
	r.mirror.rows, r.mirror.outputs = int64(d.rows), int64(m.shape.Outputs())
	r.ends(m)
	r.train(m.parameters, &m.optimiser)
}

// ends makes the last output the logit of a termination, if the ensemble learns that.
func (r *regression) ends(m *ensemble) {
	if i := m.shape.TerminationOutput(); i >= 0 {
		r.mirror.termination, r.mirror.terminal = int64(i), float64(m.out.scale[i])
	}
}

// train sets the networks and their optimiser.
func (r *regression) train(parameters array[float32], o *optimiser) {
	r.mirror.parameters, r.mirror.moment1, r.mirror.moment2 = parameters.Ptr, o.moment1.Ptr, o.moment2.Ptr
}

func tiles(n, unit int) int { return (n + unit - 1) / unit }

// shuffle computes the order of an epoch.
func (r *regression) shuffle(q *driver.Queue, of nn.Key, epoch int64) {
	shape := driver.Line(r.rows, 256)
	shape.Grid.Y = r.members
	r.mirror.smooth.epoch = uint64(epoch)
	launchPermutationFill(q, shape, r.order.Ptr, int64(r.rows), r.trained.Ptr, &key{seed: of.Seed, stream: uint64(of.Stream)}, uint64(epoch))
}

// constants are Adam's constants for the kernels. 1-β is rounded from float64, because 1-0.999 in float32 is
// off by 1e-5.
func constants(a nn.Adam) *adam {
	return &adam{beta1: a.Beta1, complement1: 1 - a.Beta1, beta2: a.Beta2, complement2: 1 - a.Beta2, epsilon: a.Epsilon, decay: a.Decay}
}

// corrections uploads rate/(1-β₁ᵗ) and 1/√(1-β₂ᵗ) for the count steps after step t = done. Step i of them,
// counted from 1, has the optimiser at(i).
func (r *regression) corrections(q *driver.Queue, done int64, count int, at func(i int) nn.Adam) {
	numbers, factors := make([]float32, 0, 2*count), make([]float32, 0, len(r.decay)*count)
	for i := 1; i <= count; i++ {
		a, step := at(i), done+int64(i)
		for _, decay := range r.decay {
			factors = append(factors, float32(1-a.Rate*decay))
		}
		numbers = append(numbers, float32(a.Rate/(1-math.Pow(a.Beta1, float64(step)))),
			float32(1/math.Sqrt(1-math.Pow(a.Beta2, float64(step)))))
	}
	driver.Upload(q, r.schedule.Ptr, numbers)
	if r.decay != nil {
		driver.Upload(q, r.shrink.Ptr, factors)
	}
}

// decline makes the parameters of every layer decay apart from their gradients.
func (r *regression) decline(a *arena, care nn.Care) {
	for i := range r.network.layers {
		r.decay = append(r.decay, care.Decay(i))
	}
	r.shrink = take[float32](a, r.log*len(r.decay))
	r.mirror.shrink = r.shrink.Ptr
}

// stages is the shared memory of two stages of a tile, head the shared memory of the last layer; see cuda/tile.cuh
// and head_shared in cuda/fit.cuh.
func stages(tile, depth int) int { return 2 * 2 * depth * (tile + 4) * 4 }

func (r *regression) head() int {
	last, wide := r.network.last(), 8*deviceRowThreads
	if r.mirror.likelihood.kind != deviceSquares {
		wide += 8 * 2 * deviceRows * int(r.mirror.outputs)
	}
	return wide + 4*deviceRows*(deviceRowThreads+narrow(int(last.in))+narrow(int(last.out)))
}

// over is a launch of the given number of blocks for every member.
func (r *regression) over(blocks, shared int) driver.Shape {
	return driver.Shape{Grid: driver.Dim{X: blocks, Y: r.members}, Block: driver.Dim{X: deviceTileThreads}, Shared: shared}
}

// layerTiles is the number of tiles of a layer's outputs.
func layerTiles(l layer, rows, tile int) int { return tiles(rows, tile) * tiles(int(l.out), tile) }

// updateTiles is the number of tiles of the parameters of all layers.
func (r *regression) updateTiles(tile int) int {
	n := 0
	for _, l := range r.network.layers {
		n += tiles(int(l.in)+1, tile) * tiles(int(l.out), tile)
	}
	return n
}

// loss runs the networks on a minibatch up to the loss, and with back also computes the gradients of the last
// two layers.
func (r *regression) loss(q *driver.Queue, b *minibatch, back bool) {
	for i, l := range r.network.layers[:len(r.network.layers)-1] {
		launchEnsembleForward(q, r.over(layerTiles(l, int(b.rows), deviceEnsembleTile), stages(deviceEnsembleTile, deviceEnsembleDepth)), &r.mirror, int64(i), b)
		r.smoothen(q, i, b)
	}
	launchEnsembleLoss(q, r.over(tiles(int(b.rows), deviceRows), r.head()), &r.mirror, b, flag(back))
}

// step runs one Adam step of all members.
func (r *regression) step(q *driver.Queue, b *minibatch, a *adam) {
	r.loss(q, b, true)
	hidden := len(r.network.layers) - 1
	r.roughen(q, hidden-1, b)
	for i := hidden - 2; i >= 0; i-- {
		blocks := layerTiles(r.network.layers[i], int(b.rows), deviceEnsembleTile)
		launchEnsembleBackward(q, r.over(blocks, stages(deviceEnsembleTile, deviceEnsembleDepth)), &r.mirror, int64(i), b)
		r.roughen(q, i, b)
	}
	blocks := r.updateTiles(deviceEnsembleTile)
	if r.mirror.likelihood.kind == deviceOwnNoise {
		blocks++
	}
	launchEnsembleUpdate(q, r.over(blocks, stages(deviceEnsembleTile, deviceEnsembleDepth)), &r.mirror, b, a, r.schedule.Ptr)
}

// minibatches is the number of minibatches in an epoch.
func (r *regression) minibatches() int { return tiles(r.rows, r.batch) }

// minibatch returns minibatch i of an epoch, logged as number step.
func (r *regression) minibatch(i, step int) *minibatch {
	return &minibatch{first: int64(i * r.batch), rows: int64(min(r.batch, r.rows-i*r.batch)), step: int64(step)}
}

// sums downloads the squared errors of the first count logged minibatches, [count,E]; rows holds the number of
// rows of each.
func (r *regression) sums(q *driver.Queue, rows []int) []float64 {
	numbers := make([]float64, len(rows)*r.members*r.blocks)
	driver.Download(q, numbers, r.losses.Ptr)
	sums := make([]float64, len(rows)*r.members)
	for i := range sums {
		for _, sum := range numbers[i*r.blocks:][:tiles(rows[i/r.members], deviceRows)] {
			sums[i] += sum
		}
	}
	return sums
}

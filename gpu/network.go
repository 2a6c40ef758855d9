//go:build cuda

package gpu

import (
	"fmt"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// mlp is the table of a network's layers on the device, with the sizes that its kernels need.
type mlp struct {
	layers     []layer
	table      array[layer]
	activation nn.Activation
	norm       bool // hidden layers are normalised
	size       int  // P, or the number of parameters from one member to the next
	packed     int  // length of the padded copy, see cuda/pack.cu
	tape       int  // floats of the inputs of all layers for one sample, see cuda/samples.cuh
	hidden     int  // number of outputs of all hidden layers
	outputs    int  // number of outputs of all layers
	widest     int  // largest output of a layer
}

// newMLP computes the table of a shape.
func newMLP(shape nn.MLP) mlp {
	n := mlp{activation: shape.Activation, norm: shape.Norm, size: shape.Parameters()}
	for i, l := range shape.Layers() {
		n.hidden = n.outputs
		n.layers = append(n.layers, layer{
			in: int64(l.In), out: int64(l.Out), weights: int64(l.Weights),
			packed: int64(n.packed), transposed: int64(n.packed + wide(l.In)*narrow(l.Out)),
			before: int64(n.outputs), tape: int64(n.tape), floor: shape.NormFloor(i),
		})
		n.packed += wide(l.In)*narrow(l.Out) + narrow(l.Out)*narrow(l.In)
		n.tape += wide(l.In)
		n.outputs += l.Out
		n.widest = max(n.widest, l.Out)
	}
	return n
}

// upload puts the table on the device.
func (n *mlp) upload(q *driver.Queue, a *arena) { n.table = uploaded(q, a, n.layers) }

func (n *mlp) last() layer { return n.layers[len(n.layers)-1] }

// narrow rounds n numbers up to whole float4, wide n numbers and the 1 after them; see cuda/samples.cuh.
func narrow(n int) int { return (n + 3) / 4 * 4 }
func wide(n int) int   { return narrow(n + 1) }

// network mirrors the network for kernels that run it on the rows of a block.
func (n *mlp) network(parameters array[float32]) *network {
	return &network{parameters: parameters.Ptr, layers: n.table.Ptr, count: int64(len(n.layers)),
		size: int64(n.size), activation: int64(n.activation), norm: flag(n.norm)}
}

// pack lays parameters out for the kernels of samples.
func (n *mlp) pack(q *driver.Queue, packed, parameters array[float32], transposed bool) {
	most := 0
	for _, l := range n.layers {
		most = max(most, wide(int(l.in))*narrow(int(l.out)))
	}
	shape := driver.Line(most, 256)
	shape.Grid.Y = len(n.layers)
	launchPackNetwork(q, shape, packed.Ptr, parameters.Ptr, n.table.Ptr, flag(transposed))
}

// ChunkRows is the number of samples that a block passes through a small network at a time, if they fit: 16 × 16
// parts of 4 × 4 keep 256 threads busy in a layer of 64 units.
const ChunkRows = 64

// reservedShared is the shared memory, bytes, that the system keeps for each block from sm_80.
const reservedShared = 1 << 10

// mostPartials is the largest number of partial sums over samples, on every device. If it followed the number of
// multiprocessors, bits would differ between an H100 PCIe with 114 of them, an SXM with 132 and a slice of either. A
// multiprocessor holds two blocks of such a pass, so 132 hold 264 at a time and run 528 in two whole waves, none of
// them partly idle. 264 would be enough there, but a device with a few multiprocessors less, such as an A100 with 108,
// would have a second wave that fills a fifth of it; with 528 the last wave is one of three. More partial sums cost
// more: each is a vector of parameters to write and to add, 11 MB for the 5,200 of hopper, which L2 holds.
const mostPartials = 528

// pass plans a pass over samples. It chooses the largest tile of which two fit a multiprocessor, else the largest
// that fits, and the shape of a launch for this number of tiles. Every block of a multiprocessor costs reservedShared
// bytes more; the share of a single block leaves them out.
func (b *machine) pass(n *mlp, packed array[float32], samples int) (*pass, driver.Shape, error) {
	p := &pass{packed: packed.Ptr, layers: n.table.Ptr, count: int64(len(n.layers)), activation: int64(n.activation),
		tape: int64(n.tape), widest: int64(narrow(n.widest))}
	perSample := 4 * (n.tape + narrow(int(n.last().out)) + 2*narrow(n.widest))
	tile, room := ChunkRows, b.d.Properties.Shared
	for tile > 16 && tile*perSample > (room-reservedShared)/2 {
		tile /= 2
	}
	for tile > 4 && tile*perSample > room {
		tile /= 2
	}
	if tile*perSample > room {
		return nil, driver.Shape{}, &nn.Advised{Err: fmt.Errorf("a network with layers of up to %d units takes %d bytes of shared memory for 4 samples, a block has %d; "+
			"lower the units of policy or value network: %w", n.widest, 4*perSample, room, nn.ErrMemory)}
	}
	p.samples = int64(tile)
	blocks := min((samples+tile-1)/tile, b.partials)
	return p, driver.Shape{Grid: driver.Dim{X: max(blocks, 1)}, Block: driver.Dim{X: deviceSampleThreads},
		Shared: max(tile*perSample, 8*deviceSampleThreads)}, nil
}

func flag(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

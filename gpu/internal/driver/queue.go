//go:build cuda

package driver

import (
	"errors"
	"fmt"
	"time"

	"gorgonia.org/cu"

	"github.com/palmal-rl/palmal/nn"
)

// plainShared is the most dynamic shared memory of a kernel without opt-in.
const plainShared = 48 << 10

// Dim is a size in up to three axes; 0 stands for 1 in Y and Z.
type Dim struct{ X, Y, Z int }

func (d Dim) threads() int { return d.X * max(d.Y, 1) * max(d.Z, 1) }

// Shape is the shape of a launch.
type Shape struct {
	Grid, Block Dim
	Shared      int  // bytes of dynamic shared memory
	Cooperative bool // blocks wait for each other: refuse a grid that does not fit at once
}

// Line returns a shape with one thread for each of n items, in blocks of the given number of threads.
func Line(n, block int) Shape {
	return Shape{Grid: Dim{X: (n + block - 1) / block}, Block: Dim{X: block}}
}

func (s Shape) String() string {
	return fmt.Sprintf("grid %d×%d×%d, block %d×%d×%d, %d bytes shared", s.Grid.X, max(s.Grid.Y, 1), max(s.Grid.Z, 1),
		s.Block.X, max(s.Block.Y, 1), max(s.Block.Z, 1), s.Shared)
}

// kernel is a loaded kernel.
type kernel struct {
	name     string
	function cu.Function
	shared   int // dynamic shared memory that it may have
}

// Queue enqueues work for the device, in order. It is valid only inside a job.
type Queue struct {
	err        error // first failure of the job
	properties Properties
	context    primary
	module     cu.Module
	stream     cu.Stream
	kernels    []kernel
	sync       bool
	watched    bool // a tool listens to ranges
	ranges     int  // number of open ranges
	times      map[string]*Timing
	staging    []byte // see Upload
	staged     int    // bytes of it in use since the last Wait
	launched   flight // kernels launched since the last Wait
}

// newQueue loads the kernels into the current context. Other libraries share the context, so a failure unloads what
// was loaded.
func newQueue(context primary, p Properties, o Options) (_ *Queue, err error) {
	q := &Queue{properties: p, context: context, sync: o.Sync, watched: listened(), times: map[string]*Timing{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, q.free())
		}
	}()
	if q.module, err = cu.LoadData(o.Image); err != nil {
		return nil, fmt.Errorf("loading %d bytes of kernels for sm_%d%d: %w", len(o.Image), p.Major, p.Minor, explain("cuModuleLoadData", err))
	}
	if err := q.find(o.Kernels); err != nil {
		return nil, err
	}
	if q.stream, err = cu.MakeStream(cu.NonBlocking); err != nil {
		return nil, explain("cuStreamCreate", err)
	}
	q.staging = Pinned[byte](q, stageBytes)
	return q, q.err
}

// find looks up kernels in the module by their names.
func (q *Queue) find(names []string) error {
	for _, name := range names {
		f, err := q.module.Function(name)
		if err != nil {
			return fmt.Errorf("kernel %s: %w", name, explain("cuModuleGetFunction", err))
		}
		q.kernels = append(q.kernels, kernel{name, f, plainShared})
	}
	return nil
}

func (q *Queue) close() error {
	for q.ranges > 0 {
		q.Pop()
	}
	waited := explain("cuStreamSynchronize", q.stream.Synchronize())
	return errors.Join(waited, q.free(), q.context.release())
}

// free releases the queue's part of the context.
func (q *Queue) free() error {
	q.err = nil
	Unpin(q, q.staging)
	if q.stream != (cu.Stream{}) {
		q.fail(explain("cuStreamDestroy", q.stream.Destroy()))
	}
	if q.module != (cu.Module{}) {
		q.fail(explain("cuModuleUnload", q.module.Unload()))
	}
	return q.err
}

// Fail makes err the failure of the job, unless there is an earlier one.
func (q *Queue) Fail(err error) { q.fail(err) }

// Try runs calls that may fail without failing the job, and returns their failure.
func (q *Queue) Try(calls func()) error {
	if q.err != nil {
		return q.err
	}
	calls()
	err := q.err
	q.err = nil
	return err
}

// fail keeps the first failure of the job.
func (q *Queue) fail(err error) {
	if q.err == nil {
		q.err = err
	}
}

// Err returns the first failure so far; the calls after it do nothing.
func (q *Queue) Err() error { return q.err }

// Properties returns the properties of the device.
func (q *Queue) Properties() Properties { return q.properties }

// Launch enqueues a kernel, given by its index in Options.Kernels, with its packed arguments. Callers
// use the generated functions, whose arguments have types.
func (q *Queue) Launch(index int, s Shape, args ...uint64) {
	if q.err != nil {
		return
	}
	k := &q.kernels[index]
	if err := q.launch(k, s, args); err != nil {
		q.fail(fmt.Errorf("kernel %s (%v): %w", k.name, s, err))
	}
}

func (q *Queue) launch(k *kernel, s Shape, args []uint64) error {
	if err := q.allow(k, s.Shared); err != nil {
		return err
	}
	shape := [7]uint32{uint32(s.Grid.X), uint32(max(s.Grid.Y, 1)), uint32(max(s.Grid.Z, 1)),
		uint32(s.Block.X), uint32(max(s.Block.Y, 1)), uint32(max(s.Block.Z, 1)), uint32(s.Shared)}
	q.launched.add(k.name)
	if !q.sync {
		return launch(k.function, &shape, s.Cooperative, q.stream, args)
	}
	start := time.Now()
	if err := launch(k.function, &shape, s.Cooperative, q.stream, args); err != nil {
		return err
	}
	if err := q.stream.Synchronize(); err != nil {
		return explain("cuStreamSynchronize", err)
	}
	q.count(k.name, time.Since(start))
	return nil
}

// allow opts a kernel in to the shared memory of a launch.
func (q *Queue) allow(k *kernel, shared int) error {
	if shared <= k.shared {
		return nil
	}
	if shared > q.properties.Shared {
		return &nn.Advised{Err: fmt.Errorf("%d bytes of shared memory for a block; this device has %d; lower the units of the networks: %w",
			shared, q.properties.Shared, nn.ErrMemory)}
	}
	if err := allowShared(k.function, shared); err != nil {
		return err
	}
	k.shared = shared
	return nil
}

// Resident returns how many blocks of a kernel the device holds at a time: the largest cooperative grid.
func (q *Queue) Resident(index int, s Shape) int {
	if q.err != nil {
		return 0
	}
	k := &q.kernels[index]
	err := q.allow(k, s.Shared)
	n := 0
	if err == nil {
		n, err = residentBlocks(k.function, s.Block.threads(), s.Shared)
	}
	if err != nil {
		q.fail(fmt.Errorf("kernel %s (%v): %w", k.name, s, err))
	}
	return n * q.properties.SMs
}

// Wait waits until the device has done all enqueued work.
func (q *Queue) Wait() {
	if q.err != nil {
		return
	}
	if err := q.stream.Synchronize(); err != nil {
		q.fail(fmt.Errorf("waiting for the device%s: %w", q.launched, explain("cuStreamSynchronize", err)))
	}
	q.staged, q.launched = 0, flight{}
}

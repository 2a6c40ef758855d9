//go:build cuda

package gpu

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"unsafe"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
)

// Engine is the engine of tensors whose numbers lie on the device of a backend:
//
//	e := backend.Engine()
//	x := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(rows, columns), tensor.WithEngine(e))
//	err := e.Memcpy(x, host) // a tensor.Dense is the memory of its numbers
//
// It keeps numbers and moves them; it computes nothing. Backends take tensors of the host only, and
// refuse these. Tensors are not collected: Free gives their memory back, and closing the backend before
// is an error that says so.
type Engine struct {
	device *device
	blocks map[uintptr]block // in use, by address
	failed error             // of a Memclr, which cannot tell
}

var _ tensor.Engine = (*Engine)(nil)

// Engine returns an engine on the backend's device. Like the backend it is used by one goroutine at a time.
func (b *Backend) Engine() *Engine { return &Engine{device: b.d, blocks: map[uintptr]block{}} }

// memory is so many bytes at an address, of the device or of the host.
type memory struct{ at, size uintptr }

func (m memory) Uintptr() uintptr { return m.at }
func (m memory) MemSize() uintptr { return m.size }

// hosted is memory of the host that stays as long as somebody has it.
type hosted []byte

func (h hosted) Uintptr() uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(h))) }
func (h hosted) MemSize() uintptr { return uintptr(len(h)) }

// AllocAccessible is false: Go cannot read the device's memory.
func (*Engine) AllocAccessible() bool { return false }

// WorksWith tells whether tensors of an order can be moved as they are.
func (*Engine) WorksWith(order tensor.DataOrder) bool { return order.IsContiguous() }

// Alloc takes memory of the device. A lack of it wraps nn.ErrMemory.
func (e *Engine) Alloc(size int64) (tensor.Memory, error) {
	if size <= 0 {
		return nil, fmt.Errorf("tensor of %d bytes on the device", size)
	}
	var b block
	err := e.do("new tensor", func(q *driver.Queue) error {
		var err error
		b, err = e.device.memory.get(q, forData, size)
		return err
	})
	if err != nil {
		return nil, err
	}
	e.blocks[uintptr(b.at)] = b
	return memory{uintptr(b.at), uintptr(size)}, nil
}

// Free gives memory back that Alloc took.
func (e *Engine) Free(mem tensor.Memory, _ int64) error {
	b, ok := e.blocks[mem.Uintptr()]
	if !ok {
		return fmt.Errorf("free tensor: %#x is no memory of this engine", mem.Uintptr())
	}
	delete(e.blocks, mem.Uintptr())
	return e.do("free tensor", func(q *driver.Queue) error {
		e.device.memory.put(q, forData, b)
		return nil
	})
}

// Memset fills memory of the device with a number.
func (e *Engine) Memset(mem tensor.Memory, value any) error {
	if i, ok := value.(int); ok {
		value = int64(i)
	}
	number, err := binary.Append(nil, binary.NativeEndian, value)
	if err != nil {
		return fmt.Errorf("fill tensor on the device: %w", err)
	}
	return e.Memcpy(mem, hosted(bytes.Repeat(number, int(mem.MemSize())/len(number))))
}

// Memclr sets memory of the device to 0. A failure shows in the next call that can tell.
func (e *Engine) Memclr(mem tensor.Memory) {
	e.failed = e.do("clear tensor", func(q *driver.Queue) error {
		if !e.holds(mem) {
			return fmt.Errorf("%#x is no memory of this engine", mem.Uintptr())
		}
		driver.Zero(q, driver.Ptr[uint8](mem.Uintptr()), int(mem.MemSize()))
		return nil
	})
}

// Memcpy copies all of src into dst. Either may lie on the device or on the host.
func (e *Engine) Memcpy(dst, src tensor.Memory) error {
	if src.MemSize() > dst.MemSize() {
		return fmt.Errorf("copy tensor: %d bytes into %d", src.MemSize(), dst.MemSize())
	}
	to, from, n := driver.Ptr[uint8](dst.Uintptr()), driver.Ptr[uint8](src.Uintptr()), int(src.MemSize())
	defer runtime.KeepAlive([2]tensor.Memory{dst, src}) // of the host, of which only the address is in use
	return e.do("copy tensor", func(q *driver.Queue) error {
		switch onto, off := e.holds(dst), e.holds(src); {
		case onto && off:
			driver.Copy(q, to, from, n)
		case onto:
			driver.Upload(q, to, bytesAt(src))
		case off:
			driver.Download(q, bytesAt(dst)[:n], from)
		default:
			return fmt.Errorf("neither %#x nor %#x is memory of this engine", dst.Uintptr(), src.Uintptr())
		}
		return nil
	})
}

// Accessible copies memory of the device to the host.
func (e *Engine) Accessible(mem tensor.Memory) (tensor.Memory, error) {
	if !e.holds(mem) {
		return nil, fmt.Errorf("fetch tensor: %#x is no memory of this engine", mem.Uintptr())
	}
	copied := make(hosted, mem.MemSize())
	return copied, e.Memcpy(copied, mem)
}

// holds tells whether memory lies within a block of this engine.
func (e *Engine) holds(mem tensor.Memory) bool {
	for at, b := range e.blocks {
		if mem.Uintptr() >= at && mem.Uintptr()+mem.MemSize() <= at+uintptr(b.bytes) {
			return true
		}
	}
	return false
}

// bytesAt is memory of the host as bytes.
func bytesAt(mem tensor.Memory) []byte {
	at := mem.Uintptr()
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), int(mem.MemSize()))
}

// do runs a job, unless an earlier one failed that nobody has been told of.
func (e *Engine) do(operation string, work func(*driver.Queue) error) error {
	if err := e.failed; err != nil {
		e.failed = nil
		return err
	}
	return e.device.do(operation, func(q *driver.Queue) {
		if err := work(q); err != nil {
			q.Fail(err)
		}
	})
}

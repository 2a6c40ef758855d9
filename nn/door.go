package nn

import (
	"fmt"
	"io"
	"sync"
)

// HandleKind is the name of a kind of handle in errors.
type HandleKind string

// The kinds of handles.
const (
	EnsembleHandle HandleKind = "ensemble"
	PolicyHandle   HandleKind = "policy"
	ValueHandle    HandleKind = "value network"
	PathsHandle    HandleKind = "paths"
	CriticsHandle  HandleKind = "critics"
)

// door is the part of a guarded backend that its handles share. It admits one call at a time.
type door struct {
	name   string
	busy   sync.Mutex
	closed bool
}

// lock refuses a call while another one runs.
func (d *door) lock() error {
	if !d.busy.TryLock() {
		return fmt.Errorf("backend %s: a method is called while another one runs", d.name)
	}
	return nil
}

// enter refuses a call on a closed backend or while another one runs. leave ends an admitted call.
func (d *door) enter() error {
	if err := d.lock(); err != nil {
		return err
	}
	if d.closed {
		d.busy.Unlock()
		return fmt.Errorf("backend %s is used after it was closed", d.name)
	}
	return nil
}

func (d *door) leave() { d.busy.Unlock() }

// handle guards something of a machine's own type T.
type handle[T any] struct {
	door   *door
	kind   HandleKind
	closed bool
	own    T
}

// Backend names the backend of the handle.
func (h *handle[T]) Backend() string { return h.door.name }

// Close frees the guarded value, unless the backend was closed and has freed it.
func (h *handle[T]) Close() error {
	if err := h.door.lock(); err != nil {
		return err
	}
	defer h.door.leave()
	if h.closed {
		return nil
	}
	h.closed = true
	own := h.own
	var none T
	h.own = none
	if closer, ok := any(own).(io.Closer); ok && !h.door.closed {
		return closer.Close()
	}
	return nil
}

// open refuses a handle that was closed.
func (h *handle[T]) open() error {
	if h.closed {
		return fmt.Errorf("%s: the handle is used after it was closed", h.kind)
	}
	return nil
}

// enter refuses a call of a method of the handle if the handle was closed or the backend refuses the call.
func (h *handle[T]) enter() error {
	if err := h.door.enter(); err != nil {
		return fmt.Errorf("%s: %w", h.kind, err)
	}
	if err := h.open(); err != nil {
		h.door.leave()
		return err
	}
	return nil
}

func (h *handle[T]) entrance() *door { return h.door }
func (h *handle[T]) guarded() any    { return h.own }

// Own returns the value of the machine's type T that a handle guards, for tests of a machine's inside.
// ok is false if the handle guards no such value.
func Own[T any](h Handle) (own T, ok bool) {
	if g, is := h.(interface{ guarded() any }); is {
		own, ok = g.guarded().(T)
	}
	return own, ok
}

// mine returns a handle as the guard's own type H. It refuses nil, a handle of another backend and a
// closed handle.
func mine[H interface {
	comparable
	Handle
	entrance() *door
	open() error
}](d *door, kind HandleKind, given Handle) (H, error) {
	var none H
	own, ok := given.(H)
	if !ok || own == none || own.entrance() != d {
		if ok && own == none {
			given = nil
		}
		return none, foreignHandle(kind, given, d.name)
	}
	return own, own.open()
}

// foreignHandle is the error for a handle of one backend given to another.
func foreignHandle(kind HandleKind, given Handle, backend string) error {
	owner := "none"
	if given != nil {
		owner = given.Backend()
	}
	if owner == backend {
		return fmt.Errorf("%s of another backend %s given to backend %s", kind, owner, backend)
	}
	return fmt.Errorf("%s of backend %s given to backend %s", kind, owner, backend)
}

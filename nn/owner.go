package nn

import "fmt"

// HandleKind is what a handle is called in errors.
type HandleKind string

// The kinds of handles.
const (
	EnsembleHandle HandleKind = "ensemble"
	PolicyHandle   HandleKind = "policy"
	ValueHandle    HandleKind = "value network"
	PathsHandle    HandleKind = "paths"
)

// Owner is what a backend's handles must know of it: its name and whether it was closed. Every
// backend holds one of its own, by which it tells its handles from those of another.
type Owner struct {
	name   string
	closed bool
}

// NewOwner is for a fresh backend of that name.
func NewOwner(name string) *Owner { return &Owner{name: name} }

// Retire marks the backend as closed, and tells whether it was still open.
func (o *Owner) Retire() bool {
	open := !o.closed
	o.closed = true
	return open
}

// Usable refuses a backend that was closed.
func (o *Owner) Usable() error {
	if o.closed {
		return fmt.Errorf("backend %s is used after it was closed", o.name)
	}
	return nil
}

// Handle begins a handle of the backend.
func (o *Owner) Handle(kind HandleKind) Owned { return Owned{owner: o, kind: kind} }

// Owned is what all handles have in common; the handles of a backend embed it.
type Owned struct {
	owner  *Owner
	kind   HandleKind
	closed bool
}

// Backend names the backend it lives on.
func (h *Owned) Backend() string { return h.owner.name }

// Close gives the handle up. A second Close does nothing.
func (h *Owned) Close() error {
	h.Retire()
	return nil
}

// Retire marks the handle as closed, and tells whether it was still open.
func (h *Owned) Retire() bool {
	open := !h.closed
	h.closed = true
	return open
}

// Orphaned tells whether the backend was closed, so that the handle's memory went with it.
func (h *Owned) Orphaned() bool { return h.owner.closed }

// Usable refuses a handle that was closed, or whose backend was.
func (h *Owned) Usable() error {
	if err := h.owner.Usable(); err != nil {
		return fmt.Errorf("%s: %w", h.kind, err)
	}
	if h.closed {
		return fmt.Errorf("%s: the handle is used after it was closed", h.kind)
	}
	return nil
}

func (h *Owned) owned() *Owned { return h }

// owned is a handle that embeds [Owned].
type owned interface {
	Handle
	owned() *Owned
}

// Mine returns a handle as the owner's own type, T. It refuses one that is not the owner's, none at
// all, and one that was closed.
func Mine[T owned](o *Owner, kind HandleKind, given Handle) (T, error) {
	var none T
	if err := o.Usable(); err != nil {
		return none, err
	}
	mine, ok := given.(T)
	if !ok || mine.owned().owner != o {
		return none, ForeignHandle(string(kind), given, o.name)
	}
	return mine, mine.owned().Usable()
}

// ForeignHandle is the error for a handle of one backend given to another.
func ForeignHandle(what string, handle Handle, backend string) error {
	owner := "none"
	if handle != nil {
		owner = handle.Backend()
	}
	if owner == backend {
		return fmt.Errorf("%s of another backend %s given to backend %s", what, owner, backend)
	}
	return fmt.Errorf("%s of backend %s given to backend %s", what, owner, backend)
}

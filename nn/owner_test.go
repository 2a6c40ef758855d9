package nn

import (
	"strings"
	"testing"
)

// somewhere is a handle of a backend of that name.
type somewhere string

func (s somewhere) Backend() string { return string(s) }
func (s somewhere) Close() error    { return nil }

func TestForeignHandleNamesBoth(t *testing.T) {
	if text := ForeignHandle("policy", somewhere("cuda"), "cpu").Error(); text != "policy of backend cuda given to backend cpu" {
		t.Errorf("error %q", text)
	}
	if text := ForeignHandle("policy", somewhere("cpu"), "cpu").Error(); text != "policy of another backend cpu given to backend cpu" {
		t.Errorf("error %q", text)
	}
	if text := ForeignHandle("policy", nil, "cpu").Error(); !strings.Contains(text, "cpu") {
		t.Errorf("error %q", text)
	}
}

// thing is a handle as backends make them, other another type of one.
type thing struct{ Owned }
type other struct{ Owned }

func TestOwnersTakeTheirHandlesAlone(t *testing.T) {
	here, there := NewOwner("cpu"), NewOwner("cpu")
	made := &thing{here.Handle(PolicyHandle)}
	if mine, err := Mine[*thing](here, PolicyHandle, made); err != nil || mine != made {
		t.Errorf("its own handle: %v, %v", mine, err)
	}
	for says, given := range map[string]Handle{
		"policy of another backend cpu given to": &thing{there.Handle(PolicyHandle)},
		"policy of backend cuda given to":        somewhere("cuda"),
		"policy of another backend":              &other{here.Handle(PolicyHandle)},
		"policy of backend none":                 nil,
	} {
		if _, err := Mine[*thing](here, PolicyHandle, given); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %q", err, says)
		}
	}
}

func TestWhatWasClosedIsNotUsable(t *testing.T) {
	owner := NewOwner("cpu")
	closed, left := &thing{owner.Handle(PathsHandle)}, &thing{owner.Handle(ValueHandle)}
	if err := closed.Close(); err != nil || closed.Retire() || closed.Orphaned() {
		t.Errorf("a first Close gives %v and a second does something, or the handle is orphaned", err)
	}
	refused := func(err error, says string) {
		t.Helper()
		if err == nil || err.Error() != says {
			t.Errorf("error %v, want %q", err, says)
		}
	}
	_, err := Mine[*thing](owner, PathsHandle, closed)
	refused(err, "paths: the handle is used after it was closed")
	if err := left.Usable(); err != nil || !owner.Retire() || owner.Retire() || !left.Orphaned() {
		t.Errorf("an open handle: %v; or the backend is not closed once", err)
	}
	refused(left.Usable(), "value network: backend cpu is used after it was closed")
	_, err = Mine[*thing](owner, ValueHandle, left)
	refused(err, "backend cpu is used after it was closed")
}

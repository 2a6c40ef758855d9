//go:build !mujoco || !cgo

package mujoco

import "image"

// Version returns "": this build has no MuJoCo.
func Version() string { return "" }

// Load returns ErrMissing: this build has no MuJoCo.
func Load(mjcf []byte, assets map[string][]byte) (*Model, error) { return nil, ErrMissing }

// Close does nothing: there are no models in this build.
func (m *Model) Close() error { return nil }

// ID returns ErrMissing.
func (m *Model) ID(kind Kind, name string) (int, error) { return 0, ErrMissing }

// Field returns ErrMissing.
func (m *Model) Field(name string) ([]float64, error) { return nil, ErrMissing }

// NewData returns ErrMissing.
func (m *Model) NewData() (*Data, error) { return nil, ErrMissing }

// View returns ErrMissing.
func (d *Data) View(name string) ([]float64, error) { return nil, ErrMissing }

// Reset returns ErrMissing.
func (d *Data) Reset() error { return ErrMissing }

// Forward returns ErrMissing.
func (d *Data) Forward() error { return ErrMissing }

// Step returns ErrMissing.
func (d *Data) Step(n int) error { return ErrMissing }

// ContactForces returns ErrMissing.
func (d *Data) ContactForces() error { return ErrMissing }

// Close does nothing: there is no data in this build.
func (d *Data) Close() error { return nil }

// Renderer draws nothing in this build.
type Renderer struct{}

// NewRenderer returns ErrMissing.
func NewRenderer(m *Model, v View) (*Renderer, error) { return nil, ErrMissing }

// GL returns "": nothing draws in this build.
func (r *Renderer) GL() string { return "" }

// Draw returns ErrMissing.
func (r *Renderer) Draw(d *Data) (*image.RGBA, error) { return nil, ErrMissing }

// Close does nothing: there are no renderers in this build.
func (r *Renderer) Close() error { return nil }

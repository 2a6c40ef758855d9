package cpu

import "github.com/palmal-rl/palmal/nn"

// BLAS describes the library that computes the matrix products.
type BLAS struct {
	Name    string // name, with its kernels and its file
	File    string // path or name by which it was loaded; "" for gonum
	Reason  string // why it does not compute with the kernels of its own choice, or why no better ones could be had; else ""
	Warning string // why it is slower than it could be; else ""
	Plain   bool   // gonum, because it was asked for or because no library was found
	Halves  string // instructions that multiply bf16 numbers; "" if there are none
	Lacks   string // what is missing for products of bf16 numbers, see [nn.Precision]; "" if nothing is
}

// BLAS describes the library of this backend.
func (b *Backend) BLAS() BLAS {
	l := b.machine.library
	blas := BLAS{Name: l.name, File: l.file, Reason: l.reason, Warning: l.warning, Plain: l.plain}
	if err := b.machine.Multiplies(nn.BF16); err != nil {
		blas.Lacks = err.Error()
	} else {
		blas.Halves = l.units.halves.name
	}
	return blas
}

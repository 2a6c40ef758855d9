package cpu

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"github.com/palmal-rl/palmal/nn"
)

// product multiplies matrices. One product serves one worker.
type product interface {
	// gemm computes c = op(a)·op(b) + beta·c for row-major matrices without gaps: op(a) is [m,k],
	// op(b) [k,n] and c [m,n]; op transposes if transA or transB says so. With beta 0, c is not read.
	gemm(transA, transB bool, m, n, k int, a, b []float32, beta float32, c []float32)
}

// library is a BLAS that makes a product for each worker.
type library struct {
	name    string
	file    string // path or name by which it was loaded; "" for gonum
	product func() product
	plain   bool   // gonum
	units   *units // by which this package's own tiles multiply; nil: they do not
	reason  string // why the library computes as it does, where that is not its own choice; else ""
	warning string // see [Backend.Warning]
}

// openLibrary finds what multiplies for a number of workers, see [New].
func openLibrary(workers int) (library, error) {
	choice := os.Getenv("PALMAL_BLAS")
	switch choice {
	case "gonum":
		return gonumLibrary("gonum"), nil
	case "":
		if all := allUnits(); len(all) > 0 {
			return ownLibrary(all[0]), nil
		}
	case "system":
		choice = ""
	}
	if own, ok, err := namedUnits(choice); ok {
		return own, err
	}
	found, err := openForeign(choice, workers)
	if err == nil {
		return found, nil
	}
	if choice != "" {
		return library{}, err
	}
	plain := gonumLibrary(fmt.Sprintf("gonum (no %v)", err))
	if errors.Is(err, nn.ErrMemory) {
		plain.warning = fmt.Sprintf("no %v; matrix products by gonum take several times as long", err)
	}
	return plain, nil
}

// namedUnits are own products by the instructions of that name, as "avx2"; ok is false for other names.
func namedUnits(name string) (_ library, ok bool, err error) {
	if !slices.Contains([]string{"avx512", "avx2"}, name) {
		return library{}, false, nil
	}
	for _, u := range allUnits() {
		if strings.ReplaceAll(strings.ToLower(u.name), "-", "") == name {
			return ownLibrary(u), true, nil
		}
	}
	return library{}, true, fmt.Errorf("PALMAL_BLAS=%s: this processor has %s", name, abilitiesHere().name())
}

func gonumLibrary(name string) library {
	return library{name: name, product: func() product { return gonumProduct{} }, plain: true}
}

// gonumProduct is the BLAS in Go, which is always available.
type gonumProduct struct{ gonum.Implementation }

func (p gonumProduct) gemm(transA, transB bool, m, n, k int, a, b []float32, beta float32, c []float32) {
	ta, lda := blas.NoTrans, k
	if transA {
		ta, lda = blas.Trans, m
	}
	tb, ldb := blas.NoTrans, n
	if transB {
		tb, ldb = blas.Trans, k
	}
	p.Sgemm(ta, tb, m, n, k, 1, a, lda, b, ldb, beta, c, n)
}

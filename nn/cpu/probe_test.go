package cpu

import (
	"math"
	"strings"
	"testing"
)

// broken multiplies as gonum does and then spoils the result.
type broken struct {
	gonumProduct
	spoil func(transA, transB bool, m, n, k int, beta float32, c []float32)
}

func (p broken) gemm(transA, transB bool, m, n, k int, a, b []float32, beta float32, c []float32) {
	p.gonumProduct.gemm(transA, transB, m, n, k, a, b, beta, c)
	p.spoil(transA, transB, m, n, k, beta, c)
}

// ignorant does not transpose, or adds to c where it should not.
type ignorant struct {
	gonumProduct
	transposes bool
}

func (p ignorant) gemm(transA, transB bool, m, n, k int, a, b []float32, beta float32, c []float32) {
	if p.transposes {
		beta = 1
	} else {
		transA, transB = false, false
	}
	p.gonumProduct.gemm(transA, transB, m, n, k, a, b, beta, c)
}

func TestTheProbeRefusesWrongProducts(t *testing.T) {
	if err := probe(gonumProduct{}); err != nil {
		t.Errorf("gonum: %v", err)
	}
	nan := float32(math.NaN())
	for name, p := range map[string]product{
		"no transposition": ignorant{}, "beta ignored": ignorant{transposes: true},
		"one wrong element of large ones": broken{spoil: func(_, _ bool, m, n, _ int, _ float32, c []float32) {
			if m*n > 2000 {
				c[m*n-1] += 0.25
			}
		}},
		"NaN":            broken{spoil: func(_, _ bool, _, _, _ int, _ float32, c []float32) { c[0] = nan }},
		"beyond the end": broken{spoil: func(_, _ bool, m, n, _ int, _ float32, c []float32) { c[:m*n+1][m*n] = 7 }},
		"all zero":       broken{spoil: func(_, _ bool, _, _, _ int, _ float32, c []float32) { clear(c) }},
	} {
		if err := probe(p); err == nil || !strings.Contains(err.Error(), "wrong product") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

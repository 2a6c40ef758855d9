package nntest

import (
	"math"
	"testing"
	"unsafe"

	"github.com/palmal-rl/palmal/nn"
)

// A suite that cannot fail proves nothing: each of these backends has one fault of the kind that
// people make, and the named cases must see it.
func TestFaultsAreFound(t *testing.T) {
	for name, fault := range faults() {
		t.Run(name, func(t *testing.T) {
			config := Config{Small: true, New: func(TB) nn.Backend { return fault.backend(Reference()) }}
			for _, name := range fault.found {
				if r := record(func(t TB) { caseNamed(t, name).run(t, config) }); !r.failed {
					t.Errorf("%s passes", name)
				}
			}
		})
	}
}

func caseNamed(t TB, name string) Case {
	for _, k := range Cases() {
		if k.Name == name {
			return k
		}
	}
	panic("no case of the name " + name)
}

// fault is one way to be wrong, and the cases that must find it.
type fault struct {
	backend func(nn.Backend) nn.Backend
	found   []string
}

func faults() map[string]fault {
	all := map[string]fault{}
	for _, some := range []map[string]fault{fisherFaults(), policyFaults(), fitFaults(), pathFaults(), contractFaults(), solverFaults(), pathwiseFaults(), gaussianFaults(), disagreementFaults(), criticFaults()} {
		for name, f := range some {
			all[name] = f
		}
	}
	return all
}

type fisherFault struct {
	nn.Backend
	change func(product, v []float64, stride *int)
}

func (f fisherFault) FisherVector(product, v []float64, paths nn.Paths, policy nn.Policy, stride int) error {
	f.change(nil, nil, &stride)
	err := f.Backend.FisherVector(product, v, paths, policy, stride)
	if err == nil {
		f.change(product, v, &stride)
	}
	return err
}

type gradientFault struct {
	nn.Backend
	change func(gradient []float64)
}

func (f gradientFault) PolicyGradient(gradient []float64, paths nn.Paths, policy nn.Policy) error {
	err := f.Backend.PolicyGradient(gradient, paths, policy)
	f.change(gradient)
	return err
}

type surrogateFault struct {
	nn.Backend
	change func(gain, kl *float64)
}

func (f surrogateFault) Surrogate(paths nn.Paths, policy nn.Policy) (gain, kl float64, err error) {
	gain, kl, err = f.Backend.Surrogate(paths, policy)
	f.change(&gain, &kl)
	return gain, kl, err
}

func fisherFaults() map[string]fault {
	fisher := func(found []string, change func(product, v []float64, stride *int)) fault {
		return fault{func(b nn.Backend) nn.Backend { return fisherFault{b, change} }, found}
	}
	calls := 0.0
	return map[string]fault{
		"one entry of the Fisher product is off by a thousandth": fisher(
			[]string{"fisher/product", "fisher/moved", "fisher/explicit-matrix", "fisher/conjugate-gradient"},
			func(product, _ []float64, _ *int) {
				if len(product) > 3 {
					product[3] *= 1.001
				}
			}),
		"log σ counts once instead of twice": fisher([]string{"fisher/log-std", "fisher/kl-differences", "fisher/explicit-matrix"},
			func(product, v []float64, _ *int) {
				for i := range product {
					product[i] /= 2
				}
			}),
		"a factor counts on one side of the matrix only": fisher([]string{"fisher/symmetric", "fisher/kl-differences"},
			func(product, _ []float64, _ *int) {
				for i := range len(product) / 2 {
					product[i] *= 1.5
				}
			}),
		"the stride is ignored": fisher([]string{"fisher/product"}, func(_, _ []float64, stride *int) { *stride = 1 }),
		"the vector is overwritten": fisher([]string{"memory/inputs"}, func(_, v []float64, _ *int) {
			for i := range v {
				v[i] = 0
			}
		}),
		"the product is written past its end": fisher([]string{"memory/guards"}, func(product, _ []float64, _ *int) {
			if len(product) > 0 {
				unsafe.Slice(&product[0], len(product)+1)[len(product)] = 0
			}
		}),
		"sums depend on the order of threads": fisher([]string{"determinism/bytes"}, func(product, _ []float64, _ *int) {
			for i := range product {
				calls++
				product[i] *= 1 + 1e-9*calls
			}
		}),
	}
}

func policyFaults() map[string]fault {
	gradient := func(found []string, change func([]float64)) fault {
		return fault{func(b nn.Backend) nn.Backend { return gradientFault{b, change} }, found}
	}
	surrogate := func(found []string, change func(gain, kl *float64)) fault {
		return fault{func(b nn.Backend) nn.Backend { return surrogateFault{b, change} }, found}
	}
	calls := 0.0
	return map[string]fault{
		"the gradient has the wrong sign": gradient([]string{"gradient/acted", "gradient/finite-differences", "gradient/ascends"},
			func(g []float64) {
				for i := range g {
					g[i] = -g[i]
				}
			}),
		"a gradient of NaN": gradient([]string{"gradient/acted", "gradient/moved", "gradient/finite-differences", "gradient/ascends"},
			func(g []float64) {
				if len(g) > 0 {
					g[0] = math.NaN()
				}
			}),
		"a gradient that is never the same": gradient([]string{"determinism/bytes"}, func(g []float64) {
			calls++
			for i := range g {
				g[i] *= 1 + 1e-6*calls
			}
		}),
		"a KL of NaN":                     surrogate([]string{"surrogate/moved", "surrogate/identical", "surrogate/log-std", "fisher/kl-differences"}, func(_, kl *float64) { *kl = math.NaN() }),
		"the KL is a twentieth too large": surrogate([]string{"surrogate/log-std"}, func(_, kl *float64) { *kl *= 1.05 }),
		"a gain of infinity":              surrogate([]string{"surrogate/moved", "surrogate/identical", "gradient/ascends"}, func(gain, _ *float64) { *gain = math.Inf(1) }),
	}
}

// seeing makes ensembles that see everything.
type seeing struct{ nn.Backend }

func (s seeing) NewEnsemble(shape nn.EnsembleShape, parameters []float32) (nn.Ensemble, error) {
	shape.Blind = nil
	return s.Backend.NewEnsemble(shape, parameters)
}

type fitFault struct {
	nn.Backend
	change func(*nn.FitOptions)
	report func(*nn.FitReport, *error)
}

func (f fitFault) Fit(model nn.Ensemble, data nn.Transitions, options nn.FitOptions) (nn.FitReport, error) {
	f.change(&options)
	report, err := f.Backend.Fit(model, data, options)
	f.report(&report, &err)
	return report, err
}

type valueFault struct {
	nn.Backend
	change func(*nn.ValueFitOptions)
	report func(*nn.ValueReport)
}

func (f valueFault) FitValue(value nn.Value, paths nn.Paths, options nn.ValueFitOptions) (nn.ValueReport, error) {
	f.change(&options)
	report, err := f.Backend.FitValue(value, paths, options)
	f.report(&report)
	return report, err
}

// endFault fits another termination than the data's.
type endFault struct {
	nn.Backend
	change func(ended []float32)
}

func (f endFault) Fit(m nn.Ensemble, data nn.Transitions, options nn.FitOptions) (nn.FitReport, error) {
	if data.Ended != nil {
		other := append([]float32(nil), nn.RowMajor(data.Ended)...)
		f.change(other)
		data.Ended = nn.Matrix(other, len(other))
	}
	return f.Backend.Fit(m, data, options)
}

func fitFaults() map[string]fault {
	options := func(found []string, change func(*nn.FitOptions)) fault {
		return fault{func(b nn.Backend) nn.Backend { return fitFault{b, change, func(*nn.FitReport, *error) {}} }, found}
	}
	report := func(found []string, change func(*nn.FitReport, *error)) fault {
		return fault{func(b nn.Backend) nn.Backend { return fitFault{b, func(*nn.FitOptions) {}, change} }, found}
	}
	values := func(found []string, change func(*nn.ValueFitOptions), report func(*nn.ValueReport)) fault {
		return fault{func(b nn.Backend) nn.Backend { return valueFault{b, change, report} }, found}
	}
	return map[string]fault{
		"Adam's ε is lost":        options([]string{"adam/formula", "fit/steps"}, func(o *nn.FitOptions) { o.Adam.Epsilon = 1e-12 }),
		"Adam's β2 is another":    options([]string{"adam/formula", "adam/second-moment", "fit/gradient"}, func(o *nn.FitOptions) { o.Adam.Beta2 = 0.99 }),
		"weight decay is ignored": options([]string{"fit/gradient-decay"}, func(o *nn.FitOptions) { o.Adam.Decay = 0 }),
		"the scaling is ignored":  options([]string{"fit/normalisers"}, func(o *nn.FitOptions) { o.Scaling = nn.StandardDeviation }),
		"NoShift is ignored":      options([]string{"fit/normalisers", "fit/gradient-no-shift"}, func(o *nn.FitOptions) { o.NoShift = false }),
		"RawLoss is ignored":      options([]string{"fit/gradient-raw-loss"}, func(o *nn.FitOptions) { o.RawLoss = false }),
		"one row ends the other way": {func(b nn.Backend) nn.Backend {
			return endFault{b, func(ended []float32) { ended[0] = 1 - ended[0] }}
		}, []string{"termination/gradient", "termination/normaliser"}},
		"no row is terminal": {func(b nn.Backend) nn.Backend {
			return endFault{b, func(ended []float32) { clear(ended) }}
		}, []string{"termination/gradient", "termination/normaliser", "termination/rollout"}},
		"another order of rows":       options([]string{"fit/steps", "fit/wide"}, func(o *nn.FitOptions) { o.Seed++ }),
		"the cap is ignored":          options([]string{"fit/floor-and-cap"}, func(o *nn.FitOptions) { o.MaxSteps = 0 }),
		"blindness is ignored":        {func(b nn.Backend) nn.Backend { return seeing{b} }, []string{"predict/blind"}},
		"annealing is ignored":        options([]string{"fit/anneal"}, func(o *nn.FitOptions) { o.Anneal = 0 }),
		"a loss is reported as NaN":   report([]string{"fit/gradient", "fit/steps"}, func(r *nn.FitReport, _ *error) { fill(r.Last, math.NaN()) }),
		"divergence is swallowed":     report([]string{"diverge/data", "diverge/steps", "diverge/parameters"}, func(_ *nn.FitReport, err *error) { *err = nil }),
		"the value's order differs":   values([]string{"value/steps"}, func(o *nn.ValueFitOptions) { o.Seed++ }, func(*nn.ValueReport) {}),
		"before and after are one":    values([]string{"value/gradient", "value/steps"}, func(*nn.ValueFitOptions) {}, func(r *nn.ValueReport) { r.Before = r.After }),
		"a fit is always judged":      values([]string{"value/unjudged"}, func(o *nn.ValueFitOptions) { o.Unjudged = false }, func(*nn.ValueReport) {}),
		"the value error is infinite": values([]string{"value/gradient"}, func(*nn.ValueFitOptions) {}, func(r *nn.ValueReport) { r.After = math.Inf(1) }),
	}
}

func fill(x []float64, with float64) {
	for i := range x {
		x[i] = with
	}
}

package nntest

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

func fisherCases() []Case {
	methods := []string{"FisherVector"}
	return []Case{
		{Name: "fisher/product", Methods: methods, Bound: 1e-5, Reason: policyReason, agree: fisherProducts,
			What: "the product with random vectors, every step and every third step of all paths"},
		{Name: "fisher/moved", Methods: methods, Bound: 1e-5, Reason: policyReason,
			What: "the matrix is that of the policy given, not of the one that acted",
			agree: func(d *driver) (r results) {
				s := newScene(d, 0.1)
				r.add("product", d.fisher(normals(source(91), len(s.theta), 1), s.paths, s.policy, 1))
				return r
			}},
		{Name: "fisher/explicit-matrix", Methods: methods, Bound: 1e-5, Reason: policyReason, holds: fisherMatrix,
			What: "on a 3-4-2 net every column of the matrix is that of Jᵀ Σ⁻¹ J and 2, with J by finite differences"},
		{Name: "fisher/kl-differences", Methods: []string{"FisherVector", "Surrogate"}, Bound: 2e-3, holds: fisherKL,
			What:   "vᵀFv is the second difference of the backend's own KL at the policy that acted",
			Reason: "the KL of 1e-3 is good to 1e-7 in float32; the quartic term is below 1e-3 of it"},
		{Name: "fisher/symmetric", Methods: methods, Bound: 1e-5, Reason: policyReason, holds: fisherSymmetric,
			What: "uᵀFv = vᵀFu, and vᵀFv is not negative"},
		{Name: "fisher/log-std", Methods: methods, Bound: 2e-7, holds: fisherLogStd,
			What:   "the block of log σ is exactly 2v, and nothing of it reaches the mean",
			Reason: "at most one rounding of v to float32 on its way to the device"},
		{Name: "fisher/conjugate-gradient", Methods: []string{"FisherVector", "PolicyGradient"}, Bound: 1e-4, holds: fisherSolve,
			What:   "conjugate gradients on the backend's product solve the damped system as elimination does on the explicit matrix",
			Reason: "the product's 1e-5 times the condition of the damped matrix, which is some tens on this net"},
	}
}

func fisherProducts(d *driver) (r results) {
	s := newScene(d, 0)
	for _, stride := range []int{1, 3} {
		for seed := range uint64(2) {
			r.add("product", d.fisher(normals(source(90+seed), len(s.theta), 1), s.paths, s.policy, stride))
		}
	}
	return r
}

// explicitFisher is the matrix [P][P], with the Jacobian of the mean by central differences.
func explicitFisher(c *check, s scene) [][]float64 {
	paths := own[*paths](c, c.oracle.upload(s.columns))
	acting := own[*policy](c, c.oracle.policy(s.policy.Shape(), s.theta))
	g := newGaussian(acting, widen(s.theta), paths.logStd)
	size := len(s.theta)
	matrix := make([][]float64, size)
	for i := range matrix {
		matrix[i] = make([]float64, size)
	}
	paths.everyStride(1, func(at *path, t int) {
		for k := range g.policy.shape.Action {
			mean := func(theta []float64) float64 { return newGaussian(acting, theta, paths.logStd).mean(at.obs[t])[k] }
			row := make([]float64, size)
			for i := range row {
				row[i] = difference(mean, g.theta, i)
			}
			weight := math.Exp(-2*g.logStd[k]) / float64(paths.steps())
			addOuter(matrix, row, weight)
		}
	})
	for i := g.policy.shape.LogStd(); i < size; i++ {
		matrix[i][i] += 2
	}
	return matrix
}

func addOuter(matrix [][]float64, row []float64, weight float64) {
	for i := range row {
		for j := range row {
			matrix[i][j] += weight * row[i] * row[j]
		}
	}
}

func fisherMatrix(c *check) {
	s := smallScene(c.driver, 0)
	matrix := explicitFisher(c, s)
	var got, want []float64
	for i := range matrix {
		unit := make([]float64, len(matrix))
		unit[i] = 1
		got = append(got, c.fisher(unit, s.paths, s.policy, 1)...)
		want = append(want, matrix[i]...) // symmetric
	}
	c.near("matrix", got, want)
}

func fisherKL(c *check) {
	s := smallScene(c.driver, 0)
	for seed := range uint64(3) {
		direction := normals(source(92+seed), len(s.theta), 1)
		above, below, twice := along(s.theta, direction, 0.01)
		want := dot(twice, c.fisher(twice, s.paths, s.policy, 1)) / 4
		c.need("SetParameters", s.policy.SetParameters(above))
		_, up := c.surrogate(s.paths, s.policy)
		c.need("SetParameters", s.policy.SetParameters(below))
		_, down := c.surrogate(s.paths, s.policy)
		c.near("second difference of the KL", []float64{up + down}, []float64{want})
		c.need("SetParameters", s.policy.SetParameters(s.theta))
	}
}

func fisherSymmetric(c *check) {
	s := newScene(c.driver, 0.05)
	for seed := range uint64(3) {
		u, v := normals(source(95+seed), len(s.theta), 1), normals(source(98+seed), len(s.theta), 1)
		fu, fv := c.fisher(u, s.paths, s.policy, 1), c.fisher(v, s.paths, s.policy, 1)
		// The product of two random vectors cancels: its error counts against the vectors' lengths.
		bound := c.tol
		bound.absolute = bound.relative * math.Sqrt(dot(u, u)*dot(fv, fv))
		near(c, "uᵀFv", []float64{dot(u, fv)}, []float64{dot(v, fu)}, bound)
		if square := dot(v, fv); !(square >= 0) {
			c.Errorf("vᵀFv = %g is negative", square)
		}
	}
}

func fisherLogStd(c *check) {
	s := newScene(c.driver, 0.05)
	first := s.policy.Shape().LogStd()
	v := normals(source(99), len(s.theta), 1)
	product := c.fisher(v, s.paths, s.policy, 2)
	var want []float64
	for _, x := range v[first:] {
		want = append(want, 2*x)
	}
	c.near("block of log σ", product[first:], want)
	clear(v[:first])
	product = c.fisher(v, s.paths, s.policy, 1)
	near(c, "mean's part of F·(0, v)", product[:first], make([]float64, first), exact("no path from log σ to the mean"))
}

func fisherSolve(c *check) {
	const damping = 0.1
	s := smallScene(c.driver, 0)
	gradient := c.gradient(s.paths, s.policy)
	matrix := explicitFisher(c, s)
	for i := range matrix {
		matrix[i][i] += damping
	}
	want := solve(matrix, gradient)
	got, _, err := conjugateGradient(gradient, nn.CGOptions{Iterations: 2 * len(gradient), Damping: damping,
		Tolerance: 1e-16 * dot(gradient, gradient)}, c.product(s.paths, s.policy, 1))
	c.need("conjugate gradient", err)
	c.near("solution", got, want)
}

// solve solves A·x = b by Gaussian elimination with pivoting, in copies.
func solve(matrix [][]float64, b []float64) []float64 {
	n := len(b)
	a := make([][]float64, n)
	for i := range a {
		a[i] = append(append([]float64(nil), matrix[i]...), b[i])
	}
	for k := range n {
		pivot := k
		for i := k + 1; i < n; i++ {
			if math.Abs(a[i][k]) > math.Abs(a[pivot][k]) {
				pivot = i
			}
		}
		a[k], a[pivot] = a[pivot], a[k]
		for i := range n {
			if i == k {
				continue
			}
			factor := a[i][k] / a[k][k]
			for j := k; j <= n; j++ {
				a[i][j] -= factor * a[k][j]
			}
		}
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = a[i][n] / a[i][i]
	}
	return x
}

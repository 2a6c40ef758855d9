package nn

// GEMM is a matrix product op(A) [M,K] · op(B) [K,N] that a step computes Count times. The cost of a
// step is the cost of its products; loops over elements are overhead.
type GEMM struct {
	TransA, TransB bool
	M, N, K        int
	Count          int
}

// GEMMs are the products of a step.
type GEMMs []GEMM

// FLOPs is Σ 2·M·N·K·Count: a multiplication and an addition count as two.
func (g GEMMs) FLOPs() float64 {
	sum := 0.0
	for _, p := range g {
		sum += 2 * float64(p.M) * float64(p.N) * float64(p.K) * float64(p.Count)
	}
	return sum
}

// Times is the step done n times.
func (g GEMMs) Times(n int) GEMMs {
	repeated := make(GEMMs, len(g))
	for i, p := range g {
		p.Count *= n
		repeated[i] = p
	}
	return repeated
}

// Forward is a pass over rows: one product per layer, 2·rows·In·Out FLOPs.
func (m MLP) Forward(rows int) GEMMs {
	var g GEMMs
	for _, layer := range m.Layers() {
		g = append(g, GEMM{M: rows, N: layer.Out, K: layer.In, Count: 1})
	}
	return g
}

// Backward is the gradient of a pass over rows with respect to the parameters. A layer costs as much as
// forward for its weights, and as much again for the layer below unless it is the first.
func (m MLP) Backward(rows int) GEMMs {
	var g GEMMs
	for i, layer := range m.Layers() {
		g = append(g, GEMM{TransA: true, M: layer.In, N: layer.Out, K: rows, Count: 1})
		if i > 0 {
			g = append(g, GEMM{TransB: true, M: rows, N: layer.In, K: layer.Out, Count: 1})
		}
	}
	return g
}

// Tangent is a forward-mode pass along a vector of parameters. A layer costs as much as forward for the
// vector's weights, and as much again for the tangent of the layer below unless it is the first.
func (m MLP) Tangent(rows int) GEMMs {
	g := m.Forward(rows)
	return append(g, m.Forward(rows)[1:]...)
}

// FitStep is one minibatch of all members: forward and backward.
func (s EnsembleShape) FitStep(batch int) GEMMs {
	return append(s.MLP().Forward(batch), s.MLP().Backward(batch)...).Times(s.Members)
}

// RolloutStep is one decision of the paths from all starts in all members: the policy and the model.
func (s EnsembleShape) RolloutStep(policy PolicyShape, starts int) GEMMs {
	return append(policy.MLP().Forward(starts), s.MLP().Forward(starts)...).Times(s.Members)
}

// GradientStep is the policy gradient over rows: forward and backward.
func (s PolicyShape) GradientStep(rows int) GEMMs {
	return append(s.MLP().Forward(rows), s.MLP().Backward(rows)...)
}

// FisherStep is one Fisher product over rows: forward, tangent and backward. A backend that keeps
// the activations of the forward pass computes less.
func (s PolicyShape) FisherStep(rows int) GEMMs {
	g := append(s.MLP().Forward(rows), s.MLP().Tangent(rows)...)
	return append(g, s.MLP().Backward(rows)...)
}

// ValueStep is one minibatch of the value fit: forward and backward.
func (s ValueShape) ValueStep(batch int) GEMMs {
	return append(s.MLP().Forward(batch), s.MLP().Backward(batch)...)
}

// Inward is the gradient of a pass over rows with respect to its input.
func (m MLP) Inward(rows int) GEMMs {
	var g GEMMs
	for _, layer := range m.Layers() {
		g = append(g, GEMM{TransB: true, M: rows, N: layer.In, K: layer.Out, Count: 1})
	}
	return g
}

// PathwiseStep is the gradient through one decision of rows paths in drawn members: the model forward and inward, the
// policy forward, backward and inward for its first layer.
func (s EnsembleShape) PathwiseStep(policy PolicyShape, rows int) GEMMs {
	each := (rows + s.Members - 1) / s.Members
	g := append(s.MLP().Forward(each), s.MLP().Inward(each)...).Times(s.Members)
	g = append(g, policy.GradientStep(rows)...)
	return append(g, policy.MLP().Inward(rows)[0])
}

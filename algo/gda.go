package algo

import "context"

// gradientDescentAscent is GDA: both players take a conservative step at once, each against the
// other as it was. Paper, equations 6 and 7.
type gradientDescentAscent struct{}

// Begin gathers the first data and the first model, which both players start from.
func (gradientDescentAscent) Begin(ctx context.Context, g *Game) error {
	return inOrder(ctx, g.collectInitial, g.fitModel)
}

// Iterate steps both players from (π_k, M_k): the policy does not see M_{k+1}, the model does not
// see the data of π_{k+1}, which is gathered last.
func (gradientDescentAscent) Iterate(ctx context.Context, g *Game) error {
	return inOrder(ctx,
		g.improvePolicy, // π_{k+1} = π_k + α ∇J(π_k, M_k), few steps
		g.fitModel,      // M_{k+1} = M_k − β ∇ℓ(M_k, µ of π_k), few epochs
		g.collect,       // data of π_{k+1} for the next iteration
	)
}

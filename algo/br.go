package algo

import "context"

// bestResponse is BR: both players answer at once with the best response to the other as it was.
// Paper, equations 8 and 9.
type bestResponse struct{}

// Begin gathers the first data and the first model, which both players start from.
func (bestResponse) Begin(ctx context.Context, g *Game) error {
	return inOrder(ctx, g.collectInitial, g.fitModel)
}

// Iterate lets both players respond to (π_k, M_k). The order is that of GDA; what differs is how far
// each player goes: many policy steps, many epochs on recent data.
func (bestResponse) Iterate(ctx context.Context, g *Game) error {
	return inOrder(ctx,
		g.improvePolicy, // π_{k+1} = argmax_π J(π, M_k), many steps
		g.fitModel,      // M_{k+1} = argmin_M ℓ(M, µ of π_k), many epochs
		g.collect,       // data of π_{k+1} for the next iteration
	)
}

package algo

import "context"

// modelAsLeader is MAL: the policy answers every model with the best policy for it (aggressive), the
// model moves a little, by a few epochs on all data so far (conservative). Paper, algorithm 4 and
// equations 18, 19.
type modelAsLeader struct{}

// Begin is lines 3 and 4: N_init samples by the initial policy, and the initial model.
func (modelAsLeader) Begin(ctx context.Context, g *Game) error {
	return inOrder(ctx, g.collectInitial, g.fitModel)
}

// Iterate is lines 6 to 8.
func (modelAsLeader) Iterate(ctx context.Context, g *Game) error {
	return inOrder(ctx,
		g.improvePolicy, // π_{k+1} = K ≫ 1 steps of model-based NPG in M_k
		g.collect,       // N samples by π_{k+1}; D = D ∪ D_{k+1}
		g.fitModel,      // M_{k+1}: a few epochs on D
	)
}

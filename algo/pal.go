package algo

import "context"

// policyAsLeader is PAL: the model answers every policy with the best model of its own recent data
// (aggressive), the policy moves a little (conservative). Paper, algorithm 3 and equations 15, 16.
type policyAsLeader struct{}

// Begin is line 3: N_init samples by the initial policy.
func (policyAsLeader) Begin(ctx context.Context, g *Game) error {
	return g.collectInitial(ctx)
}

// Iterate is lines 5 to 7.
func (policyAsLeader) Iterate(ctx context.Context, g *Game) error {
	return inOrder(ctx,
		g.fitModel,      // M_{k+1} = argmin_M ℓ(M, D), D small and recent
		g.improvePolicy, // π_{k+1} = K steps of model-based NPG from π_k in M_{k+1}
		g.collect,       // N samples by π_{k+1} into D, discarding old data
	)
}

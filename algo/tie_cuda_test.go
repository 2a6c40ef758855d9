//go:build cuda

package algo_test

import (
	"testing"

	"github.com/palmal-rl/palmal/algo"
)

// TestFirstIterationOfATiedPolicyIsThatOfTheCPU: gradients and Fisher products are projected on the host, whatever computed them.
func TestFirstIterationOfATiedPolicyIsThatOfTheCPU(t *testing.T) {
	npg, path := tiny(t, algo.PAL), brief(t, "pointmass")
	npg.Value.MinSteps, npg.Policy.Symmetry = 4, "mirror"
	path.Policy.Symmetry = "quarter of a turn"
	for task, c := range map[string]algo.Config{"cartpole": npg, "pointmass": path} {
		first := map[string]algo.Record{}
		for name, b := range backends(t) {
			first[name] = iterate(t, newGameIn(t, openWorld(t, task, c, 1), c, b), 1)[0]
		}
		alike(t, first, roundings)
	}
}

//go:build cuda

package algo_test

import (
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
)

// cautiousPlayers are configurations, short on the emulator, whose paths are cut and charged where members disagree.
func cautiousPlayers(t *testing.T) map[string]algo.Config {
	npg, differentiates := tinyOn(t, algo.PAL, "pointmass", 50), brief(t, "pointmass")
	npg.Value.MinSteps = 4
	byPath := differentiates
	byPath.Pathwise.Draw = "path"
	players := map[string]algo.Config{algo.PlayerNPG: npg, algo.PlayerPathwise: differentiates, "pathwise in a member for each path": byPath}
	for name, c := range players {
		c.NPG.Cut, c.NPG.CutQuantile, c.NPG.Disagreement, c.NPG.MinPathLength = 1, 0.9, 0.5, 0
		players[name] = c
	}
	return players
}

// alikeInCaution compares two records of the same seed. Paths have some hundred decisions, so that the bound of a share leaves none on
// the other side of the disagreement at which paths are cut.
func alikeInCaution(t *testing.T, records map[string]algo.Record, bound float64) {
	t.Helper()
	for name, r := range records {
		if r.Policy.Cut == nil || r.Policy.CutAt == nil || !(*r.Policy.Cut > 0 && *r.Policy.Cut < 1) {
			t.Fatalf("%s: cut at %v, share %v: want some", name, r.Policy.CutAt, r.Policy.Cut)
		}
	}
	got, want := records["cuda"].Policy, records["cpu"].Policy
	cuts := func(r algo.PolicyRecord) map[string]algo.Number {
		return map[string]algo.Number{"cut at": *r.CutAt, "cut": *r.Cut}
	}
	agree(t, records["cpu"].Iteration, cuts(got), cuts(want), bound)
	alike(t, records, bound)
}

// TestFirstIterationOfCautiousPlayersIsThatOfTheCPU: paths of both players that are cut and charged.
func TestFirstIterationOfCautiousPlayersIsThatOfTheCPU(t *testing.T) {
	for name, c := range cautiousPlayers(t) {
		t.Run(name, func(t *testing.T) {
			first := map[string]algo.Record{}
			for name, b := range backends(t) {
				first[name] = iterate(t, newGameIn(t, openWorld(t, "pointmass", c, 1), c, b), 1)[0]
			}
			alikeInCaution(t, first, roundings)
		})
	}
}

// TestCautiousGameContinuesOnTheOtherBackend: what either backend saves after two iterations, both continue alike.
func TestCautiousGameContinuesOnTheOtherBackend(t *testing.T) {
	c := cautiousPlayers(t)[algo.PlayerPathwise]
	checkGoesOn(t, func(b nn.Backend) *algo.Game { return newGameIn(t, openWorld(t, "pointmass", c, 1), c, b) }, alikeInCaution)
}

// TestCautiousGameOnTheDeviceIsRestored: the same seed gives the same bits, and so does a game that was restored.
func TestCautiousGameOnTheDeviceIsRestored(t *testing.T) {
	for _, player := range []string{algo.PlayerNPG, algo.PlayerPathwise} {
		t.Run(player, func(t *testing.T) {
			c, b := cautiousPlayers(t)[player], backends(t)["cuda"]
			whole, resumed := newGameIn(t, openWorld(t, "pointmass", c, 2), c, b), newGameIn(t, openWorld(t, "pointmass", c, 1), c, b)
			checkRestored(t, whole, resumed, 2)
		})
	}
}

package algo

import (
	"slices"
	"testing"
)

// Plans about a policy improve it by likelihood ratios; plans about nothing heed no key of policy steps.
func TestKeysOfOtherPlayersAreUnheeded(t *testing.T) {
	var c Config
	c.Value.Bootstrap, c.Value.Finite, c.NPG.MinPathLength, c.NPG.BufferStarts, c.NPG.Entropy = true, true, 5, 0.5, 0.1
	c.NPG.Cut, c.NPG.Disagreement, c.Policy.Symmetry, c.Policy.Average = 5, 0.1, "mirror", 0.9
	all := []string{"npg.entropy", "npg.cut", "npg.disagreement", "npg.buffer_starts", "npg.min_path_length", "policy.symmetry", "policy.average", "value.bootstrap", "value.finite"}
	paths := []string{"npg.buffer_starts", "npg.min_path_length", "value.bootstrap"}
	averaged := slices.DeleteFunc(slices.Clone(all), func(key string) bool { return key == "policy.average" })
	for _, one := range []struct {
		player, around string
		want           []string
	}{
		{PlayerNPG, "", nil},
		{PlayerPathwise, "", paths},
		{PlayerActorCritic, "", averaged},
		{PlayerPlan, aroundPolicy, nil},
		{PlayerPlan, aroundZero, all},
	} {
		c.Policy.Player, c.Plan.Around = one.player, one.around
		if got := c.Unheeded(); !slices.Equal(got, one.want) {
			t.Errorf("%s %s: %v, want %v", one.player, one.around, got, one.want)
		}
	}
}

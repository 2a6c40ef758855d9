package algo

import "slices"

// Unheeded lists the keys of policy steps that are set and of which the policy player takes no notice.
func (c Config) Unheeded() []string {
	player := c.Policy.Player
	if player == PlayerPlan && c.Plan.Around == aroundPolicy {
		player = PlayerNPG // improves the policy from which plans start
	}
	var keys []string
	for _, k := range []struct {
		key string
		set bool
		by  []string // players that take notice
	}{
		{"npg.momentum", c.NPG.Momentum != 0, []string{PlayerNPG, PlayerPathwise}},
		{"npg.entropy", c.NPG.Entropy != 0, []string{PlayerNPG, PlayerPathwise}},
		{"npg.cut", c.NPG.Cut != 0, []string{PlayerNPG, PlayerPathwise}},
		{"npg.disagreement", c.NPG.Disagreement != 0, []string{PlayerNPG, PlayerPathwise}},
		{"npg.pessimism", c.NPG.Pessimism != 0, []string{PlayerNPG}},
		{"npg.data_starts", c.NPG.DataStarts != 0, []string{PlayerNPG}},
		{"npg.buffer_starts", c.NPG.BufferStarts != 0, []string{PlayerNPG}},
		{"npg.min_path_length", c.NPG.MinPathLength != 0, []string{PlayerNPG}},
		{"policy.symmetry", c.Policy.Symmetry != "", []string{PlayerNPG, PlayerPathwise}},
		{"policy.average", c.Policy.Average != 0, []string{PlayerNPG, PlayerPathwise, PlayerActorCritic}},
		{"value.bootstrap", c.Value.Bootstrap, []string{PlayerNPG}},
		{"value.finite", c.Value.Finite, []string{PlayerNPG, PlayerPathwise}},
	} {
		if k.set && !slices.Contains(k.by, player) {
			keys = append(keys, k.key)
		}
	}
	return keys
}

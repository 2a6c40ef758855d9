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
		key   string
		value float64
		by    []string // players that take notice
	}{
		{"npg.momentum", c.NPG.Momentum, []string{PlayerNPG, PlayerPathwise}},
		{"npg.data_starts", c.NPG.DataStarts, []string{PlayerNPG}},
		{"npg.entropy", c.NPG.Entropy, []string{PlayerNPG, PlayerPathwise}},
		{"npg.pessimism", c.NPG.Pessimism, []string{PlayerNPG}},
	} {
		if k.value != 0 && !slices.Contains(k.by, player) {
			keys = append(keys, k.key)
		}
	}
	return keys
}

package nn_test

import (
	"math"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// TestFLOPs compares with counts made by hand for a Hopper of 14 observation entries.
func TestFLOPs(t *testing.T) {
	model := nn.EnsembleShape{Members: 4, Observation: 14, Action: 3, Hidden: []int{512, 512}}
	policy := nn.PolicyShape{Observation: 14, Action: 3, Hidden: []int{64, 64}}
	value := nn.ValueShape{Observation: 14, Hidden: []int{128, 128}}
	for _, c := range []struct {
		name string
		got  nn.GEMMs
		want float64
	}{
		// Forward 17·512 + 512·512 + 512·14 = 278,016 products a row, backward as many and
		// 512·512 + 14·512 again.
		{"fit step", model.FitStep(200), 2 * 800 * (2*278016 + 269312)},
		// The policy adds 14·64 + 64·64 + 64·3 = 5,184 to the forward pass.
		{"rollout step", model.RolloutStep(policy, 200), 2 * 800 * (278016 + 5184)},
		{"gradient", policy.GradientStep(1000), 2 * 1000 * (2*5184 + 4288)},
		{"fisher", policy.FisherStep(1000), 2 * 1000 * (3*5184 + 2*4288)},
		// The model forward and as many back to its input, and the policy's gradient back to its input, 14·64 more.
		{"pathwise step", model.PathwiseStep(policy, 1000), 2 * 1000 * (2*278016 + 2*5184 + 4288 + 896)},
		// 18·128 + 128·128 + 128 = 18,816.
		{"value step", value.ValueStep(256), 2 * 256 * (2*18816 + 16512)},
	} {
		if got := c.got.FLOPs(); !(math.Abs(got-c.want) <= 0) {
			t.Errorf("%s: %.0f FLOPs, want %.0f", c.name, got, c.want)
		}
	}
	if got := value.ValueStep(256).Times(3).FLOPs(); got != 3*value.ValueStep(256).FLOPs() {
		t.Errorf("three steps are %.0f FLOPs", got)
	}
}

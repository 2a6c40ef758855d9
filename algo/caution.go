package algo

import (
	"errors"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/palmal-rl/palmal/nn"
)

// caution guards model paths of policy steps against the model's errors, where its members show them by disagreeing.
type caution struct {
	at      float64 // disagreement at which paths are cut; 0: never
	cut, of int     // decisions cut off in this iteration, and decisions that paths could have had
}

// cautionStarts is the number of real states from each of which every member shows its disagreement.
const cautionStarts = 500

// checkCaution refuses a backend that does not measure disagreement, and a player that ignores it, where it is asked for.
func (c Config) checkCaution(backend nn.Backend) error {
	key := "npg.cut"
	switch {
	case c.NPG.Cut == 0 && c.NPG.Disagreement == 0:
		return nil
	case c.NPG.Cut == 0:
		key = "npg.disagreement"
	}
	if c.Policy.Player == PlayerActorCritic {
		return Problem{key, fmt.Sprintf("is for paths of policy steps, which %s does not make: want 0, or policy.player %s or %s", c.Policy.Player, PlayerNPG, PlayerPathwise)}
	}
	if d, ok := backend.(nn.Disagreeing); ok && d.Disagreement() == nil {
		return nil
	}
	return Problem{key, fmt.Sprintf("needs the disagreement of the members, which backend %s does not measure: choose another backend", backend.Name())}
}

// validateCaution lists what is wrong with the keys.
func (c Config) validateCaution(check *checker) {
	n := c.NPG
	check.notNegative(n.Cut, "npg.cut")
	check.within(0, n.CutQuantile, 1, "npg.cut_quantile")
	check.within(-mostReal, n.Disagreement, mostReal, "npg.disagreement")
	if c.Model.Members < 2 {
		check.must(n.Cut == 0, "npg.cut", "is %g: %d member disagrees with none", n.Cut, c.Model.Members)
		check.must(n.Disagreement == 0, "npg.disagreement", "is %g: %d member disagrees with none", n.Disagreement, c.Model.Members)
	}
}

// beware begins an iteration: it measures, on real states under the present policy and model, the disagreement from which paths are
// cut. Members agree better with every fit, so the measure is taken again for each.
func (m *modelPlayer) beware(policy nn.Policy, data *experience) (err error) {
	m.caution = caution{}
	c := m.config.NPG
	if c.Cut == 0 {
		return nil
	}
	starts := newChains(m.config, data, m.limit, cautionStarts, m.rollouts).starts()
	options := m.nextRollout(1, nn.DrawAll)
	options.Disagreement = true
	paths, err := m.backend.Rollout(policy, m.ensemble, m.config.modelled(m.task), starts, options)
	m.rollouts++
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, paths.Close()) }()
	columns, err := paths.Download()
	if err != nil {
		return err
	}
	var seen []float64
	for i, u := range nn.RowMajor(columns.Disagreement) {
		if columns.Lengths[i] > 0 {
			seen = append(seen, float64(u))
		}
	}
	if len(seen) > 0 {
		slices.Sort(seen)
		m.caution.at = c.Cut * stat.Quantile(c.CutQuantile, stat.Empirical, seen, nil)
	}
	return nil
}

// wary are the options of a rollout of a policy step.
func (m *modelPlayer) wary(options nn.RolloutOptions) nn.RolloutOptions {
	options.Cut, options.Disagreement = m.caution.at, m.config.NPG.Disagreement != 0
	return options
}

// charged are the options of a score of a policy step. A decision pays for all of its environment steps; the scale of a learned reward,
// which is that of a decision, does not count them.
func (m *modelPlayer) charged(score nn.ScoreOptions) nn.ScoreOptions {
	if score.Disagreement = m.config.NPG.Disagreement; score.Learned {
		score.Disagreement *= float64(m.config.Repeat)
	}
	return score
}

// countCut counts the decisions that were cut off from paths of a rollout, before they are scored.
func (m *modelPlayer) countCut(paths nn.Paths, options nn.RolloutOptions) error {
	if options.Cut == 0 {
		return nil
	}
	columns, err := paths.Download()
	if err != nil {
		return err
	}
	for i, length := range columns.Lengths {
		if columns.Terminated[i] {
			m.caution.of += length
			continue
		}
		most := min(options.Horizon, max(0, options.TimeLimit-int(columns.Times[i])))
		m.caution.of += most
		m.caution.cut += most - length
	}
	return nil
}

// record tells the disagreement at which paths were cut, and the share of decisions that were; nothing where none could be.
func (c caution) record(r *PolicyRecord) {
	if c.of > 0 {
		at, share := Number(c.at), Number(float64(c.cut)/float64(c.of))
		r.CutAt, r.Cut = &at, &share
	}
}

package algo

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/palmal-rl/palmal/nn"
)

// steered is a policy player whose policy the ensemble can foresee, and whose step can be shortened.
type steered interface {
	policyPlayer
	// parameters copies those that a step changes.
	parameters() []float32
	// departed are those that the latest improvement began with, under the normaliser that it gave the policy.
	departed() []float32
	// moveTo sets them.
	moveTo(parameters []float32) error
	// rollOut plays the present policy in every member from starts.
	rollOut(m *modelPlayer, starts nn.Starts) (nn.Paths, nn.ScoreReport, error)
}

// parameters are those of the policy, then those of the averaged policy, which follows it.
func (p *naturalGradient) parameters() []float32 { return slices.Concat(p.theta, p.average) }

func (p *naturalGradient) departed() []float32 { return p.from }

// depart remembers where an improvement begins. Whatever scales observations again comes before.
func (p *naturalGradient) depart() { p.from = p.parameters() }

func (p *naturalGradient) moveTo(parameters []float32) error {
	copy(p.theta, parameters)
	copy(p.average, parameters[len(p.theta):])
	return p.policy.SetParameters(p.theta)
}

func (p *naturalGradient) rollOut(m *modelPlayer, starts nn.Starts) (nn.Paths, nn.ScoreReport, error) {
	return m.rollOut(p.policy, starts, 0)
}

// promised reports whether promises are made: the task names limits and the configuration foresees them.
func (g *Game) promised() bool { return g.limits != nil && g.config.Promise.Starts > 0 }

// checkPromise refuses promises that cannot be made, and prices that cannot be charged.
func (c Config) checkPromise(l *limits) error {
	if l == nil || c.Promise.Starts == 0 {
		return nil
	}
	if c.Policy.Player == PlayerPlan {
		return Problem{"policy.player", fmt.Sprintf("is %s, which searches for its actions at every decision, so that no model path shows what it will "+
			"do, but the task names limits: want %s, %s or %s, or promise.starts=0 to learn without promises", PlayerPlan, PlayerNPG, PlayerPathwise, PlayerActorCritic)}
	}
	if least := chance(0, c.Promise.Starts); least > l.risk {
		return Problem{"promise.starts", fmt.Sprintf("is %d, but the task accepts a risk of %g: needs at least %.0f paths to see so little",
			c.Promise.Starts, l.risk, math.Ceil(0.5/l.risk-1))}
	}
	return c.checkPrice()
}

// movePolicy lets the policy player move. Where the task names limits, the ensemble foresees the new policy before
// it acts, and the step is shortened, by halves down to a floor, while it raises the largest of the members' probabilities of
// breaking a limit, corrected by how past promises were kept, above both the accepted risk and, by more than chance explains,
// what the present policy is foreseen to do. A step away from a policy that itself breaks limits too often is not held back.
func (g *Game) movePolicy(ctx context.Context, t turn) error {
	if !g.promised() {
		return g.policy.improve(ctx, t)
	}
	if err := g.policy.improve(ctx, t); err != nil {
		return err
	}
	return g.stage(StagePromise, func() error { return g.shorten(ctx, g.policy.(steered)) }) // see checkPromise
}

// shorten finds the longest part of the improvement that the task accepts, and takes it.
func (g *Game) shorten(ctx context.Context, player steered) error {
	from, to, accepted := player.departed(), player.parameters(), g.limits.risk
	for share := 1.0; ; share /= 2 {
		if err := errors.Join(ctx.Err(), player.moveTo(between(from, to, share))); err != nil {
			return err
		}
		seen, err := g.foresee(player)
		if err != nil {
			return err
		}
		risk := g.risk(seen)
		if risk > accepted && share == 1 && g.config.Promise.Floor < 1 {
			before, err := g.riskAt(player, from, to)
			if err != nil {
				return err
			}
			accepted = max(accepted, before+g.doubt(before))
		}
		if risk <= accepted || share/2 < g.config.Promise.Floor {
			g.model.rollouts++ // all tries drew the same numbers
			g.recordPromise(seen, share)
			return nil
		}
	}
}

// doubt is the standard deviation of a risk that is counted on model paths: less is no difference between two policies.
func (g *Game) doubt(risk float64) float64 {
	p := min(1, risk)
	return math.Sqrt(p * (1 - p) / float64(g.config.Promise.Starts))
}

// riskAt is the risk of the policy at; the policy to stays the present one.
func (g *Game) riskAt(player steered, at, to []float32) (float64, error) {
	if err := player.moveTo(at); err != nil {
		return 0, err
	}
	seen, err := g.foresee(player)
	return g.risk(seen), errors.Join(err, player.moveTo(to))
}

// between is the policy at a share of the step from one to another; all of it is to, to the last bit.
func between(from, to []float32, share float64) []float32 {
	if share == 1 {
		return to
	}
	at := make([]float32, len(from))
	for i := range at {
		at[i] = float32(float64(from[i]) + share*(float64(to[i])-float64(from[i])))
	}
	return at
}

// risk is the largest probability of breaking a limit that a member foresees, plus the limit's calibration; it may
// exceed 1, so that two policies can be compared.
func (g *Game) risk(f foresight) float64 {
	most := 0.0
	for i := range g.limits.names {
		most = max(most, f.worst(i)+g.ledger.calibration(i))
	}
	return most
}

// foresee rolls the present policy out in every member and judges the paths. It draws the same numbers until
// the count of rollouts is raised.
func (g *Game) foresee(player steered) (_ foresight, err error) {
	n := g.config.Promise.Starts
	starts := g.data.initial.draw(n, nn.Key{Seed: g.config.Seed, Stream: nn.StreamStarts}, g.model.rollouts)
	paths, report, err := player.rollOut(&g.model, starts)
	if err != nil {
		return foresight{}, err
	}
	g.model.rollouts-- // see shorten
	defer func() { err = errors.Join(err, paths.Close()) }()
	f, err := g.limits.foresee(paths, report, g.config.Model.Members)
	if err != nil {
		return foresight{}, err
	}
	for first := 0; first < len(report.Returns); first += n {
		f.returns = append(f.returns, mean(report.Returns[first:first+n]))
	}
	return f, nil
}

// recordPromise records what is promised of the policy that acts next.
func (g *Game) recordPromise(f foresight, share float64) {
	p := promise{paths: f.paths[0], got: make([]int, len(g.limits.names))}
	r := &PromiseRecord{Step: Number(share), Risk: Number(min(1, g.risk(f))), Return: Number(mean(f.returns)), WorstReturn: Number(slices.Min(f.returns)),
		Got: Number(math.NaN()), Limits: map[string]LimitRecord{}}
	for i, name := range g.limits.names {
		most := 0
		for _, counts := range f.broken {
			most = max(most, counts[i])
		}
		p.worst = append(p.worst, most)
		r.Limits[name] = LimitRecord{Mean: Number(f.mean(i)), Worst: Number(f.worst(i)),
			Calibration: Number(g.ledger.calibration(i)), Price: g.price.charged(i), Got: Number(math.NaN())}
	}
	g.record.Promise, g.promise = r, &p
	if g.config.Diagnostics > 0 {
		g.record.Model.Predicted = r.Return // the player predicted its whole step's
	}
}

// judgeEpisode counts the limits that an episode of the world breaks, and holds its first horizon decisions to the
// promise of its policy, if there is one.
func (g *Game) judgeEpisode(e Episode, horizon int) {
	if g.limits == nil {
		return
	}
	decisions := len(e.Observations)/len(g.limits.obs) - 1
	foreseen := g.limits.breaks(e.Observations, e.Actions, 0, min(horizon, decisions))
	beyond := g.limits.breaks(e.Observations, e.Actions, min(horizon, decisions), decisions)
	for i := range foreseen {
		if g.promise != nil && foreseen[i] > 0 {
			g.promise.got[i]++
		}
		if foreseen[i]+beyond[i] > 0 {
			g.ledger.broken[i]++
		}
	}
	if g.promise != nil {
		g.promise.episodes++
	}
}

// settlePromise enters a promise in the ledger once its policy has acted.
func (g *Game) settlePromise() {
	if g.promise == nil {
		return
	}
	p, r := *g.promise, g.record.Promise
	g.promise = nil
	g.ledger.promise(p)
	r.Got, r.Episodes = g.record.Model.Realised, p.episodes
	for i, name := range g.limits.names {
		l := r.Limits[name]
		l.Got = Number(float64(p.got[i]) / float64(p.episodes))
		r.Limits[name] = l
	}
}

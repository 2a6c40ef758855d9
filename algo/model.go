package algo

import (
	"cmp"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/palmal-rl/palmal/nn"
)

// modelPlayer is the model's side of the game: an ensemble that is fitted to the data, and in which
// policies are rolled out.
type modelPlayer struct {
	config  Config
	backend nn.Backend
	task    nn.Task // the task that training plays, see Config.trained
	limit   int     // decisions of an episode

	ensemble nn.Ensemble
	residual residual
	rollouts uint64 // model rollouts so far, which number their noise
	fitted   bool   // the ensemble has been fitted at least once
	caution  caution
	price    *price // what paths of policy steps pay for broken limits; nil for nothing
	meter    *meter // progress of the current iteration; nil for none
}

// open makes the ensemble at its initial parameters.
func (m *modelPlayer) open(shape nn.EnsembleShape) (err error) {
	if m.ensemble, err = m.backend.NewEnsemble(shape, shape.Init(m.config.Seed)); err != nil {
		return fmt.Errorf("model: %w", err)
	}
	return nil
}

// Close frees the ensemble.
func (m *modelPlayer) Close() error {
	if m.ensemble == nil {
		return nil
	}
	return m.ensemble.Close()
}

// networks are the model player's groups of a snapshot.
func (m *modelPlayer) networks() map[string]nn.Network {
	return map[string]nn.Network{GroupModel: m.ensemble}
}

// fit is the move of the model player: it fits the ensemble to the replay buffer, and to recorded data that have
// joined. First it measures the error of the model on the data collected since its last fit.
func (m *modelPlayer) fit(x *experience, r *ModelRecord) error {
	replay := &x.replay
	if err := m.measureGeneralisation(replay, r); err != nil {
		return err
	}
	if err := m.admit(x, r); err != nil {
		return err
	}
	if err := cmp.Or(replay.mirrors.check(), x.recorded.mirrors.check()); err != nil {
		return err
	}
	data := x.fitted(m.config.learned())
	options := m.config.fitOptions(!m.fitted)
	if options.Care != (nn.Care{}) { // else nobody asks, and a backend without care need not know
		options.Care.Images = replay.mirrors.count()
	}
	begun := 0
	m.meter.advance(func(p *Progress) { begun, p.FitEnd = p.Fit, p.Fit+options.Steps(data.Rows()) })
	if m.meter.watched() {
		options.OnStep = func(done int) { m.meter.advance(func(p *Progress) { p.Fit = max(p.Fit, begun+done) }) }
	}
	report, err := m.backend.Fit(m.ensemble, data, options)
	if err != nil {
		return err
	}
	m.meter.advance(func(p *Progress) { p.Fit = p.FitEnd })
	m.fitted = true
	replay.fresh = 0
	r.Rows, r.Steps = data.Rows(), report.Steps
	r.LossFirst, r.LossLast = Number(mean(report.First)), Number(mean(report.Last))
	r.recordHeld(report)
	return nil
}

// measureGeneralisation records ℓ(M_k, µ) on data that M_k has not seen; NaN before the first fit. Where
// model paths have noise, it also updates the size of the noise from these data.
func (m *modelPlayer) measureGeneralisation(replay *replay, r *ModelRecord) error {
	r.LossFresh = Number(math.NaN())
	if !m.fitted || replay.fresh == 0 {
		return nil
	}
	fresh := replay.freshTransitions(m.config.learned())
	losses, err := m.backend.ModelLoss(m.ensemble, fresh)
	if err != nil {
		return err
	}
	if m.config.Model.Kind == kindGaussian {
		if err := m.measureCalibration(fresh, r); err != nil {
			return err
		}
	} else if m.config.Model.Noise > 0 {
		if err := m.measureResidual(fresh); err != nil {
			return err
		}
	}
	r.LossFresh = Number(mean(losses))
	return nil
}

// fitOptions translates the model player's options for the backend.
func (c Config) fitOptions(first bool) nn.FitOptions {
	m := c.Model
	if first {
		m.Epochs, m.MinSteps, m.MaxSteps = min(m.FirstFit*m.Epochs, mostCount), m.FirstFit*m.MinSteps, m.FirstFit*m.MaxSteps
	}
	options := nn.FitOptions{
		Epochs: m.Epochs, Batch: m.Batch, MinSteps: m.MinSteps, MaxSteps: m.MaxSteps,
		Adam: nn.DefaultAdam(), NoShift: !m.Shift, RawLoss: m.Loss == lossRaw, Seed: c.Seed,
	}
	options.Adam.Rate, options.Adam.Decay, options.Anneal = m.LearningRate, m.WeightDecay, m.Anneal
	options.Warmup, options.Rest, options.Care = m.WarmUp, m.AnnealFloor, m.care()
	if m.Scaling == scalingMAD {
		options.Scaling = nn.MeanAbsoluteDeviation
	}
	return options
}

// rollOut rolls a policy out in every member from starts, as long as an episode of training at most, and scores the
// paths; those shorter than least are dropped. The paths hold rewards in the value network's scale, the report in the task's.
func (m *modelPlayer) rollOut(policy nn.Policy, starts nn.Starts, least int) (nn.Paths, nn.ScoreReport, error) {
	c := m.config
	return m.play(policy, starts, m.task, m.nextRollout(min(c.NPG.Horizon, c.trainingDecisions(m.limit)), nn.DrawAll), m.scoring(least))
}

// checkPaths refuses to drop every path: none is longer than an episode.
func (c Config) checkPaths(world World) error {
	practises := c.Policy.Player == PlayerNPG || c.Policy.Player == PlayerPlan && c.Plan.Around == aroundPolicy
	if most := world.Horizon(); practises && c.NPG.MinPathLength > most {
		return Problem{"npg.min_path_length", fmt.Sprintf("is %d, but an episode has %d decisions, and no model path has more", c.NPG.MinPathLength, most)}
	}
	return nil
}

// practise is rollOut for a step of the policy, in the members that count. The rewards of the paths hold the price of broken
// limits, the report does not.
func (m *modelPlayer) practise(policy nn.Policy, starts nn.Starts) (nn.Paths, nn.ScoreReport, error) {
	c := m.config.NPG
	score := m.scoring(c.MinPathLength)
	score.Pessimism, score.Members = c.Pessimism, m.config.Model.Members
	paths, report, err := m.play(policy, starts, m.price.priced(m.task), m.wary(m.nextRollout(c.Horizon, nn.DrawAll)), m.charged(score))
	if err == nil && m.price != nil {
		if err = m.price.learn(paths, report, m.config.Model.Members); err != nil {
			err = errors.Join(err, paths.Close())
		}
	}
	return paths, report, err
}

// nextRollout are the options of the next rollout.
func (m *modelPlayer) nextRollout(horizon int, draw nn.Draw) nn.RolloutOptions {
	c := m.config.NPG
	_, _, ends := nn.Batches(m.task) // else asked for step by step; the score cuts the paths
	options := nn.RolloutOptions{
		Horizon: min(horizon, m.limit), TimeLimit: m.limit, Clamp: c.Clamp, ClampSpread: c.ClampSpread,
		Terminate: !ends, Seed: m.config.Seed, Index: m.rollouts, Noise: m.residual.noise(m.config.Model.Noise), Draw: draw,
	}
	options.Low, options.High = m.config.Ranges(m.task)
	if m.config.Model.Kind == kindGaussian {
		options.OwnNoise = m.config.Model.Noise
	}
	return options
}

// scoring are the options of scores in the value network's scale.
func (m *modelPlayer) scoring(least int) nn.ScoreOptions {
	scale := float64(m.config.Repeat) * m.config.Value.RewardScale
	if m.config.Model.LearnReward {
		scale = m.config.Value.RewardScale // the model learns the reward of a whole decision, not of an environment step
	}
	return nn.ScoreOptions{RewardScale: scale, MinLength: least, Learned: m.config.Model.LearnReward}
}

// play is rollOut by the given options, with the rewards of task.
func (m *modelPlayer) play(policy nn.Policy, starts nn.Starts, task nn.Task, options nn.RolloutOptions, score nn.ScoreOptions) (nn.Paths, nn.ScoreReport, error) {
	paths, err := m.backend.Rollout(policy, m.ensemble, m.config.modelled(m.task), starts, options)
	m.rollouts++
	if err != nil {
		return nil, nn.ScoreReport{}, err
	}
	var report nn.ScoreReport
	if err = m.countCut(paths, options); err == nil {
		report, err = m.backend.Score(paths, task, score)
	}
	if err == nil && report.Steps == 0 {
		err = fmt.Errorf("all %d model paths are shorter than min_path_length %d", len(report.Lengths), score.MinLength)
		if options.Cut > 0 {
			err = fmt.Errorf("%w, or were cut before their first decision: members disagree by more than %g: raise npg.cut", err, options.Cut)
		}
	}
	if err != nil {
		return nil, report, errors.Join(err, paths.Close())
	}
	floats.Scale(1/m.config.Value.RewardScale, report.Returns)
	floats.Scale(1/m.config.Value.RewardScale, report.TermMeans)
	return paths, report, nil
}

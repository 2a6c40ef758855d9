package algo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/palmal-rl/palmal/nn"
)

// ErrWorld marks a failure of the world: an unstable simulation, for instance.
var ErrWorld = errors.New("the world failed")

// Game is one run: two players, their data and the order in which they move.
type Game struct {
	config  Config
	world   World
	task    nn.Task
	options Options
	order   order

	model  modelPlayer
	policy policyPlayer
	data   experience

	iteration int
	samples   int    // environment steps so far
	trained   int    // environment steps that produced the present policy
	episodes  uint64 // whole episodes so far; also the number of the next
	adopted   bool   // the networks began as those of another game
	reached   int    // successive evaluations so far that reached Evaluation.StopAt
	changes   int    // changes of the world so far
	dropped   int    // episodes so far that broke down

	limits  *limits  // limits of the task; nil where it names none
	ledger  ledger   // how promises about them were kept
	price   *price   // what breaking them costs in model paths; nil for none
	promise *promise // that of the policy that acts next; nil for none

	perturbation *Perturbation // change of the world since the last iteration; nil for none
	record       *Record       // the iteration under way
	meter        *meter
}

// Options are what a run needs in addition to its configuration.
type Options struct {
	// OnStage is called with the stage that begins, for a live status; nil for none.
	OnStage func(Stage)
	// Around is called with the stage that begins; nil for none. What it returns is called when the stage
	// has ended, well or not.
	Around func(Stage) (end func())
	// OnProgress is called with the progress of an iteration, often and from any goroutine; nil for none.
	OnProgress func(Progress)
	// Data are episodes of the task that were recorded elsewhere; nil for none. Their Rewards may be nil where
	// the task computes the reward.
	Data []Episode
}

// New sets a game up: networks at their initial parameters, no data.
func New(config Config, backend nn.Backend, world World, task nn.Task, options Options) (*Game, error) {
	if problems := config.Validate(); len(problems) > 0 {
		return nil, problems[0]
	}
	if err := nn.CheckTask(task); err != nil {
		return nil, err
	}
	if err := config.Fits(backend, world, task, len(options.Data)); err != nil {
		return nil, err
	}
	order, err := orderOf(config.Algorithm)
	if err != nil {
		return nil, err
	}
	meter := &meter{report: options.OnProgress}
	g := &Game{config: config, world: world, task: task, options: options, order: order, meter: meter,
		model: modelPlayer{config: config, backend: backend, task: config.trained(task), limit: world.Horizon(), meter: meter}}
	if g.limits = newLimits(task); g.limits != nil {
		g.ledger = newLedger(len(g.limits.names))
		g.price = newPrice(config, g.limits, &g.ledger)
		g.model.price = g.price
	}
	shapes := ShapesOf(config, task)
	if g.data, err = config.experience(task, options.Data); err != nil {
		return nil, err
	}
	g.data.recorded.limit = world.Horizon()
	if config.offline() && len(options.Data) == 0 {
		return nil, errNoData
	}
	if err := g.model.open(shapes.Model); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	if g.policy, err = newPolicyPlayer(config, backend, &g.model); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

// Fits refuses a configuration that does not suit a backend, a world, a task, or how much was recorded.
func (c Config) Fits(backend nn.Backend, world World, task nn.Task, recorded int) error {
	if world.ActionRepeat() != c.Repeat {
		return fmt.Errorf("the world repeats actions %d times, the configuration %d", world.ActionRepeat(), c.Repeat)
	}
	return cmp.Or(c.checkLearned(task), c.checkRelabelling(task), c.checkPlan(), c.checkPromise(newLimits(task)), c.checkHanded(world),
		c.checkTraining(task, world), c.checkPaths(world), c.checkClone(recorded), c.checkMembers(backend), c.checkPrecision(backend), c.checkCaution(backend))
}

// Shapes are the shapes of a run's networks.
type Shapes struct {
	Model  nn.EnsembleShape
	Policy nn.PolicyShape
	Value  nn.ValueShape
}

// ShapesOf gives the shapes that a configuration makes for a task.
func ShapesOf(c Config, task nn.Task) Shapes {
	kinds := c.modelled(task).ObservationKinds()
	low, _ := task.ActionBox()
	return Shapes{
		Model: nn.EnsembleShape{Members: c.Model.Members, Observation: len(kinds), Action: len(low),
			Hidden: c.Model.Hidden, Reward: c.Model.LearnReward, Termination: c.Model.LearnEnd, Kinds: kinds, Blind: c.hidden(task), Gaussian: c.Model.gaussian(), Precision: c.Model.precision()},
		Policy: nn.PolicyShape{Observation: len(kinds), Action: len(low), Hidden: c.Policy.Hidden},
		Value:  nn.ValueShape{Observation: len(kinds), Hidden: c.Value.Hidden, Clip: c.Value.Clip, TimeScale: c.Value.TimeScale},
	}
}

// Iterate runs one iteration; the first one also collects the initial data. After an error the game
// must be closed; a new game can continue from the last snapshot.
func (g *Game) Iterate(ctx context.Context) (Record, error) {
	start := time.Now()
	g.record = newRecord(g.iteration + 1)
	g.meter.advance(func(p *Progress) { *p = Progress{PolicySteps: g.config.policySteps(g.iteration == 0)} })
	begun, dropped := g.samples, g.world.Dropped()
	if g.iteration == 0 {
		if err := g.play(ctx, g.order.begin); err != nil {
			return Record{}, fmt.Errorf("initial data: %w", err)
		}
	}
	if err := g.recordChange(ctx); err != nil {
		return Record{}, fmt.Errorf("iteration %d: changed world: %w", g.iteration+1, err)
	}
	g.trained = g.samples // every order of play moves the policy before it collects
	if err := g.play(ctx, g.order.loop); err != nil {
		return Record{}, fmt.Errorf("iteration %d: %w", g.iteration+1, err)
	}
	g.iteration++
	if err := g.judge(ctx); err != nil {
		return Record{}, fmt.Errorf("iteration %d: evaluation: %w", g.iteration, err)
	}
	g.dropped += int(g.world.Dropped() - dropped)
	g.finishRecord(begun)
	g.record.Timing.Iteration = time.Since(start).Seconds()
	return *g.record, nil
}

// Done reports whether the run has used its samples or reached the return at which it stops.
func (g *Game) Done() bool {
	if g.config.offline() {
		return g.iteration >= g.config.OfflineIterations || g.reached >= successive
	}
	return g.samples >= g.config.Samples || g.reached >= successive
}

// StoppedEarly reports whether evaluations reached the return at which the run stops.
func (g *Game) StoppedEarly() bool { return g.reached >= successive }

// ForgetReached discards the count of evaluations that reached the old return at which the run was to stop.
func (g *Game) ForgetReached() { g.reached = 0 }

// successive is the number of evaluations in a row that must reach a return before the run stops: one may be luck.
const successive = 2

// Iteration is the number of iterations completed.
func (g *Game) Iteration() int { return g.iteration }

// Samples is the number of environment steps taken.
func (g *Game) Samples() int { return g.samples }

// Close frees both players.
func (g *Game) Close() error {
	err := g.model.Close()
	if g.policy != nil {
		err = errors.Join(err, g.policy.Close())
	}
	return err
}

// fitModel is the model player's move.
func (g *Game) fitModel(context.Context) error {
	return g.stage(StageFit, func() error { return g.model.fit(&g.data, &g.record.Model) })
}

// improvePolicy is the policy player's move.
func (g *Game) improvePolicy(ctx context.Context) error {
	return g.movePolicy(ctx, turn{model: &g.model, data: &g.data, record: g.record, stage: g.stage, meter: g.meter, samples: g.samples,
		gamma: g.config.NPG.discount(g.samples)})
}

// stage runs one part of an iteration and records its time. Errors pass unwrapped: backends and worlds
// name what they were doing.
func (g *Game) stage(name Stage, work func() error) error {
	if g.options.OnStage != nil {
		g.options.OnStage(name)
	}
	if g.options.Around != nil {
		defer g.options.Around(name)()
	}
	start := time.Now()
	err := work()
	g.record.Timing.Stages[string(name)] += time.Since(start).Seconds()
	return err
}

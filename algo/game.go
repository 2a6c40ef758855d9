package algo

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/palmal-rl/palmal/nn"
)

// ErrWorld marks a failure of the world: an unstable simulation, for instance.
var ErrWorld = errors.New("the world failed")

// Game is one run: two players, their data and the order in which they move.
type Game struct {
	config  Config
	backend nn.Backend
	world   World
	task    nn.Task
	options Options
	rule    rule

	model  nn.Ensemble
	policy nn.Policy
	value  nn.Value

	// theta is the policy's parameters [P] on the host; shift and scale [O] its normaliser.
	theta        []float32
	shift, scale []float32

	replay   replay
	initial  initialStates
	surprise surprise

	iteration int
	samples   int    // environment steps so far
	episodes  uint64 // whole episodes so far; also the number of the next
	rollouts  uint64 // model rollouts so far, which number their noise
	fitted    bool   // the model has been fitted at least once
	reached   int    // successive evaluations so far that reached Evaluation.StopAt
	changes   int    // of the world so far
	dropped   int    // episodes so far that broke down

	perturbation *Perturbation // of the world since the last iteration; nil for none

	record *Record // of the iteration under way

	progressing sync.Mutex // guards progress: a fit has many workers
	progress    Progress
	sums        policySums
}

// Options are what a run needs besides its configuration.
type Options struct {
	// OnStage is told what begins, for a live status; nil for none.
	OnStage func(Stage)
	// OnProgress is told how far an iteration is, from any goroutine and often; nil for none.
	OnProgress func(Progress)
}

// rule is one way to play the game.
type rule interface {
	// Begin does what the algorithm box asks for before its loop.
	Begin(ctx context.Context, g *Game) error
	// Iterate is the body of the loop.
	Iterate(ctx context.Context, g *Game) error
}

// ruleOf finds the rule of an algorithm.
func ruleOf(a Algorithm) (rule, error) {
	switch a {
	case PAL:
		return policyAsLeader{}, nil
	case MAL:
		return modelAsLeader{}, nil
	case GDA:
		return gradientDescentAscent{}, nil
	case BR:
		return bestResponse{}, nil
	}
	return nil, fmt.Errorf("algorithm %q: want one of %v", a, Algorithms())
}

// New sets a game up: networks at their initial parameters, no data.
func New(config Config, backend nn.Backend, world World, task nn.Task, options Options) (*Game, error) {
	if problems := config.Validate(); len(problems) > 0 {
		return nil, problems[0]
	}
	if err := nn.CheckTask(task); err != nil {
		return nil, err
	}
	if world.ActionRepeat() != config.Repeat {
		return nil, fmt.Errorf("the world repeats actions %d times, the configuration %d", world.ActionRepeat(), config.Repeat)
	}
	if err := config.checkPractice(task); err != nil {
		return nil, err
	}
	play, err := ruleOf(config.Algorithm)
	if err != nil {
		return nil, err
	}
	g := &Game{config: config, backend: backend, world: world, task: task, options: options, rule: play}
	if err := g.makeNetworks(); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

func (g *Game) makeNetworks() error {
	c := g.config
	shapes := ShapesOf(c, g.task)
	var err error
	if g.model, err = g.backend.NewEnsemble(shapes.Model, shapes.Model.Init(c.Seed)); err != nil {
		return fmt.Errorf("model: %w", err)
	}
	g.theta = shapes.Policy.Init(c.Seed, c.Policy.InitialLogStd, c.Policy.OutputScale)
	if g.policy, err = g.backend.NewPolicy(shapes.Policy, g.theta); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	if c.Value.Finite {
		shapes.Value.Limit = g.world.Horizon()
	}
	if g.value, err = g.backend.NewValue(shapes.Value, shapes.Value.Init(c.Seed)); err != nil {
		return fmt.Errorf("value network: %w", err)
	}
	g.shift = make([]float32, shapes.Policy.Observation)
	g.scale = make([]float32, shapes.Policy.Observation)
	for i := range g.scale {
		g.scale[i] = 1
	}
	g.replay = newReplay(shapes.Policy.Observation, shapes.Policy.Action, c.Buffer)
	g.initial = initialStates{width: shapes.Policy.Observation}
	return nil
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
			Hidden: c.Model.Hidden, Reward: c.Model.LearnReward, Kinds: kinds, Blind: c.hidden(task)},
		Policy: nn.PolicyShape{Observation: len(kinds), Action: len(low), Hidden: c.Policy.Hidden},
		Value:  nn.ValueShape{Observation: len(kinds), Hidden: c.Value.Hidden, Clip: c.Value.Clip, TimeScale: c.Value.TimeScale},
	}
}

// Iterate plays one iteration; the first one also begins the game with the initial data. After an
// error the game must be closed: it can be taken up again from the last snapshot.
func (g *Game) Iterate(ctx context.Context) (Record, error) {
	start := time.Now()
	g.record = newRecord(g.iteration + 1)
	g.sums = policySums{}
	g.advance(func(p *Progress) { *p = Progress{PolicySteps: g.config.NPG.Steps} })
	begun, dropped := g.samples, g.world.Dropped()
	if g.iteration == 0 {
		if err := g.rule.Begin(ctx, g); err != nil {
			return Record{}, fmt.Errorf("initial data: %w", err)
		}
	}
	if err := g.meetChange(ctx); err != nil {
		return Record{}, fmt.Errorf("iteration %d: changed world: %w", g.iteration+1, err)
	}
	trained := g.samples
	if err := g.rule.Iterate(ctx, g); err != nil {
		return Record{}, fmt.Errorf("iteration %d: %w", g.iteration+1, err)
	}
	g.iteration++
	if err := g.judge(ctx, trained); err != nil {
		return Record{}, fmt.Errorf("iteration %d: evaluation: %w", g.iteration, err)
	}
	g.dropped += int(g.world.Dropped() - dropped)
	g.finishRecord(begun)
	g.record.Timing.Iteration = time.Since(start).Seconds()
	return *g.record, nil
}

// Done tells whether the run has used its samples or reached the return it was to stop at.
func (g *Game) Done() bool { return g.samples >= g.config.Samples || g.reached >= successive }

// successive evaluations must reach a return before it counts as reached: one may be luck.
const successive = 2

// Iteration is the number of iterations played.
func (g *Game) Iteration() int { return g.iteration }

// Samples is the number of environment steps taken.
func (g *Game) Samples() int { return g.samples }

// Close frees the networks.
func (g *Game) Close() error {
	var failures []error
	if g.model != nil {
		failures = append(failures, g.model.Close())
	}
	if g.policy != nil {
		failures = append(failures, g.policy.Close())
	}
	if g.value != nil {
		failures = append(failures, g.value.Close())
	}
	return errors.Join(failures...)
}

// inOrder makes moves one after another until one fails or the run is told to stop.
func inOrder(ctx context.Context, moves ...func(context.Context) error) error {
	for _, move := range moves {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := move(ctx); err != nil {
			return err
		}
	}
	return nil
}

// stage runs one part of an iteration and books its time. Errors pass unwrapped: backends and worlds
// name what they were doing.
func (g *Game) stage(name Stage, work func() error) error {
	if g.options.OnStage != nil {
		g.options.OnStage(name)
	}
	start := time.Now()
	err := work()
	g.record.Timing.Stages[string(name)] += time.Since(start).Seconds()
	return err
}

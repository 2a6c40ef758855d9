package physics

import (
	"context"
	"errors"
	"fmt"
	"image"

	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
)

// ErrNoGL is wrapped by the error of Film where the way to draw MuJoCo tasks that is demanded does not work.
var ErrNoGL = mujoco.ErrNoGL

// FilmOptions say what Film draws.
type FilmOptions struct {
	Episodes      int // 0 means 1
	Width, Height int // pixels of a picture
	// Camera is one of Cameras; "" is the first.
	Camera string
	// GL is how a MuJoCo task gets OpenGL, see mujoco.View; "" tries all ways.
	GL string
	// Moments chooses which moments of an episode are drawn, given its number of
	// decisions: ascending numbers t, the state after t decisions. nil means all.
	Moments func(decisions int) []int
}

// Take is an episode that is filmed.
type Take struct {
	Episode    uint64
	Decisions  int
	Samples    int // environment steps
	Return     float64
	Success    float64 // NaN where the task has none
	Terminated bool
	Frames     int // frames drawn of the episode
}

// Frame is a picture of the world in an episode.
type Frame struct {
	Take     Take
	Index    int         // number of the frame in the take
	Decision int         // decisions made before it
	Time     float64     // time since the episode began, s
	Picture  *image.RGBA // owned by the receiver
}

// Cameras returns the names of the cameras of the world, the default one first.
func (w *World) Cameras() ([]string, error) {
	if w.model == nil {
		return []string{"front"}, nil
	}
	text, err := MJCF(w.task, nil) // edits neither add nor name elements
	if err != nil {
		return nil, err
	}
	names, err := mujoco.Names(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.task.Name, err)
	}
	return append(names["camera"], mujoco.FreeCamera), nil
}

// Film samples the same episodes as Sample, from first on and one after another, and calls
// show with pictures of each. Each episode is run twice, so its length and return are
// known at the first frame, and one that breaks down is replaced as in Sample and not
// shown. Film stops at the first error of show. It returns a description of the renderer.
func (w *World) Film(ctx context.Context, seed, first uint64, act func(episode uint64, t int, obs, action []float32),
	o FilmOptions, show func(Frame) error) (by string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.samplers) == 0 {
		return "", errors.New("physics: film: the world is closed")
	}
	artist, err := w.newArtist(o)
	if err != nil {
		return "", fmt.Errorf("%s: film: %w", w.task.Name, err)
	}
	defer func() { err = errors.Join(err, artist.close()) }()
	for i := range max(o.Episodes, 1) {
		if err := w.shoot(ctx, seed, first+uint64(i), act, artist, o.Moments, show); err != nil {
			return artist.name(), err
		}
	}
	return artist.name(), nil
}

// shoot runs one episode twice: to measure it, and to show it.
func (w *World) shoot(ctx context.Context, seed, number uint64, act actor, artist artist,
	moments func(decisions int) []int, show func(Frame) error) error {
	p := w.samplers[0]
	p.until = until{decisions: w.Horizon()}
	e, err := p.sample(ctx, seed, number, act)
	if err != nil {
		return err
	}
	w.dropped.Add(uint64(e.dropped))
	take := takeOf(e, number+uint64(e.dropped)*substitute, len(w.task.Action))
	chosen := chosenMoments(moments, take.Decisions)
	take.Frames = len(chosen)
	index := 0
	p.watch = func(decision, samples int) error {
		if index == len(chosen) || chosen[index] != decision {
			return nil
		}
		picture, err := artist.draw()
		if err != nil {
			return err
		}
		index++
		return show(Frame{Take: take, Index: index - 1, Decision: decision, Time: float64(samples) * w.task.Dt(), Picture: picture})
	}
	defer func() { p.watch = nil }()
	_, err = p.attempt(ctx, seed, take.Episode, act)
	return err
}

func takeOf(e *episode, number uint64, actions int) Take {
	t := Take{Episode: number, Decisions: len(e.actions) / actions, Samples: e.samples, Success: e.success, Terminated: e.terminated}
	for _, r := range e.rewards {
		t.Return += r
	}
	return t
}

// chosenMoments returns the moments of an episode, all if moments is nil.
func chosenMoments(moments func(decisions int) []int, decisions int) []int {
	if moments != nil {
		return moments(decisions)
	}
	all := make([]int, decisions+1)
	for i := range all {
		all[i] = i
	}
	return all
}

// artist draws the simulator of the world's first sampler.
type artist interface {
	draw() (*image.RGBA, error)
	name() string
	close() error
}

func (w *World) newArtist(o FilmOptions) (artist, error) {
	if w.task.Simulator == task.MuJoCo {
		v := mujoco.View{Width: o.Width, Height: o.Height, Camera: o.Camera, GL: o.GL}
		r, err := mujoco.NewRenderer(w.model, v)
		if err != nil {
			return nil, err
		}
		return &photographer{v, r, w.samplers[0].sim.(*robot), nil}, nil
	}
	if outside := w.samplers[0].outside; outside != nil {
		return newOnlooker(outside, o)
	}
	return newSketcher(w.task, w.samplers[0].sim, o)
}

// photographer draws a robot by MuJoCo's renderer.
type photographer struct {
	view     mujoco.View
	renderer *mujoco.Renderer // draws the model own; nil: the world's
	robot    *robot
	own      *mujoco.Model
}

// draw draws the robot, whose episode may have its own model.
func (p *photographer) draw() (*image.RGBA, error) {
	if p.robot.own != p.own {
		next, err := mujoco.NewRenderer(p.robot.model(), p.view)
		if err != nil {
			return nil, err
		}
		if err := p.renderer.Close(); err != nil {
			return nil, errors.Join(err, next.Close())
		}
		p.renderer, p.own = next, p.robot.own
	}
	return p.renderer.Draw(p.robot.data)
}

func (p *photographer) name() string { return p.renderer.GL() }
func (p *photographer) close() error { return p.renderer.Close() }

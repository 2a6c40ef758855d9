package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/movie"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/tasks"
)

const renderHelp = `Draws whole episodes in the world, the same as palmal eval samples: an animated GIF, a contact sheet
(PNG), or MP4 where ffmpeg is installed. Goals are drawn green. Films run at the world's own speed
unless --fps is given, with any --every; the end of an episode stays for half a second. A task without
a run is drawn with actions uniform over the action box, or --zero; its folder is named like a run, as ./my_robot.

A picture has 16 to 4096 pixels a side, a contact sheet at most 64 million, a GIF 512 MiB.

MuJoCo tasks are drawn by OpenGL, which needs neither a screen nor a GPU: a GPU by EGL if there is
one, else Mesa by EGL or OSMesa (apt-get install libosmesa6). Where there is no OpenGL a plain rasteriser of
the program draws, without textures. MUJOCO_GL=egl, osmesa or software chooses, and
MUJOCO_EGL_DEVICE_ID the GPU, as for MuJoCo's own Python package.

Examples:
  palmal render runs/hopper-pal-seed1
  palmal render runs/hopper-pal-seed1 --best -o hopper.png
  palmal render runs/pen-pal-seed1 --episodes 3 --seed 7 --size 640x480 -o pen.mp4
  palmal render hopper
  palmal render ./my_robot --zero
  palmal render --task ant --zero -o ant.gif --every 2`

func (p *program) render() *cli.Command {
	return &cli.Command{
		Name: "render", ArgsUsage: "RUN | T | --task T [flags]", Usage: "draw episodes: GIF, PNG contact sheet, MP4", Description: renderHelp,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "o", Usage: "file to write, .gif, .png or .mp4 (default RUN/plots/TASK.gif, without a run TASK.gif)"},
			&cli.StringFlag{Name: "episodes", Value: "1", Usage: "episodes to draw, one after another; a row each on a contact sheet"},
			&cli.StringFlag{Name: "seed", Usage: "seed of the initial states (default as palmal eval; without a run 1)"},
			&cli.BoolFlag{Name: "best", Usage: "take the checkpoint with the highest lower confidence bound instead of the last"},
			&cli.StringFlag{Name: "checkpoint", Usage: "take the checkpoint of this iteration"},
			&cli.BoolFlag{Name: "stochastic", Usage: "act with the policy's noise"},
			&cli.StringFlag{Name: "task", Usage: "draw a task without a policy"},
			&cli.BoolFlag{Name: "random", Usage: "tasks only: actions uniform over the action box (default)"},
			&cli.BoolFlag{Name: "zero", Usage: "tasks only: actions of zero"},
			&cli.StringFlag{Name: "size", Usage: "pixels of a picture, as 640x480 (default 480x360; on a contact sheet 320x240)"},
			&cli.StringFlag{Name: "every", Usage: "draw every N-th decision (default about 30 pictures a second; on a contact sheet 12 in all)"},
			&cli.StringFlag{Name: "fps", Usage: "pictures shown per second (default those of one second in the world)"},
			envSetFlag(), pythonFlag(),
			&cli.StringFlag{Name: "camera", Usage: "camera of the task's model, or free (default the model's)"},
		}, deviceFlags()...),
		Action: func(c *cli.Context) error {
			args, err := positional(c, 0, 1, "")
			if err != nil {
				return err
			}
			s, err := p.scene(c, args)
			if err != nil {
				return err
			}
			return s.close(p.shoot(c, s))
		},
	}
}

// scene is what is drawn: a world, and what acts in it.
type scene struct {
	world      *physics.World
	run        string // "" without one
	checkpoint int
	seed       uint64 // seed as the user gives it
	reset      uint64 // seed of the world's initial states
	act        func(episode uint64, t int, obs, action []float32)
	acting     string       // description of what acts
	closer     func() error // frees what acts; nil: nothing
}

func (s *scene) close(err error) error {
	if s.closer != nil {
		err = errors.Join(err, s.closer())
	}
	return errors.Join(err, s.world.Close())
}

// scene opens the world of a run or of a task.
func (p *program) scene(c *cli.Context, args []string) (*scene, error) {
	switch {
	case len(args) == 1 && c.IsSet("task"):
		return nil, usage.Mistakef("render takes a run or --task, not both")
	case c.Bool("random") && c.Bool("zero"):
		return nil, usage.Mistakef("render takes one of --random and --zero")
	case len(args) == 1 && !namesTask(args[0]):
		if c.Bool("random") || c.Bool("zero") {
			return nil, usage.Mistakef("--random and --zero are for tasks; a run acts by its policy")
		}
		return p.sceneOfRun(c, args[0])
	case len(args) == 0 && !c.IsSet("task"):
		return nil, usage.Mistakef("render needs a run directory or a task; see palmal render --help")
	}
	for _, flag := range []string{"best", "checkpoint", "stochastic", "device", "device-memory"} {
		if c.IsSet(flag) {
			return nil, usage.Mistakef("--%s is for runs, a task has no policy", flag)
		}
	}
	return p.sceneOfTask(c, append(args, c.String("task"))[0])
}

// namesTask reports whether a word names a task: a folder or file that is one and no run, or a known name that is no file or
// directory of the current directory.
func namesTask(word string) bool {
	_, err := os.Lstat(word)
	if err == nil {
		_, missing := os.Stat(filepath.Join(word, task.FileName))
		file := slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(word))
		return !isRun(word) && !slices.Contains(tasks.Names(), word) && (missing == nil || file)
	}
	return strings.HasPrefix(word, tasks.Environment) || slices.Contains(tasks.Names(), word)
}

// sceneOfRun is the scene of a run's policy.
func (p *program) sceneOfRun(c *cli.Context, path string) (*scene, error) {
	directory, config, err := openRun(path)
	if err != nil {
		return nil, err
	}
	p.warnOfTask(directory, config)
	if err := overrideBy(c, &config, map[string]string{"seed": "evaluation.seed"}); err != nil {
		return nil, err
	}
	iteration, err := evaluated(directory, c)
	if err != nil {
		return nil, err
	}
	config.Run.Workers = 1
	if err := overrideByFlags(c, &config, "python"); err != nil {
		return nil, err
	}
	on, err := actingSection(c, config)
	if err != nil {
		return nil, err
	}
	manifest, err := directory.Manifest(iteration)
	if err != nil {
		return nil, adviseOther(directory, iteration, err)
	}
	if err := p.warnOfDrifts(directory, config, manifest); err != nil {
		return nil, err
	}
	world, err := openWorldFor(config, manifest.Changes, true)
	if err != nil {
		return nil, err
	}
	s := &scene{world: world, run: path, checkpoint: iteration, seed: config.Evaluation.Seed, acting: "mean action"}
	policy, closer, err := p.readPolicy(directory, config, world, iteration, on)
	if err != nil {
		return nil, s.close(err)
	}
	s.closer = closer
	if c.Bool("stochastic") {
		s.acting = "random action"
	}
	newActor, reset, err := algo.EvaluateOptions{Seed: s.seed, Stochastic: c.Bool("stochastic")}.Actors(policy)
	if err != nil {
		return nil, s.close(err)
	}
	s.act, s.reset = newActor(), reset
	return s, nil
}

// sceneOfTask is the scene of a task without a policy.
func (p *program) sceneOfTask(c *cli.Context, name string) (*scene, error) {
	t, err := findTask(named(c, name))
	if err != nil {
		return nil, err
	}
	seed := uint64(1)
	if c.IsSet("seed") {
		if seed, err = usage.Seed("seed", c.String("seed")); err != nil {
			return nil, err
		}
	}
	world, err := physics.Open(t, physics.Options{Workers: 1, Pictures: true, Diagnostics: os.Stderr})
	if err != nil {
		return nil, refuseWorld(err)
	}
	s := &scene{world: world, seed: seed, reset: seed, act: uniform(world.Task(), seed), acting: "uniform actions"}
	if c.Bool("zero") {
		s.act, s.acting = idle, "zero action"
	}
	return s, nil
}

func idle(_ uint64, _ int, _, action []float32) { clear(action) }

// uniform draws actions uniformly over the action box, as a function of seed, episode and decision.
func uniform(t *task.Task, seed uint64) func(episode uint64, decision int, obs, action []float32) {
	low, high := t.ActionBox()
	return func(episode uint64, decision int, _, action []float32) {
		rng := rand.New(rand.NewPCG(^seed, episode<<32|uint64(decision)))
		for i := range action {
			action[i] = float32(low[i] + (high[i]-low[i])*rng.Float64())
		}
	}
}

// shoot films a scene.
func (p *program) shoot(c *cli.Context, s *scene) error {
	shot, err := newShot(c, s)
	if err != nil {
		return err
	}
	by, err := p.film(s, shot)
	if err != nil {
		return err
	}
	return p.showShot(s, shot, by)
}

// film writes the file of a shot. It returns what drew the pictures, in words.
func (p *program) film(s *scene, shot *shot) (by string, err error) {
	ctx := p.stops.ctx
	writer, err := movie.Create(ctx, shot.out, movie.Options{Columns: shot.columns, FPS: shot.fps})
	if err != nil {
		return "", err
	}
	defer func() { p.note(writer.Discard()) }()
	gauge := p.newGauge()
	gauge.show("sampling episode 1 of %d", shot.options.Episodes)
	by, err = s.world.Film(ctx, s.reset, 0, s.act, shot.options, func(f physics.Frame) error {
		if err := shot.add(writer, f); err != nil {
			return err
		}
		gauge.show("drawing episode %d of %d: picture %d of %d", len(shot.takes), shot.options.Episodes, f.Index+1, f.Take.Frames)
		return nil
	})
	if err == nil {
		gauge.show("writing %s", shot.out.Path)
		err = writer.Close()
	}
	gauge.clear()
	switch {
	case ctx.Err() != nil:
		return by, fmt.Errorf("%w; %s was not written", p.stops.cause(), shot.out.Path)
	case errors.Is(err, physics.ErrNoGL):
		return by, &usage.Error{Code: usage.Device, Err: err}
	}
	return by, err
}

// note warns of an error without consequences.
func (p *program) note(err error) {
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		p.warn("%v", err)
	}
}

// outputFile is the output of a movie, which the user may not have named.
func outputFile(c *cli.Context, s *scene) (disk.Output, error) {
	out := pictureFile(c.String("o"), s.world.Task().Name+".gif", s.run)
	if err := usage.OneOf("picture format", movie.Format(out.Path), movie.Formats()); err != nil {
		return out, fmt.Errorf("%s: %w", out.Path, err)
	}
	return out, nil
}
